import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

import BetterSqlite, { type Database as SqliteDatabase, type Statement } from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

import { migrate } from './migrations.ts'
import type { ScheduleDatabase } from './schema.ts'

/**
 * Opens the file of the schedules, made with its folder if missing; or `:memory:`. Several processes
 * may have it open, as when a timetable is imported by hand beside a running bot.
 */
export async function openScheduleDatabase(path: string): Promise<Kysely<ScheduleDatabase>> {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new BetterSqlite(path)
  const db = new Kysely<ScheduleDatabase>({
    dialect: new SqliteDialect({ database: withWritingTransactions(database) }),
  })
  try {
    database.pragma('busy_timeout = 5000')
    database.pragma('journal_mode = WAL')
    // Changes are rare and made by hand: each one is on the disk before anybody is told of it.
    database.pragma('synchronous = FULL')
    database.exec('begin immediate')
    await migrate(db)
    database.exec('commit')
  } catch (error) {
    database.close()
    throw error
  }
  return db
}

/** All our transactions write. One that started as a reader could not wait for its turn. */
function withWritingTransactions(database: SqliteDatabase) {
  return {
    close: () => void database.close(),
    prepare: (sql: string): Statement<unknown[]> =>
      database.prepare<unknown[]>(sql === 'begin' ? 'begin immediate' : sql),
  }
}
