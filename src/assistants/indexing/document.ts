/** A part of a document that search can find and the model can cite. */
export interface Chunk {
  text: string
  /** Where it begins, from 1; null where the format has no pages (slides count as pages). */
  page: number | null
  /** The nearest heading above it, at most 200 characters; null where there is none. */
  heading: string | null
}

/** Tokens, as the API counts them in `chunking_strategy.static`. */
export interface ChunkSizes {
  max_chunk_size_tokens: number
  chunk_overlap_tokens: number
}

export interface DocumentToRead {
  /** A file that stays as it is while it is read. */
  path: string
  /** Says the format by its extension; otherwise never trusted. */
  filename: string
  chunking: ChunkSizes
}

/**
 * Reads documents in threads of their own, so many at a time, and ends those that take too long or too
 * much memory. Chunks come in order, in batches, and no faster than they are taken.
 */
export interface DocumentReader {
  /** Throws `DocumentError` for whatever is wrong with the document itself. */
  read(document: DocumentToRead, options: { signal: AbortSignal }): AsyncIterable<Chunk[]>
  close(): Promise<void>
}

/** Why a file cannot be searched; the message is shown as the vector store file's `last_error`. */
export class DocumentError extends Error {
  readonly code: 'unsupported_file' | 'invalid_file'

  constructor(code: 'unsupported_file' | 'invalid_file', message: string) {
    super(message)
    this.code = code
  }
}
