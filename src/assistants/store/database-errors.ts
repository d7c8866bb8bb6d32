import { AppError } from '../../errors.ts'

/** The database cannot be asked at this moment; asking again later may help. */
export class DatabaseUnavailableError extends AppError {
  override readonly name = 'DatabaseUnavailableError'
  /** How long clients should wait, in milliseconds. */
  readonly retryAfterMs = 2_000

  constructor(cause?: unknown) {
    super('unavailable', 'The database cannot be reached at the moment. Please try again soon.', {
      cause,
    })
  }
}

/** The database answers, but not to this program: an operator must change something. */
export class DatabaseRefusedError extends Error {
  override readonly name = 'DatabaseRefusedError'
  readonly code = 'DATABASE_REFUSED'
}

/**
 * Classes of SQLSTATE that say nothing about the statement: connection, resources, operator, lost
 * races (`40`), locks (`55P03`), and a server that has become a read-only standby (`25006`).
 */
const passingStates = /^(08|53|57|58|40|55P03|25006|25P0)/

/** Errors of the client without a code. */
const connectionMessages =
  /^(Connection terminated|Client (has encountered|was closed)|Query read timeout|timeout (exceeded|expired)|Cannot use a pool)/i

/** Whether an error is about the way to the database, not about what was asked of it. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = codeOf(error)
  if (code === undefined) return connectionMessages.test(error.message)
  return isSqlState(error) ? passingStates.test(code) : isSystemCode(code)
}

/**
 * What an operator must change so that this database can be used, in one line without the password;
 * null if waiting may help.
 */
export function explainRefusal(error: unknown): string | null {
  if (error instanceof DatabaseRefusedError) return error.message
  if (!(error instanceof Error) || isPassing(error)) return null
  switch (codeOf(error) ?? '') {
    case '28P01':
    case '28000':
      return `the server does not let this user in (${error.message}); correct the user or the password`
    case '3D000':
      return `${error.message}; create it (createdb) or correct the name`
    case '42501':
      return `the user may not do what is needed (${error.message}); grant it the right to create tables in the schema, or name another one with ?schema=`
    default:
      return `it cannot be used (${error.message})`
  }
}

/** What went wrong, without what hangs on the error: the client with its whole configuration. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Of several addresses of one name, each was tried.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error.message || (codeOf(error) ?? error.name)
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function isSqlState(error: Error): boolean {
  return 'severity' in error
}

/** Of the network, as `ECONNREFUSED` and `ENOTFOUND`; errors of TLS and of Node are named otherwise. */
function isSystemCode(code: string): boolean {
  return /^E(?!RR_|PROTO$)[A-Z_]+$/.test(code)
}
