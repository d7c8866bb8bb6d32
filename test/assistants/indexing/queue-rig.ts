import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { createDiskBlobs } from '../../../src/assistants/files/disk-blobs.ts'
import { createFiles } from '../../../src/assistants/files/files.ts'
import {
  createIndexingQueue,
  type IndexingQueue,
  type IndexingQueueDeps,
} from '../../../src/assistants/indexing/indexing-queue.ts'
import type { SearchIndex } from '../../../src/assistants/search/search-index.ts'
import { createSqliteIndex } from '../../../src/assistants/search/sqlite/sqlite-index.ts'
import type { IndexingWork } from '../../../src/assistants/store/indexing-work.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import type { FileStatus } from '../../../src/assistants/store/vector-store-rows.ts'
import { newId } from '../../../src/ids.ts'
import { createLogger } from '../../../src/log.ts'
import { createPlainReader, type PlainReader } from '../../helpers/plain-reader.ts'
import { createManualTimers } from '../../schedule/manual-timers.ts'

export const silent = createLogger({ level: 'silent', pretty: false })

/** A queue at work, with what it reads by. */
export interface TestQueue extends IndexingQueue {
  reader: PlainReader
  timers: ReturnType<typeof createManualTimers>
  /** What is done now and then: renewing, looking, sweeping; resolves when the database has answered. */
  tick(): Promise<void>
}

/** A store, blobs and an index in one folder, and queues between them. */
export interface QueueRig {
  store: Store
  index: SearchIndex
  /** What `now` says, in milliseconds. */
  clock: { now: number }
  open(options?: Partial<IndexingQueueDeps>): Promise<TestQueue>
  upload(text: string, filename?: string): Promise<string>
  /** A vector store with these files. */
  vectorStore(...fileIds: string[]): Promise<string>
  statusOf(vectorStoreId: string, fileId: string): Promise<FileStatus>
  /** What of a file can be found in the index. */
  textsOf(vectorStoreId: string, fileId: string): Promise<string[]>
  close(): Promise<void>
}

const chunking = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 }

export async function createQueueRig(folder: string, given?: Store): Promise<QueueRig> {
  const store =
    given ?? (await createSqliteStore({ path: join(folder, 'store.sqlite'), log: silent }))
  const blobs = createDiskBlobs({ folder: join(folder, 'files') })
  const index = createSqliteIndex({
    path: join(folder, 'search.sqlite'),
    embedder: null,
    log: silent,
  })
  const clock = { now: 1_790_000_000_000 }
  const now = () => clock.now
  const never = () => () => {}
  const files = createFiles({ store, blobs, newId, now, every: never, log: silent })
  const objects = store.project('default').vectorStores
  const seconds = () => clock.now / 1000
  const queues: IndexingQueue[] = []

  return {
    store,
    index,
    clock,

    async open(options = {}) {
      const reader = createPlainReader()
      const timers = createManualTimers()
      const ticks = new Set<() => void>()
      const { store: asked = store, ...others } = options
      const { indexing, answered } = watch(asked.indexing)
      const queue = createIndexingQueue({
        store: { indexing, onIndexingWork: (listener) => asked.onIndexingWork(listener) },
        blobs,
        index,
        reader,
        now,
        newToken: randomUUID,
        every(_intervalMs, tick) {
          ticks.add(tick)
          return () => ticks.delete(tick)
        },
        startTimer: timers.startTimer,
        isShared: false,
        log: silent,
        ...others,
      })
      queues.push(queue)
      const tick = () => {
        for (const each of ticks) each()
        return answered()
      }
      return { ...queue, reader, timers, tick }
    },

    async upload(text, filename = 'notes.txt') {
      const content = (async function* () {
        yield Buffer.from(text)
      })()
      const file = { filename, purpose: 'assistants', content } as const
      return (await files.project('default').create(file, {})).id
    },

    async vectorStore(...fileIds) {
      const settings = { name: null, description: null, metadata: {}, expiresAfterDays: null }
      const attached = fileIds.map((fileId) => ({ fileId, chunking, attributes: {} }))
      const created = { id: newId('vs_'), createdAt: seconds(), ...settings, files: attached }
      return (await objects.insert(created)).id
    },

    async statusOf(vectorStoreId, fileId) {
      return (await objects.getFile({ vectorStoreId, fileId }, seconds())).status
    },

    async textsOf(vectorStoreId, fileId) {
      const range = { position: 0, limit: 100 }
      return (await index.passages({ vectorStoreId, fileId }, range)).map(({ text }) => text)
    },

    async close() {
      await Promise.all(queues.map((queue) => queue.close()))
      await files.close()
      await index.close()
      if (!given) await store.close()
    },
  }
}

/** Work whose questions can be waited for: `answered` resolves when none is open. */
function watch(work: IndexingWork): { indexing: IndexingWork; answered: () => Promise<void> } {
  let open = 0
  const indexing = new Proxy(work, {
    get(target, name: keyof IndexingWork) {
      const ask = target[name] as (...values: unknown[]) => Promise<unknown>
      return async (...values: unknown[]) => {
        open += 1
        try {
          return await ask(...values)
        } finally {
          open -= 1
        }
      }
    },
  })
  return { indexing, answered: () => until(() => open === 0) }
}

/** Waits for what happens in the background. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate)
}
