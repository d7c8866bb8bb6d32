import { serveCalls } from '../serve-calls.ts'
import { toStoredVector } from '../vectors.ts'
import { withHeading, wordsOf } from '../words.ts'
import type { ChunkRow, RowsCalls } from './rows.ts'

const calls: RowsCalls = {
  toRows: (position, chunks, vectors) =>
    chunks.map(({ text, page, heading }, index): ChunkRow => {
      const vector = vectors?.[index]
      const stored = vector && toStoredVector(vector)
      const row = {
        position: position + index,
        page,
        heading: heading === null ? null : clean(heading),
        text: clean(text),
        words: clean(wordsOf(withHeading({ text, heading })).join(' ')),
        bits: stored ? `x${Buffer.from(stored.bits).toString('hex')}` : null,
        fine: stored ? Buffer.from(stored.fine).toString('base64') : null,
      }
      return row
    }),
}

/** Postgres has neither NUL nor half a surrogate pair. */
function clean(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}

serveCalls(calls)
