import { createDiskBlobs } from '../../../src/assistants/files/disk-blobs.ts'
import { createFiles } from '../../../src/assistants/files/files.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import { newId } from '../../../src/ids.ts'
import { createLogger } from '../../../src/log.ts'

// Keeps a file, then brings another one and deletes it, and is killed on the way.
const [path = '', folder = '', step = ''] = process.argv.slice(2)
const log = createLogger({ level: 'silent', pretty: false })
const store = await createSqliteStore({ path, log })
const disk = createDiskBlobs({ folder })
let isArmed = false
let clock = Date.UTC(2026, 10, 1)

function dieAt(here: string): void {
  if (isArmed && here === step) process.kill(process.pid, 'SIGKILL')
}

const files = createFiles({
  store: {
    ...store,
    async touchBlob(...given) {
      dieAt('spooled')
      const touched = await store.touchBlob(...given)
      dieAt('claimed')
      return touched
    },
    async markUnusedBlobs(...given) {
      const marked = await store.markUnusedBlobs(...given)
      dieAt('marked')
      return marked
    },
  },
  blobs: {
    ...disk,
    async write(...given) {
      const blob = await disk.write(...given)
      dieAt('written')
      return blob
    },
    async delete(sha256) {
      await disk.delete(sha256)
      dieAt('removed')
    },
  },
  newId,
  now: () => clock,
  every: () => () => {},
  log,
})

function create(text: string) {
  async function* content() {
    yield Buffer.from(text)
  }
  const file = { filename: 'a', purpose: 'assistants' as const, content: content() }
  return files.project('default').create(file, {})
}

await create('kept')
isArmed = true
const { id } = await create('doomed')
await files.project('default').delete(id)
clock += 2 * 3_600_000
await files.sweep()
