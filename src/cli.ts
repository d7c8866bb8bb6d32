import { CommanderError } from 'commander'

import { DatabaseUnavailableError, reasonOf } from './assistants/store/database-errors.ts'
import { createProgram, type Outcome } from './cli/program.ts'
import { CommandError, createTerminal, translateFor } from './cli/terminal.ts'
import { ConfigError, parseConfig, type Config } from './config.ts'
import type { Translate } from './i18n.ts'
import { createLogger, type Logger } from './log.ts'
import { explainStartFailure } from './start-failure.ts'

/** 1 is for failures, also of node itself. */
const exitCodes: Record<Outcome | 'failed', number> = { done: 0, failed: 1, incomplete: 2 }

async function main(): Promise<void> {
  const t = translateFor(process.env)
  const terminal = createTerminal(t)
  let config: Config | null = null
  const readConfig = () => (config = parseConfig(process.env, { localDiscord: false }))
  const program = createProgram({ readConfig, terminal, log: createStderrLog() }, (outcome) => {
    process.exitCode = exitCodes[outcome]
  })
  try {
    await program.parseAsync(process.argv.slice(2), { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    terminal.close()
    // Without a command, commander has shown the help.
    const isExplained = error instanceof CommanderError && error.code === 'commander.help'
    if (!isExplained) process.stderr.write(`${explain(error, { t, config })}\n`)
    process.exitCode = exitCodes.failed
  } finally {
    terminal.close()
  }
}

/** What goes wrong below the commands, in lines for a person. */
function createStderrLog(): Logger {
  const write = (line: string): void => {
    const { msg }: { msg?: unknown } = JSON.parse(line)
    process.stderr.write(typeof msg === 'string' ? `${msg}\n` : line)
  }
  return createLogger({ level: 'warn', pretty: false, destination: { write } })
}

function explain(error: unknown, { t, config }: { t: Translate; config: Config | null }): string {
  if (error instanceof ConfigError) return error.message
  if (error instanceof CommanderError) return explainUsage(error, t)
  const message = explainFailure(error, { t, config })
  if (message !== null) return t('cli.error', { message })
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function explainFailure(
  error: unknown,
  { t, config }: { t: Translate; config: Config | null },
): string | null {
  if (error instanceof CommandError) return error.message
  if (error instanceof DatabaseUnavailableError) {
    return t('cli.unreachable', { reason: reasonOf(error.cause ?? error) })
  }
  if (!config || !(error instanceof Error) || !('code' in error)) return null
  const { database } = config
  if (database.type === 'sqlite') {
    const { path } = database
    if (error.code === 'DATABASE_IN_USE') return t('cli.inUse', { path })
    if (error.code === 'SQLITE_FULL') return t('cli.full', { folder: config.dataDir })
    if (error.code === 'SQLITE_CANTOPEN' || error.code === 'SQLITE_ERROR') {
      return t('cli.noStore', { path, reason: error.message })
    }
  }
  return explainStartFailure(error, config)
}

/** Commander's errors are in English only; their codes and what they quote are not. */
function explainUsage({ code, message }: CommanderError, t: Translate): string {
  const name = /'([^']*)'/.exec(message)?.[1] ?? ''
  const sentence = {
    'commander.unknownCommand': t('cli.unknownCommand'),
    'commander.unknownOption': t('cli.unknownOption', { name }),
    'commander.missingArgument': t('cli.missingArgument', { name }),
    'commander.optionMissingArgument': t('cli.missingArgument', { name }),
    'commander.invalidArgument': t('cli.invalidValue', { name }),
    'commander.excessArguments': t('cli.tooMany'),
  }[code]
  return `${t('cli.error', { message: sentence ?? message })}\n${t('cli.seeHelp')}`
}

await main()
