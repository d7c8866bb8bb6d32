/**
 * Local Discord in a process of its own, as `src/local-discord/main.ts` serves it, plus one route
 * that says how many requests the bot has made. Prints one line of JSON.
 *
 * Arguments: how many channels to add, and `limited` or `unlimited`.
 */
import { Hono } from 'hono'

import { serveLocalDiscord } from '../../src/local-discord/serve.ts'

/** The line that this process prints. */
export interface Announcement {
  origin: string
  botToken: string
  channels: readonly string[]
}

const [channels, limits] = process.argv.slice(2)
const page = new Hono().get('/bench/requests', (context) => {
  const ofTheBot = discord.controls.requests.filter(
    ({ userId }) => userId === discord.applicationId,
  )
  return context.json(ofTheBot.length)
})
const discord = await serveLocalDiscord({
  extraChannels: Number(channels),
  page,
  ...(limits === 'unlimited' && { rateLimits: false }),
})
const { origin, botToken, extraChannelIds } = discord
console.log(JSON.stringify({ origin, botToken, channels: extraChannelIds } satisfies Announcement))
process.once('SIGTERM', () => void discord.close())
