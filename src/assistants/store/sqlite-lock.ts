import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

import BetterSqlite from 'better-sqlite3'

/** Another process has the database. */
export class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError'
  readonly code = 'DATABASE_IN_USE'
}

/**
 * Makes this process the only one at the SQLite file, until the function it returns is called or the
 * process dies in whatever way. A second one would take over runs that the first is executing. The
 * lock is one that SQLite holds on a file beside it: the database itself stays open to backups.
 * Keep the function: with it, the garbage collector takes the lock.
 */
export function lockSqlite(path: string): () => void {
  if (path === ':memory:') return () => {}
  mkdirSync(dirname(path), { recursive: true })
  const lock = new BetterSqlite(`${path}.lock`, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (cause) {
    lock.close()
    if (!(cause instanceof BetterSqlite.SqliteError) || cause.code !== 'SQLITE_BUSY') throw cause
    throw new DatabaseInUseError(`${path} belongs to another process`, { cause })
  }
  return () => void lock.close()
}
