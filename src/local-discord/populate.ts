import { createHash, randomBytes } from 'node:crypto'

import {
  ChannelType,
  type GuildMemberFlags,
  type RoleFlags,
  type UserFlags,
  type APIGuildMember,
  type APIRole,
} from 'discord-api-types/v10'

import { toTimestamp } from './clock.ts'
import { botPicture, letterPicture } from './pictures.ts'
import type { LocalUser } from './protocol.ts'
import {
  seedBot,
  seedChannels,
  seedGuild,
  seedIds,
  seedRoles,
  seedUsers,
  type SeedRole,
  type SeedUser,
} from './seed.ts'
import { derivedSnowflake, snowflakeTime } from './snowflake.ts'
import { toPublicUser } from './wire.ts'
import type { Account, World } from './world.ts'

export interface PopulateOptions {
  /** Default: a new one per start. */
  botToken?: string | undefined
  /** What the bot's own role allows it besides what everybody may; 0 as invited. */
  botPermissions: bigint
  /** Further text channels, `bench-1` … */
  extraChannels: number
}

/** Puts the seed into an empty world. */
export function populate(
  world: World,
  { botToken, botPermissions, extraChannels }: PopulateOptions,
): void {
  const owner = seedIds.users.wangZhuoran
  const created = toTimestamp(snowflakeTime(seedGuild.id))
  const everybody = [...seedUsers, seedBot]
  for (const user of everybody) world.admit(toAccount(user, botToken))
  world.guilds.set(seedGuild.id, {
    id: seedGuild.id,
    name: seedGuild.name,
    icon: pictureHash(seedGuild.id),
    ownerId: owner,
    preferredLocale: seedGuild.preferredLocale,
    joinedAt: created,
    roles: new Map(seedRoles.map((role) => [role.id, toRole(role, botPermissions)])),
    members: new Map(
      everybody.map((user) => [user.id, toMember(world.user(user.id), user, created)]),
    ),
  })
  const extra = Array.from({ length: extraChannels }, (_, index) => ({
    id: extraChannelId(index),
    type: ChannelType.GuildText as const,
    name: `bench-${index + 1}`,
  }))
  for (const [position, channel] of [...seedChannels, ...extra].entries())
    world.addGuildChannel({
      id: channel.id,
      guild_id: seedGuild.id,
      type: channel.type,
      name: channel.name,
      position,
      parent_id: ('parent' in channel ? channel.parent : undefined) ?? null,
      permission_overwrites: ('overwrites' in channel ? channel.overwrites : undefined) ?? [],
      topic: ('topic' in channel ? channel.topic : undefined) ?? null,
      nsfw: false,
      rate_limit_per_user: 0,
      last_message_id: null,
      last_pin_timestamp: null,
      flags: 0,
    })
}

/** The id of the extra channel at `index`, counted from 0. */
export const extraChannelId = (index: number): string => derivedSnowflake('extra', String(index))

/** The picture behind `/cdn/avatars/:id/…` and `/cdn/icons/:id/…`. */
export function seedPicture(id: string): string | null {
  if (id === seedBot.id || id === seedGuild.id) return botPicture
  const user = seedUsers.find((one) => one.id === id)
  return user ? letterPicture(user.globalName, user.hue) : null
}

const pictureHash = (id: string) => createHash('md5').update(id).digest('hex')

/** Shaped as Discord's: the id, then two parts that nobody can guess. */
const newToken = (id: string) =>
  `${Buffer.from(id).toString('base64url')}.${randomBytes(4).toString('base64url')}.${randomBytes(28).toString('base64url')}`

function toAccount(seed: SeedUser, botToken: string | undefined): Account {
  const isBot = seed.id === seedBot.id
  const user: LocalUser = {
    id: seed.id,
    username: seed.username,
    global_name: isBot ? null : seed.globalName,
    discriminator: isBot ? '0001' : '0',
    avatar: pictureHash(seed.id),
    // No flags; the enum has no name for it.
    public_flags: 0 as UserFlags,
    locale: seed.locale,
    ...(isBot && { bot: true, username: seed.globalName }),
  }
  return { user, token: (isBot ? botToken : undefined) ?? newToken(seed.id), bot: isBot }
}

function toRole({ botId, ...role }: SeedRole, botPermissions: bigint): APIRole {
  const granted = botId === undefined ? 0n : botPermissions
  return {
    ...role,
    permissions: (role.permissions | granted).toString(),
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    managed: botId !== undefined,
    mentionable: botId === undefined && role.position > 0,
    icon: null,
    unicode_emoji: null,
    // No flags; the enum has no name for it.
    flags: 0 as RoleFlags,
    ...(botId !== undefined && { tags: { bot_id: botId } }),
  }
}

function toMember(user: LocalUser, seed: SeedUser, joinedAt: string): APIGuildMember {
  return {
    user: toPublicUser(user),
    nick: null,
    avatar: null,
    banner: null,
    roles: [...seed.roles],
    joined_at: joinedAt,
    premium_since: null,
    deaf: false,
    mute: false,
    pending: false,
    communication_disabled_until: null,
    // No flags; the enum has no name for it.
    flags: 0 as GuildMemberFlags,
  }
}
