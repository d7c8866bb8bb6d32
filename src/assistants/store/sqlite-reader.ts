import BetterSqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

import { createAssistantQueries } from './assistants.ts'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'
import { createUsageQueries } from './usage.ts'

/**
 * Looks at a SQLite store that may belong to another process, which goes on working. Throws SQLite's
 * error if there is no such file.
 */
export function openSqliteReader(path: string): Pick<Store, 'sumUsage' | 'getAssistant' | 'close'> {
  const database = new BetterSqlite(path, { readonly: true, fileMustExist: true })
  const db = new Kysely<Database>({ dialect: new SqliteDialect({ database }) })
  const { sumUsage } = createUsageQueries({ db })
  const { getAssistant } = createAssistantQueries({
    db,
    dialect: { sequence: 'integer', rowLocks: false, writableCtes: false },
    project: null,
    onWork() {},
  })
  return { sumUsage, getAssistant, close: () => db.destroy() }
}
