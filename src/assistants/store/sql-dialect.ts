/** What the shared queries must know of the database behind Kysely. */
export interface SqlDialect {
  /** The column type that numbers rows by itself. */
  sequence: 'integer' | 'bigserial'
  /**
   * Whether a row that is about to be changed must be locked when it is read. SQLite has one writer
   * at a time, and no syntax for it.
   */
  rowLocks: boolean
  /** Whether a statement may hold others that write: `with … as (insert …)`. */
  writableCtes: boolean
  /** Where the tables are, in a database with several schemas; null: where it puts them itself. */
  schema?: string | null
}
