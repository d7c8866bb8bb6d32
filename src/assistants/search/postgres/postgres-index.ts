import { sql, type Kysely } from 'kysely'

import type { Logger } from '../../../log.ts'
import { callThread } from '../call-thread.ts'
import { chunkBytes, embedChunks, embedQuery } from '../embed-chunks.ts'
import type { Embedder } from '../embedder.ts'
import type { SearchIndex } from '../search-index.ts'
import { createIndexReader, type AskedVectors } from './read-index.ts'
import type { RowsCalls } from './rows.ts'
import { createIndexWriter } from './write-index.ts'

export interface PostgresIndexOptions<DB> {
  /** The store's own database, migrated before the index is used. Others may be at it too. */
  db: Kysely<DB>
  /** Null: words alone count. */
  embedder: Embedder | null
  log: Logger
}

/** Chunks written in one transaction. */
const batchSize = 50

/** Where bits can be counted. */
const oldestWithVectors = 140_000

/**
 * The index in the tables of a Postgres database, which several processes share. It needs no extension:
 * words are found by GIN, and vectors compared in full, by their bits first.
 */
export function createPostgresIndex<DB>({
  db,
  embedder: wantedEmbedder,
  log: parentLog,
}: PostgresIndexOptions<DB>): SearchIndex {
  const log = parentLog.child({ module: 'search' })
  const module = new URL('rows-thread.ts', import.meta.url)
  const thread = callThread<RowsCalls>({ module, name: 'search index', log })
  const writer = createIndexWriter(db)
  const reader = createIndexReader(db)
  let opening: Promise<Opened> | null = null
  let purging: Promise<void> | null = null
  let isClosed = false

  interface Opened {
    embedder: Embedder | null
    /** The model's number. */
    model: number | null
  }

  function ready(): Promise<Opened> {
    const opened = (opening ??= open())
    opened.catch(() => (opening = null))
    return opened
  }

  async function open(): Promise<Opened> {
    purge()
    if (!wantedEmbedder) return { embedder: null, model: null }
    const version = await sql<{ version: string }>`
      select current_setting('server_version_num') as version`.execute(db)
    if (Number(version.rows[0]?.version) < oldestWithVectors) {
      log.error('EMBEDDING_MODEL: needs Postgres 14 or newer; words alone count')
      return { embedder: null, model: null }
    }
    const { rows } = await sql<{ id: number }>`
      insert into search_models (name) values (${wantedEmbedder.model})
      on conflict (name) do update set name = excluded.name returning id`.execute(db)
    return { embedder: wantedEmbedder, model: rows[0]?.id ?? null }
  }

  /** Files that are known by another model, or none, count as missing. */
  async function isWhole({ model }: Opened): Promise<boolean> {
    const { rows } = await sql<{ whole: boolean }>`
      select whole and not exists (
        select 1 from search_files
        where state = 1 and ${model}::integer is not null and model is distinct from ${model}::integer
      ) as whole from search_settings`.execute(db)
    return rows[0]?.whole === true
  }

  /** Nobody waits for it. */
  function purge(): void {
    purging ??= (async () => {
      let isLeft = true
      while (isLeft && !isClosed) isLeft = await writer.purge()
    })()
      .catch((err: unknown) => {
        if (!isClosed) log.warn({ err }, 'what the search index forgot is freed another time')
      })
      .finally(() => (purging = null))
  }

  return {
    async write(written, chunks, { signal }) {
      const { embedder, model } = await ready()
      const file = await writer.begin(written)
      let position = 0
      let bytes = 0
      try {
        for await (const given of chunks) {
          for (let from = 0; from < given.length; from += batchSize) {
            const batch = given.slice(from, from + batchSize)
            const vectors = await embedChunks(embedder, batch, { signal })
            signal.throwIfAborted()
            await writer.add(file, await thread.call('toRows', position, batch, vectors), model)
            position += batch.length
            for (const chunk of batch) bytes += chunkBytes(chunk)
          }
        }
        signal.throwIfAborted()
        await writer.finish(file, model)
        return { chunks: position, bytes }
      } catch (error) {
        await writer.abandon(file).catch((err: unknown) => {
          log.warn({ err }, 'a file that was not indexed is left in the index for an hour')
        })
        throw error
      } finally {
        purge()
      }
    },

    async remove(removed) {
      await writer.remove(removed)
      purge()
    },

    async search(query, { signal }) {
      const { embedder, model } = await ready()
      const vectors = await embedQuery(embedder, query, { signal })
      signal.throwIfAborted()
      const asked: AskedVectors | null = vectors && model !== null ? { vectors, model } : null
      return reader.search(query, asked)
    },

    passages: (file, range) => reader.passages(file, range),

    async keepWhole(fill) {
      if (await isWhole(await ready())) return
      await fill()
      await sql`update search_settings set whole = true`.execute(db)
    },

    async ping() {
      await ready()
    },

    async close() {
      isClosed = true
      await purging
      await thread.close()
    },
  }
}
