// What each gateway event changes in the state.
import type {
  GatewayGuildMemberRemoveDispatchData,
  GatewayMessageReactionAddDispatchData,
  GatewayPresenceUpdate,
  GatewayTypingStartDispatchData,
} from 'discord-api-types/v10'

import type { InteractionNotice, ModalCreate, UserReady } from '../protocol.ts'
import { displayName } from './lookup.ts'
import type { MessageHistory, State } from './store.ts'
import {
  type Channel,
  hasFlag,
  isNewer,
  type Member,
  type Message,
  messageFlags,
  type Role,
  type User,
} from './wire.ts'

/** Histories are cut to this when messages keep coming, so that a page left open stays small. */
const longestHistory = 400
const typingMs = 10_000

interface Context {
  state: State
  now: number
}

type Handler<T> = (context: Context, data: T) => void

/** The state after an event; events the page has no use for are let go. */
export function applyEvent(context: Context, event: string, data: unknown): void {
  // Each handler's parameter is the event's own type, as the gateway promises it.
  const handler = handlers[event] as Handler<unknown> | undefined
  handler?.(context, data)
}

function on<T>(handler: Handler<T>): Handler<T> {
  return handler
}

const handlers: Record<string, Handler<never> | undefined> = {
  READY: on<UserReady>(applyReady),
  MESSAGE_CREATE: on<Message>(addMessage),
  MESSAGE_UPDATE: on<Message>(({ state }, message) => updateMessage(state, message)),
  MESSAGE_DELETE: on<{ id: string; channel_id: string }>(({ state }, { id, channel_id }) =>
    removeMessages(state, channel_id, [id]),
  ),
  MESSAGE_DELETE_BULK: on<{ ids: string[]; channel_id: string }>(({ state }, data) =>
    removeMessages(state, data.channel_id, data.ids),
  ),
  MESSAGE_REACTION_ADD: on<GatewayMessageReactionAddDispatchData>(({ state }, data) =>
    countReaction(state, data, 1),
  ),
  MESSAGE_REACTION_REMOVE: on<GatewayMessageReactionAddDispatchData>(({ state }, data) =>
    countReaction(state, data, -1),
  ),
  MESSAGE_REACTION_REMOVE_ALL: on<{ channel_id: string; message_id: string }>(({ state }, data) =>
    changeMessage(state, data, (message) => ({ ...message, reactions: [] })),
  ),
  MESSAGE_REACTION_REMOVE_EMOJI: on<GatewayMessageReactionAddDispatchData>(({ state }, data) =>
    changeMessage(state, data, (message) => ({
      ...message,
      reactions: (message.reactions ?? []).filter(({ emoji }) => !isSameEmoji(emoji, data.emoji)),
    })),
  ),
  TYPING_START: on<GatewayTypingStartDispatchData>(({ state, now }, { channel_id, user_id }) => {
    if (user_id === state.me?.id) return
    const typing = state.typing.get(channel_id) ?? new Map<string, number>()
    state.typing.set(channel_id, typing.set(user_id, now + typingMs))
  }),
  CHANNEL_CREATE: on<Channel>(putChannel),
  CHANNEL_UPDATE: on<Channel>(putChannel),
  CHANNEL_DELETE: on<Channel>(removeChannel),
  THREAD_CREATE: on<Channel>(putChannel),
  THREAD_UPDATE: on<Channel>(putChannel),
  THREAD_DELETE: on<Channel>(removeChannel),
  GUILD_MEMBER_ADD: on<Member>(({ state }, member) => putMember(state, member)),
  GUILD_MEMBER_UPDATE: on<Member>(({ state }, member) => putMember(state, member)),
  GUILD_MEMBER_REMOVE: on<GatewayGuildMemberRemoveDispatchData>(({ state }, { user }) => {
    state.members.delete(user.id)
    state.revision++
  }),
  GUILD_ROLE_CREATE: on<{ role: Role }>(({ state }, { role }) => putRole(state, role)),
  GUILD_ROLE_UPDATE: on<{ role: Role }>(({ state }, { role }) => putRole(state, role)),
  GUILD_ROLE_DELETE: on<{ role_id: string }>(({ state }, { role_id }) => {
    state.roles.delete(role_id)
    state.revision++
  }),
  USER_UPDATE: on<User>(({ state }, user) => {
    state.users.set(user.id, user)
    state.revision++
  }),
  PRESENCE_UPDATE: on<GatewayPresenceUpdate>(({ state }, presence) => putPresence(state, presence)),
  GUILD_APPLICATION_COMMAND_INDEX_UPDATE: on<unknown>(({ state }) => state.commands.clear()),
  INTERACTION_SUCCESS: on<InteractionNotice>(({ state }, { nonce = '' }) => {
    state.notes = state.notes.filter((note) => note.nonce !== nonce)
    state.pressed.delete(nonce)
    if (nonce === state.submission?.nonce) closeModal(state)
  }),
  INTERACTION_FAILURE: on<InteractionNotice>(({ state }, { nonce = '' }) =>
    failInteraction(state, nonce),
  ),
  INTERACTION_MODAL_CREATE: on<ModalCreate>(({ state }, modal) => {
    closeModal(state)
    state.modal = modal
    state.menu = undefined
  }),
}

function applyReady({ state }: Context, ready: UserReady): void {
  const [guild] = ready.guilds
  state.me = ready.user
  state.guild = guild && { id: guild.id, name: guild.name, icon: guild.icon }
  state.channels.clear()
  for (const channel of [...(guild?.channels ?? []), ...(guild?.threads ?? [])]) {
    // One shape for all channels; see Channel.
    const seen = channel as unknown as Channel
    state.channels.set(channel.id, { ...seen, ...(guild && { guild_id: guild.id }) })
  }
  for (const channel of ready.private_channels) {
    state.channels.set(channel.id, channel as unknown as Channel) // one shape for all, as above
  }
  state.members = new Map((guild?.members ?? []).map((member) => [member.user.id, member]))
  state.roles = new Map((guild?.roles ?? []).map((role) => [role.id, role]))
  const users = [...ready.users, ...(guild?.members ?? []).map(({ user }) => user), ready.user]
  state.users = new Map(users.map((user) => [user.id, user]))
  state.online = new Set()
  for (const presence of ready.presences) putPresence(state, presence)
  state.histories.clear()
  state.commands.clear()
  state.typing.clear()
  state.pressed.clear()
  state.submission = undefined
  state.notes = []
  for (const { id, last_message_id } of state.channels.values()) {
    if (!state.read.has(id)) state.read.set(id, last_message_id ?? '0')
  }
  state.revision++
}

function addMessage({ state }: Context, message: Message): void {
  const channel = state.channels.get(message.channel_id)
  const isEphemeral = hasFlag(message, messageFlags.ephemeral)
  if (channel && !isEphemeral) {
    state.channels.set(channel.id, { ...channel, last_message_id: message.id })
  }
  state.typing.get(message.channel_id)?.delete(message.author.id)
  if (!state.users.has(message.author.id)) state.users.set(message.author.id, message.author)
  const isMine = message.author.id === state.me?.id
  const isOpen = message.channel_id === state.currentChannelId && !document.hidden
  if (isMine || isOpen) state.read.set(message.channel_id, message.id)
  else if (message.mentions.some(({ id }) => id === state.me?.id)) {
    state.mentions.set(message.channel_id, (state.mentions.get(message.channel_id) ?? 0) + 1)
  }
  const history = state.histories.get(message.channel_id)
  if (history) insert(history, message)
  if (isOpen && !isMine) announce(state, message)
}

function insert(history: MessageHistory, message: Message): void {
  if (history.items.some(({ id }) => id === message.id)) return
  const after = history.items.findLastIndex(({ id }) => isNewer(message.id, id))
  history.items.splice(after + 1, 0, message)
  if (history.items.length <= longestHistory) return
  history.items.splice(0, history.items.length - longestHistory)
  history.hasOlder = true
}

function updateMessage(state: State, update: Message): void {
  changeMessage(state, { channel_id: update.channel_id, message_id: update.id }, (message) => ({
    ...message,
    ...update,
  }))
  for (const [nonce, target] of state.pressed) {
    if (target.startsWith(`${update.id}/`)) state.pressed.delete(nonce)
  }
  if (update.channel_id === state.currentChannelId && !document.hidden) announce(state, update)
}

/** For screen readers; the view waits until a streamed text stands still before it is spoken. */
function announce(state: State, message: Message): void {
  if (hasFlag(message, messageFlags.loading) || message.content === '') return
  state.announcement = `${displayName(state, message.author)}: ${message.content}`
}

function changeMessage(
  state: State,
  { channel_id, message_id }: { channel_id: string; message_id: string },
  change: (message: Message) => Message,
): void {
  const items = state.histories.get(channel_id)?.items ?? []
  const index = items.findIndex(({ id }) => id === message_id)
  const message = items[index]
  if (message) items[index] = change(message)
}

/** Takes messages out of a channel's history: deleted ones, or an ephemeral one that was dismissed. */
export function removeMessages(state: State, channelId: string, ids: readonly string[]): void {
  const history = state.histories.get(channelId)
  if (history) history.items = history.items.filter(({ id }) => !ids.includes(id))
  if (ids.includes(state.replyTo ?? '')) state.replyTo = undefined
  if (ids.includes(state.editing ?? '')) state.editing = undefined
}

function countReaction(
  state: State,
  data: GatewayMessageReactionAddDispatchData,
  step: 1 | -1,
): void {
  const isMine = data.user_id === state.me?.id
  changeMessage(state, data, (message) => {
    const reactions = [...(message.reactions ?? [])]
    const index = reactions.findIndex(({ emoji }) => isSameEmoji(emoji, data.emoji))
    const found = reactions[index]
    if (found) {
      reactions[index] = { ...found, count: found.count + step, me: isMine ? step === 1 : found.me }
    } else if (step === 1) {
      const details = { burst: 0, normal: 1 }
      reactions.push({
        emoji: data.emoji,
        count: 1,
        me: isMine,
        me_burst: false,
        count_details: details,
        burst_colors: [],
      })
    }
    return { ...message, reactions: reactions.filter(({ count }) => count > 0) }
  })
}

function isSameEmoji(
  one: { id?: string | null; name?: string | null },
  other: { id?: string | null; name?: string | null },
): boolean {
  return one.id || other.id ? one.id === other.id : one.name === other.name
}

function putChannel({ state }: Context, channel: Channel): void {
  state.channels.set(channel.id, { ...state.channels.get(channel.id), ...channel })
  for (const user of channel.recipients ?? []) state.users.set(user.id, user)
  if (!state.read.has(channel.id)) state.read.set(channel.id, '0')
  state.revision++
}

function removeChannel({ state }: Context, { id }: Channel): void {
  state.channels.delete(id)
  state.histories.delete(id)
  state.revision++
}

function putMember(state: State, member: Member): void {
  state.members.set(member.user.id, { ...state.members.get(member.user.id), ...member })
  state.users.set(member.user.id, member.user)
  state.revision++
}

function putRole(state: State, role: Role): void {
  state.roles.set(role.id, role)
  state.revision++
}

function putPresence(state: State, { user, status }: GatewayPresenceUpdate): void {
  if (status === undefined || status === 'offline') state.online.delete(user.id)
  else state.online.add(user.id)
}

/** Closes the form that a bot opened, and forgets how it was sent. */
export function closeModal(state: State): void {
  state.modal = undefined
  state.submission = undefined
}

function failInteraction(state: State, nonce: string): void {
  const note = state.notes.find((each) => each.nonce === nonce)
  if (note) note.status = 'failed'
  if (nonce === state.submission?.nonce) state.submission = { nonce, isFailed: true }
  const target = state.pressed.get(nonce)
  const messageId = target?.split('/')[0]
  if (messageId !== undefined) state.failedMessages.add(messageId)
  state.pressed.delete(nonce)
}
