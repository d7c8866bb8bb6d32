import type { Kysely } from 'kysely'

import { noBatch, noVectorStore } from '../not-found.ts'
import type { Page } from '../wire/page.ts'
import {
  countColumns,
  selectStore,
  type NewAttachment,
  type VectorStoreQueriesDeps,
} from './live-vector-store.ts'
import { insertRows, smallRowsPerInsert } from './many-rows.ts'
import type { Database } from './schema.ts'
import {
  attachFiles,
  isOver,
  readFilesPage,
  selectFiles,
  type FilesQuery,
} from './vector-store-files.ts'
import { toFileCounts, type FileBatch, type VectorStoreFile } from './vector-store-rows.ts'

/** A batch of files, as a request names it. */
export interface BatchKey {
  vectorStoreId: string
  batchId: string
}

export interface NewBatch extends BatchKey {
  files: NewAttachment[]
  /** Unix seconds. */
  createdAt: number
}

/** A batch has the files of its that are in the store still, as they are there. */
export interface BatchQueries {
  /** All of it or nothing, in one transaction. */
  insertBatch(batch: NewBatch): Promise<FileBatch>
  getBatch(key: BatchKey): Promise<FileBatch>
  /** What waits is `cancelled`; a batch that is done already stays as it is. */
  cancelBatch(key: BatchKey): Promise<FileBatch>
  listBatchFiles(key: BatchKey, query: FilesQuery, now: number): Promise<Page<VectorStoreFile>>
}

export function createBatchQueries(deps: VectorStoreQueriesDeps): BatchQueries {
  const { db, dialect, project, onWork } = deps

  const selectBatch = (from: Kysely<Database>, { vectorStoreId, batchId }: BatchKey) =>
    selectFiles(from, vectorStoreId).where(
      'file_id',
      'in',
      from
        .selectFrom('vector_store_batch_files')
        .select('vector_store_batch_files.file_id')
        .where('batch_id', '=', batchId),
    )

  async function findBatch(from: Kysely<Database>, { vectorStoreId, batchId }: BatchKey) {
    const row = await from
      .selectFrom('vector_store_batches')
      .select(['id', 'created_at', 'vector_store_id', 'cancelled'])
      .where('id', '=', batchId)
      .where('vector_store_id', '=', selectStore(from, { id: vectorStoreId, project }).select('id'))
      .executeTakeFirst()
    if (row) return row
    const store = await selectStore(from, { id: vectorStoreId, project })
      .select('id')
      .executeTakeFirst()
    throw store ? noBatch(batchId, vectorStoreId) : noVectorStore(vectorStoreId)
  }

  async function getBatch(key: BatchKey, from = db): Promise<FileBatch> {
    const row = await findBatch(from, key)
    const counted = await selectBatch(from, key)
      .select(['status', ...countColumns])
      .groupBy('status')
      .execute()
    const file_counts = toFileCounts(counted)
    const goesOn = file_counts.in_progress > 0
    return {
      id: row.id,
      // As it is on the wire; the type has another word, which no client looks at.
      object: 'vector_store.file_batch' as FileBatch['object'],
      created_at: row.created_at,
      vector_store_id: row.vector_store_id,
      status: row.cancelled === 1 ? 'cancelled' : goesOn ? 'in_progress' : 'completed',
      file_counts,
    }
  }

  return {
    async insertBatch({ vectorStoreId, batchId, files, createdAt }) {
      const key = { vectorStoreId, batchId }
      const batch = await db.transaction().execute(async (trx) => {
        const store = { id: vectorStoreId, project }
        await attachFiles({ trx, dialect, store, files, now: createdAt })
        await trx
          .insertInto('vector_store_batches')
          .values({ id: batchId, created_at: createdAt, vector_store_id: vectorStoreId })
          .execute()
        const ids = [...new Set(files.map(({ fileId }) => fileId))]
        const rows = ids.map((file_id) => ({ batch_id: batchId, file_id }))
        await insertRows(
          rows,
          (some) => trx.insertInto('vector_store_batch_files').values(some).execute(),
          { perInsert: smallRowsPerInsert },
        )
        // Before anything of it can be done, so that the first answer tells of all of it.
        return getBatch(key, trx)
      })
      onWork()
      return batch
    },

    getBatch: (key) => getBatch(key),

    async cancelBatch(key) {
      const batch = await db.transaction().execute(async (trx) => {
        await findBatch(trx, key)
        const { numUpdatedRows } = await trx
          .updateTable('vector_store_files')
          .set({ status: 'cancelled', claimed_by: null, claimed_until: null })
          .where('vector_store_id', '=', key.vectorStoreId)
          .where('status', '=', 'in_progress')
          .where('file_id', 'in', (eb) =>
            eb
              .selectFrom('vector_store_batch_files')
              .select('file_id')
              .where('batch_id', '=', key.batchId),
          )
          .executeTakeFirst()
        if (numUpdatedRows > 0n) {
          await trx
            .updateTable('vector_store_batches')
            .set({ cancelled: 1 })
            .where('id', '=', key.batchId)
            .execute()
        }
        return getBatch(key, trx)
      })
      onWork()
      return batch
    },

    async listBatchFiles(key, query, now) {
      await findBatch(db, key)
      const over = await isOver(db, { id: key.vectorStoreId, project, now })
      return readFilesPage(selectBatch(db, key), query, { over })
    },
  }
}
