import { AppError } from '../errors.ts'

/**
 * Why a query has no rows: `refused` (not one reading statement), `sql` (SQLite's own complaint),
 * `time` and `memory` (stopped at a limit), `busy` (too many queries wait).
 */
export type QueryErrorReason = 'refused' | 'sql' | 'time' | 'memory' | 'busy'

/** A query failed through its own fault; the message tells the model that wrote it what to change. */
export class QueryError extends AppError {
  override readonly name = 'QueryError'
  readonly reason: QueryErrorReason

  constructor(reason: QueryErrorReason, message: string) {
    super('invalid_request', message)
    this.reason = reason
  }
}
