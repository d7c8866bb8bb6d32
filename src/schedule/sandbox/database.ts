import { QueryError } from '../query-error.ts'
import type { QueryResult } from '../schedule.ts'
import { collectRows } from './collect-rows.ts'
import { limits } from './limits.ts'
import type { Dataset } from './messages.ts'
import { prepareSelect } from './one-select.ts'
import { SqliteError, type Connection, type Sqlite, type Statement } from './sqlite.ts'

/** One guild's tables in a database of their own, closed for writing once they are filled. */
export interface SandboxDatabase {
  /**
   * Runs one statement of a model. Throws `QueryError`; after a `PragmaTableError` the connection
   * is not clean any more and must be closed.
   */
  query(sql: string): QueryResult
  close(): void
}

/** Fills a new database. Throws `SqliteError` when the memory does not suffice. */
export function openDatabase(sqlite: Sqlite, dataset: Dataset): SandboxDatabase {
  const connection = sqlite.open()
  try {
    harden(connection)
    fill(connection, dataset)
    connection.exec('PRAGMA query_only = ON')
  } catch (error) {
    connection.close()
    throw error
  }
  return {
    query(sql) {
      try {
        return runSelect(connection, sql)
      } catch (error) {
        throw error instanceof SqliteError ? toQueryError(error, dataset) : error
      }
    },
    close: () => connection.close(),
  }
}

/**
 * `temp_store`: sorting must not spill into sql.js's file system, whose files are JavaScript arrays
 * outside the capped memory. `hard_heap_limit`: counts for all connections of the thread.
 */
function harden(connection: Connection): void {
  connection.exec(`
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA hard_heap_limit = ${limits.sqliteHeapBytes};
  `)
}

function fill(connection: Connection, { schema, tables }: Dataset): void {
  connection.exec(`BEGIN; ${schema}`)
  for (const { name, columns, rows } of tables) {
    const places = columns.map(() => '?').join(', ')
    const insert = connection.prepare(
      `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${places})`,
    )
    try {
      for (const row of rows) {
        insert.bind(row)
        insert.step()
        insert.reset()
      }
    } finally {
      insert.finalize()
    }
  }
  connection.exec('COMMIT')
}

function runSelect(connection: Connection, sql: string): QueryResult {
  let statement: Statement
  try {
    statement = prepareSelect(connection, sql)
  } catch (error) {
    // Also a statement that does not compile may have named such a table on its way.
    assertNoPragmaTable(connection)
    throw error
  }
  try {
    assertNoPragmaTable(connection)
    return collectRows(statement)
  } finally {
    statement.finalize()
  }
}

/** A statement named a `pragma_…` table, which its connection keeps as a module from then on. */
export class PragmaTableError extends QueryError {
  constructor() {
    super(
      'refused',
      'Tables named pragma_… are not available. Read the tables of the schema that you were given.',
    )
  }
}

/**
 * SQLite registers a `pragma_…` table as a module when a statement first names it, so it is SQLite
 * that tells, whatever the quoting; the module has the name as the statement wrote it.
 */
function assertNoPragmaTable(connection: Connection): void {
  const modules = connection.prepare('PRAGMA module_list')
  try {
    while (modules.step()) {
      if (/^pragma_/i.test(String(modules.value(0)))) throw new PragmaTableError()
    }
  } finally {
    modules.finalize()
  }
}

function toQueryError(error: SqliteError, dataset: Dataset): QueryError {
  if (error.outOfMemory) {
    return new QueryError(
      'memory',
      'The query needed too much memory and was stopped. Select fewer rows or shorter values.',
    )
  }
  const message = error.message.length > 300 ? `${error.message.slice(0, 300)}…` : error.message
  return new QueryError('sql', `SQL error: ${message.toWellFormed()}.${hint(message, dataset)}`)
}

function hint(message: string, { tables }: Dataset): string {
  if (/no such (table|column)/.test(message)) {
    const known = tables.map(({ name, columns }) => `${name}(${columns.join(', ')})`)
    return ` There is only ${known.join(', ')}.`
  }
  if (message.includes('no such function')) {
    return ' Use functions that SQLite has, such as date(), time(), strftime(), substr(), count().'
  }
  return ''
}
