import './file-field.ts'
import { html, nothing } from 'lit'

import type { ModalCreate, ModalField, ModalRequest } from '../../protocol.ts'
import { closeModal } from '../events.ts'
import { displayName } from '../lookup.ts'
import { markdownView } from '../markdown/render.ts'
import { type Component, componentTypes } from '../wire.ts'
import { selectOptions } from './components.ts'
import { AppElement } from './element.ts'
import { icon } from './icons.ts'

/** The form that a bot opened, as a dialog of the browser's own with its native fields. */
export class Modal extends AppElement {
  #shown: string | undefined

  override render() {
    const { modal, submission } = this.app.store.state
    if (!modal) return nothing
    const isFailed = submission?.isFailed === true
    const isWaiting = submission !== undefined && !isFailed
    const { t } = this.app
    const bot = displayName(this.app.store.state, modal.application.bot)
    return html`<dialog
      class="modal"
      aria-labelledby="modal-title"
      @close=${() => this.#close(modal)}
    >
      <form method="dialog" @submit=${(event: SubmitEvent) => this.#submit(event, modal)}>
        <header>
          <h2 id="modal-title">${modal.title}</h2>
          <button
            type="button"
            class="icon-button"
            aria-label=${t.close}
            @click=${() => this.#close(modal)}
          >
            ${icon('close')}
          </button>
        </header>
        <div class="modal-body">
          <p class="modal-hint">${t.submittedTo(bot)}</p>
          ${componentsOf(modal).map((each) => this.#partView(each))}
        </div>
        <footer>
          ${isFailed ? html`<span class="failed" role="alert">${t.interactionFailed}</span>` : nothing}
          <button type="button" class="plain" @click=${() => this.#close(modal)}>
            ${t.cancel}
          </button>
          <button type="submit" class="primary" ?disabled=${isWaiting}>${t.submit}</button>
        </footer>
      </form>
    </dialog>`
  }

  #partView(part: Component): unknown {
    switch (part.type) {
      case componentTypes.actionRow:
        return (part.components ?? []).map((each) =>
          this.#fieldView(each, each.label ?? '', undefined),
        )
      case componentTypes.label:
        return part.component
          ? this.#fieldView(part.component, part.label ?? '', part.description)
          : nothing
      case componentTypes.textDisplay:
        return html`<div class="text-display">${markdownView(this.app, part.content ?? '')}</div>`
      default:
        return nothing
    }
  }

  #fieldView(field: Component, label: string, description: string | undefined) {
    const isGroup =
      field.type === componentTypes.radioGroup || field.type === componentTypes.checkboxGroup
    const title = html`<span class="field-label"
        >${label}${isRequired(field) ? html`<i aria-hidden="true"> *</i>` : nothing}</span
      >
      ${description ? html`<small>${description}</small>` : nothing}`
    return isGroup
      ? html`<fieldset class="field">
          <legend>${title}</legend>
          ${this.#inputView(field, label)}
        </fieldset>`
      : html`<label class="field">${title}${this.#inputView(field, label)}</label>`
  }

  #inputView(field: Component, label: string) {
    const name = field.custom_id ?? ''
    const isNeeded = isRequired(field)
    switch (field.type) {
      case componentTypes.textInput: {
        const least = field.min_length ?? nothing
        const most = field.max_length ?? 4000
        const { placeholder = '', value = '' } = field
        return field.style === 2
          ? html`<textarea
              name=${name}
              rows="4"
              minlength=${least}
              maxlength=${most}
              placeholder=${placeholder}
              ?required=${isNeeded}
              .value=${value}
            ></textarea>`
          : html`<input
              type="text"
              name=${name}
              minlength=${least}
              maxlength=${most}
              placeholder=${placeholder}
              ?required=${isNeeded}
              .value=${value}
            />`
      }
      case componentTypes.fileUpload:
        return html`<ld-file-field
          .app=${this.app}
          name=${name}
          label=${label}
          most=${field.max_values ?? 1}
          .isRequired=${isNeeded}
          .accept=${field.file_types?.join()}
        ></ld-file-field>`
      case componentTypes.checkbox:
        return html`<input
          type="checkbox"
          name=${name}
          value="true"
          ?checked=${field.default === true}
        />`
      case componentTypes.radioGroup:
      case componentTypes.checkboxGroup:
        return this.#groupView(field, name)
      default:
        return this.#selectView(field, name)
    }
  }

  #groupView(field: Component, name: string) {
    const type = field.type === componentTypes.radioGroup ? 'radio' : 'checkbox'
    const needed = type === 'radio' && isRequired(field)
    return (field.options ?? []).map(
      (option) =>
        html`<label class="choice"
          ><input
            type=${type}
            name=${name}
            value=${option.value}
            ?required=${needed}
            ?checked=${option.default === true}
          />
          ${option.label}${option.description ? html` <small>${option.description}</small>` : nothing}</label
        >`,
    )
  }

  #selectView(field: Component, name: string) {
    const isMultiple = (field.max_values ?? 1) > 1
    const options = selectOptions(this.app, field)
    return html`<select name=${name} ?multiple=${isMultiple} ?required=${isRequired(field)}>
      ${isMultiple ? nothing : html`<option value="">${field.placeholder ?? this.app.t.chooseOption}</option>`}
      ${options.map((option) => html`<option value=${option.value} ?selected=${option.default === true}>${option.label}</option>`)}
    </select>`
  }

  #submit(event: SubmitEvent, modal: ModalCreate): void {
    event.preventDefault()
    if (!(event.target instanceof HTMLFormElement)) return
    const { components, files } = readForm(new FormData(event.target), componentsOf(modal))
    void this.app.submitModal(modal, components, files)
  }

  #close(modal: ModalCreate): void {
    this.app.store.change((state) => {
      if (state.modal === modal) closeModal(state)
    })
  }

  protected override updated(): void {
    const { modal } = this.app.store.state
    if (modal?.id === this.#shown) return
    this.#shown = modal?.id
    const dialog = this.querySelector('dialog')
    if (!modal || !dialog) return
    dialog.showModal()
    dialog.querySelector<HTMLElement>('input, textarea, select, ld-file-field')?.focus()
  }
}

function componentsOf(modal: ModalCreate): Component[] {
  return modal.components as unknown as Component[] // all component types read as one shape
}

function isRequired(field: Component): boolean {
  return field.type !== componentTypes.checkbox && field.required !== false
}

/** The form's fields in the wrapping that the modal gave them. */
function readForm(form: FormData, parts: readonly Component[]) {
  const files: File[] = []
  const toField = (field: Component): ModalField => {
    const { type, custom_id = '' } = field
    const entries = form.getAll(custom_id)
    const texts = entries.filter((entry) => typeof entry === 'string')
    switch (type) {
      case componentTypes.textInput:
        return { type, custom_id, value: texts[0] ?? '' }
      case componentTypes.checkbox:
        return { type, custom_id, value: texts.length > 0 }
      case componentTypes.radioGroup:
        return { type, custom_id, value: texts[0] ?? null }
      case componentTypes.fileUpload: {
        const chosen = entries.filter((entry) => entry instanceof File && entry.size > 0)
        const ids = chosen.map((_, index) => String(files.length + index))
        files.push(...chosen.filter((entry) => entry instanceof File))
        return { type, custom_id, values: ids }
      }
      default:
        return { type, custom_id, values: texts.filter((text) => text !== '') }
    }
  }
  const components = parts.flatMap((part): ModalRequest['data']['components'] => {
    if (part.type === componentTypes.actionRow) {
      return [{ type: part.type, components: (part.components ?? []).map(toField) }]
    }
    return part.component ? [{ type: part.type, component: toField(part.component) }] : []
  })
  return { components, files }
}

customElements.define('ld-modal', Modal)
