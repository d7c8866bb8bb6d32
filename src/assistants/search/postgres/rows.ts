import type { Chunk } from '../../indexing/document.ts'

/** A chunk as it goes into the database, in JSON. */
export interface ChunkRow {
  position: number
  page: number | null
  heading: string | null
  text: string
  /** Parted by spaces. */
  words: string
  /** `x` and hexadecimal digits; null: it has no vector. */
  bits: string | null
  /** Base64. */
  fine: string | null
}

/** Finding the words of a large document takes a second, so it is done in a thread. */
export interface RowsCalls {
  toRows(position: number, chunks: Chunk[], vectors: readonly Float32Array[] | null): ChunkRow[]
}
