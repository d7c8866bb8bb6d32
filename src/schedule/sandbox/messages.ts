import type { QueryErrorReason } from '../query-error.ts'
import type { QueryResult } from '../schedule.ts'

/** The whole content of one guild's database. It is trusted: it comes from us, not from a model. */
export interface Dataset {
  /** The `CREATE TABLE` statements. */
  schema: string
  tables: { name: string; columns: string[]; rows: (string | number | null)[][] }[]
}

/** From the pool to a worker: one query. The next one follows only after the answer to this. */
export interface WorkerRequest {
  databaseKey: string
  /** Keys of databases to forget first. */
  drop: string[]
  /** The content, when the worker does not have this database in this version yet. */
  load: Dataset | null
  sql: string
  /** The schedule's wall clock, as milliseconds since 1970-01-01T00:00 on that same clock. */
  wallClockMs: number
}

/** From a worker to the pool. */
export type WorkerMessage =
  | { type: 'ready' }
  /** The database is loaded; from here on the statement's own time counts. */
  | { type: 'started' }
  | { type: 'rows'; result: QueryResult; memoryBytes: number }
  | {
      type: 'failed'
      reason: QueryErrorReason
      message: string
      /** The worker closed the database, because the statement left traces in its connection. */
      dropped: boolean
      memoryBytes: number
    }
