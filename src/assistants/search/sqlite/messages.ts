import type { Chunk } from '../../indexing/document.ts'
import type { Hit, IndexedFile, IndexQuery, Passage } from '../search-index.ts'

/** What the index asks of its threads, and what each answers. */
export interface WriterCalls {
  /** Answers the number under which the file is written. */
  begin(file: IndexedFile): number
  add(file: number, position: number, chunks: Chunk[]): void
  /** From now on the file is found, and what it had before is not. */
  finish(file: number): void
  abandon(file: number): void
  remove(removed: { vectorStoreId: string; fileId: string | null }): void
}

export interface ReaderCalls {
  search(query: IndexQuery): Hit[]
  passages(file: IndexedFile, range: { position: number; limit: number }): Passage[]
}

export type Calls = WriterCalls & ReaderCalls

export interface CallMessage {
  id: number
  name: keyof Calls
  args: unknown[]
}

export type AnswerMessage = { id: number } & ({ value: unknown } | { error: string })
