import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

export interface LogOptions {
  /** A pino level, or `silent`. */
  level: string
  /** Human-readable lines instead of JSON; meant for a terminal. */
  pretty: boolean
  /** Where lines go; default standard output. With `pretty` it is ignored. */
  destination?: DestinationStream
}

/** Members that may hold a secret, wherever an object with them is logged. */
const secrets = ['token', 'apiKey', 'apiKeys', 'authorization', 'api-key', 'password', 'cookie']

/** One line per event, and only what a person at a terminal looks for. */
const terminal = { singleLine: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }

/**
 * The program's one logger. Every part binds `log.child({ module })` and puts data in the object,
 * a constant lower-case sentence in the message, and errors under `err`.
 */
export function createLogger({ level, pretty, destination }: LogOptions): Logger {
  const options = {
    level,
    redact: {
      paths: secrets.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.headers["${name}"]`]),
      censor: '[redacted]',
    },
  }
  if (pretty) return pino({ ...options, transport: { target: 'pino-pretty', options: terminal } })
  return destination ? pino(options, destination) : pino(options)
}
