import '@skyra/discord-components-core/discord-messages.js'
import { html, nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { keyed } from 'lit/directives/keyed.js'
import { repeat } from 'lit/directives/repeat.js'

import { longDate } from '../format.ts'
import { channelName, currentChannel } from '../lookup.ts'
import type { CommandNote, MessageHistory } from '../store.ts'
import {
  type Channel,
  hasFlag,
  type Message,
  messageFlags,
  messageTypes,
  timeOfId,
} from '../wire.ts'
import { AppElement } from './element.ts'
import { icon } from './icons.ts'
import { messageView, openMessageMenu } from './message.ts'
import { welcomeView } from './welcome.ts'

const sameAuthorMs = 7 * 60_000
const bottomTolerancePx = 60

/** The open channel's messages. It stays at the bottom when it was there, and where it was otherwise. */
export class MessageList extends AppElement {
  #isAtBottom = true
  #top = 0
  #newest: string | undefined
  #shownChannelId: string | undefined
  #observer: ResizeObserver | undefined

  override render() {
    const { state } = this.app.store
    const channel = currentChannel(state)
    const history = channel && state.histories.get(channel.id)
    if (!channel || !history) return nothing
    const name = channelName(state, channel)
    return html`<div
        class="scroller"
        tabindex="0"
        role="log"
        aria-live="off"
        aria-label=${this.app.t.messages(name)}
        @scroll=${this.#onScroll}
        @keydown=${this.#onKey}
      >
        <div class="scrolled">
          ${this.#olderView(channel, history)}
          ${keyed(
            `${state.theme} ${channel.id} ${this.app.locale}`,
            html`<discord-messages no-background ?light-theme=${state.theme === 'light'}
              >${repeat(
                withNeighbours(history.items),
                ({ message }) => message.id,
                ({ message, before }) => this.#entryView(message, before),
              )}</discord-messages
            >`,
          )}
          ${state.notes.filter(({ channelId }) => channelId === channel.id).map((note) => this.#noteView(note))}
        </div>
      </div>
      ${
        this.#isAtBottom
          ? nothing
          : html`<button type="button" class="jump" @click=${() => this.#toBottom()}>
              ${this.app.t.jumpToPresent} ${icon('down')}
            </button>`
      }`
  }

  #olderView(channel: Channel, history: MessageHistory) {
    const { t } = this.app
    if (history.hasOlder) {
      return html`<button
        type="button"
        class="older"
        ?disabled=${history.status === 'loading'}
        @click=${() => this.#loadOlder()}
      >
        ${t.loadOlder}
      </button>`
    }
    return history.status === 'ready'
      ? welcomeView(this.app, channel, history.items.length === 0)
      : nothing
  }

  #entryView(message: Message, before: Message | undefined) {
    const { state } = this.app.store
    const isNewDay = dayOf(message) !== (before && dayOf(before))
    const isFirst = isNewDay || startsGroup(message, before)
    // Whatever is not in this list must not change how a message looks.
    const parts = [
      message,
      isFirst,
      state.revision,
      this.#pressed(message),
      state.failedMessages.has(message.id),
    ]
    return html`${isNewDay && before ? html`<div class="day" role="separator"><span>${longDate(timeOfId(message.id), this.app.locale)}</span></div>` : nothing}${guard(parts, () => messageView(this.app, message, isFirst))}`
  }

  #pressed(message: Message): string {
    const targets = [...this.app.store.state.pressed.values()]
    return targets.filter((target) => target.startsWith(`${message.id}/`)).join()
  }

  #noteView({ nonce, command, status }: CommandNote) {
    const { t } = this.app
    return html`<div class="note" role="status">
      <span class="note-command">/${command}</span>
      ${
        status === 'sending'
          ? t.sendingCommand
          : html`<span class="failed" role="alert">${t.appDidNotRespond}</span>
              <span
                >${icon('eye')} ${t.onlyYou} ·
                <button type="button" class="link" @click=${() => this.app.dismissNote(nonce)}>
                  ${t.dismiss}
                </button></span
              >`
      }
    </div>`
  }

  protected override updated(): void {
    const { currentChannelId } = this.app.store.state
    const scroller = this.#scroller()
    if (!scroller) return
    if (currentChannelId !== this.#shownChannelId) {
      this.#shownChannelId = currentChannelId
      this.#isAtBottom = true
    }
    this.#followOwn()
    this.#observe(scroller)
    this.#keepPlace()
  }

  /** Whoever writes or runs a command wants to see it, wherever he had scrolled to. */
  #followOwn(): void {
    const { state } = this.app.store
    const last = state.histories.get(this.#shownChannelId ?? '')?.items.at(-1)
    const newest = state.notes.at(-1)?.nonce ?? last?.id
    if (newest === this.#newest) return
    this.#newest = newest
    const isOwn = newest !== last?.id || last?.author.id === state.me?.id
    if (!isOwn || this.#isAtBottom) return
    this.#isAtBottom = true
    this.requestUpdate()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#observer?.disconnect()
    this.#observer = undefined
  }

  /** Messages grow after they were drawn, when their own components and pictures arrive. */
  #observe(scroller: Element): void {
    if (this.#observer) return
    this.#observer = new ResizeObserver(() => this.#keepPlace())
    this.#observer.observe(scroller)
    const [content] = scroller.children
    if (content) this.#observer.observe(content)
  }

  #scroller(): Element | null {
    return this.querySelector('.scroller')
  }

  #keepPlace(): void {
    const scroller = this.#scroller()
    if (!this.#isAtBottom || !scroller) return
    scroller.scrollTop = scroller.scrollHeight
    // Higher up than before, because there is less to show: nobody moved.
    this.#top = scroller.scrollTop
  }

  #toBottom(): void {
    this.#isAtBottom = true
    this.requestUpdate()
  }

  readonly #onScroll = (event: Event): void => {
    const scroller = event.currentTarget
    if (!(scroller instanceof Element)) return
    const distance = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight
    // Only a move upwards leaves the bottom; the content growing below does not.
    const isMovedUp = scroller.scrollTop < this.#top
    this.#top = scroller.scrollTop
    const isAtBottom = distance < bottomTolerancePx || (this.#isAtBottom && !isMovedUp)
    if (isAtBottom !== this.#isAtBottom) {
      this.#isAtBottom = isAtBottom
      this.requestUpdate()
    }
    if (scroller.scrollTop < 80 && distance > bottomTolerancePx) void this.#loadOlder()
  }

  async #loadOlder(): Promise<void> {
    const { state } = this.app.store
    const channelId = state.currentChannelId
    const scroller = this.#scroller()
    if (channelId === undefined || !scroller || !state.histories.get(channelId)?.hasOlder) return
    const fromBottom = scroller.scrollHeight - scroller.scrollTop
    await this.app.loadOlder(channelId)
    await this.updateComplete
    requestAnimationFrame(() => (scroller.scrollTop = scroller.scrollHeight - fromBottom))
  }

  /** Arrow keys walk through the messages; Enter opens a message's menu. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const messages = [...this.querySelectorAll<HTMLElement>('discord-message')]
    const focused = messages.findIndex((each) => each === document.activeElement)
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const step = event.key === 'ArrowUp' ? -1 : 1
      const next = focused === -1 ? messages.at(-1) : messages[focused + step]
      if (!next) return
      event.preventDefault()
      next.focus()
      return
    }
    const element = messages[focused]
    const isMenuKey = event.key === 'Enter' || event.key === 'ContextMenu'
    const message = this.app.store.state.histories
      .get(this.#shownChannelId ?? '')
      ?.items.find(({ id }) => element?.id === `message-${id}`)
    if (!isMenuKey || !element || !message) return
    event.preventDefault()
    const { left, top } = element.getBoundingClientRect()
    const place = { clientX: left + 72, clientY: top + 24 }
    openMessageMenu(this.app, message, new MouseEvent('contextmenu', place))
  }
}

function withNeighbours(items: readonly Message[]) {
  return items.map((message, index) => ({ message, before: items[index - 1] }))
}

function dayOf(message: Message): string {
  return new Date(timeOfId(message.id)).toDateString()
}

/** Whether the message gets its own picture and name, as opposed to continuing the one before. */
function startsGroup(message: Message, before: Message | undefined): boolean {
  if (!before || message.author.id !== before.author.id) return true
  const isPlain =
    message.type === messageTypes.default && before.type !== messageTypes.threadCreated
  const isOther =
    hasFlag(message, messageFlags.ephemeral) !== hasFlag(before, messageFlags.ephemeral)
  return !isPlain || isOther || timeOfId(message.id) - timeOfId(before.id) > sameAuthorMs
}

customElements.define('ld-messages', MessageList)
