import type OpenAI from 'openai'

export type FileObject = OpenAI.FileObject

/** What a file is made of. */
export interface NewFile {
  /** As it was called where it comes from; kept as it is, never used as a path. */
  filename: string
  purpose: FileObject['purpose']
  content: AsyncIterable<Uint8Array>
  /** From now; default: it stays. */
  expiresAfterSeconds?: number | undefined
}

/** The files of one project. Those that are expired are missing. */
export interface FileService {
  /** Written whole or not at all. Throws `FileTooLargeError` beyond 512 MB. */
  create(file: NewFile, options: { signal?: AbortSignal }): Promise<FileObject>
  get(id: string): Promise<FileObject | undefined>
  /** The bytes from `start` to `end` inclusive; default: all. Undefined if there is no such file. */
  read(
    id: string,
    range?: { start: number; end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>
}

/** The files of every project. */
export interface Files {
  project(id: string): FileService
}
