import type { Chunk } from '../../indexing/document.ts'
import type { Hit, IndexedFile, IndexQuery, Passage } from '../search-index.ts'

/** What the index asks of its threads, and what each answers. */
export interface WriterCalls {
  /** Before anything else. */
  open(): Opened
  /** Answers the number under which the file is written. */
  begin(file: IndexedFile): number
  /** `vectors`: one for each chunk, where there is an embedding model. */
  add(file: number, chunks: { position: number; chunks: Chunk[]; vectors: Vectors }): void
  /** From now on the file is found, and what it had before is not. */
  finish(file: number, options: { isEmbedded: boolean }): void
  abandon(file: number): void
  remove(removed: { vectorStoreId: string; fileId: string | null }): void
  setWhole(): void
}

export interface Opened {
  /** Whether every file that was ever written is there, and known by the embedding model in use. */
  isWhole: boolean
  /** Why the file was made anew; null: it was not, or it was not there. */
  madeAnew: string | null
}

export interface ReaderCalls {
  /** `vectors`: one for each text, or null where only words count. */
  search(query: IndexQuery, vectors: Vectors): Hit[]
  passages(file: IndexedFile, range: { position: number; limit: number }): Passage[]
}

export type Vectors = readonly Float32Array[] | null

/** What both threads are started with. */
export interface ThreadData {
  path: string
  role: 'reader' | 'writer'
  /** The embedding model in use. */
  model: string | null
  /** The extension that compares vectors; null with `model`. */
  extension: string | null
}
