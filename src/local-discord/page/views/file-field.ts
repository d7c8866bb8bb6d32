import { html, nothing } from 'lit'

import { stagedFilesView } from './composer-context.ts'
import { AppElement } from './element.ts'
import { icon } from './icons.ts'

export const largestFileBytes = 10 * 1024 * 1024

/**
 * A form's field for files, chosen or dropped: what is chosen later comes on top, as far as there is room,
 * and each can be removed. Fires `chosen`; the field's own input is what the form sends.
 */
export class FileField extends AppElement {
  static override properties = {
    ...AppElement.properties,
    name: {},
    label: {},
    accept: {},
    most: { type: Number },
    isRequired: { attribute: false },
    files: { state: true },
  }

  declare name: string
  declare label: string
  declare accept: string | undefined
  declare most: number
  declare isRequired: boolean
  declare files: readonly File[]

  constructor() {
    super()
    this.name = ''
    this.label = ''
    this.most = 1
    this.isRequired = false
    this.files = []
  }

  override render() {
    const { t } = this.app
    return html`<span
      class="file-field"
      @dragover=${(event: Event) => event.preventDefault()}
      @drop=${this.#onDrop}
    >
      <input
        class="hidden-text"
        type="file"
        name=${this.name}
        aria-label=${this.label}
        ?multiple=${this.most > 1}
        ?required=${this.isRequired}
        accept=${this.accept ?? nothing}
        @change=${this.#onChange}
      />
      <span class="file-button" aria-hidden="true">${icon('file')}${t.chooseFile}</span>
      ${stagedFilesView(this.app, this.files, (file) => this.#remove(file))}
    </span>`
  }

  override focus(): void {
    void this.updateComplete.then(() => this.#input()?.focus())
  }

  #input(): HTMLInputElement | null {
    return this.querySelector('input')
  }

  readonly #onChange = (): void => {
    this.#add([...(this.#input()?.files ?? [])])
  }

  readonly #onDrop = (event: DragEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    this.#add([...(event.dataTransfer?.files ?? [])])
  }

  #add(files: readonly File[]): void {
    const { t } = this.app
    const tooBig = files.find(({ size }) => size > largestFileBytes)
    if (tooBig) this.app.say(t.attachmentTooBig(tooBig.name))
    const fitting = files.filter(({ size }) => size <= largestFileBytes)
    // A field for one file has the newest.
    const all = this.most === 1 ? fitting.slice(-1) : [...this.files, ...fitting]
    if (all.length > this.most) this.app.say(t.mostFiles(this.most))
    this.#take(this.most === 1 && all.length === 0 ? this.files : all.slice(0, this.most))
  }

  #remove(file: File): void {
    this.#take(this.files.filter((each) => each !== file))
    // Its button is gone, and with it the keyboard's place.
    this.focus()
  }

  #take(files: readonly File[]): void {
    this.files = files
    const input = this.#input()
    const transfer = new DataTransfer()
    for (const file of files) transfer.items.add(file)
    if (input) input.files = transfer.files
    this.dispatchEvent(new CustomEvent('chosen', { detail: files }))
  }
}

customElements.define('ld-file-field', FileField)
