import { fileURLToPath } from 'node:url'

import type { LocalSession } from '../../src/local-discord/protocol.ts'
import type { Announcement } from './discord-server.ts'
import { startServer } from './processes.ts'

export interface LocalDiscord {
  /** The REST base, without version. */
  apiUrl: string
  botToken: string
  session: LocalSession
  /** Text channels made for the bench. */
  channels: readonly string[]
  /** How many requests the bot has made so far. */
  requestCount(): Promise<number>
  stop(): Promise<void>
}

export interface LocalDiscordOptions {
  logFile: string
  channels: number
  /** Whether Discord's rate limits apply. */
  rateLimits: boolean
}

export async function startLocalDiscord(options: LocalDiscordOptions): Promise<LocalDiscord> {
  const server = await startServer({
    name: 'local Discord',
    args: [
      fileURLToPath(new URL('./discord-server.ts', import.meta.url)),
      String(options.channels),
      options.rateLimits ? 'limited' : 'unlimited',
    ],
    env: {},
    logFile: options.logFile,
  })
  const { origin, botToken, channels } = JSON.parse(server.announced) as Announcement // its own line
  const session = await getJson(`${origin}/api/v10/local/session`)
  return {
    apiUrl: `${origin}/api`,
    botToken,
    channels,
    session: session as LocalSession, // by its route
    async requestCount() {
      return Number(await getJson(`${origin}/bench/requests`))
    },
    stop: () => server.stop(),
  }
}

async function getJson(url: string): Promise<unknown> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`GET ${url} was answered with ${answer.status}`)
  return answer.json()
}
