import { describe } from 'node:test'

import { createPostgresIndex } from '../../../src/assistants/search/postgres/postgres-index.ts'
import { openPostgres } from '../../../src/assistants/store/postgres.ts'
import { createLogger } from '../../../src/log.ts'
import { createTestDatabase, withoutServer } from '../../helpers/postgres.ts'
import { describeSearchIndex } from './contract.ts'

const log = createLogger({ level: 'silent', pretty: false })

describe('Postgres', { skip: withoutServer }, () => {
  describeSearchIndex('Postgres', async () => {
    const database = await createTestDatabase()
    const postgres = openPostgres({ url: database.url, log })
    await postgres.migrate()
    return {
      open: (embedder) => createPostgresIndex({ db: postgres.db, embedder, log }),
      async close() {
        await postgres.close()
        await database.drop()
      },
    }
  })
})
