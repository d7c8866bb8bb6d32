import './file-field.ts'
import { html, nothing, type PropertyValues } from 'lit'
import { live } from 'lit/directives/live.js'

import type { CommandOption, SlashCommand } from '../commands.ts'
import { toRequestOptions } from '../commands.ts'
import { optionTypes } from '../wire.ts'
import {
  type Choice,
  choicesFor,
  type CommandField,
  isNumeric,
  isSame,
  problemWith,
} from './command-fields.ts'
import { AppElement } from './element.ts'
import { icon } from './icons.ts'
import { moveActive, scrollToActive, suggestionsView } from './suggestions.ts'

const autocompleteDelayMs = 200
const mostChoices = 25

/** The fields of a slash command; fires `done` once sent and `leave` when one backs out. */
export class CommandForm extends AppElement {
  static override properties = {
    ...AppElement.properties,
    command: { attribute: false },
    fields: { state: true },
    focused: { state: true },
    choices: { state: true },
    active: { state: true },
    error: { state: true },
  }

  declare command: SlashCommand
  declare fields: ReadonlyMap<string, CommandField>
  declare focused: string | undefined
  declare choices: readonly Choice[]
  declare active: number
  declare error: { name: string; text: string } | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  constructor() {
    super()
    this.fields = new Map()
    this.choices = []
    this.active = 0
  }

  override render() {
    const { t } = this.app
    const option = this.#option(this.focused)
    const hidden = this.command.options.filter(({ name }) => !this.fields.has(name))
    return html`${option ? this.#headView(option) : this.#commandHeadView()}
      <form
        class="composer command-form"
        aria-label=${`/${this.command.label}`}
        @submit=${this.#onSubmit}
        @keydown=${this.#onKey}
      >
        <span class="command-name" id="command-name" tabindex=${this.fields.size === 0 ? '0' : '-1'}
          >/${this.command.label}</span
        >
        ${this.command.options.filter(({ name }) => this.fields.has(name)).map((each) => this.#fieldView(each))}
        ${hidden.map(
          (each) =>
            html`<button
              type="button"
              class="add-option"
              title=${each.description}
              aria-label=${`${t.commandOptions}: ${each.label}`}
              @click=${() => this.#show(each.name)}
            >
              + ${each.label}
            </button>`,
        )}
        <span class="spacer"></span>
        <button
          type="button"
          class="icon-button"
          aria-label=${t.cancel}
          title=${t.cancel}
          @click=${() => this.#leave()}
        >
          ${icon('close')}
        </button>
        <button
          type="submit"
          class="icon-button send"
          aria-label=${t.sendCommand}
          title=${t.sendCommand}
        >
          ${icon('send')}
        </button>
      </form>`
  }

  #commandHeadView() {
    return html`<div class="option-help">
      <b>/${this.command.label}</b> ${this.command.description}
    </div>`
  }

  #headView(option: CommandOption) {
    const { t } = this.app
    const error = this.error?.name === option.name ? this.error.text : undefined
    return html`${suggestionsView({
        id: 'choices',
        title: option.label,
        items: this.choices.map(({ name, value }) => ({ key: value, label: name })),
        active: this.active,
        onPick: (index) => this.#pick(index),
      })}
      <div class="option-help" id="option-help">
        <b>${option.label}</b> ${option.description}
        ${option.required ? html`<i>${t.required}</i>` : nothing}
        ${error ? html`<span class="failed" role="alert">${error}</span>` : nothing}
      </div>`
  }

  #fieldView(option: CommandOption) {
    const { t } = this.app
    const isInvalid = this.error?.name === option.name
    const field = this.fields.get(option.name)
    const isActive = this.focused === option.name && this.choices.length > 0
    if (option.type === optionTypes.attachment) {
      return html`<label class="option ${isInvalid ? 'invalid' : ''}"
        ><span>${option.label}</span>
        <ld-file-field
          .app=${this.app}
          data-option=${option.name}
          label=${t.commandOption(option.label)}
          @focusin=${() => this.#focus(option)}
          @chosen=${(event: CustomEvent<readonly File[]>) => this.#onFile(option, event.detail)}
        ></ld-file-field
      ></label>`
    }
    return html`<label class="option ${isInvalid ? 'invalid' : ''}"
      ><span>${option.label}</span>
      <input
        type="text"
        data-option=${option.name}
        role="combobox"
        autocomplete="off"
        aria-autocomplete="list"
        aria-expanded=${isActive}
        aria-controls=${isActive ? 'choices' : nothing}
        aria-activedescendant=${isActive && this.active >= 0 ? `choices-${this.active}` : nothing}
        aria-describedby="option-help"
        aria-label=${t.commandOption(option.label)}
        aria-required=${option.required}
        aria-invalid=${isInvalid}
        inputmode=${isNumeric(option) ? 'decimal' : nothing}
        size=${Math.max(6, Math.min(40, (field?.text.length ?? 0) * 1.6))}
        .value=${live(field?.text ?? '')}
        @focus=${() => this.#focus(option)}
        @input=${this.#onInput}
    /></label>`
  }

  #option(name: string | undefined): CommandOption | undefined {
    return this.command.options.find((option) => option.name === name)
  }

  #setField(name: string, field: CommandField): void {
    this.fields = new Map(this.fields).set(name, field)
    this.error = undefined
  }

  #focus(option: CommandOption): void {
    if (this.focused === option.name) return
    this.focused = option.name
    this.#suggest(option)
  }

  readonly #onInput = (event: Event): void => {
    const input = event.currentTarget
    if (!(input instanceof HTMLInputElement)) return
    const option = this.#option(input.dataset['option'])
    if (!option) return
    this.#setField(option.name, { text: input.value })
    this.focused = option.name
    this.#suggest(option)
  }

  #onFile({ name }: CommandOption, [file]: readonly File[]): void {
    this.#setField(name, file ? { text: file.name, file } : { text: '' })
  }

  /** Fills the list above the form: from the definition or the guild at once, from the bot a little later. */
  #suggest(option: CommandOption): void {
    clearTimeout(this.#timer)
    const asked = ++this.#asked
    // Enter takes the first entry only where one must choose or has begun to; else it sends.
    const isTyped = (this.fields.get(option.name)?.text ?? '') !== ''
    this.active = option.autocomplete || !(option.required || isTyped) ? -1 : 0
    if (!option.autocomplete) {
      const wanted = (this.fields.get(option.name)?.text ?? '').toLowerCase()
      const matching = choicesFor(this.app, option).filter(({ name }) =>
        name.toLowerCase().includes(wanted),
      )
      this.choices = matching.slice(0, mostChoices)
      return
    }
    this.choices = []
    this.#timer = setTimeout(() => void this.#askBot(option, asked), autocompleteDelayMs)
  }

  async #askBot(option: CommandOption, asked: number): Promise<void> {
    const options = toRequestOptions(this.command, this.#values(), option.name)
    const { command, label } = this.command
    const choices = await this.app.complete({ command, label, options })
    if (asked !== this.#asked || !this.isConnected) return
    this.choices = choices.map(({ name, value }) => ({ name, value: String(value) }))
  }

  #pick(index: number): void {
    const choice = this.choices[index]
    if (!choice || this.focused === undefined) return
    this.#setField(this.focused, { text: choice.name, value: choice.value })
    this.choices = []
    const next = this.command.options.find(
      ({ name }) => this.fields.has(name) && this.fields.get(name)?.text === '',
    )
    this.#input(next?.name ?? this.focused)?.focus()
  }

  #show(name: string): void {
    this.fields = new Map(this.fields).set(name, { text: '' })
    void this.updateComplete.then(() => this.#input(name)?.focus())
  }

  #input(name: string): HTMLElement | null {
    return this.querySelector(`[data-option="${CSS.escape(name)}"]`)
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    const moved = moveActive(event.key, this.active, this.choices.length)
    const isPicking = this.choices.length > 0 && this.active >= 0
    if (moved !== undefined) {
      event.preventDefault()
      this.active = Math.max(0, moved)
    } else if (isPicking && event.key === 'Enter') {
      event.preventDefault()
      this.#pick(this.active)
    } else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault()
      void this.#submit()
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (this.choices.length > 0) this.choices = []
      else this.#leave()
    } else if (event.key === 'Backspace' && isEmptyField(event.target)) {
      event.preventDefault()
      this.#leave()
    }
  }

  #leave(): void {
    this.dispatchEvent(new Event('leave'))
  }

  readonly #onSubmit = (event: Event): void => {
    event.preventDefault()
    void this.#submit()
  }

  async #submit(): Promise<void> {
    for (const option of this.command.options) {
      const text = problemWith(this.app, option, this.fields.get(option.name))
      if (text !== undefined) {
        if (!this.fields.has(option.name)) this.#show(option.name)
        this.error = { name: option.name, text }
        this.#input(option.name)?.focus()
        return
      }
    }
    const { command, label } = this.command
    const options = toRequestOptions(this.command, this.#values())
    const files = this.#files().map(({ file }) => file)
    this.dispatchEvent(new Event('done'))
    await this.app.runCommand({ command, label, options, files })
  }

  /** What goes to the bot for each field: the meaning of a picked or exactly typed choice, or the text. */
  #values(): Map<string, string> {
    const values = new Map<string, string>()
    const files = this.#files()
    for (const [name, field] of this.fields) {
      const option = this.#option(name)
      const text = field.text.trim()
      const typed = option && choicesFor(this.app, option).find((choice) => isSame(choice, text))
      const file = files.findIndex((each) => each.name === name)
      values.set(name, file === -1 ? (field.value ?? typed?.value ?? text) : String(file))
    }
    return values
  }

  #files(): { name: string; file: File }[] {
    return [...this.fields].flatMap(([name, { file }]) => (file ? [{ name, file }] : []))
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('command')) return
    const required = this.command.options.filter((option) => option.required)
    this.fields = new Map(required.map(({ name }) => [name, { text: '' }]))
    this.focused = undefined
    this.choices = []
    this.error = undefined
  }

  protected override firstUpdated(): void {
    const first = this.querySelector<HTMLElement>('[data-option]')
    ;(first ?? this.querySelector<HTMLElement>('#command-name'))?.focus()
  }

  protected override updated(): void {
    scrollToActive(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }
}

function isEmptyField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement
    ? target.value === ''
    : target instanceof HTMLSpanElement
}

customElements.define('ld-command-form', CommandForm)
