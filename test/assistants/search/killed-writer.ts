/** Writes half of a file into the index whose path it is given, says so, and waits to be killed. */
import { createSqliteIndex } from '../../../src/assistants/search/sqlite/sqlite-index.ts'
import { createLogger } from '../../../src/log.ts'
import { chunks } from './contract.ts'

const log = createLogger({ level: 'silent', pretty: false })
const index = createSqliteIndex({ path: process.argv[2] ?? '', embedder: null, log })
async function* half() {
  yield* chunks('one half')
  process.stdout.write('half is written\n')
  // Keeps the process alive.
  await new Promise((resolve) => setTimeout(resolve, 600_000))
}
await index.write({ vectorStoreId: 'vs_1', fileId: 'file-1' }, half(), {
  signal: new AbortController().signal,
})
