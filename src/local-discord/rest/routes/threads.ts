import { ChannelType, MessageType, PermissionFlagsBits } from 'discord-api-types/v10'
import { Hono } from 'hono'
import { z } from 'zod'

import { DiscordError } from '../../discord-error.ts'
import { integer, parseForm, text } from '../../form.ts'
import type { AnnounceDeps } from '../../messages/announce.ts'
import type { Messages } from '../../messages/messages.ts'
import type { Threads } from '../../threads.ts'
import { toChannel } from '../../wire.ts'
import type { GuildChannel, Thread } from '../../world.ts'
import { param, queryNumber, readBody, type RestContext, type RestEnv } from '../context.ts'
import { archiveMinutes } from './channels.ts'

export interface ThreadRoutesDeps extends AnnounceDeps {
  threads: Threads
  messages: Messages
}

const threadForm = z.object({
  name: text(1, 100),
  auto_archive_duration: archiveMinutes.optional(),
  type: integer(10, 12).optional(),
  rate_limit_per_user: integer(0, 21_600).nullish(),
  invitable: z.boolean().optional(),
})

const { CreatePublicThreads, CreatePrivateThreads, ManageThreads, SendMessagesInThreads } =
  PermissionFlagsBits
const defaultArchiveMinutes = 4320

/** Threads: starting, listing, joining, leaving. Changing one is PATCH /channels/:id. */
export function threadRoutes(deps: ThreadRoutesDeps): Hono<RestEnv> {
  const { world, permissions, threads, messages } = deps

  const parentOf = (c: RestContext, needed: bigint): GuildChannel => {
    const channel = world.channel(param(c, 'channel'))
    permissions.require(channel, c.get('account').user.id, needed)
    const isFitting = channel.kind === 'guild' && channel.data.type !== ChannelType.GuildCategory
    if (!isFitting) throw new DiscordError(50024)
    return channel
  }
  const threadOf = (c: RestContext): Thread => {
    const channel = world.channel(param(c, 'channel'))
    permissions.require(channel, c.get('account').user.id)
    if (channel.kind !== 'thread') throw new DiscordError(50024)
    return channel
  }
  const isMe = (c: RestContext) => param(c, 'user') === '@me'
  const whom = (c: RestContext) => (isMe(c) ? c.get('account').user.id : param(c, 'user'))
  const assertOpen = (thread: Thread) => {
    if (thread.data.thread_metadata.archived) throw new DiscordError(50083)
  }
  const list = (found: readonly Thread[], userId: string) => ({
    threads: found.map((thread) => toChannel(thread, userId, world)),
    members: found.flatMap((thread) => thread.members.get(userId) ?? []),
    has_more: false,
  })

  return new Hono<RestEnv>()
    .post('/channels/:channel/messages/:message/threads', async (c) => {
      const parent = parentOf(c, CreatePublicThreads)
      const from = world.message(parent, param(c, 'message'))
      const form = parseForm(threadForm, (await readBody(c)).body)
      const userId = c.get('account').user.id
      const thread = threads.create({
        parent,
        ownerId: userId,
        name: form.name,
        autoArchiveMinutes: form.auto_archive_duration ?? defaultArchiveMinutes,
        isPrivate: false,
        from,
      })
      messages.sendSystem(thread, {
        authorId: from.wire.author.id,
        type: MessageType.ThreadStarterMessage,
        message_reference: {
          type: 0,
          channel_id: parent.id,
          message_id: from.id,
          guild_id: parent.guildId,
        },
        referenced_message: from.wire,
      })
      return c.json(toChannel(thread, userId, world), 201)
    })
    .post('/channels/:channel/threads', async (c) => {
      const form = parseForm(threadForm, (await readBody(c)).body)
      const isPrivate = (form.type ?? ChannelType.PrivateThread) === ChannelType.PrivateThread
      const parent = parentOf(c, isPrivate ? CreatePrivateThreads : CreatePublicThreads)
      const userId = c.get('account').user.id
      const thread = threads.create({
        parent,
        ownerId: userId,
        name: form.name,
        autoArchiveMinutes: form.auto_archive_duration ?? defaultArchiveMinutes,
        isPrivate,
        from: null,
      })
      if (!isPrivate)
        messages.sendSystem(parent, {
          authorId: userId,
          type: MessageType.ThreadCreated,
          content: form.name,
          message_reference: { type: 0, channel_id: thread.id, guild_id: parent.guildId },
        })
      return c.json(toChannel(thread, userId, world), 201)
    })
    .get('/guilds/:guild/threads/active', (c) => {
      const userId = c.get('account').user.id
      const found = world
        .threadsOf(world.guild(param(c, 'guild')).id)
        .filter(({ data }) => !data.thread_metadata.archived)
        .filter((thread) => permissions.canView(thread, userId))
      return c.json(list(found, userId))
    })
    .get('/channels/:channel/threads/archived/:kind', (c) => {
      const parent = parentOf(c, 0n)
      const userId = c.get('account').user.id
      const isPrivate = param(c, 'kind') === 'private'
      if (isPrivate) permissions.require(parent, userId, ManageThreads)
      const found = world
        .threadsOf(parent.guildId)
        .filter(
          ({ parentId, data }) =>
            parentId === parent.id &&
            data.thread_metadata.archived &&
            (data.type === ChannelType.PrivateThread) === isPrivate,
        )
        .slice(0, queryNumber(c, 'limit', { fallback: 50, max: 100 }))
      return c.json(list(found, userId))
    })
    .get('/channels/:channel/thread-members', (c) => c.json([...threadOf(c).members.values()]))
    .get('/channels/:channel/thread-members/:user', (c) => {
      const member = threadOf(c).members.get(whom(c))
      if (!member) throw new DiscordError(10007)
      return c.json(member)
    })
    .put('/channels/:channel/thread-members/:user', (c) => {
      const thread = threadOf(c)
      assertOpen(thread)
      if (!isMe(c)) permissions.require(thread, c.get('account').user.id, SendMessagesInThreads)
      threads.addMember(thread, world.user(whom(c)).id)
      return c.body(null, 204)
    })
    .delete('/channels/:channel/thread-members/:user', (c) => {
      const thread = threadOf(c)
      assertOpen(thread)
      if (!isMe(c)) permissions.require(thread, c.get('account').user.id, ManageThreads)
      threads.removeMember(thread, whom(c))
      return c.body(null, 204)
    })
}
