import type { Kysely } from 'kysely'

import type { Attributes } from '../search/file-search.ts'
import type { IndexedFile } from '../search/search-index.ts'
import { liveFiles } from './live-file.ts'
import { movedActivity } from './live-vector-store.ts'
import { idsPerQuery } from './many-rows.ts'
import { parse } from './rows.ts'
import type { Database } from './schema.ts'
import { isExpired } from './vector-store-rows.ts'

/** A file that can be found in a vector store. */
export interface SearchableFile extends IndexedFile {
  filename: string
  attributes: Attributes
}

/** What a search asks of the store. Times are Unix seconds. */
export interface SearchableQueries {
  /** Those of the vector stores that are there and not expired. */
  liveStores(ids: readonly string[], now: number): Promise<string[]>
  expiredStores(ids: readonly string[], now: number): Promise<string[]>
  /** Counts as a use of them. */
  useStores(ids: readonly string[], now: number): Promise<void>
  /** Of these files, those that can be found now. */
  findFiles(query: {
    vectorStoreIds: readonly string[]
    fileIds: readonly string[]
    now: number
  }): Promise<SearchableFile[]>
  /** All that can be found, a thousand at a time, by their ids. */
  pageOfFiles(query: {
    vectorStoreId: string
    afterFile: string
    now: number
  }): Promise<SearchableFile[]>
}

const filesPerPage = 1000

export function createSearchableQueries({ db }: { db: Kysely<Database> }): SearchableQueries {
  const notExpired = (ids: readonly string[], now: number) =>
    db
      .selectFrom('vector_stores')
      .where('id', 'in', ids)
      .where('expired', '=', 0)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))

  const searchable = (now: number) =>
    liveFiles(db, { project: null, time: now })
      .innerJoin('vector_store_files', 'vector_store_files.file_id', 'files.id')
      .where('vector_store_files.status', '=', 'completed')
      .select([
        'vector_store_files.vector_store_id',
        'vector_store_files.file_id',
        'vector_store_files.attributes',
        'files.filename',
      ])

  return {
    async liveStores(ids, now) {
      if (ids.length === 0) return []
      const rows = await notExpired(ids, now).select('id').execute()
      return rows.map(({ id }) => id)
    },

    async expiredStores(ids, now) {
      if (ids.length === 0) return []
      const rows = await db
        .selectFrom('vector_stores')
        .select(['id', 'expired', 'expires_at'])
        .where('id', 'in', ids)
        .execute()
      return rows.filter((row) => isExpired(row, now)).map(({ id }) => id)
    },

    async useStores(ids, now) {
      if (ids.length === 0) return
      await db
        .updateTable('vector_stores')
        .set(movedActivity(now))
        .where('id', 'in', notExpired(ids, now).select('id'))
        .where('last_active_at', '<', now)
        .execute()
    },

    async findFiles({ vectorStoreIds, fileIds, now }) {
      const found: SearchableFile[] = []
      for (let start = 0; start < fileIds.length; start += idsPerQuery) {
        const rows = await searchable(now)
          .where('vector_store_files.vector_store_id', 'in', vectorStoreIds)
          .where('vector_store_files.file_id', 'in', fileIds.slice(start, start + idsPerQuery))
          .execute()
        found.push(...rows.map(fromRow))
      }
      return found
    },

    async pageOfFiles({ vectorStoreId, afterFile, now }) {
      const rows = await searchable(now)
        .where('vector_store_files.vector_store_id', '=', vectorStoreId)
        .where('vector_store_files.file_id', '>', afterFile)
        .orderBy('vector_store_files.file_id')
        .limit(filesPerPage)
        .execute()
      return rows.map(fromRow)
    },
  }
}

interface Row {
  vector_store_id: string
  file_id: string
  attributes: string
  filename: string
}

function fromRow({ vector_store_id, file_id, attributes, filename }: Row): SearchableFile {
  return {
    vectorStoreId: vector_store_id,
    fileId: file_id,
    filename,
    attributes: parse(attributes),
  }
}
