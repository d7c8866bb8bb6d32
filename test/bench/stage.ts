import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { launchBot } from './bots/launch.ts'
import { startLocalDiscord } from './local-discord.ts'
import type { Process } from './processes.ts'
import type { BotName } from './report.ts'
import { connectUser, type UserClient } from './user-client.ts'

/** One bot with a Discord of its own, and a person there who talks to it. */
export interface Stage {
  readonly name: BotName
  readonly user: UserClient
  readonly channels: readonly string[]
  /** Holds what the bot stores. */
  readonly folder: string
  /** Starts the bot; `readyMs` is the time from there to its gateway session. */
  startBot(): Promise<{ readyMs: number }>
  /** The running bot. */
  bot(): Process
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
  const { name, modelUrl, env } = options
  const folder = join(options.folder, name)
  mkdirSync(folder, { recursive: true })
  const discord = await startLocalDiscord({
    logFile: join(folder, 'discord.log'),
    channels: options.channels,
    rateLimits: options.rateLimits,
  })
  const user = await connectUser(discord)
  let running: Process | null = null

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
    folder,
    async startBot() {
      const startedAt = performance.now()
      running = launchBot({ name, folder, discord, modelUrl, env })
      const readyAt = await user.botIs('online')
      return { readyMs: readyAt - startedAt }
    },
    bot,
    stopBot,
    requestCount: () => discord.requestCount(),
    async close() {
      if (running) await stopBot()
      await user.close()
      await discord.stop()
    },
  }
}
