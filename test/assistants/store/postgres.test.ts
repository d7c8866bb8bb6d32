import { after, before, describe } from 'node:test'

import { createPostgresStore } from '../../../src/assistants/store/postgres.ts'
import { createLogger } from '../../../src/log.ts'
import { createTestDatabase, withoutServer, type TestDatabase } from '../../helpers/postgres.ts'
import { describeStore } from './contract.ts'

const log = createLogger({ level: 'silent', pretty: false })

describe('Postgres', { skip: withoutServer }, () => {
  let database: TestDatabase
  before(async () => {
    database = await createTestDatabase()
    const store = await createPostgresStore({ url: database.url, log })
    await store.close()
  })
  after(() => database.drop())

  describeStore('Postgres', async () => {
    await database.query('truncate assistants, threads, usage_records restart identity cascade')
    return createPostgresStore({ url: database.url, log })
  })
})
