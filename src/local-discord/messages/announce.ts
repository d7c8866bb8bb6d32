import type { APIMessage } from 'discord-api-types/v10'

import type { Hub } from '../gateway/hub.ts'
import { withoutContent } from '../gateway/intents.ts'
import type { StoredMessage } from '../message-log.ts'
import type { Permissions } from '../permissions.ts'
import type { Channel, World } from '../world.ts'

export interface AnnounceDeps {
  world: World
  hub: Hub
  permissions: Permissions
}

/** Tells everybody who sees the channel. */
export function announce(
  { hub, permissions }: Pick<AnnounceDeps, 'hub' | 'permissions'>,
  channel: Channel,
  { event, data }: { event: string; data: object },
): void {
  const guildId = channel.kind === 'dm' ? null : channel.guildId
  hub.publish({
    event,
    data: guildId === null ? data : { ...data, guild_id: guildId },
    guildId,
    isFor: (userId) => permissions.canView(channel, userId),
  })
}

/** MESSAGE_CREATE or MESSAGE_UPDATE, to those who may see the message. */
export function announceMessage(
  { world, hub, permissions }: AnnounceDeps,
  { event, stored, nonce }: { event: string; stored: StoredMessage; nonce?: string | number },
): void {
  const channel = world.channel(stored.channelId)
  const guild = world.guildOf(channel)
  const guildId = guild?.id ?? null
  const extend = (message: APIMessage) => ({
    ...message,
    ...(guild && {
      guild_id: guild.id,
      member: memberWithoutUser(guild.members.get(message.author.id)),
      mentions: message.mentions.map((user) => ({
        ...user,
        member: memberWithoutUser(guild.members.get(user.id)),
      })),
    }),
    channel_type: channel.kind === 'dm' ? 1 : channel.data.type,
    ...(nonce !== undefined && { nonce }),
  })
  const whole = extend(toMessage(stored, null))
  const { ephemeralFor } = stored
  if (ephemeralFor !== null) {
    hub.tell(ephemeralFor, event, whole)
    return
  }
  hub.publish({
    event,
    data: whole,
    guildId,
    isFor: (userId) => permissions.canView(channel, userId),
    withoutContent: (botId) => extend(withoutContent(whole, { botId, guildId })),
  })
}

const memberWithoutUser = (member: { user: unknown } | undefined) => {
  if (!member) return undefined
  const { user: _user, ...rest } = member
  return rest
}

/** A message as a user reads it (`me` of the reactions is about him). */
export function toMessage(stored: StoredMessage, readerId: string | null): APIMessage {
  if (stored.reactions.size === 0) return stored.wire
  const reactions = [...stored.reactions.values()].map(({ emoji, users }) => ({
    emoji,
    count: users.size,
    count_details: { burst: 0, normal: users.size },
    me: readerId !== null && users.has(readerId),
    me_burst: false,
    burst_colors: [],
  }))
  return { ...stored.wire, reactions }
}
