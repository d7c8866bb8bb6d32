import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Logger } from '../../../log.ts'
import type { SearchIndex } from '../search-index.ts'
import { callThread } from './call-thread.ts'
import type { ReaderCalls, WriterCalls } from './messages.ts'

export interface SqliteIndexOptions {
  /** The index's file, made with its folder if missing. It belongs to this process while it is open. */
  path: string
  log: Logger
}

/** What vectors and full text take beside the text itself, as the hosted API counted it. */
const bytesPerChunk = 1024

/**
 * The index in a SQLite file of its own: neither the event loop nor who writes the store waits for it.
 * One thread writes, another one reads, so that a search does not wait for a document either.
 */
export function createSqliteIndex({ path, log: parentLog }: SqliteIndexOptions): SearchIndex {
  const log = parentLog.child({ module: 'search' })
  mkdirSync(dirname(path), { recursive: true })
  const writer = callThread<keyof WriterCalls>({ path, role: 'writer', log })
  const reader = callThread<keyof ReaderCalls>({ path, role: 'reader', log })
  let made: Promise<void> | null = null

  /** The reader needs a file with tables in it. */
  function ready(): Promise<void> {
    made ??= writer.call('remove', { vectorStoreId: '', fileId: null })
    made.catch(() => (made = null))
    return made
  }

  return {
    async write(file, chunks, { signal }) {
      const number = await writer.call('begin', file)
      let count = 0
      let bytes = 0
      try {
        for await (const batch of chunks) {
          signal.throwIfAborted()
          await writer.call('add', number, count, batch)
          count += batch.length
          for (const { text } of batch) bytes += Buffer.byteLength(text) + bytesPerChunk
        }
        signal.throwIfAborted()
        await writer.call('finish', number)
        return { chunks: count, bytes }
      } catch (error) {
        await writer.call('abandon', number).catch((err: unknown) => {
          log.warn({ err }, 'a file that was not indexed is left in the index until the next start')
        })
        throw error
      }
    },

    remove: (removed) => writer.call('remove', removed),

    async search(query, { signal }) {
      await ready()
      signal.throwIfAborted()
      return reader.call('search', query)
    },

    async passages(file, range) {
      await ready()
      return reader.call('passages', file, range)
    },

    async ping() {
      await ready()
    },

    async close() {
      await Promise.all([writer.close(), reader.close()])
    },
  }
}
