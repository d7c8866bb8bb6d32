import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createDocumentReader } from '../../src/assistants/indexing/document-reader.ts'
import { createSqliteIndex } from '../../src/assistants/search/sqlite/sqlite-index.ts'
import {
  createVectorStores,
  type VectorStores,
  type VectorStoresDeps,
} from '../../src/assistants/vector-stores/vector-stores.ts'

export interface TestVectorStores extends VectorStores {
  /** The queue first, so close it before the store. */
  close(): Promise<void>
}

type Own = 'reader' | 'index' | 'isShared'

/** Vector stores with the real reader and index, which go when they are closed. */
export function createTestVectorStores(
  deps: Omit<VectorStoresDeps, Own> & Partial<Pick<VectorStoresDeps, Own>>,
): TestVectorStores {
  const folder = mkdtempSync(join(tmpdir(), 'guagua-search-'))
  const reader = createDocumentReader({ log: deps.log })
  const index = createSqliteIndex({
    path: join(folder, 'search.sqlite'),
    embedder: null,
    log: deps.log,
  })
  const vectorStores = createVectorStores({ reader, index, isShared: false, ...deps })
  return {
    ...vectorStores,
    async close() {
      await vectorStores.queue.close()
      await reader.close()
      await index.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
