// Questions to the state that several views ask.
import type { State } from './store.ts'
import { type Channel, channelTypes, isThread, type Message, type User } from './wire.ts'

export function displayName(state: State, user: User): string {
  return state.members.get(user.id)?.nick ?? user.global_name ?? user.username
}

export function nameOfId(state: State, userId: string): string | undefined {
  const user = state.users.get(userId)
  return user && displayName(state, user)
}

/** CSS colour of the member's highest coloured role. */
export function roleColor(state: State, userId: string): string | undefined {
  const roles = (state.members.get(userId)?.roles ?? [])
    .flatMap((id) => state.roles.get(id) ?? [])
    .filter((role) => role.color !== 0)
    .toSorted((a, b) => b.position - a.position)
  const color = roles[0]?.color
  return color === undefined ? undefined : toCssColor(color)
}

export function toCssColor(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`
}

export function channelName(state: State, channel: Channel): string {
  if (channel.name) return channel.name
  const others = (channel.recipients ?? []).filter((user) => user.id !== state.me?.id)
  return others.map((user) => displayName(state, user)).join(', ')
}

/** As one writes it: `#name` in the server, the plain name for DMs. */
export function channelLabel(state: State, channel: Channel): string {
  const name = channelName(state, channel)
  return channel.type === channelTypes.dm ? `@${name}` : isThread(channel) ? name : `#${name}`
}

export function currentChannel(state: State): Channel | undefined {
  return state.currentChannelId === undefined
    ? undefined
    : state.channels.get(state.currentChannelId)
}

export function guildChannels(state: State): Channel[] {
  return [...state.channels.values()].filter(
    (channel) =>
      channel.guild_id !== undefined || (channel.type !== channelTypes.dm && !isThread(channel)),
  )
}

export function findMessage(state: State, messageId: string): Message | undefined {
  for (const { items } of state.histories.values()) {
    const found = items.find((message) => message.id === messageId)
    if (found) return found
  }
  return undefined
}

export function isUnread(state: State, channel: Channel): boolean {
  const newest = channel.last_message_id
  const read = state.read.get(channel.id)
  if (!newest || read === undefined || channel.id === state.currentChannelId) return false
  return newest.length === read.length ? newest > read : newest.length > read.length
}

/** Whom one can mention or message: everybody in the guild, and whoever else is known from DMs. */
export function knownUsers(state: State): User[] {
  return [...state.users.values()]
}
