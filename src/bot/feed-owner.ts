import { type Client, DiscordAPIError, RESTJSONErrorCodes } from 'discord.js'

import { AppError } from '../errors.ts'
import { toLocale } from '../i18n.ts'
import type { Feed, FeedDescription } from '../schedule/calendar/feed-app.ts'

/**
 * What a person's calendar feed is called; null: he is no member of the guild (any more). Throws an
 * `AppError` (`unavailable`) while Discord does not say.
 */
export async function describeFeed(
  client: Client,
  { guildId, userId }: Feed,
): Promise<FeedDescription | null> {
  if (!client.isReady()) throw unavailable()
  const guild = client.guilds.cache.get(guildId)
  if (!guild) return null
  if (!guild.available) throw unavailable()
  try {
    // Nobody tells the bot who leaves, so what it remembers of members says nothing.
    await guild.members.fetch({ user: userId, force: true, cache: false })
  } catch (error) {
    if (error instanceof DiscordAPIError && gone.has(error.code)) return null
    throw unavailable(error)
  }
  return { name: guild.name, locale: toLocale(guild.preferredLocale) }
}

function unavailable(cause?: unknown): AppError {
  return new AppError('unavailable', 'Discord does not say who is a member.', { cause })
}

const gone: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.UnknownMember,
  RESTJSONErrorCodes.UnknownUser,
])
