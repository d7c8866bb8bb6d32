import type { Chunk } from '../indexing/document.ts'

/** A file in a vector store. */
export interface IndexedFile {
  vectorStoreId: string
  fileId: string
}

export interface Passage extends Chunk, IndexedFile {
  /** The chunk's place in its file, from 0. */
  position: number
}

export interface Hit extends Passage {
  /** 0 to 1; hits of one search can be compared, and more is better. */
  score: number
}

export interface IndexQuery {
  vectorStoreIds: readonly string[]
  /** Default: every file of the stores. */
  fileIds?: readonly string[] | undefined
  /** Ways of asking for the same. */
  texts: readonly string[]
  /** How much words and meaning count; default 1 and 1. Meaning counts only with an embedding model. */
  weights?: { text: number; embedding: number } | undefined
  limit: number
}

/**
 * What can be searched: derived from the files, and made again from them where it is lost. Whoever asks
 * drops hits of files that the store does not know any more. Nothing here blocks the event loop.
 */
export interface SearchIndex {
  /**
   * Takes the chunks of a file in place of those it had; they are found when all of them are there.
   * Answers the bytes they take, as `usage_bytes` shows them.
   */
  write(
    file: IndexedFile,
    chunks: AsyncIterable<Chunk[]>,
    options: { signal: AbortSignal },
  ): Promise<{ chunks: number; bytes: number }>
  /** Of a file, or, without `fileId`, of the whole vector store. Nothing happens where there is none. */
  remove(removed: { vectorStoreId: string; fileId: string | null }): Promise<void>
  /** The best first. */
  search(query: IndexQuery, options: { signal: AbortSignal }): Promise<Hit[]>
  /** The chunks of one file in order, from `position`. */
  passages(file: IndexedFile, range: { position: number; limit: number }): Promise<Passage[]>
  /**
   * Calls `fill` where files that should be found are not in the index: now, if it is new, was damaged or
   * knows the files by another embedding model, and later, if it has to be made anew. `fill` sees to it
   * that every file is written again. Until it has succeeded, the next start calls it, too. As long as
   * `hasFiles` says that there are none to be found, an index that takes threads starts none.
   */
  keepWhole(fill: () => Promise<void>, hasFiles?: () => Promise<boolean>): Promise<void>
  /** Answers when it can be searched; throws otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}
