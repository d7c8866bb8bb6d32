import { html, LitElement, nothing, type PropertyValues } from 'lit'

import type { ComponentOption } from '../wire.ts'
import { icon } from './icons.ts'

let count = 0

/** A select menu as Discord draws it, operated like a native one; fires `choose` with the values. */
export class SelectMenu extends LitElement {
  static override properties = {
    options: { attribute: false },
    placeholder: { attribute: false },
    least: { attribute: false },
    most: { attribute: false },
    isDisabled: { attribute: false },
    doneLabel: { attribute: false },
    isOpen: { state: true },
    active: { state: true },
    chosen: { state: true },
  }

  declare options: readonly ComponentOption[]
  declare placeholder: string
  declare least: number
  declare most: number
  declare isDisabled: boolean
  declare doneLabel: string
  declare isOpen: boolean
  declare active: number
  declare chosen: ReadonlySet<string> | undefined
  readonly #listId = `select-${++count}`

  constructor() {
    super()
    this.options = []
    this.placeholder = ''
    this.least = 1
    this.most = 1
    this.isDisabled = false
    this.doneLabel = ''
    this.isOpen = false
    this.active = 0
  }

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  override render() {
    const values = this.#values()
    const labels = this.options.filter(({ value }) => values.has(value)).map(({ label }) => label)
    return html`<div class="select" @focusout=${this.#onFocusOut}>
      <button
        type="button"
        class="select-button"
        role="combobox"
        aria-haspopup="listbox"
        aria-expanded=${this.isOpen}
        aria-controls=${this.#listId}
        aria-activedescendant=${this.isOpen ? `${this.#listId}-${this.active}` : nothing}
        aria-label=${this.placeholder}
        ?disabled=${this.isDisabled}
        @click=${() => (this.isOpen ? this.#close() : this.#open())}
        @keydown=${this.#onKey}
      >
        <span class=${labels.length === 0 ? 'placeholder' : ''}
          >${labels.join(', ') || this.placeholder}</span
        >
        ${icon('down')}
      </button>
      <div
        id=${this.#listId}
        class="select-list"
        role="listbox"
        aria-label=${this.placeholder}
        aria-multiselectable=${this.most > 1}
        ?hidden=${!this.isOpen}
      >
        ${this.options.map((option, index) => this.#optionView(option, index))}
      </div>
    </div>`
  }

  #optionView({ label, description, emoji, value }: ComponentOption, index: number) {
    return html`<div
      id="${this.#listId}-${index}"
      class="select-option ${index === this.active ? 'active' : ''}"
      role="option"
      aria-selected=${this.#values().has(value)}
      @mousedown=${(event: Event) => event.preventDefault()}
      @mouseenter=${() => (this.active = index)}
      @click=${() => this.#pick(value)}
    >
      ${emoji?.name && !emoji.id ? html`<span aria-hidden="true">${emoji.name}</span>` : nothing}
      <span><b>${label}</b>${description ? html`<small>${description}</small>` : nothing}</span>
    </div>`
  }

  #values(): ReadonlySet<string> {
    const preset = this.options.filter((option) => option.default).map(({ value }) => value)
    return this.chosen ?? new Set(preset)
  }

  #open(): void {
    this.isOpen = true
    this.active = Math.max(
      0,
      this.options.findIndex(({ value }) => this.#values().has(value)),
    )
  }

  #close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    if (this.most > 1 && this.chosen !== undefined) this.#tell()
  }

  #pick(value: string): void {
    if (this.most === 1) {
      this.chosen = new Set([value])
      this.isOpen = false
      this.#tell()
      return
    }
    const chosen = new Set(this.#values())
    if (!chosen.delete(value) && chosen.size < this.most) chosen.add(value)
    this.chosen = chosen
  }

  #tell(): void {
    const chosen = this.chosen ?? new Set<string>()
    if (chosen.size < this.least) return
    this.dispatchEvent(new CustomEvent('choose', { detail: [...chosen], bubbles: true }))
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      event.stopPropagation()
      if (!this.isOpen) this.#open()
      else this.active = (this.active + step + this.options.length) % this.options.length
    } else if (this.isOpen && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault()
      const option = this.options[this.active]
      if (option) this.#pick(option.value)
    } else if (this.isOpen && event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      this.#close()
    }
  }

  readonly #onFocusOut = (event: FocusEvent): void => {
    const isInside = event.relatedTarget instanceof Node && this.contains(event.relatedTarget)
    if (!isInside) this.#close()
  }

  protected override willUpdate(changed: PropertyValues): void {
    // A menu whose options the bot replaced starts afresh.
    const before: unknown = changed.get('options')
    if (Array.isArray(before) && JSON.stringify(before) !== JSON.stringify(this.options)) {
      this.chosen = undefined
    }
  }

  protected override updated(): void {
    if (!this.isOpen) return
    this.querySelector(`#${this.#listId}-${this.active}`)?.scrollIntoView({ block: 'nearest' })
  }
}

customElements.define('ld-select', SelectMenu)
