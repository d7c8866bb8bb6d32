import { PermissionFlagsBits, type APIMessage } from 'discord-api-types/v10'
import { Hono } from 'hono'
import { z } from 'zod'

import { toTimestamp, type Clock } from '../../clock.ts'
import { DiscordError } from '../../discord-error.ts'
import { parseForm, snowflake } from '../../form.ts'
import { withoutContent } from '../../gateway/intents.ts'
import type { StoredMessage } from '../../message-log.ts'
import { announce, announceMessage, toMessage, type AnnounceDeps } from '../../messages/announce.ts'
import type { Attachments } from '../../messages/attachments.ts'
import { parseEdit, parseMessage } from '../../messages/message-form.ts'
import type { Messages } from '../../messages/messages.ts'
import { snowflakeTime } from '../../snowflake.ts'
import type { Account, Channel } from '../../world.ts'
import { param, queryNumber, readBody, type RestContext, type RestEnv } from '../context.ts'
import type { RateLimits } from '../rate-limits.ts'

export interface MessageRoutesDeps extends AnnounceDeps {
  messages: Messages
  attachments: Attachments
  rateLimits: RateLimits
  clock: Clock
  /** Whether the application may read what others write. */
  mayReadContent: boolean
}

const bulkForm = z.object({ messages: z.array(snowflake) })
const hourMs = 3_600_000
const bulkDeleteMs = 14 * 24 * hourMs

/** Messages of a channel. */
export function messageRoutes(deps: MessageRoutesDeps): Hono<RestEnv> {
  const { world, permissions, messages, attachments, clock } = deps

  /** The channel, for somebody who may read it. */
  const readable = (c: RestContext): Channel => {
    const channel = world.channel(param(c, 'channel'))
    permissions.require(channel, c.get('account').user.id)
    return channel
  }
  const mayReadHistory = (channel: Channel, userId: string) =>
    permissions.can(channel, userId, PermissionFlagsBits.ReadMessageHistory)
  const at = (c: RestContext): { channel: Channel; stored: StoredMessage } => {
    const channel = readable(c)
    return { channel, stored: world.message(channel, param(c, 'message')) }
  }

  const show = (stored: StoredMessage, { user, bot }: Account): APIMessage => {
    const wire = toMessage(stored, user.id)
    const guildId = world.guildOf(world.channel(stored.channelId))?.id ?? null
    const visible =
      bot && !deps.mayReadContent ? withoutContent(wire, { botId: user.id, guildId }) : wire
    if (visible.attachments.length === 0) return visible
    return { ...visible, attachments: visible.attachments.map((one) => attachments.renew(one)) }
  }

  const assertArchiveAllows = (channel: Channel) => {
    if (channel.kind === 'thread' && channel.data.thread_metadata.archived)
      throw new DiscordError(50083)
  }

  const assertEditable = (channel: Channel, stored: StoredMessage, userId: string) => {
    if (stored.wire.author.id !== userId) throw new DiscordError(50005)
    assertArchiveAllows(channel)
    const isOld = clock.now() - snowflakeTime(stored.id) > hourMs
    if (isOld && !deps.rateLimits.takeOldEdit(channel.id)) throw new DiscordError(30046)
  }

  return new Hono<RestEnv>()
    .get('/channels/:channel/messages', (c) => {
      const channel = readable(c)
      const account = c.get('account')
      if (!mayReadHistory(channel, account.user.id)) return c.json([])
      const page = channel.log.page({
        limit: queryNumber(c, 'limit', { fallback: 50, max: 100 }),
        before: c.req.query('before'),
        after: c.req.query('after'),
        around: c.req.query('around'),
      })
      return c.json(page.map((stored) => show(stored, account)))
    })
    .post('/channels/:channel/messages', async (c) => {
      const channel = readable(c)
      const { body, uploads } = await readBody(c)
      const account = c.get('account')
      const stored = messages.send({
        channel,
        authorId: account.user.id,
        form: parseMessage(body ?? {}),
        uploads,
        origin: c.get('origin'),
      })
      const nonce = nonceOf(body)
      return c.json({ ...toMessage(stored, account.user.id), ...nonce })
    })
    .post('/channels/:channel/messages/bulk-delete', async (c) => {
      const channel = readable(c)
      permissions.require(channel, c.get('account').user.id, PermissionFlagsBits.ManageMessages)
      const form = parseForm(bulkForm, (await readBody(c)).body)
      const ids = [...new Set(form.messages)]
      if (ids.length < 2 || ids.length > 100) throw new DiscordError(50016)
      if (ids.some((id) => clock.now() - snowflakeTime(id) > bulkDeleteMs))
        throw new DiscordError(50034)
      const deleted = ids.filter((id) => channel.log.delete(id))
      announce(deps, channel, {
        event: 'MESSAGE_DELETE_BULK',
        data: { ids: deleted, channel_id: channel.id },
      })
      return c.body(null, 204)
    })
    .get('/channels/:channel/messages/:message', (c) => {
      const { channel, stored } = at(c)
      const account = c.get('account')
      if (!mayReadHistory(channel, account.user.id)) throw new DiscordError(50013)
      return c.json(show(stored, account))
    })
    .patch('/channels/:channel/messages/:message', async (c) => {
      const { channel, stored } = at(c)
      const account = c.get('account')
      const { body, uploads } = await readBody(c)
      assertEditable(channel, stored, account.user.id)
      const form = parseEdit(body ?? {}, stored.wire.flags ?? 0)
      messages.edit(stored, { form, uploads, origin: c.get('origin') })
      return c.json(toMessage(stored, account.user.id))
    })
    .delete('/channels/:channel/messages/:message', (c) => {
      const { channel, stored } = at(c)
      const userId = c.get('account').user.id
      if (stored.wire.author.id !== userId) {
        if (channel.kind === 'dm') throw new DiscordError(50003)
        permissions.require(channel, userId, PermissionFlagsBits.ManageMessages)
      }
      assertArchiveAllows(channel)
      messages.remove(channel, stored)
      return c.body(null, 204)
    })
    .on('GET', ['/channels/:channel/pins', '/channels/:channel/messages/pins'], (c) => {
      const channel = readable(c)
      const pinned = channel.log.page({ limit: Infinity }).filter(({ wire }) => wire.pinned)
      return c.json(pinned.map((stored) => show(stored, c.get('account'))))
    })
    .on(
      ['PUT', 'DELETE'],
      ['/channels/:channel/pins/:message', '/channels/:channel/messages/pins/:message'],
      (c) => {
        const { channel, stored } = at(c)
        permissions.require(channel, c.get('account').user.id, PermissionFlagsBits.ManageMessages)
        stored.wire.pinned = c.req.method === 'PUT'
        announceMessage(deps, { event: 'MESSAGE_UPDATE', stored })
        announce(deps, channel, {
          event: 'CHANNEL_PINS_UPDATE',
          data: { channel_id: channel.id, last_pin_timestamp: toTimestamp(clock.now()) },
        })
        return c.body(null, 204)
      },
    )
}

/** The answer to a create carries the nonce back. */
function nonceOf(body: unknown): { nonce?: unknown } {
  const hasNonce = typeof body === 'object' && body !== null && 'nonce' in body
  return hasNonce && body.nonce !== null ? { nonce: body.nonce } : {}
}
