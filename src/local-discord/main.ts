import { parseArgs } from 'node:util'

import { createPageApp } from './page-server.ts'
import { serveLocalDiscord } from './serve.ts'

/**
 * Local Discord as a process of its own, with its web page, for benches and for bots in any language:
 * `node src/local-discord/main.ts --port 4000 --rate-limits off --channels 200`.
 * It prints one line of JSON: `{ origin, api, botToken, applicationId, ids, extraChannelIds, users }`.
 */
const { values } = parseArgs({
  options: {
    host: { type: 'string', default: process.env['LOCAL_DISCORD_HOST'] ?? '127.0.0.1' },
    port: { type: 'string', default: process.env['LOCAL_DISCORD_PORT'] ?? '0' },
    'rate-limits': {
      type: 'string',
      default: process.env['LOCAL_DISCORD_RATE_LIMITS'] ?? 'on',
    },
    channels: { type: 'string', default: process.env['LOCAL_DISCORD_CHANNELS'] ?? '0' },
    'bot-token': { type: 'string' },
  },
})

const port = wholeNumber('port', values.port, 65_535)
const extraChannels = wholeNumber('channels', values.channels, 10_000)
const botToken = values['bot-token'] ?? process.env['LOCAL_DISCORD_BOT_TOKEN']

const local = await serveLocalDiscord({
  host: values.host,
  port,
  extraChannels,
  page: createPageApp(),
  ...(values['rate-limits'] === 'off' && { rateLimits: false }),
  ...(botToken !== undefined && { botToken }),
})

const users = Object.fromEntries(
  Object.entries(local.ids.users).map(([name, id]) => [name, { id, token: local.userToken(id) }]),
)
process.stdout.write(
  `${JSON.stringify({
    origin: local.origin,
    api: `${local.origin}/api`,
    botToken: local.botToken,
    applicationId: local.applicationId,
    ids: local.ids,
    extraChannelIds: local.extraChannelIds,
    users,
  })}\n`,
)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void local.close())

function wholeNumber(name: string, given: string, max: number): number {
  const value = Number(given)
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new TypeError(`expected ${name} to be 0–${max}, got "${given}"`)
}
