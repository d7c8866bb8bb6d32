import type { Chunk, DocumentError, DocumentToRead } from './document.ts'

/** What a reading thread is told. */
export type ThreadRequest =
  | { type: 'read'; document: DocumentToRead }
  /** A batch was taken, so one more may come. */
  | { type: 'taken' }

/** What it answers. */
export type ThreadAnswer =
  | { type: 'chunks'; chunks: Chunk[] }
  /** It is still at work. */
  | { type: 'alive' }
  | { type: 'done' }
  | { type: 'refused'; code: DocumentError['code']; message: string; cause?: string }
  /** Not the document's fault. */
  | { type: 'failed'; message: string }
