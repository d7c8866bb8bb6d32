import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import BetterSqlite from 'better-sqlite3'
import { Kysely, sql, SqliteDialect } from 'kysely'

import { migrate } from '../../../src/assistants/store/migrations.ts'
import type { Database } from '../../../src/assistants/store/schema.ts'
import { createSqlStore } from '../../../src/assistants/store/sql-store.ts'
import { createLogger } from '../../../src/log.ts'
import { describeStore } from './contract.ts'
import { createTestPGlite, pgliteDialect } from './pglite.ts'

const log = createLogger({ level: 'silent', pretty: false })
const pglite = await createTestPGlite()
after(() => pglite.close())

describeStore('PGlite', async () => {
  await pglite.empty()
  return createSqlStore({ db: pglite.connect(), dialect: pgliteDialect, log })
})

describe('SQLite and Postgres', () => {
  it('have the same tables, columns and indexes, but for those of the search index', async () => {
    const file = new BetterSqlite(':memory:')
    const sqlite = new Kysely<Database>({ dialect: new SqliteDialect({ database: file }) })
    await migrate(sqlite, { sequence: 'integer', rowLocks: false, writableCtes: false })
    const postgres = pglite.connect()
    const onSqlite = await describeTables(sqlite)
    assert.ok(onSqlite.length >= 7)
    const onPostgres = await describeTables(postgres)
    // SQLite has the search index in a file of its own.
    const isOfStore = ({ name }: { name: string }) => !name.startsWith('search_')
    assert.deepEqual(onPostgres.filter(isOfStore), onSqlite)

    const indexesOnSqlite = await sql<{ definition: string }>`
      select sql as definition from sqlite_master where type = 'index' and sql is not null`.execute(
      sqlite,
    )
    const indexesOnPostgres = await sql<{ definition: string }>`
      select indexdef as definition from pg_indexes
        where schemaname = 'public' and tablename not like 'search\\_%' and indexname not like '%_pkey' and indexname not like '%_key'`.execute(
      postgres,
    )
    assert.deepEqual(toNames(indexesOnPostgres.rows), toNames(indexesOnSqlite.rows))
    await sqlite.destroy()
  })

  async function describeTables(db: Kysely<Database>) {
    const tables = await db.introspection.getTables()
    return tables
      .map(({ name, columns }) => ({
        name,
        // SQLite calls its numbered keys nullable.
        columns: columns
          .map((column) => `${column.name}${column.isNullable && column.name !== 'seq' ? '?' : ''}`)
          .toSorted(),
      }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** Name, uniqueness, columns and condition, without what each database writes in its own way. */
  function toNames(rows: { definition: string }[]): string[] {
    return rows
      .map(({ definition }) =>
        definition
          .toLowerCase()
          .replaceAll(/["()]|public\.|using btree |::text/g, '')
          .replaceAll(/\s+/g, ' '),
      )
      .toSorted()
  }
})
