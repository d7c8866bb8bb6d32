import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect, type PGliteTransaction } from 'kysely'

import { migrate } from '../../../src/assistants/store/migrations.ts'
import { withoutNul } from '../../../src/assistants/store/postgres.ts'
import type { Database } from '../../../src/assistants/store/schema.ts'
import type { SqlDialect } from '../../../src/assistants/store/sql-dialect.ts'

export const pgliteDialect: SqlDialect = {
  sequence: 'bigserial',
  rowLocks: true,
  writableCtes: true,
}

/** Postgres inside the process, migrated. */
export interface TestPGlite {
  /** Closing it leaves the others open. */
  connect(): Kysely<Database>
  empty(): Promise<void>
  close(): Promise<void>
}

type Query = PGliteTransaction['query']

/** As the pool of a server does it. */
function withoutNuls(query: Query): Query {
  return (text, values, options) => query(text, values?.map(withoutNul), options)
}

/** One per file: starting it takes longer than everything that is done with it. */
export async function createTestPGlite(): Promise<TestPGlite> {
  const pglite = new PGlite()
  await pglite.waitReady
  const shared = {
    query: withoutNuls(pglite.query.bind(pglite)),
    transaction: <T>(work: (transaction: PGliteTransaction) => Promise<T>) =>
      pglite.transaction((transaction) =>
        work({
          query: withoutNuls(transaction.query.bind(transaction)),
          rollback: () => transaction.rollback(),
        }),
      ),
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
      await pglite.exec(
        'truncate assistants, threads, usage_records, imported_objects, blobs, files, file_owners, vector_stores, index_removals restart identity cascade',
      )
    },
    close: () => pglite.close(),
  }
}
