import { after, before, describe } from 'node:test'

import { createPostgresStore } from '../../../src/assistants/store/postgres.ts'
import { createTestDatabase, withoutServer, type TestDatabase } from '../../helpers/postgres.ts'
import { describeVectorStores } from './contract.ts'

describe('Postgres', { skip: withoutServer }, () => {
  let database: TestDatabase
  before(async () => (database = await createTestDatabase()))
  after(() => database.drop())

  describeVectorStores('Postgres', () => ({
    createStore: (log) => createPostgresStore({ url: database.url, log }),
    isShared: true,
  }))
})
