import './composer.ts'
import './menu.ts'
import './message-list.ts'
import './modal.ts'
import './thread-dialog.ts'
import { html, nothing } from 'lit'

import { avatarUrl } from '../format.ts'
import { channelName, currentChannel, nameOfId } from '../lookup.ts'
import { type Channel, channelTypes, isThread } from '../wire.ts'
import { Composer } from './composer.ts'
import { AppElement } from './element.ts'
import { icon } from './icons.ts'
import { membersView } from './members.ts'
import { railView, sidebarView } from './sidebar.ts'

const settledMs = 1_200

/** The frame: server rail, channels, the open channel, members, and what lies above them. */
export class Shell extends AppElement {
  #spoken = ''
  #speaking: ReturnType<typeof setTimeout> | undefined

  override render() {
    const { app } = this
    const { state } = app.store
    const channel = currentChannel(state)
    const dim =
      state.panel === 'none'
        ? nothing
        : html`<div class="dim" @click=${() => this.#show('none')}></div>`
    return html`<div class="shell panel-${state.panel}" @keydown=${this.#onKey}>
        ${railView(app)} ${sidebarView(app)}
        <main @dragover=${this.#onDragOver} @dragleave=${this.#onDragLeave} @drop=${this.#onDrop}>
          ${this.#bannerView()} ${channel ? this.#headerView(channel) : nothing}
          <ld-messages .app=${app}></ld-messages>
          <div class="foot"><ld-composer .app=${app}></ld-composer>${this.#typingView()}</div>
          <div class="drop" aria-hidden="true">${app.t.dropFiles}</div>
        </main>
        ${membersView(app)} ${dim}
      </div>
      <ld-menu .app=${app}></ld-menu>
      <ld-modal .app=${app}></ld-modal>
      <ld-thread-dialog .app=${app}></ld-thread-dialog>
      <div class="notice" role="alert">${state.notice ?? ''}</div>
      <div class="hidden-text" id="announcer" aria-live="polite"></div>`
  }

  #bannerView() {
    const { t } = this.app
    const { state } = this.app.store
    if (state.connection === 'lost')
      return html`<div class="banner lost" role="status">${t.connectionLost}</div>`
    if (state.connection === 'connecting' || !state.session) {
      return state.guild ? nothing : html`<div class="banner" role="status">${t.connecting}</div>`
    }
    const { bot_id } = state.session
    if (state.online.has(bot_id)) return nothing
    return html`<div class="banner" role="status">
      ${t.botOffline(nameOfId(state, bot_id) ?? 'Bot')}
    </div>`
  }

  #headerView(channel: Channel) {
    const { t } = this.app
    const { state } = this.app.store
    const isDirect = channel.type === channelTypes.dm
    const partner = isDirect ? channel.recipients?.find(({ id }) => id !== state.me?.id) : undefined
    const sign = partner
      ? html`<img class="header-face" src=${avatarUrl(partner)} alt="" />`
      : icon(isThread(channel) ? 'thread' : 'hash')
    const parent = isThread(channel) ? state.channels.get(channel.parent_id ?? '') : undefined
    const shown = { channels: state.panel === 'channels', members: state.panel === 'members' }
    return html`<header class="header">
      <button
        type="button"
        class="icon-button narrow"
        aria-label=${t.channels}
        aria-expanded=${shown.channels}
        aria-controls="channels"
        @click=${() => this.#show(shown.channels ? 'none' : 'channels')}
      >
        ${icon('menu')}
      </button>
      ${
        parent
          ? html`<button type="button" class="link" @click=${() => this.app.openChannel(parent.id)}>
                #${channelName(state, parent)}</button
              ><span aria-hidden="true">›</span>`
          : nothing
      }
      ${sign}
      <h2>${channelName(state, channel)}</h2>
      ${channel.topic ? html`<span class="topic" title=${channel.topic}>${channel.topic}</span>` : nothing}
      <span class="spacer"></span>
      ${
        isDirect
          ? nothing
          : html`<button
              type="button"
              class="icon-button medium"
              aria-label=${t.showMembers}
              title=${t.showMembers}
              aria-expanded=${shown.members}
              aria-controls="members"
              @click=${() => this.#show(shown.members ? 'none' : 'members')}
            >
              ${icon('people')}
            </button>`
      }
    </header>`
  }

  #typingView() {
    const { state } = this.app.store
    const typing = [...(state.typing.get(state.currentChannelId ?? '')?.keys() ?? [])]
    const names = typing.flatMap((id) => nameOfId(state, id) ?? [])
    return html`<div class="typing" aria-live="polite">
      ${
        names.length === 0
          ? nothing
          : html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
              ${this.app.t.typing(names)}`
      }
    </div>`
  }

  #show(panel: 'none' | 'channels' | 'members'): void {
    this.app.store.change((state) => (state.panel = panel))
    const target = panel === 'none' ? undefined : `#${panel} button`
    if (target)
      void this.updateComplete.then(() => this.querySelector<HTMLElement>(target)?.focus())
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.app.store.state.panel !== 'none') this.#show('none')
  }

  readonly #onDragOver = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    this.toggleAttribute('dragging', true)
  }

  readonly #onDragLeave = (event: DragEvent): void => {
    const isInside =
      event.relatedTarget instanceof Node &&
      this.querySelector('main')?.contains(event.relatedTarget)
    if (!isInside) this.toggleAttribute('dragging', false)
  }

  readonly #onDrop = (event: DragEvent): void => {
    event.preventDefault()
    this.toggleAttribute('dragging', false)
    const composer = this.querySelector('ld-composer')
    if (composer instanceof Composer) composer.addFiles([...(event.dataTransfer?.files ?? [])])
  }

  protected override updated(): void {
    const { state } = this.app.store
    document.documentElement.dataset['theme'] = state.theme
    document.documentElement.lang = this.app.t.lang
    document.title = this.#title()
    this.#announce(state.announcement)
  }

  #title(): string {
    const { state } = this.app.store
    const channel = currentChannel(state)
    const unread = [...state.mentions.values()].reduce((sum, count) => sum + count, 0)
    const parts = [channel && channelName(state, channel), state.guild?.name ?? 'Discord']
    return (unread > 0 ? `(${unread}) ` : '') + parts.filter(Boolean).join(' | ')
  }

  /** Speaks a message once its text stands still, so that streaming is not read out piece by piece. */
  #announce(text: string): void {
    if (text === this.#spoken) return
    this.#spoken = text
    clearTimeout(this.#speaking)
    this.#speaking = setTimeout(() => {
      const announcer = this.querySelector('#announcer')
      if (announcer) announcer.textContent = text
    }, settledMs)
  }
}

customElements.define('ld-shell', Shell)
