import '@skyra/discord-components-core/discord-message.js'
import '@skyra/discord-components-core/discord-reaction.js'
import '@skyra/discord-components-core/discord-reactions.js'
import '@skyra/discord-components-core/discord-system-message.js'
import '@skyra/discord-components-core/discord-thread.js'
import { html, nothing, type TemplateResult } from 'lit'

import type { App } from '../app.ts'
import { avatarUrl, messageTime } from '../format.ts'
import { displayName, roleColor } from '../lookup.ts'
import { markdownView, onEnter } from '../markdown/render.ts'
import { hasFlag, type Message, messageFlags, messageTypes, timeOfId, type User } from '../wire.ts'
import './contrast.ts'
import { attachmentsView } from './attachments.ts'
import { componentsView } from './components.ts'
import { embedView } from './embeds.ts'
import { icon } from './icons.ts'
import { originView } from './origin.ts'

const quickEmojis = ['👍', '❤️', '😂']

/** One message with all that hangs on it; `isFirst` when it does not continue its author's last one. */
export function messageView(app: App, message: Message, isFirst: boolean): TemplateResult {
  if (message.type === messageTypes.threadCreated) return threadCreatedView(app, message)
  if (message.type === messageTypes.starter) return starterView(app, message)
  const { state } = app.store
  const { author } = message
  const isEphemeral = hasFlag(message, messageFlags.ephemeral)
  return html`<discord-message
    role="article"
    tabindex="-1"
    id="message-${message.id}"
    class=${isEphemeral ? 'ephemeral' : ''}
    aria-label=${`${displayName(state, author)}, ${timeText(app, message)}`}
    data-author=${author.username}
    author=${displayName(state, author)}
    avatar=${avatarUrl(author)}
    role-color=${roleColor(state, author.id) ?? nothing}
    ?bot=${author.bot}
    ?highlight=${message.mentions.some(({ id }) => id === state.me?.id)}
    ?message-body-only=${!isFirst}
    ?light-theme=${state.theme === 'light'}
    .timestamp=${timeText(app, message)}
    @contextmenu=${(event: MouseEvent) => openMessageMenu(app, message, event)}
    @click=${(event: MouseEvent) => openAuthorMenu(app, author, event)}
    >${originView(app, message)}${contentView(app, message)}${attachmentsView(message)}${hasFlag(message, messageFlags.suppressEmbeds) ? nothing : message.embeds.map((embed) => embedView(app, embed))}${componentsView(app, message)}${reactionsView(app, message)}${threadView(app, message)}${isEphemeral ? ephemeralView(app, message) : nothing}${toolbarView(app, message)}</discord-message
  >`
}

/** A thread begins with the message that it grew from. */
function starterView(app: App, { id, channel_id, referenced_message }: Message) {
  if (!referenced_message) return html`<p class="deleted-origin">${app.t.deletedReply}</p>`
  const { thread: _here, ...origin } = referenced_message
  return messageView(app, { ...origin, id, channel_id }, true)
}

function timeText(app: App, message: Message): string {
  return messageTime(timeOfId(message.id), Date.now(), app.locale)
}

function contentView(app: App, message: Message) {
  if (hasFlag(message, messageFlags.loading)) {
    return html`<span class="thinking"
      ><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      ${app.t.thinking(displayName(app.store.state, message.author))}</span
    >`
  }
  const edited = message.edited_timestamp
    ? html` <span class="edited">${app.t.edited}</span>`
    : nothing
  return html`${markdownView(app, message.content)}${edited}`
}

function reactionsView(app: App, message: Message) {
  if (!message.reactions?.length) return nothing
  return html`<discord-reactions slot="reactions">
    ${message.reactions.map(({ emoji, count, me }) => {
      const name = emoji.name ?? ''
      const toggle = () => void app.react(message.id, emoji.id ? `${name}:${emoji.id}` : name, !me)
      return html`<discord-reaction
        role="button"
        tabindex="0"
        aria-pressed=${me}
        aria-label=${app.t.reactions(name, count)}
        emoji=${emoji.id ? `:${name}:` : name}
        name=${name}
        .count=${count}
        ?reacted=${me}
        ?light-theme=${app.store.state.theme === 'light'}
        @click=${toggle}
        @keydown=${onEnter(toggle)}
      ></discord-reaction>`
    })}
  </discord-reactions>`
}

function threadView(app: App, message: Message) {
  const thread =
    message.thread && (app.store.state.channels.get(message.thread.id) ?? message.thread)
  if (!thread) return nothing
  const open = () => app.openChannel(thread.id)
  return html`<discord-thread
    slot="thread"
    role="link"
    tabindex="0"
    name=${thread.name ?? ''}
    cta=${app.t.viewThread}
    ?light-theme=${app.store.state.theme === 'light'}
    @click=${open}
    @keydown=${onEnter(open)}
  ></discord-thread>`
}

function threadCreatedView(app: App, message: Message) {
  const threadId = message.message_reference?.channel_id
  const open = () => threadId && app.openChannel(threadId)
  return html`<discord-system-message
    type="thread"
    id="message-${message.id}"
    .timestamp=${timeText(app, message)}
    ?light-theme=${app.store.state.theme === 'light'}
    ><button type="button" class="link" @click=${open}>
      ${app.t.threadStarted(displayName(app.store.state, message.author), message.content)}
    </button></discord-system-message
  >`
}

function ephemeralView(app: App, message: Message) {
  return html`<div slot="thread" class="only-you">
    ${icon('eye')} ${app.t.onlyYou} ·
    <button type="button" class="link" @click=${() => app.dismiss(message)}>
      ${app.t.dismiss}
    </button>
  </div>`
}

function toolbarView(app: App, message: Message) {
  if (hasFlag(message, messageFlags.ephemeral)) return nothing
  const { t } = app
  return html`<div class="toolbar" slot="thread" role="group" aria-label=${t.messageActions}>
    ${quickEmojis.map(
      (emoji) =>
        html`<button
          type="button"
          tabindex="-1"
          aria-label=${t.react(emoji)}
          title=${t.react(emoji)}
          @click=${() => app.react(message.id, emoji, true)}
        >
          ${emoji}
        </button>`,
    )}
    <button
      type="button"
      tabindex="-1"
      aria-label=${t.reply}
      title=${t.reply}
      @click=${() => startReply(app, message)}
    >
      ${icon('reply')}
    </button>
    <button
      type="button"
      tabindex="-1"
      aria-label=${t.more}
      title=${t.more}
      aria-haspopup="menu"
      @click=${(event: MouseEvent) => openMessageMenu(app, message, event)}
    >
      ${icon('dots')}
    </button>
  </div>`
}

export function startReply(app: App, message: Message): void {
  app.store.change((state) => {
    state.replyTo = message.id
    state.editing = undefined
    state.menu = undefined
  })
}

/** Opens at the pointer, or below what was activated by key. */
export function openMessageMenu(app: App, message: Message, event: MouseEvent): void {
  const isOnLink = event.type === 'contextmenu' && event.composedPath().some(isLink)
  if (isOnLink) return
  event.preventDefault()
  event.stopPropagation()
  app.openMenu({
    kind: 'message',
    messageId: message.id,
    userId: message.author.id,
    ...menuPlace(event),
  })
}

export function menuPlace(event: MouseEvent): { x: number; y: number } {
  if (event.clientX !== 0 || event.clientY !== 0) return { x: event.clientX, y: event.clientY }
  const target = event.currentTarget
  if (!(target instanceof Element)) return { x: 0, y: 0 }
  const { left, bottom } = target.getBoundingClientRect()
  return { x: left + 8, y: bottom }
}

/** A click on the picture or the name above a message, both drawn inside the message's shadow. */
function openAuthorMenu(app: App, author: User, event: MouseEvent): void {
  const [target] = event.composedPath()
  const isAuthor =
    target instanceof Element &&
    (target.matches('.discord-author-username') ||
      target.closest('.discord-author-avatar') !== null)
  if (isAuthor) app.openMenu({ kind: 'user', userId: author.id, ...menuPlace(event) })
}

function isLink(target: EventTarget): boolean {
  return target instanceof Element && target.localName === 'a'
}
