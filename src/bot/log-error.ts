import { DiscordAPIError, HTTPError } from 'discord.js'
import { stdSerializers } from 'pino'

/**
 * How the bot's log shows an error. discord.js keeps the whole request with its errors: the text of
 * messages, and addresses that hold interactions' tokens. Neither belongs into a log.
 */
export function toLoggedError(error: unknown): unknown {
  if (error instanceof DiscordAPIError || error instanceof HTTPError) {
    const { name, message, method, status, stack, url } = error
    const code = error instanceof DiscordAPIError ? error.code : null
    return { type: name, message, code, status, method, route: withoutTokens(url), stack }
  }
  return error instanceof Error ? stdSerializers.err(error) : error
}

function withoutTokens(url: string): string {
  const { pathname } = new URL(url)
  return pathname.replace(/\/(interactions|webhooks)\/(\d+)\/[^/]+/, '/$1/$2/[token]')
}
