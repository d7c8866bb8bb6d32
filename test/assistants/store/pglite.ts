import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'

import { migrate } from '../../../src/assistants/store/migrations.ts'
import type { Database } from '../../../src/assistants/store/schema.ts'
import type { SqlDialect } from '../../../src/assistants/store/sql-dialect.ts'

export const pgliteDialect: SqlDialect = { sequence: 'bigserial', rowLocks: true }

/** Postgres inside the process, migrated. */
export interface TestPGlite {
  /** Closing it leaves the others open. */
  connect(): Kysely<Database>
  empty(): Promise<void>
  close(): Promise<void>
}

/** One per file: starting it takes longer than everything that is done with it. */
export async function createTestPGlite(): Promise<TestPGlite> {
  const pglite = new PGlite()
  await pglite.waitReady
  const shared = {
    query: pglite.query.bind(pglite),
    transaction: pglite.transaction.bind(pglite),
    waitReady: pglite.waitReady,
    ready: true,
    closed: false,
    close: async () => {},
  }
  const connect = () => new Kysely<Database>({ dialect: new PGliteDialect({ pglite: shared }) })
  await migrate(connect(), pgliteDialect)
  return {
    connect,
    empty: async () => {
      await pglite.exec('truncate assistants, threads, usage_records restart identity cascade')
    },
    close: () => pglite.close(),
  }
}
