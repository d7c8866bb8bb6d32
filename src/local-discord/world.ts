import type {
  APIGuildMember,
  APIOverwrite,
  APIRole,
  APIThreadMember,
  APIThreadMetadata,
  ChannelType,
} from 'discord-api-types/v10'

import { DiscordError } from './discord-error.ts'
import { createMessageLog, type MessageLog, type StoredMessage } from './message-log.ts'
import type { LocalUser } from './protocol.ts'
import { derivedSnowflake } from './snowflake.ts'

/** Who and what exists: plain data and look-ups. Nothing here is announced to anybody. */

export interface Account {
  user: LocalUser
  /** Without the `Bot ` prefix. */
  token: string
  bot: boolean
}

export interface Guild {
  id: string
  name: string
  icon: string | null
  ownerId: string
  preferredLocale: string
  joinedAt: string
  roles: Map<string, APIRole>
  members: Map<string, APIGuildMember>
}

interface ChannelBase {
  readonly id: string
  /** Visible messages. */
  readonly log: MessageLog
  /** What single users see of interactions, bounded like the log. */
  readonly ephemeral: MessageLog
}

export interface GuildChannel extends ChannelBase {
  readonly kind: 'guild'
  readonly guildId: string
  readonly data: GuildChannelData
}

export interface GuildChannelData {
  id: string
  guild_id: string
  type: ChannelType
  name: string
  position: number
  parent_id: string | null
  permission_overwrites: APIOverwrite[]
  topic: string | null
  nsfw: boolean
  rate_limit_per_user: number
  last_message_id: string | null
  last_pin_timestamp: string | null
  flags: number
}

export interface Thread extends ChannelBase {
  readonly kind: 'thread'
  readonly guildId: string
  readonly parentId: string
  readonly data: ThreadData
  readonly members: Map<string, APIThreadMember>
}

export interface ThreadData {
  id: string
  guild_id: string
  parent_id: string
  owner_id: string
  type: ChannelType.PublicThread | ChannelType.PrivateThread | ChannelType.AnnouncementThread
  name: string
  rate_limit_per_user: number
  last_message_id: string | null
  message_count: number
  total_message_sent: number
  member_count: number
  thread_metadata: APIThreadMetadata
  flags: number
}

export interface Dm extends ChannelBase {
  readonly kind: 'dm'
  readonly recipients: readonly [string, string]
  readonly data: { id: string; last_message_id: string | null; flags: number }
}

export type Channel = GuildChannel | Thread | Dm

export interface World {
  readonly accounts: Map<string, Account>
  readonly guilds: Map<string, Guild>
  readonly channels: Map<string, Channel>
  /** The account behind an Authorization header. */
  accountOf(authorization: string | undefined): Account | undefined
  /** Lets a token be known; called for every account. */
  admit(account: Account): void
  /** @throws DiscordError 10013 */
  user(id: string): LocalUser
  /** @throws DiscordError 10004 */
  guild(id: string): Guild
  /** @throws DiscordError 10003 */
  channel(id: string): Channel
  /** @throws DiscordError 10008 */
  message(channel: Channel, id: string): StoredMessage
  /** The guild a channel lies in; null for a DM. */
  guildOf(channel: Channel): Guild | null
  channelsOf(guildId: string): GuildChannel[]
  threadsOf(guildId: string): Thread[]
  addGuildChannel(data: GuildChannelData): GuildChannel
  addThread(data: ThreadData): Thread
  /** The DM of two users; made when they have none. */
  openDm(a: string, b: string): { dm: Dm; isNew: boolean }
}

export function createWorld({ messagesPerChannel }: { messagesPerChannel: number }): World {
  const accounts = new Map<string, Account>()
  const byAuthorization = new Map<string, Account>()
  const guilds = new Map<string, Guild>()
  const channels = new Map<string, Channel>()
  const logs = () => ({
    log: createMessageLog(messagesPerChannel),
    ephemeral: createMessageLog(Math.min(messagesPerChannel, 500)),
  })
  const add = <Kind extends Channel>(channel: Kind): Kind => {
    channels.set(channel.id, channel)
    return channel
  }

  return {
    accounts,
    guilds,
    channels,
    accountOf: (authorization) => byAuthorization.get(authorization ?? ''),
    admit(account) {
      accounts.set(account.user.id, account)
      byAuthorization.set(account.bot ? `Bot ${account.token}` : account.token, account)
    },
    user: (id) => found(accounts.get(id), 10013).user,
    guild: (id) => found(guilds.get(id), 10004),
    channel: (id) => found(channels.get(id), 10003),
    message: (channel, id) => found(channel.log.get(id), 10008),
    guildOf: (channel) => (channel.kind === 'dm' ? null : (guilds.get(channel.guildId) ?? null)),
    channelsOf: (guildId) =>
      [...channels.values()].filter(
        (channel): channel is GuildChannel =>
          channel.kind === 'guild' && channel.guildId === guildId,
      ),
    threadsOf: (guildId) =>
      [...channels.values()].filter(
        (channel): channel is Thread => channel.kind === 'thread' && channel.guildId === guildId,
      ),
    addGuildChannel: (data) =>
      add({ kind: 'guild', id: data.id, guildId: data.guild_id, data, ...logs() }),
    addThread: (data) =>
      add({
        kind: 'thread',
        id: data.id,
        guildId: data.guild_id,
        parentId: data.parent_id,
        data,
        members: new Map(),
        ...logs(),
      }),
    openDm(a, b) {
      const recipients: [string, string] = a < b ? [a, b] : [b, a]
      const id = derivedSnowflake('dm', ...recipients)
      const known = channels.get(id)
      if (known?.kind === 'dm') return { dm: known, isNew: false }
      const data = { id, last_message_id: null, flags: 0 }
      return { dm: add({ kind: 'dm', id, recipients, data, ...logs() }), isNew: true }
    },
  }
}

function found<Value>(value: Value | undefined, code: 10003 | 10004 | 10008 | 10013): Value {
  if (value === undefined) throw new DiscordError(code)
  return value
}
