import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { dataDirOf, launchBot } from './bots/launch.ts'
import { startLocalDiscord } from './local-discord.ts'
import type { Process } from './processes.ts'
import type { BotName } from './report.ts'
import { connectUser, type UserClient } from './user-client.ts'

/** One bot with a Discord of its own, and a person there who talks to it. */
export interface Stage {
  readonly name: BotName
  readonly user: UserClient
  readonly channels: readonly string[]
  /** Where Guagua keeps its databases. */
  readonly dataDir: string
  /** Starts the bot; `readyMs` is the time from there to its gateway session. */
  startBot(): Promise<{ readyMs: number }>
  /** The running bot. */
  bot(): Process
  /** What the bot last wrote, running or not. */
  logTail(): string
  /** Ends the bot in the way an operator would. */
  stopBot(): Promise<void>
  /** Requests that Discord has answered to the bot so far. */
  requestCount(): Promise<number>
  close(): Promise<void>
}

export interface StageOptions {
  name: BotName
  folder: string
  modelUrl: string
  channels: number
  /** Whether Discord limits how often one may ask. */
  rateLimits: boolean
  /** Further variables for the bot. */
  env: Record<string, string>
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { name, folder, modelUrl, env } = options
  mkdirSync(folder, { recursive: true })
  const discord = await startLocalDiscord({
    logFile: join(folder, 'discord.log'),
    channels: options.channels,
    rateLimits: options.rateLimits,
  })
  const user = await connectUser(discord)
  let running: Process | null = null
  let last: Process | null = null

  const bot = () => {
    if (!running) throw new Error(`${name} is not running`)
    return running
  }
  const stopBot = async () => {
    const stopping = bot()
    running = null
    await stopping.stop()
    await user.botIs('offline')
  }
  return {
    name,
    user,
    channels: discord.channels,
    dataDir: dataDirOf(folder),
    async startBot() {
      const startedAt = performance.now()
      running = last = launchBot({ name, folder, discord, modelUrl, env })
      running.crashed.catch((error: unknown) => user.giveUp(error))
      const readyAt = await Promise.race([user.botIs('online'), running.crashed])
      return { readyMs: readyAt - startedAt }
    },
    bot,
    logTail: () => last?.logTail() ?? '',
    stopBot,
    requestCount: () => discord.requestCount(),
    async close() {
      if (running) await stopBot()
      await user.close()
      await discord.stop()
    },
  }
}
