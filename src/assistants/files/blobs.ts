/**
 * Where the bytes of files are: a folder, or a bucket. A blob is named by its content, so the same
 * bytes are there once; which files have them, and when nobody needs them any more, the store knows.
 */
export interface Blobs {
  /**
   * Writes what comes, without holding it in memory, and answers once it will survive a crash.
   * `commit` is called with what was written before the blob appears under its name, and may throw;
   * then, as after any failure, nothing is left. Throws `FileTooLargeError` beyond `maxBytes`.
   */
  write(
    content: AsyncIterable<Uint8Array>,
    options: { maxBytes: number; signal?: AbortSignal; commit?: (blob: Blob) => Promise<void> },
  ): Promise<Blob>
  /** The bytes from `start` to `end` inclusive; default: all. Throws `BlobMissingError` where there is none. */
  read(sha256: string, range?: { start: number; end: number }): AsyncIterable<Uint8Array>
  /**
   * The blob as a file that other threads may open, until `release`. In a bucket it is brought here first.
   */
  open(sha256: string, options: { signal: AbortSignal }): Promise<LocalCopy>
  /** Nothing happens where there is none. */
  delete(sha256: string): Promise<void>
  /** What uploads left behind that were cut off. */
  sweep(): Promise<void>
  /** Answers when blobs can be read and written; throws otherwise. For `/healthz`. */
  ping(): Promise<void>
}

export interface Blob {
  /** Of the bytes, 64 hexadecimal digits. */
  sha256: string
  bytes: number
}

export interface LocalCopy {
  path: string
  release(): Promise<void>
}

export class FileTooLargeError extends Error {}
export class BlobMissingError extends Error {}
