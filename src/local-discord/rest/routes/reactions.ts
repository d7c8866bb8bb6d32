import { PermissionFlagsBits } from 'discord-api-types/v10'
import { Hono } from 'hono'

import { DiscordError } from '../../discord-error.ts'
import type { StoredMessage } from '../../message-log.ts'
import { announce, type AnnounceDeps } from '../../messages/announce.ts'
import { toPublicUser } from '../../wire.ts'
import type { Channel } from '../../world.ts'
import { param, queryNumber, type RestContext, type RestEnv } from '../context.ts'

export type ReactionRoutesDeps = AnnounceDeps

const base = '/channels/:channel/messages/:message/reactions'
const maxKinds = 20

/** Reactions to a message. */
export function reactionRoutes(deps: ReactionRoutesDeps): Hono<RestEnv> {
  const { world, permissions } = deps

  const at = (c: RestContext): { channel: Channel; stored: StoredMessage; userId: string } => {
    const channel = world.channel(param(c, 'channel'))
    const userId = c.get('account').user.id
    permissions.require(channel, userId)
    const isArchived = channel.kind === 'thread' && channel.data.thread_metadata.archived
    if (isArchived && c.req.method !== 'GET') throw new DiscordError(50083)
    return { channel, stored: world.message(channel, param(c, 'message')), userId }
  }

  const add = (c: RestContext) => {
    const { channel, stored, userId } = at(c)
    const { key, emoji } = parseEmoji(param(c, 'emoji'))
    const known = stored.reactions.get(key)
    permissions.require(channel, userId, PermissionFlagsBits.ReadMessageHistory)
    if (!known) permissions.require(channel, userId, PermissionFlagsBits.AddReactions)
    if (!known && stored.reactions.size >= maxKinds) throw new DiscordError(30010)
    const reaction = known ?? { emoji, users: new Set<string>() }
    stored.reactions.set(key, reaction)
    if (reaction.users.has(userId)) return
    reaction.users.add(userId)
    const member = world.guildOf(channel)?.members.get(userId)
    announce(deps, channel, {
      event: 'MESSAGE_REACTION_ADD',
      data: {
        user_id: userId,
        channel_id: channel.id,
        message_id: stored.id,
        message_author_id: stored.wire.author.id,
        emoji,
        burst: false,
        type: 0,
        ...(member && { member }),
      },
    })
  }

  const remove = (c: RestContext, ofUserId: string) => {
    const { channel, stored, userId } = at(c)
    if (ofUserId !== userId)
      permissions.require(channel, userId, PermissionFlagsBits.ManageMessages)
    const { key, emoji } = parseEmoji(param(c, 'emoji'))
    const reaction = stored.reactions.get(key)
    if (!reaction?.users.delete(ofUserId)) throw new DiscordError(10014)
    if (reaction.users.size === 0) stored.reactions.delete(key)
    announce(deps, channel, {
      event: 'MESSAGE_REACTION_REMOVE',
      data: {
        user_id: ofUserId,
        channel_id: channel.id,
        message_id: stored.id,
        emoji,
        burst: false,
        type: 0,
      },
    })
  }

  /** One emoji's reactions, or all of them. */
  const clear = (c: RestContext, written: string | null) => {
    const { channel, stored, userId } = at(c)
    permissions.require(channel, userId, PermissionFlagsBits.ManageMessages)
    const place = { channel_id: channel.id, message_id: stored.id }
    if (written === null) {
      stored.reactions.clear()
      announce(deps, channel, { event: 'MESSAGE_REACTION_REMOVE_ALL', data: place })
      return
    }
    const { key, emoji } = parseEmoji(written)
    stored.reactions.delete(key)
    announce(deps, channel, { event: 'MESSAGE_REACTION_REMOVE_EMOJI', data: { ...place, emoji } })
  }

  return new Hono<RestEnv>()
    .put(`${base}/:emoji/@me`, (c) => {
      add(c)
      return c.body(null, 204)
    })
    .delete(`${base}/:emoji/@me`, (c) => {
      remove(c, c.get('account').user.id)
      return c.body(null, 204)
    })
    .delete(`${base}/:emoji/:user`, (c) => {
      remove(c, param(c, 'user'))
      return c.body(null, 204)
    })
    .get(`${base}/:emoji`, (c) => {
      const { stored } = at(c)
      const reaction = stored.reactions.get(parseEmoji(param(c, 'emoji')).key)
      const limit = queryNumber(c, 'limit', { fallback: 25, max: 100 })
      const users = [...(reaction?.users ?? [])].slice(0, limit)
      return c.json(users.map((id) => toPublicUser(world.user(id))))
    })
    .delete(`${base}/:emoji`, (c) => {
      clear(c, param(c, 'emoji'))
      return c.body(null, 204)
    })
    .delete(base, (c) => {
      clear(c, null)
      return c.body(null, 204)
    })
}

/** `👍`, or `name:id` of a custom emoji. */
function parseEmoji(written: string): {
  key: string
  emoji: { id: string | null; name: string }
} {
  const [name = '', id] = written.split(':')
  if (id !== undefined && /^\d{15,20}$/.test(id)) return { key: id, emoji: { id, name } }
  const isEmoji = /^(\p{Extended_Pictographic}|\p{Regional_Indicator}|[0-9#*]\uFE0F?\u20E3)/u
  if (written.length > 64 || !isEmoji.test(written)) throw new DiscordError(10014)
  return { key: written, emoji: { id: null, name: written } }
}
