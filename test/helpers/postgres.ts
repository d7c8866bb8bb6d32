import { randomUUID } from 'node:crypto'

import { Client } from 'pg'

import {
  createStoreOnPostgres,
  openPostgres,
  type Postgres,
} from '../../src/assistants/store/postgres.ts'
import type { Store } from '../../src/assistants/store/store.ts'
import type { Logger } from '../../src/log.ts'

/** Where the tests may create databases: a server that is only there for them. */
const serverUrl = process.env['TEST_DATABASE_URL']

/** Goes to `describe`'s `skip`: the reason, or false where there is a server. */
export const withoutServer: string | false =
  serverUrl === undefined && 'needs a Postgres server: set TEST_DATABASE_URL'

export interface TestDatabase {
  /** Points to an empty database of its own. */
  url: string
  /** Runs SQL in it, outside everything under test. */
  query(sql: string): Promise<Record<string, unknown>[]>
  /** Also with connections open. */
  drop(): Promise<void>
}

/** Creates a database that nobody else uses. */
export async function createTestDatabase(): Promise<TestDatabase> {
  if (serverUrl === undefined) throw new Error(String(withoutServer))
  const name = `guagua_${randomUUID().replaceAll('-', '')}`
  const url = new URL(serverUrl)
  await runSql(url.href, `create database ${name} encoding 'UTF8' template template0`)
  url.pathname = `/${name}`
  return {
    url: url.href,
    query: (sql) => runSql(url.href, sql),
    drop: async () => {
      await runSql(serverUrl, `drop database ${name} with (force)`)
    },
  }
}

export interface TestStore {
  store: Store
  postgres: Postgres
  /** Drops the database, too. */
  close(): Promise<void>
}

/** A store in a database of its own, with its tables. */
export async function createTestStore(log: Logger): Promise<TestStore> {
  const database = await createTestDatabase()
  const postgres = openPostgres({ url: database.url, log })
  await postgres.migrate()
  const store = createStoreOnPostgres({ postgres, log })
  return {
    store,
    postgres,
    async close() {
      await store.close()
      await database.drop()
    },
  }
}

async function runSql(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}
