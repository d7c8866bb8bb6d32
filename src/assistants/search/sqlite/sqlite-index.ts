import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

import { getLoadablePath } from 'sqlite-vec'

import type { Logger } from '../../../log.ts'
import { callThread, ThreadError } from '../call-thread.ts'
import { chunkBytes, embedChunks, embedQuery } from '../embed-chunks.ts'
import type { Embedder } from '../embedder.ts'
import type { SearchIndex } from '../search-index.ts'
import { isDamage, removeIndexFile } from './index-file.ts'
import type { ReaderCalls, ThreadData, WriterCalls } from './messages.ts'

export interface SqliteIndexOptions {
  /** The index's file, made with its folder if missing. It belongs to this process while it is open. */
  path: string
  /** Null: words alone count. */
  embedder: Embedder | null
  log: Logger
}

/**
 * The index in a SQLite file of its own: neither the event loop nor who writes the store waits for it.
 * One thread writes, another one reads, so that a search does not wait for a document either. A file
 * that is damaged is made anew.
 */
export function createSqliteIndex({
  path,
  log: parentLog,
  ...options
}: SqliteIndexOptions): SearchIndex {
  const log = parentLog.child({ module: 'search' })
  mkdirSync(dirname(path), { recursive: true })
  const extension = options.embedder && findExtension(log)
  const embedder = extension === null ? null : options.embedder
  const module = new URL('index-thread.ts', import.meta.url)
  const threadOf = (role: ThreadData['role']) => {
    const workerData: ThreadData = { path, role, model: embedder?.model ?? null, extension }
    return { module, name: `search index (${role})`, workerData, log }
  }
  const onBroken = () => (opening = null)
  const writer = callThread<WriterCalls>({ ...threadOf('writer'), onBroken })
  const reader = callThread<ReaderCalls>(threadOf('reader'))
  let opening: Promise<void> | null = null
  let mending: Promise<void> | null = null
  let isLacking = false
  let fill: (() => Promise<void>) | null = null

  /** The reader needs a file with tables in it. */
  async function ready(): Promise<void> {
    await mending
    opening ??= open()
    opening.catch(() => (opening = null))
    return opening
  }

  async function open(): Promise<void> {
    const { isWhole, madeAnew } = await writer.call('open')
    if (madeAnew !== null) {
      log.warn({ reason: madeAnew }, 'the search index was made anew; every file is indexed again')
      await reader.restart()
    }
    isLacking = !isWhole
    refill().catch((err: unknown) => log.error({ err }, 'files could not be queued to be indexed'))
  }

  async function refill(): Promise<void> {
    if (!isLacking || !fill) return
    isLacking = false
    await fill()
    await writer.call('setWhole')
  }

  async function using<T>(use: () => Promise<T>): Promise<T> {
    await ready()
    try {
      return await use()
    } catch (error) {
      if (error instanceof ThreadError && isDamage(error.code)) {
        mending ??= mend(error).finally(() => (mending = null))
      }
      throw error
    }
  }

  async function mend(err: ThreadError): Promise<void> {
    log.error({ err }, 'the search index is damaged and made anew; every file is indexed again')
    await Promise.all([writer.restart(), reader.restart()])
    removeIndexFile(path)
    opening = null
  }

  return {
    async write(file, chunks, { signal }) {
      const number = await using(() => writer.call('begin', file))
      let position = 0
      let bytes = 0
      try {
        for await (const batch of chunks) {
          const vectors = await embedChunks(embedder, batch, { signal })
          signal.throwIfAborted()
          await using(() => writer.call('add', number, { position, chunks: batch, vectors }))
          position += batch.length
          for (const chunk of batch) bytes += chunkBytes(chunk)
        }
        signal.throwIfAborted()
        await using(() => writer.call('finish', number, { isEmbedded: embedder !== null }))
        return { chunks: position, bytes }
      } catch (error) {
        await writer.call('abandon', number).catch((err: unknown) => {
          log.warn({ err }, 'a file that was not indexed is left in the index until the next start')
        })
        throw error
      }
    },

    remove: (removed) => using(() => writer.call('remove', removed)),

    async search(query, { signal }) {
      const vectors = await embedQuery(embedder, query, { signal })
      signal.throwIfAborted()
      return using(() => reader.call('search', query, vectors))
    },

    passages: (file, range) => using(() => reader.call('passages', file, range)),

    async keepWhole(given, hasFiles) {
      const isNeeded = !hasFiles || (await hasFiles()) || opening !== null
      if (isNeeded) await ready()
      fill = given
      if (isNeeded) await refill()
    },

    ping: ready,

    async close() {
      await Promise.all([writer.close(), reader.close()])
    },
  }
}

/** Of SQLite for vectors; null where there is none for this machine. */
function findExtension(log: Logger): string | null {
  try {
    return getLoadablePath()
  } catch (err) {
    log.error(
      { err },
      'EMBEDDING_MODEL: sqlite-vec has no build for this machine; words alone count',
    )
    return null
  }
}
