import { after } from 'node:test'

import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'

import { migrate } from '../../../src/assistants/store/migrations.ts'
import type { Database } from '../../../src/assistants/store/schema.ts'
import { createSqlStore } from '../../../src/assistants/store/sql-store.ts'
import { createLogger } from '../../../src/log.ts'
import { describeStore } from './contract.ts'

const log = createLogger({ level: 'silent', pretty: false })
const dialect = { sequence: 'bigserial', rowLocks: true } as const

// One for all: starting takes longer than everything that is done with it.
const pglite = new PGlite()
after(() => pglite.close())
const shared = {
  query: pglite.query.bind(pglite),
  transaction: pglite.transaction.bind(pglite),
  waitReady: pglite.waitReady,
  ready: false,
  closed: false,
  close: async () => {},
}
const open = () => new Kysely<Database>({ dialect: new PGliteDialect({ pglite: shared }) })
const migrated = migrate(open(), dialect)

describeStore('PGlite', async () => {
  await migrated
  await pglite.exec('truncate assistants, threads, usage_records restart identity cascade')
  return createSqlStore({ db: open(), dialect, log })
})
