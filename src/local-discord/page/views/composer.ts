import './command-form.ts'
import { html, nothing } from 'lit'
import { live } from 'lit/directives/live.js'

import { matchCommands, type SlashCommand, slashCommands } from '../commands.ts'
import { channelLabel, currentChannel, findMessage } from '../lookup.ts'
import { type Mentionable, mentionAtCaret, withoutMentions } from '../mentions.ts'
import { contextView, stagedFilesView } from './composer-context.ts'
import { AppElement } from './element.ts'
import { largestFileBytes } from './file-field.ts'
import { icon } from './icons.ts'
import { moveActive, scrollToActive, type Suggestion, suggestionsView } from './suggestions.ts'

const longestText = 2000
const mostFiles = 10
const mostSuggestions = 8
const mostCommands = 50

interface Offer {
  title: string
  items: (Suggestion & { pick: () => void })[]
}

/** Where one writes: text with mentions, files, replies, edits, and slash commands. */
export class Composer extends AppElement {
  static override properties = {
    ...AppElement.properties,
    text: { state: true },
    caret: { state: true },
    files: { state: true },
    active: { state: true },
    isListClosed: { state: true },
    command: { state: true },
  }

  declare text: string
  declare caret: number
  declare files: readonly File[]
  declare active: number
  declare isListClosed: boolean
  declare command: SlashCommand | undefined
  #picked: Mentionable[] = []
  #channelId: string | undefined
  #focusFor: string | undefined
  readonly #drafts = new Map<string, string>()

  constructor() {
    super()
    this.text = ''
    this.caret = 0
    this.files = []
    this.active = 0
    this.isListClosed = false
    this.command = undefined
  }

  override render() {
    const channel = currentChannel(this.app.store.state)
    if (!channel) return nothing
    if (this.command) {
      return html`<ld-command-form
        .app=${this.app}
        .command=${this.command}
        @done=${() => this.#leaveCommand('')}
        @leave=${() => this.#leaveCommand('/')}
      ></ld-command-form>`
    }
    const { t } = this.app
    const offer = this.#offer()
    const over = this.text.length - longestText
    return html`${offer && suggestionsView({ id: 'offer', title: offer.title, items: offer.items, active: this.active, onPick: (index) => this.#pick(index) })}
      ${contextView(this.app, () => this.#leaveContext())}
      ${stagedFilesView(this.app, this.files, (file) => this.#removeFile(file))}
      <form class="composer" @submit=${this.#onSubmit}>
        <label class="icon-button" title=${t.attach}>
          ${icon('plus')}<span class="hidden-text">${t.attach}</span>
          <input class="hidden-text" type="file" multiple @change=${this.#onChooseFiles} />
        </label>
        <textarea
          id="composer"
          rows="1"
          role="combobox"
          aria-autocomplete="list"
          aria-expanded=${offer !== undefined}
          aria-controls=${offer ? 'offer' : nothing}
          aria-activedescendant=${offer ? `offer-${this.active}` : nothing}
          aria-label=${t.messageChannel(channelLabel(this.app.store.state, channel))}
          placeholder=${t.messageChannel(channelLabel(this.app.store.state, channel))}
          .value=${live(this.text)}
          @input=${this.#onInput}
          @keydown=${this.#onKey}
          @click=${this.#onCaret}
          @paste=${this.#onPaste}
        ></textarea>
        ${over > 0 ? html`<span class="failed" role="status">${t.tooLong(over)}</span>` : nothing}
        <button
          type="submit"
          class="icon-button send"
          aria-label=${t.send}
          title=${t.send}
          ?disabled=${!this.#canSend()}
        >
          ${icon('send')}
        </button>
      </form>`
  }

  #offer(): Offer | undefined {
    if (this.isListClosed) return undefined
    const slash = /^\/([^\n]*)$/.exec(this.text)
    const offer = slash ? this.#commandOffer(slash[1] ?? '') : this.#mentionOffer()
    return offer && offer.items.length > 0 ? offer : undefined
  }

  #commandOffer(query: string): Offer {
    const items = matchCommands(this.#commands(), query)
      .slice(0, mostCommands)
      .map((found) => ({
        key: found.label,
        label: `/${found.label}`,
        detail: found.description,
        pick: () => this.#enterCommand(found),
      }))
    return { title: query === '' ? this.app.t.commands : this.app.t.matchingCommands(query), items }
  }

  #commands(): SlashCommand[] {
    const { state } = this.app.store
    return slashCommands(state.commands.get(state.currentChannelId ?? ''), this.app.locale)
  }

  #mentionOffer(): Offer | undefined {
    const typed = mentionAtCaret(this.text, this.caret)
    if (!typed) return undefined
    const wanted = typed.query.toLowerCase()
    const seen = new Set<string>()
    const found = this.app.mentionables().filter(({ name, sign, markup }) => {
      const isWanted =
        sign === typed.sign && name.toLowerCase().includes(wanted) && !seen.has(markup)
      if (isWanted) seen.add(markup)
      return isWanted
    })
    const items = found.slice(0, mostSuggestions).map((mentionable) => ({
      key: mentionable.markup,
      label: mentionable.sign + mentionable.name,
      pick: () => this.#insertMention(mentionable, typed.start),
    }))
    return { title: typed.sign === '@' ? this.app.t.people : this.app.t.channels, items }
  }

  #pick(index: number): void {
    this.#offer()?.items[index]?.pick()
  }

  #insertMention(mentionable: Mentionable, start: number): void {
    this.#picked = [mentionable, ...this.#picked]
    const inserted = `${mentionable.sign}${mentionable.name} `
    this.text = this.text.slice(0, start) + inserted + this.text.slice(this.caret)
    this.#placeCaret(start + inserted.length)
  }

  #placeCaret(position: number): void {
    this.caret = position
    void this.updateComplete.then(() => {
      const field = this.#field()
      field?.focus()
      field?.setSelectionRange(position, position)
    })
  }

  #enterCommand(command: SlashCommand): void {
    this.command = command
    this.text = ''
  }

  #leaveCommand(text: string): void {
    this.command = undefined
    this.text = text
    this.isListClosed = false
    this.#placeCaret(text.length)
  }

  #leaveContext(): void {
    const wasEditing = this.app.store.state.editing !== undefined
    this.app.store.change((state) => {
      state.replyTo = undefined
      state.editing = undefined
    })
    if (wasEditing) this.text = ''
    this.#field()?.focus()
  }

  #canSend(): boolean {
    const hasContent = this.text.trim() !== '' || this.files.length > 0
    return hasContent && this.text.length <= longestText
  }

  readonly #onSubmit = (event: Event): void => {
    event.preventDefault()
    void this.#submit()
  }

  async #submit(): Promise<void> {
    if (!this.#canSend()) return
    const { editing } = this.app.store.state
    const draft = { text: this.text.trim(), files: this.files, picked: this.#picked }
    this.text = ''
    this.files = []
    this.#picked = []
    const isTaken = editing ? await this.app.edit(editing, draft) : await this.app.send(draft)
    if (isTaken || this.text !== '') return
    this.text = draft.text
    this.files = draft.files
  }

  readonly #onInput = (event: Event): void => {
    const field = event.currentTarget
    if (!(field instanceof HTMLTextAreaElement)) return
    this.text = field.value
    this.caret = field.selectionStart
    this.active = 0
    this.isListClosed = false
    const command = this.#commandBeforeSpace()
    if (command) this.#enterCommand(command)
    else if (this.text !== '' && !this.text.startsWith('/')) this.app.tellTyping()
  }

  /** `/name ` with its space means the command of exactly that name. */
  #commandBeforeSpace(): SlashCommand | undefined {
    const typed = /^\/(.+) $/.exec(this.text)?.[1]
    return typed === undefined ? undefined : this.#commands().find(({ label }) => label === typed)
  }

  readonly #onCaret = (): void => {
    this.caret = this.#field()?.selectionStart ?? 0
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    // While an input method composes, Enter and arrows belong to it.
    if (event.isComposing) return
    const offer = this.#offer()
    const moved = offer && moveActive(event.key, this.active, offer.items.length)
    if (moved !== undefined) {
      event.preventDefault()
      this.active = moved
    } else if (offer && (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
      event.preventDefault()
      this.#pick(this.active)
    } else if (event.key === 'Escape') {
      if (offer) this.isListClosed = true
      else this.#leaveContext()
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      void this.#submit()
    } else if (event.key === 'ArrowUp' && this.text === '') {
      this.#editLast(event)
    } else {
      requestAnimationFrame(this.#onCaret)
    }
  }

  /** ArrowUp in an empty field opens one's own last message. */
  #editLast(event: Event): void {
    const { state } = this.app.store
    const items = state.histories.get(state.currentChannelId ?? '')?.items ?? []
    const last = items.findLast(({ author }) => author.id === state.me?.id)
    if (!last) return
    event.preventDefault()
    this.app.store.change(() => (state.editing = last.id))
  }

  readonly #onChooseFiles = (event: Event): void => {
    const input = event.currentTarget
    if (!(input instanceof HTMLInputElement)) return
    this.addFiles([...(input.files ?? [])])
    input.value = ''
  }

  readonly #onPaste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length === 0) return
    event.preventDefault()
    this.addFiles(files)
  }

  addFiles(files: readonly File[]): void {
    const { t } = this.app
    const tooBig = files.find(({ size }) => size > largestFileBytes)
    if (tooBig) this.app.say(t.attachmentTooBig(tooBig.name))
    const fitting = [...this.files, ...files.filter(({ size }) => size <= largestFileBytes)]
    if (fitting.length > mostFiles) this.app.say(t.fileCount)
    this.files = fitting.slice(0, mostFiles)
    this.#field()?.focus()
  }

  #removeFile(file: File): void {
    this.files = this.files.filter((each) => each !== file)
    this.#field()?.focus()
  }

  #field(): HTMLTextAreaElement | null {
    return this.querySelector('textarea')
  }

  protected override willUpdate(): void {
    const { state } = this.app.store
    if (state.currentChannelId !== this.#channelId) this.#changeChannel(state.currentChannelId)
    if (state.compose) {
      const { text } = state.compose
      state.compose = undefined
      this.text = text.startsWith('/') ? text : this.text + text
      this.isListClosed = false
      this.#placeCaret(this.text.length)
    }
    const context = state.editing ?? state.replyTo
    if (context === this.#focusFor) return
    this.#focusFor = context
    const edited = state.editing === undefined ? undefined : findMessage(state, state.editing)
    if (edited) this.text = withoutMentions(edited.content, this.app.mentionables())
    if (context !== undefined) this.#placeCaret(this.text.length)
  }

  /** Every channel keeps what was typed there. */
  #changeChannel(channelId: string | undefined): void {
    if (this.#channelId !== undefined) this.#drafts.set(this.#channelId, this.text)
    this.#channelId = channelId
    this.text = this.#drafts.get(channelId ?? '') ?? ''
    this.files = []
    this.command = undefined
    this.#placeCaret(this.text.length)
  }

  protected override updated(): void {
    const field = this.#field()
    if (!field) return
    field.style.height = 'auto'
    field.style.height = `${field.scrollHeight}px`
    scrollToActive(this)
  }
}

customElements.define('ld-composer', Composer)
