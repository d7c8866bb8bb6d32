import { ChannelType, PermissionFlagsBits, type APIOverwrite } from 'discord-api-types/v10'

import { DiscordError } from './discord-error.ts'
import type { Channel, Guild, World } from './world.ts'

const all = Object.values(PermissionFlagsBits).reduce((sum, bit) => sum | bit, 0n)

/** What both sides may do in a DM. */
const dmPermissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.UseApplicationCommands |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.MentionEveryone

export interface Permissions {
  /** Permission bits of a user in a channel; 0 for a stranger. */
  in(channel: Channel, userId: string): bigint
  /** Permission bits without any channel. */
  inGuild(guild: Guild, userId: string): bigint
  can(channel: Channel, userId: string, bits: bigint): boolean
  canView(channel: Channel, userId: string): boolean
  /**
   * @throws DiscordError 50001 when the user does not see the channel, 50013 when a permission is missing
   */
  require(channel: Channel, userId: string, bits?: bigint): void
  /** Forget what was computed; call after any change of roles, members, overwrites. */
  changed(): void
}

/** Discord's permission rules (documentation, "Permissions", "Permission Overwrites"). */
export function createPermissions(world: Pick<World, 'guilds' | 'channels'>): Permissions {
  const computed = new Map<string, bigint>()

  const inGuild = (guild: Guild, userId: string): bigint => {
    if (guild.ownerId === userId) return all
    const member = guild.members.get(userId)
    if (!member) return 0n
    let bits = BigInt(guild.roles.get(guild.id)?.permissions ?? 0)
    for (const role of member.roles) bits |= BigInt(guild.roles.get(role)?.permissions ?? 0)
    return bits & PermissionFlagsBits.Administrator ? all : bits
  }

  const compute = (channel: Channel, userId: string): bigint => {
    if (channel.kind === 'dm') return channel.recipients.includes(userId) ? dmPermissions : 0n
    if (channel.kind === 'thread') {
      const parent = world.channels.get(channel.parentId)
      return parent ? inThread(permissions.in(parent, userId)) : 0n
    }
    const guild = world.guilds.get(channel.guildId)
    if (!guild) return 0n
    const base = inGuild(guild, userId)
    if (base === all || base === 0n) return base
    const roles = guild.members.get(userId)?.roles ?? []
    const bits = overwritten(base, channel.data.permission_overwrites, {
      everyone: guild.id,
      roles,
      userId,
    })
    return bits & PermissionFlagsBits.ViewChannel ? bits : 0n
  }

  /** A private thread is for its members and for those who manage threads. */
  const isHidden = (channel: Channel, userId: string): boolean => {
    if (channel.kind !== 'thread' || channel.data.type !== ChannelType.PrivateThread) return false
    const parent = world.channels.get(channel.parentId)
    const bits = parent ? permissions.in(parent, userId) : 0n
    return !channel.members.has(userId) && !(bits & PermissionFlagsBits.ManageThreads)
  }

  const permissions: Permissions = {
    in(channel, userId) {
      if (isHidden(channel, userId)) return 0n
      const key = `${channel.id}:${userId}`
      const known = computed.get(key)
      if (known !== undefined) return known
      const bits = compute(channel, userId)
      computed.set(key, bits)
      return bits
    },
    inGuild,
    can: (channel, userId, bits) => (permissions.in(channel, userId) & bits) === bits,
    canView: (channel, userId) =>
      (permissions.in(channel, userId) & PermissionFlagsBits.ViewChannel) !== 0n,
    require(channel, userId, bits = 0n) {
      if (!permissions.canView(channel, userId)) throw new DiscordError(50001)
      if (!permissions.can(channel, userId, bits)) throw new DiscordError(50013)
    },
    changed: () => computed.clear(),
  }
  return permissions
}

/** In a thread, SEND_MESSAGES_IN_THREADS stands for SEND_MESSAGES. */
function inThread(bits: bigint): bigint {
  const without = bits & ~PermissionFlagsBits.SendMessages
  return bits & PermissionFlagsBits.SendMessagesInThreads
    ? without | PermissionFlagsBits.SendMessages
    : without
}

function overwritten(
  base: bigint,
  overwrites: readonly APIOverwrite[],
  who: { everyone: string; roles: readonly string[]; userId: string },
): bigint {
  let bits = base
  const apply = (allow: bigint, deny: bigint) => {
    bits = (bits & ~deny) | allow
  }
  const of = (id: string) => overwrites.filter((overwrite) => overwrite.id === id)
  for (const { allow, deny } of of(who.everyone)) apply(BigInt(allow), BigInt(deny))
  let allowed = 0n
  let refused = 0n
  for (const { allow, deny } of who.roles.flatMap(of)) {
    allowed |= BigInt(allow)
    refused |= BigInt(deny)
  }
  apply(allowed, refused)
  for (const { allow, deny } of of(who.userId)) apply(BigInt(allow), BigInt(deny))
  return bits
}
