import { ChannelType, PermissionFlagsBits, type APIOverwrite } from 'discord-api-types/v10'
import { Hono } from 'hono'
import { z } from 'zod'

import type { Clock } from '../../clock.ts'
import { DiscordError } from '../../discord-error.ts'
import { integer, parseForm, snowflake, text } from '../../form.ts'
import { announce, type AnnounceDeps } from '../../messages/announce.ts'
import type { Threads } from '../../threads.ts'
import { toChannel } from '../../wire.ts'
import type { Channel, GuildChannel } from '../../world.ts'
import { param, readBody, type RestContext, type RestEnv } from '../context.ts'

export interface ChannelRoutesDeps extends AnnounceDeps {
  threads: Threads
  clock: Clock
}

export const archiveMinutes = z.union([
  z.literal(60),
  z.literal(1440),
  z.literal(4320),
  z.literal(10080),
])

const threadChange = z.object({
  name: text(1, 100).optional(),
  archived: z.boolean().optional(),
  locked: z.boolean().optional(),
  auto_archive_duration: archiveMinutes.optional(),
  rate_limit_per_user: integer(0, 21_600).optional(),
  invitable: z.boolean().optional(),
})

const overwriteForm = z.object({
  id: snowflake,
  type: integer(0, 1),
  allow: z.string().regex(/^\d+$/).default('0'),
  deny: z.string().regex(/^\d+$/).default('0'),
})

export const channelForm = z.object({
  name: text(1, 100),
  type: z
    .union([
      z.literal(ChannelType.GuildText),
      z.literal(ChannelType.GuildAnnouncement),
      z.literal(ChannelType.GuildCategory),
    ])
    .optional(),
  topic: text(0, 1024).nullish(),
  parent_id: snowflake.nullish(),
  position: integer(0, 10_000).optional(),
  nsfw: z.boolean().optional(),
  rate_limit_per_user: integer(0, 21_600).nullish(),
  permission_overwrites: z.array(overwriteForm).max(500).optional(),
})

const channelChange = channelForm.partial()

/** A channel itself: reading, changing, deleting it; typing in it; who may do what in it. */
export function channelRoutes(deps: ChannelRoutesDeps): Hono<RestEnv> {
  const { world, permissions, threads, clock } = deps

  const readable = (c: RestContext): Channel => {
    const channel = world.channel(param(c, 'channel'))
    permissions.require(channel, c.get('account').user.id)
    return channel
  }

  const changeGuildChannel = (channel: GuildChannel, body: unknown, userId: string) => {
    permissions.require(channel, userId, PermissionFlagsBits.ManageChannels)
    const { permission_overwrites, rate_limit_per_user, ...form } = parseForm(channelChange, body)
    const isGiven = ([, value]: [string, unknown]) => value !== undefined
    Object.assign(channel.data, Object.fromEntries(Object.entries(form).filter(isGiven)))
    if (rate_limit_per_user !== undefined)
      channel.data.rate_limit_per_user = rate_limit_per_user ?? 0
    if (permission_overwrites) channel.data.permission_overwrites = permission_overwrites
    permissions.changed()
    announce(deps, channel, { event: 'CHANNEL_UPDATE', data: channel.data })
  }

  const changeThread = (
    thread: Extract<Channel, { kind: 'thread' }>,
    body: unknown,
    userId: string,
  ) => {
    const change = parseForm(threadChange, body)
    const isManager = permissions.can(thread, userId, PermissionFlagsBits.ManageThreads)
    const { archived, locked } = thread.data.thread_metadata
    const isOwn = thread.data.owner_id === userId
    const isReopening = change.archived === false && !locked
    if (change.locked !== undefined && !isManager) throw new DiscordError(50013)
    if (!isManager && !isOwn && !isReopening) throw new DiscordError(50013)
    if (archived && change.archived !== false) throw new DiscordError(50083)
    threads.update(thread, change)
  }

  const overwrite = (channel: Channel, id: string, next: APIOverwrite | null) => {
    if (channel.kind !== 'guild') throw new DiscordError(50024)
    const others = channel.data.permission_overwrites.filter((one) => one.id !== id)
    channel.data.permission_overwrites = next ? [...others, next] : others
    permissions.changed()
    announce(deps, channel, { event: 'CHANNEL_UPDATE', data: channel.data })
  }

  return new Hono<RestEnv>()
    .get('/channels/:channel', (c) =>
      c.json(toChannel(readable(c), c.get('account').user.id, world)),
    )
    .patch('/channels/:channel', async (c) => {
      const channel = readable(c)
      const { body } = await readBody(c)
      const userId = c.get('account').user.id
      if (channel.kind === 'dm') throw new DiscordError(50003)
      if (channel.kind === 'thread') changeThread(channel, body, userId)
      else changeGuildChannel(channel, body, userId)
      return c.json(toChannel(channel, userId, world))
    })
    .delete('/channels/:channel', (c) => {
      const channel = readable(c)
      const userId = c.get('account').user.id
      if (channel.kind === 'dm') return c.json(toChannel(channel, userId, world))
      const isThread = channel.kind === 'thread'
      permissions.require(
        channel,
        userId,
        isThread ? PermissionFlagsBits.ManageThreads : PermissionFlagsBits.ManageChannels,
      )
      const { id, guild_id, parent_id, type } = channel.data
      announce(deps, channel, {
        event: isThread ? 'THREAD_DELETE' : 'CHANNEL_DELETE',
        data: isThread ? { id, guild_id, parent_id, type } : channel.data,
      })
      world.channels.delete(id)
      permissions.changed()
      return c.json(channel.data)
    })
    .post('/channels/:channel/typing', (c) => {
      const channel = readable(c)
      const userId = c.get('account').user.id
      permissions.require(channel, userId, PermissionFlagsBits.SendMessages)
      const member = world.guildOf(channel)?.members.get(userId)
      announce(deps, channel, {
        event: 'TYPING_START',
        data: {
          channel_id: channel.id,
          user_id: userId,
          timestamp: Math.floor(clock.now() / 1000),
          ...(member && { member }),
        },
      })
      return c.body(null, 204)
    })
    .put('/channels/:channel/permissions/:overwrite', async (c) => {
      const channel = readable(c)
      permissions.require(channel, c.get('account').user.id, PermissionFlagsBits.ManageRoles)
      const { body } = await readBody(c)
      const id = param(c, 'overwrite')
      const given = typeof body === 'object' && body !== null ? body : {}
      overwrite(channel, id, parseForm(overwriteForm, { ...given, id }))
      return c.body(null, 204)
    })
    .delete('/channels/:channel/permissions/:overwrite', (c) => {
      const channel = readable(c)
      permissions.require(channel, c.get('account').user.id, PermissionFlagsBits.ManageRoles)
      overwrite(channel, param(c, 'overwrite'), null)
      return c.body(null, 204)
    })
}
