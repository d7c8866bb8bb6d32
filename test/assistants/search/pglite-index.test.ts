import { createPostgresIndex } from '../../../src/assistants/search/postgres/postgres-index.ts'
import { createLogger } from '../../../src/log.ts'
import { createTestPGlite } from '../store/pglite.ts'
import { describeSearchIndex } from './contract.ts'

const log = createLogger({ level: 'silent', pretty: false })

describeSearchIndex('Postgres inside the process', async () => {
  const pglite = await createTestPGlite()
  return {
    open: (embedder) => createPostgresIndex({ db: pglite.connect(), embedder, log }),
    close: () => pglite.close(),
  }
})
