import { html, nothing, type TemplateResult } from 'lit'

export interface Suggestion {
  key: string
  label: string
  detail?: string
  picture?: unknown
}

export interface SuggestionList {
  id: string
  title: string
  items: readonly Suggestion[]
  active: number
  empty?: string
  onPick: (index: number) => void
}

/** The list above a text field; the field itself keeps the focus and says which entry is active. */
export function suggestionsView(list: SuggestionList): TemplateResult | typeof nothing {
  const { id, title, items, active, empty, onPick } = list
  if (items.length === 0 && empty === undefined) return nothing
  return html`<div class="suggestions">
    <div class="suggestions-title" aria-hidden="true">${title}</div>
    <div id=${id} role="listbox" aria-label=${title}>
      ${items.map(
        (item, index) =>
          html`<div
            id="${id}-${index}"
            role="option"
            class="suggestion ${index === active ? 'active' : ''}"
            aria-selected=${index === active}
            @mousedown=${(event: Event) => event.preventDefault()}
            @click=${() => onPick(index)}
          >
            ${item.picture ?? nothing}<span class="suggestion-label">${item.label}</span>
            ${item.detail ? html`<span class="suggestion-detail">${item.detail}</span>` : nothing}
          </div>`,
      )}
      ${items.length === 0 ? html`<div class="suggestion">${empty}</div>` : nothing}
    </div>
  </div>`
}

/** The next active entry (-1: none yet) for an arrow key, going round; undefined for any other key. */
export function moveActive(key: string, active: number, length: number): number | undefined {
  if (length === 0) return undefined
  if (key === 'ArrowDown') return (active + 1) % length
  if (key === 'ArrowUp') return (Math.max(active, 0) - 1 + length) % length
  return undefined
}

export function scrollToActive(root: ParentNode): void {
  root.querySelector('.suggestion.active')?.scrollIntoView({ block: 'nearest' })
}
