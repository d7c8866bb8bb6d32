// The server rail, the channel list with threads and DMs, and who one speaks as.
import { html, nothing } from 'lit'

import type { App } from '../app.ts'
import { avatarUrl, firstLetters, guildIconUrl } from '../format.ts'
import { channelName, displayName, isUnread } from '../lookup.ts'
import { type Channel, channelTypes, isNewer, isThread, type User } from '../wire.ts'
import { icon } from './icons.ts'

export function railView(app: App) {
  const { guild } = app.store.state
  if (!guild) return html`<nav class="rail"></nav>`
  const url = guildIconUrl(guild)
  const initials = firstLetters(guild.name, 2)
  return html`<nav class="rail" aria-label=${guild.name}>
    <button
      type="button"
      class="server"
      aria-current="true"
      aria-label=${app.t.server(guild.name)}
      title=${guild.name}
      @click=${() => openFirst(app)}
    >
      ${url ? html`<img src=${url} alt="" />` : initials}
    </button>
  </nav>`
}

function openFirst(app: App): void {
  const [first] = channelsOf(app, undefined)
  if (first) app.openChannel(first.id)
}

export function sidebarView(app: App) {
  const { state } = app.store
  const { t } = app
  return html`<nav class="sidebar" id="channels" aria-label=${t.channels}>
    <h1>${state.guild?.name ?? ''}</h1>
    <div class="lists">
      ${textChannelsView(app)}
      <section>
        <h2 id="dms">${t.directMessages}</h2>
        <ul aria-labelledby="dms">
          ${directsView(app)}
        </ul>
      </section>
    </div>
    ${speakerView(app)}
  </nav>`
}

function textChannelsView(app: App) {
  const { state } = app.store
  const categories = [...state.channels.values()]
    .filter(({ type }) => type === channelTypes.category)
    .toSorted(byPosition)
  return [undefined, ...categories].map((category) => {
    const channels = channelsOf(app, category?.id)
    if (channels.length === 0) return nothing
    const heading = category ? channelName(state, category) : app.t.channels
    return html`<section>
      <h2>${heading}</h2>
      <ul aria-label=${heading}>
        ${channels.map((channel) => channelView(app, channel))}
      </ul>
    </section>`
  })
}

function channelsOf({ store: { state } }: App, categoryId: string | undefined): Channel[] {
  const ids = new Set([...state.channels.values()].filter(isCategory).map(({ id }) => id))
  const parent = ({ parent_id }: Channel) => (ids.has(parent_id ?? '') ? parent_id : undefined)
  return [...state.channels.values()]
    .filter(({ type }) => type === channelTypes.text || type === channelTypes.announcement)
    .filter((channel) => (parent(channel) ?? undefined) === categoryId)
    .toSorted(byPosition)
}

function isCategory({ type }: Channel): boolean {
  return type === channelTypes.category
}

function byPosition(a: Channel, b: Channel): number {
  return (a.position ?? 0) - (b.position ?? 0) || (isNewer(a.id, b.id) ? 1 : -1)
}

function channelView(app: App, channel: Channel): unknown {
  const { state } = app.store
  const threads = [...state.channels.values()].filter(
    (each) => isThread(each) && each.parent_id === channel.id && !each.thread_metadata?.archived,
  )
  return html`<li>
    ${linkView(app, channel, icon('hash'))}
    ${
      threads.length === 0
        ? nothing
        : html`<ul class="threads">
            ${threads.map((thread) => html`<li>${linkView(app, thread, icon('thread'))}</li>`)}
          </ul>`
    }
  </li>`
}

function directsView(app: App) {
  const { state } = app.store
  const directs = [...state.channels.values()].filter(({ type }) => type === channelTypes.dm)
  const partners = new Set(directs.map((channel) => partnerOf(app, channel)?.id))
  const bot = state.users.get(state.session?.bot_id ?? '')
  const isBotMissing = bot !== undefined && !partners.has(bot.id)
  return html`${directs.map((channel) => html`<li>${linkView(app, channel, faceView(app, partnerOf(app, channel)))}</li>`)}
  ${
    isBotMissing
      ? html`<li>
          <button type="button" class="channel" @click=${() => app.openDirect(bot.id)}>
            ${faceView(app, bot)}<span class="channel-name">${displayName(state, bot)}</span>
          </button>
        </li>`
      : nothing
  }`
}

function partnerOf({ store: { state } }: App, channel: Channel): User | undefined {
  return channel.recipients?.find(({ id }) => id !== state.me?.id)
}

function linkView(app: App, channel: Channel, sign: unknown) {
  const { state } = app.store
  const isOpen = channel.id === state.currentChannelId
  const mentions = isOpen ? 0 : (state.mentions.get(channel.id) ?? 0)
  const unread = isUnread(state, channel)
  return html`<button
    type="button"
    class="channel ${unread ? 'unread' : ''}"
    aria-current=${isOpen ? 'page' : nothing}
    data-channel-id=${channel.id}
    @click=${() => app.openChannel(channel.id)}
  >
    ${sign}<span class="channel-name">${channelName(state, channel)}</span>
    ${unread ? html`<span class="hidden-text">(${app.t.unread})</span>` : nothing}
    ${mentions > 0 ? html`<span class="badge" aria-label=${app.t.unreadMentions(mentions)}>${mentions}</span>` : nothing}
  </button>`
}

/** A picture with the dot that says whether its owner is online. */
export function faceView(app: App, user: User | undefined) {
  if (!user) return nothing
  const { state } = app.store
  const isOnline = state.online.has(user.id) || user.id === state.me?.id
  return html`<span class="face"
    ><img src=${avatarUrl(user)} alt="" /><i class=${isOnline ? 'online' : 'offline'}></i
  ></span>`
}

function speakerView(app: App) {
  const { state } = app.store
  const { t } = app
  const { me, session } = state
  if (!me || !session) return nothing
  const isLight = state.theme === 'light'
  const change = (event: Event) => {
    if (event.target instanceof HTMLSelectElement) app.speakAs(event.target.value)
  }
  return html`<div class="speaker">
    ${faceView(app, me)}
    <label>
      <span>${t.speakAs}</span>
      <select id="speaker" @change=${change}>
        ${session.users.map(({ user }) => html`<option value=${user.id} ?selected=${user.id === me.id}>${displayName(state, user)}</option>`)}
      </select>
    </label>
    <button
      type="button"
      class="icon-button"
      aria-label=${t.switchTheme}
      title=${isLight ? t.darkTheme : t.lightTheme}
      @click=${() => app.setTheme(isLight ? 'dark' : 'light')}
    >
      ${icon(isLight ? 'moon' : 'sun')}
    </button>
  </div>`
}
