import { type Client, DiscordAPIError, RESTJSONErrorCodes } from 'discord.js'

import { AppError } from '../errors.ts'
import { toLocale } from '../i18n.ts'
import type { Feed, FeedDescription } from '../schedule/calendar/feed-app.ts'

export interface FeedOwnersDeps {
  client: Client
  /** The present time in milliseconds since the Unix epoch. */
  now: () => number
}

/** For so long Discord's word on a member is taken: programs may take a copy for new for longer. */
const knownForMs = 5 * 60_000
const maxKept = 10_000

interface Known {
  at: number
  isMember: Promise<boolean>
}

/**
 * Says what a person's calendar feed is called; null: he is no member of the guild (any more). Throws an
 * `AppError` (`unavailable`) while Discord does not say.
 */
export function createFeedOwners({ client, now }: FeedOwnersDeps) {
  /** The oldest first. */
  const known = new Map<string, Known>()

  /** Those who ask at the same time ask once; that Discord does not say is not kept. */
  function isMember({ guildId, userId }: Feed): Promise<boolean> {
    const key = `${guildId} ${userId}`
    const before = known.get(key)
    if (before && Math.abs(now() - before.at) < knownForMs) return before.isMember
    const asked = askDiscord(client, { guildId, userId })
    known.delete(key)
    known.set(key, { at: now(), isMember: asked })
    const [oldest] = known.keys()
    if (known.size > maxKept && oldest !== undefined) known.delete(oldest)
    asked.catch(() => {
      if (known.get(key)?.isMember === asked) known.delete(key)
    })
    return asked
  }

  return async (feed: Feed): Promise<FeedDescription | null> => {
    if (!client.isReady()) throw unavailable()
    const guild = client.guilds.cache.get(feed.guildId)
    if (!guild) return null
    if (!guild.available) throw unavailable()
    if (!(await isMember(feed))) return null
    return { name: guild.name, locale: toLocale(guild.preferredLocale) }
  }
}

async function askDiscord(client: Client, { guildId, userId }: Feed): Promise<boolean> {
  try {
    const guild = client.guilds.cache.get(guildId)
    // Nobody tells the bot who leaves, so what it remembers of members says nothing.
    await guild?.members.fetch({ user: userId, force: true, cache: false })
    return guild !== undefined
  } catch (error) {
    if (error instanceof DiscordAPIError && gone.has(error.code)) return false
    throw unavailable(error)
  }
}

function unavailable(cause?: unknown): AppError {
  return new AppError('unavailable', 'Discord does not say who is a member.', { cause })
}

const gone: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.UnknownMember,
  RESTJSONErrorCodes.UnknownUser,
])
