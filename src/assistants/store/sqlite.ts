import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

import BetterSqlite, { type Database as SqliteDatabase, type Statement } from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

import type { Logger } from '../../log.ts'
import { migrate } from './migrations.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { createSqlStore } from './sql-store.ts'
import type { Store } from './store.ts'

export interface SqliteStoreOptions {
  /** The database file, made with its folder if missing; or `:memory:`. */
  path: string
  log: Logger
}

/** Opens the store in one SQLite file, which belongs to this process while it is open. */
export async function createSqliteStore({ path, log }: SqliteStoreOptions): Promise<Store> {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new BetterSqlite(path)
  const db = new Kysely<Database>({
    dialect: new SqliteDialect({ database: withStatementCache(database) }),
  })
  try {
    database.pragma('journal_mode = WAL')
    // In WAL a crash of the process loses nothing; a power cut may lose the last instants.
    database.pragma('synchronous = NORMAL')
    database.pragma('busy_timeout = 5000')
    database.pragma('foreign_keys = ON')
    // KiB: what turns of chats read again and again stays in memory.
    database.pragma('cache_size = -32768')
    // Pages, 16 MB: those that every turn rewrites reach the file that much less often.
    database.pragma('wal_autocheckpoint = 4000')
    database.pragma('journal_size_limit = 67108864')
    // All or nothing, and one process at a time, which Kysely does not see to on SQLite.
    database.exec('begin immediate')
    await migrate(db, dialect)
    database.exec('commit')
  } catch (error) {
    database.close()
    throw error
  }
  return createSqlStore({ db, dialect, log })
}

const dialect: SqlDialect = { sequence: 'integer', rowLocks: false, writableCtes: false }

/** More than the store has different statements; those with lists of values vary in length. */
const cachedStatements = 500

/**
 * Kysely prepares anew for each query; preparing costs more than running what a turn of a chat does.
 */
function withStatementCache(database: SqliteDatabase) {
  const statements = new Map<string, Statement<unknown[]>>()
  return {
    close: () => void database.close(),
    prepare(sql: string): Statement<unknown[]> {
      const known = statements.get(sql)
      if (known) return known
      // All our transactions write. One that started as a reader could not wait for its turn.
      const statement = database.prepare<unknown[]>(sql === 'begin' ? 'begin immediate' : sql)
      if (statements.size >= cachedStatements) statements.clear()
      statements.set(sql, statement)
      return statement
    },
  }
}
