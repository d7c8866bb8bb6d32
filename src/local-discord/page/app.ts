// What one can do on the page; the views call these, the state follows.
import type { AutocompleteResponse, LocalSession } from '../protocol.ts'
import { applyEvent } from './events.ts'
import { createGateway } from './gateway.ts'
import { createInteractions, type Interactions } from './interactions.ts'
import { channelName, displayName, findMessage, knownUsers } from './lookup.ts'
import { type Mentionable, withMentions } from './mentions.ts'
import { newNonce } from './nonce.ts'
import { createRest, type Rest } from './rest.ts'
import { createStore, type MenuTarget, type Store, type Theme } from './store.ts'
import { type Texts, textsFor } from './texts.ts'
import { type Channel, channelTypes, isThread } from './wire.ts'

const typingRenewalMs = 8_000
/** What 瓜瓜 is called by people without a Chinese keyboard. */
const botAlias = 'guagua'
const noticeMs = 6_000
const speakerKey = 'speaker'

export interface Draft {
  text: string
  files: readonly File[]
  /** Names that were picked from the list, and so mean exactly one user. */
  picked: readonly Mentionable[]
}

export interface App extends Interactions {
  readonly store: Store
  readonly rest: Rest
  readonly t: Texts
  /** BCP 47, for dates */
  readonly locale: string
  mentionables(): Mentionable[]
  speakAs(userId: string): void
  openChannel(channelId: string): void
  openDirect(userId: string): Promise<void>
  loadOlder(channelId: string): Promise<void>
  /** Resolves to false when the server did not take it. */
  send(draft: Draft): Promise<boolean>
  edit(messageId: string, draft: Draft): Promise<boolean>
  remove(messageId: string): Promise<void>
  react(messageId: string, emoji: string, isOn: boolean): Promise<void>
  startThread(messageId: string, name: string): Promise<void>
  tellTyping(): void
  openMenu(menu: MenuTarget): void
  setTheme(theme: Theme): void
  say(notice: string): void
}

export function createApp(): App {
  const store = createStore(preferredTheme())
  const { state } = store
  let token: string | undefined
  let typedAt = 0
  const rest = createRest(() => token)

  const gateway = createGateway({
    async findSpeaker() {
      const session = await rest.session()
      const speaker = chooseSpeaker(session)
      token = speaker.token
      store.change(() => {
        state.session = session
        state.me = speaker.user
      })
      return { session, token: speaker.token }
    },
    onDispatch(event, data) {
      if (event === 'APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE') {
        interactions.takeChoices(data as AutocompleteResponse) // by the event's name
        return
      }
      store.change(() => applyEvent({ state, now: Date.now() }, event, data))
      if (event === 'READY') resumeReading()
    },
    onState: (connection) => store.change(() => (state.connection = connection)),
  })

  /** After READY: the channel that was open, or the one the address names, or the first. */
  function resumeReading(): void {
    readSeen()
    const wanted = [state.currentChannelId, location.hash.slice(1)]
    const known = wanted.find((id) => id !== undefined && state.channels.has(id))
    const id = known ?? firstChannel()?.id
    if (id !== undefined) app.openChannel(id)
  }

  function firstChannel(): Channel | undefined {
    return [...state.channels.values()]
      .filter(({ type, guild_id }) => type === channelTypes.text && guild_id !== undefined)
      .toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))[0]
  }

  async function load(channelId: string): Promise<void> {
    const history = { items: [], status: 'loading' as const, hasOlder: false }
    store.change(() => state.histories.set(channelId, history))
    try {
      const newestFirst = await rest.messages(channelId)
      store.change(() => {
        // What the gateway delivered meanwhile is newer, and kept.
        const arrived = state.histories.get(channelId)?.items ?? []
        const known = new Set(newestFirst.map(({ id }) => id))
        const items = [...newestFirst.toReversed(), ...arrived.filter(({ id }) => !known.has(id))]
        state.histories.set(channelId, {
          items,
          status: 'ready',
          hasOlder: newestFirst.length >= 50,
        })
      })
    } catch (error) {
      store.change(() => state.histories.set(channelId, { ...history, status: 'failed' }))
      fail(error)
    }
  }

  function fail(error: unknown): void {
    app.say(error instanceof Error ? error.message : String(error))
  }

  function tell(action: Promise<unknown>): Promise<boolean> {
    return action.then(
      () => true,
      (error: unknown) => {
        fail(error)
        return false
      },
    )
  }

  function storageKey(): string {
    return `seen:${state.me?.username ?? ''}`
  }

  function readSeen(): void {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey()) ?? '{}')
    if (typeof stored !== 'object' || stored === null) return
    for (const [id, seen] of Object.entries(stored)) {
      const channel = state.channels.get(id)
      // After a restart of the server there is less than what was seen: then nothing is unread.
      if (channel && BigInt(channel.last_message_id ?? 0) > BigInt(seen)) state.read.set(id, seen)
    }
  }

  function writeSeen(): void {
    localStorage.setItem(storageKey(), JSON.stringify(Object.fromEntries(state.read)))
  }

  const interactions = createInteractions({ store, rest, fail })

  const app: App = {
    ...interactions,
    store,
    rest,
    get locale() {
      return state.me?.locale ?? navigator.language
    },
    get t() {
      return textsFor(app.locale)
    },

    mentionables() {
      const users = knownUsers(state).flatMap((user) => {
        const alias = user.id === state.session?.bot_id ? botAlias : undefined
        const names = new Set([displayName(state, user), user.global_name, user.username, alias])
        return [...names].flatMap((name) =>
          name ? [{ name, markup: `<@${user.id}>`, sign: '@' as const }] : [],
        )
      })
      const channels = [...state.channels.values()]
        .filter(({ guild_id, type }) => guild_id !== undefined && type !== channelTypes.category)
        .map((channel) => ({
          name: channelName(state, channel),
          markup: `<#${channel.id}>`,
          sign: '#' as const,
        }))
      return [...users, ...channels]
    },

    speakAs(userId) {
      const speaker = state.session?.users.find(({ user }) => user.id === userId)
      if (!speaker || userId === state.me?.id) return
      // Each tab keeps its own speaker; a new tab begins with the last one chosen.
      sessionStorage.setItem(speakerKey, speaker.user.username)
      localStorage.setItem(speakerKey, speaker.user.username)
      store.change(() => {
        Object.assign(state, { modal: undefined, menu: undefined, replyTo: undefined })
        state.editing = undefined
        state.read.clear()
        state.mentions.clear()
      })
      gateway.restart()
    },

    openChannel(channelId) {
      const channel = state.channels.get(channelId)
      if (!channel) return
      store.change(() => {
        if (channelId !== state.currentChannelId) {
          Object.assign(state, { replyTo: undefined, editing: undefined })
        }
        state.currentChannelId = channelId
        state.panel = 'none'
        state.menu = undefined
        state.read.set(channelId, channel.last_message_id ?? '0')
        state.mentions.delete(channelId)
      })
      history.replaceState(null, '', `#${channelId}`)
      writeSeen()
      if (!state.histories.has(channelId)) void load(channelId)
      void app.loadCommands(channelId)
    },

    async openDirect(userId) {
      try {
        const channel = await rest.openDirect(userId)
        store.change(() => state.channels.set(channel.id, channel))
        app.openChannel(channel.id)
      } catch (error) {
        fail(error)
      }
    },

    async loadOlder(channelId) {
      const known = state.histories.get(channelId)
      const oldest = known?.items[0]
      if (!known || !oldest || known.status === 'loading') return
      store.change(() => (known.status = 'loading'))
      try {
        const older = await rest.messages(channelId, oldest.id)
        store.change(() => {
          known.items.unshift(...older.toReversed())
          known.hasOlder = older.length >= 50
        })
      } catch (error) {
        fail(error)
      } finally {
        store.change(() => (known.status = 'ready'))
      }
    },

    async send({ text, files, picked }) {
      const channelId = state.currentChannelId
      if (channelId === undefined) return false
      const { replyTo } = state
      store.change(() => (state.replyTo = undefined))
      typedAt = 0
      const content = withMentions(text, [...picked, ...app.mentionables()])
      return tell(rest.send(channelId, { content, nonce: newNonce(), replyTo, files }))
    },

    async edit(messageId, { text, picked }) {
      const message = findMessage(state, messageId)
      if (!message) return false
      const content = withMentions(text, [...picked, ...app.mentionables()])
      store.change(() => (state.editing = undefined))
      return tell(rest.edit(message.channel_id, messageId, content))
    },

    async remove(messageId) {
      const message = findMessage(state, messageId)
      if (message) await tell(rest.remove(message.channel_id, messageId))
    },

    async react(messageId, emoji, isOn) {
      const message = findMessage(state, messageId)
      if (message) await tell(rest.react(message, emoji, isOn))
    },

    async startThread(messageId, name) {
      const message = findMessage(state, messageId)
      if (!message) return
      try {
        const thread = await rest.startThread(message.channel_id, messageId, name)
        store.change(() => state.channels.set(thread.id, thread))
        app.openChannel(thread.id)
      } catch (error) {
        fail(error)
      }
    },

    tellTyping() {
      const now = Date.now()
      if (state.currentChannelId === undefined || now - typedAt < typingRenewalMs) return
      typedAt = now
      // Nobody misses a typing sign that got lost.
      rest.startTyping(state.currentChannelId).catch(() => undefined)
    },

    openMenu: (menu) => store.change(() => (state.menu = menu)),

    setTheme(theme) {
      localStorage.setItem('theme', theme)
      store.change(() => (state.theme = theme))
    },

    say(notice) {
      store.change(() => (state.notice = notice))
      setTimeout(() => {
        if (state.notice === notice) store.change(() => (state.notice = undefined))
      }, noticeMs)
    },
  }

  gateway.restart()
  keepTime(store)
  store.subscribe(() => {
    const channelId = state.currentChannelId
    if (
      channelId !== undefined &&
      state.channels.has(channelId) &&
      !state.commands.has(channelId)
    ) {
      void app.loadCommands(channelId)
    }
  })
  document.addEventListener('visibilitychange', () => {
    const channel = state.channels.get(state.currentChannelId ?? '')
    if (document.hidden || !channel) return
    store.change(() => state.read.set(channel.id, channel.last_message_id ?? '0'))
    writeSeen()
  })
  return app
}

/** Typing signs fade and relative times move on without any event. */
function keepTime(store: Store): void {
  const { state } = store
  setInterval(() => {
    const now = Date.now()
    for (const [channelId, typing] of state.typing) {
      for (const [userId, until] of typing) {
        if (until <= now) store.change(() => state.typing.get(channelId)?.delete(userId))
      }
    }
  }, 1000)
  setInterval(() => store.change(() => state.revision++), 30_000)
}

/** Who spoke last; at first somebody who speaks the reader's language. */
function chooseSpeaker({ users }: LocalSession): LocalSession['users'][number] {
  const username = sessionStorage.getItem(speakerKey) ?? localStorage.getItem(speakerKey)
  const chosen =
    users.find(({ user }) => user.username === username) ??
    users.find(({ user }) => languageOf(user.locale) === languageOf(navigator.language)) ??
    users[0]
  if (!chosen) throw new Error('the server has no member to speak as')
  sessionStorage.setItem(speakerKey, chosen.user.username)
  return chosen
}

/** `zh` of `zh-CN` */
function languageOf(locale: string): string {
  return locale.split('-', 1)[0] ?? locale
}

export function preferredTheme(): Theme {
  const stored = localStorage.getItem('theme')
  if (stored === 'light' || stored === 'dark') return stored
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
}

export function canHoldThreads(channel: Channel | undefined): boolean {
  return channel?.guild_id !== undefined && !isThread(channel)
}
