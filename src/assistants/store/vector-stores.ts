import { sql, type Kysely } from 'kysely'

import { noVectorStore } from '../not-found.ts'
import type { Page, PageQuery } from '../wire/page.ts'
import { createBatchQueries, type BatchQueries } from './file-batches.ts'
import {
  countColumns,
  expiredStore,
  secondsPerDay,
  selectStore,
  type NewAttachment,
  type VectorStoreQueriesDeps,
} from './live-vector-store.ts'
import { readPage } from './pages.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { defaultProject } from './store.ts'
import {
  attachFiles,
  createVectorStoreFileQueries,
  type VectorStoreFileQueries,
} from './vector-store-files.ts'
import { fromStoreRow, isExpired, type CountRow, type VectorStore } from './vector-store-rows.ts'

export interface NewVectorStore {
  id: string
  /** Unix seconds, as all times here. */
  createdAt: number
  name: string | null
  description: string | null
  metadata: Record<string, string>
  /** After its last use; null: it stays. */
  expiresAfterDays: number | null
  files: NewAttachment[]
}

export type VectorStorePatch = Partial<
  Pick<NewVectorStore, 'name' | 'metadata' | 'expiresAfterDays'>
>

/**
 * Vector stores as a request may see and change them; `now` is in Unix seconds. A store whose time is
 * over is `expired` and has no files. What a request names and is not there is a `NotFoundError`,
 * what cannot be done an `InvalidRequestError`; then nothing is written.
 */
export interface VectorStoreObjects extends VectorStoreFileQueries, BatchQueries {
  /** The store and its first files, in one transaction. */
  insert(store: NewVectorStore): Promise<VectorStore>
  get(id: string, now: number): Promise<VectorStore>
  list(query: PageQuery, now: number): Promise<Page<VectorStore>>
  /** Changes the given members only. */
  update(id: string, patch: VectorStorePatch, now: number): Promise<VectorStore>
  /** The files themselves stay. */
  delete(id: string): Promise<void>
}

const storeColumns = [
  'id',
  'created_at',
  'name',
  'description',
  'metadata',
  'expires_after_days',
  'last_active_at',
  'expires_at',
  'expired',
] as const

export function createVectorStoreQueries(deps: VectorStoreQueriesDeps): VectorStoreObjects {
  const { db, dialect, project, onWork } = deps
  const find = (from: Kysely<Database>, id: string) =>
    selectStore(from, { id, project }).select(storeColumns).executeTakeFirst()

  async function get(id: string, now: number): Promise<VectorStore> {
    const row = await find(db, id)
    if (!row) throw noVectorStore(id)
    const counted = await countFiles(db, [id])
    return fromStoreRow(row, { counted, now })
  }

  return {
    ...createVectorStoreFileQueries(deps),
    ...createBatchQueries(deps),

    async insert(store) {
      await db.transaction().execute((trx) => insertVectorStore({ trx, dialect, project, store }))
      if (store.files.length > 0) onWork()
      return get(store.id, store.createdAt)
    },

    get,

    list: (query, now) =>
      readPage({
        noun: 'vector store',
        query,
        seqOf: (id) => selectStore(db, { id, project }).select('seq').executeTakeFirst(),
        async rows({ above, below, order, limit }) {
          const rows = await db
            .selectFrom('vector_stores')
            .select(storeColumns)
            .$if(project !== null, (stores) => stores.where('project', '=', project))
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
            .execute()
          const counts = await countFiles(
            db,
            rows.map(({ id }) => id),
          )
          return rows.map((row) => ({
            row,
            counted: counts.filter(({ vector_store_id }) => vector_store_id === row.id),
          }))
        },
        toObject: ({ row, counted }) => fromStoreRow(row, { counted, now }),
      }),

    async update(id, { name, metadata, expiresAfterDays }, now) {
      const patch = {
        ...(name !== undefined && { name }),
        ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
        ...(expiresAfterDays !== undefined && {
          expires_after_days: expiresAfterDays,
          expires_at:
            expiresAfterDays === null
              ? null
              : sql<number>`last_active_at + ${sql.lit(expiresAfterDays * secondsPerDay)}`,
        }),
      }
      if (Object.keys(patch).length === 0) return get(id, now)
      await db.transaction().execute(async (trx) => {
        const row = await selectStore(trx, { id, project })
          .select(['expired', 'expires_at'])
          .$if(dialect.rowLocks, (query) => query.forUpdate())
          .executeTakeFirst()
        if (!row) throw noVectorStore(id)
        // Its files are gone, or about to go: a longer life would bring back an empty store.
        if (expiresAfterDays !== undefined && isExpired(row, now)) throw expiredStore(id)
        await trx.updateTable('vector_stores').set(patch).where('id', '=', id).execute()
      })
      return get(id, now)
    },

    async delete(id) {
      await db.transaction().execute(async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom('vector_stores')
          .where('id', '=', id)
          .$if(project !== null, (query) => query.where('project', '=', project))
          .executeTakeFirst()
        if (numDeletedRows === 0n) throw noVectorStore(id)
        await trx
          .insertInto('index_removals')
          .values({ vector_store_id: id, file_id: null })
          .execute()
      })
      onWork()
    },
  }
}

interface InsertVectorStore {
  trx: Kysely<Database>
  dialect: SqlDialect
  project: string | null
  store: NewVectorStore
}

/** Throws as `attachFiles` does. */
export async function insertVectorStore({
  trx,
  dialect,
  project,
  store,
}: InsertVectorStore): Promise<void> {
  const { id, createdAt, expiresAfterDays, files } = store
  await trx
    .insertInto('vector_stores')
    .values({
      id,
      created_at: createdAt,
      project: project ?? defaultProject,
      name: store.name,
      description: store.description,
      metadata: JSON.stringify(store.metadata),
      expires_after_days: expiresAfterDays,
      last_active_at: createdAt,
      expires_at: expiresAfterDays === null ? null : createdAt + expiresAfterDays * secondsPerDay,
    })
    .execute()
  if (files.length === 0) return
  await attachFiles({ trx, dialect, store: { id, project }, files, now: createdAt })
}

function countFiles(
  db: Kysely<Database>,
  ids: string[],
): Promise<(CountRow & { vector_store_id: string })[]> {
  if (ids.length === 0) return Promise.resolve([])
  return db
    .selectFrom('vector_store_files')
    .select(['vector_store_id', 'status', ...countColumns])
    .where('vector_store_id', 'in', ids)
    .groupBy(['vector_store_id', 'status'])
    .execute()
}
