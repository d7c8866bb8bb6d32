import { flushCompileCache } from 'node:module'

import { ConfigError, type Config } from './config.ts'
import { createLogger, type Logger } from './log.ts'
import { explainStartFailure } from './start-failure.ts'

/** What the parts of a program are started with. */
export interface Parts {
  log: Logger
  /** Where each part leaves how it is closed, as soon as it is there to be closed. */
  parts: AsyncDisposableStack
}

export interface Program {
  /** Throws `ConfigError`. */
  readConfig: (env: NodeJS.ProcessEnv) => Config
  /** Starts everything; answers what to tell whoever started it. */
  start: (config: Config, parts: Parts) => Promise<string>
  /** How the log shows an error; default as it is. */
  toLoggedError?: (error: unknown) => unknown
}

/**
 * All of a stop, also of one after a failure to start: answers that are being written get most of it,
 * the rest is for putting things away.
 */
const stopWithinMs = 10_000

/** Runs a program until SIGINT or SIGTERM. A failure to start ends it with a line that helps. */
export async function runProgram({
  readConfig,
  start,
  toLoggedError = (error) => error,
}: Program): Promise<void> {
  const config = readOrExit(readConfig)
  const pretty = process.stdout.isTTY
  const log = createLogger({ level: config.logLevel, pretty })
  const parts = new AsyncDisposableStack()
  process.on('unhandledRejection', (error) => {
    log.error({ err: toLoggedError(error) }, 'unhandled rejection')
  })
  stopOnSignal({ log, parts }, toLoggedError)

  let greeting: string
  try {
    greeting = await start(config, { log, parts })
  } catch (error) {
    // Stopped while it was starting.
    if (parts.disposed) return
    const explanation = explainStartFailure(error, config)
    if (explanation === null) log.fatal({ err: toLoggedError(error) }, 'could not start')
    else log.fatal(explanation)
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    // Whatever goes wrong with putting things away, the first error is the one to tell of.
    await parts.disposeAsync().catch((err: unknown) => log.warn({ err }, 'did not close cleanly'))
    // Whatever is left, a thread or a timer, does not keep alive what did not start.
    process.exit(1)
  }
  // Now rather than at exit, which a crash would skip.
  flushCompileCache()
  if (pretty) process.stdout.write(`\n  瓜瓜 ${greeting}\n\n`)
  else log.info(greeting)
}

function readOrExit(readConfig: Program['readConfig']): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

/** Closes the parts, the last one first. A second signal does not wait for it. */
function stopOnSignal({ log, parts }: Parts, toLoggedError: (error: unknown) => unknown): void {
  let stopping = false
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(130)
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    try {
      await parts.disposeAsync()
    } catch (error) {
      log.error({ err: toLoggedError(error) }, 'did not stop cleanly')
      process.exit(1)
    }
    process.exit(0)
  }
  process.on('SIGINT', (signal) => void stop(signal))
  process.on('SIGTERM', (signal) => void stop(signal))
}
