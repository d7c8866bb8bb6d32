import { randomUUID } from 'node:crypto'

import type { Every } from '../../every.ts'
import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import type { TokenCounter } from '../../tokens/token-counter.ts'
import type { Blobs } from '../files/blobs.ts'
import type { DocumentReader } from '../indexing/document.ts'
import { createIndexingQueue, type IndexingQueue } from '../indexing/indexing-queue.ts'
import { createFileSearch } from '../search/create-file-search.ts'
import type { FileSearch } from '../search/file-search.ts'
import type { RewriteQuery } from '../search/rewrite-query.ts'
import type { SearchIndex } from '../search/search-index.ts'
import type { Store } from '../store/store.ts'

export interface VectorStoresDeps {
  store: Pick<Store, 'indexing' | 'onIndexingWork' | 'searchable'>
  /** This and what follows are closed by their owner, after the vector stores. */
  blobs: Pick<Blobs, 'open'>
  reader: Pick<DocumentReader, 'read'>
  index: Pick<SearchIndex, 'write' | 'remove' | 'search' | 'passages'>
  tokens: Pick<TokenCounter, 'count'>
  /** For `rewrite_query`; default: queries stay as they are. */
  rewrite?: RewriteQuery | undefined
  /** Milliseconds since the epoch. */
  now: () => number
  every: Every
  startTimer?: StartTimer | undefined
  /** Whether other processes are at the same database. */
  isShared: boolean
  log: Logger
}

/** What makes vector stores more than rows: their files are indexed, and can be found. */
export interface VectorStores {
  search: FileSearch
  index: Pick<SearchIndex, 'passages'>
  queue: IndexingQueue
  rewrite: RewriteQuery | undefined
}

/** The queue is to be started when the database can be asked, and closed before it. */
export function createVectorStores(deps: VectorStoresDeps): VectorStores {
  return {
    search: createFileSearch(deps),
    index: deps.index,
    queue: createIndexingQueue({ ...deps, newToken: randomUUID }),
    rewrite: deps.rewrite,
  }
}
