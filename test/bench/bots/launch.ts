import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startCommand } from '../../helpers/start-command.ts'
import { startProcess, type Process } from '../processes.ts'
import type { BotName } from '../report.ts'

export interface LaunchOptions {
  name: BotName
  /** Holds what the bot stores and its log; kept from one start to the next. */
  folder: string
  discord: { apiUrl: string; botToken: string }
  modelUrl: string
  /** Further variables, such as a lifted DISCORD_REQUESTS_PER_SECOND. */
  env: Record<string, string>
}

/** Starts a bot in a process of its own. All three read the same variables for the same things. */
export function launchBot({ name, folder, discord, modelUrl, env }: LaunchOptions): Process {
  return startProcess({
    name,
    args: programs[name](),
    logFile: join(folder, 'bot.log'),
    env: {
      DISCORD_TOKEN: discord.botToken,
      DISCORD_API_URL: discord.apiUrl,
      OPENAI_API_KEY: 'bench',
      OPENAI_BASE_URL: modelUrl,
      OPENAI_MODEL: 'bench',
      HISTORY_FILE: join(folder, 'history.sqlite'),
      DATA_DIR: dataDirOf(folder),
      PORT: '0',
      ...env,
    },
  })
}

export function dataDirOf(folder: string): string {
  return join(folder, 'data')
}

const programs: Record<BotName, () => string[]> = {
  echo: () => [fileURLToPath(new URL('./echo.ts', import.meta.url))],
  minimal: () => [fileURLToPath(new URL('./minimal.ts', import.meta.url))],
  guagua: startCommand,
}
