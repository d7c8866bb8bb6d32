import { readFile } from 'node:fs/promises'

import {
  DocumentError,
  type Chunk,
  type DocumentReader,
} from '../../src/assistants/indexing/document.ts'

/** A reader of plain text whose documents can be held, or made to fail. */
export interface PlainReader extends Pick<DocumentReader, 'read'> {
  /** Names of the documents, in the order in which they were begun. */
  begun: string[]
  /** From now on documents of these names wait, until the returned function is called. */
  hold(matches: (filename: string) => boolean): () => void
  /** What is thrown instead of the text; undefined: nothing. */
  failure: (filename: string) => Error | undefined
}

/** Each paragraph is a chunk. */
export function createPlainReader(): PlainReader {
  const begun: string[] = []
  let isHeld: (filename: string) => boolean = () => false
  let gate = Promise.withResolvers<void>()
  const reader: PlainReader = {
    begun,
    hold(matches) {
      isHeld = matches
      gate = Promise.withResolvers<void>()
      const held = gate
      return () => {
        isHeld = () => false
        held.resolve()
      }
    },
    failure: () => undefined,
    async *read({ path, filename }, { signal }) {
      begun.push(filename)
      if (isHeld(filename)) await untilAborted(gate.promise, signal)
      signal.throwIfAborted()
      const failure = reader.failure(filename)
      if (failure) throw failure
      const text = await readFile(path, 'utf8')
      if (text === '') throw new DocumentError('invalid_file', 'The file is empty.')
      yield text.split('\n\n').map((part): Chunk => ({ text: part, page: null, heading: null }))
    },
  }
  return reader
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  const leave = () => resolve()
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) resolve()
  await Promise.race([promise, aborted])
  signal.removeEventListener('abort', leave)
}
