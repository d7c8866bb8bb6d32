import type { Kysely } from 'kysely'

import { InvalidRequestError } from '../../errors.ts'
import { isSearchable, searchableExtensions } from '../indexing/formats.ts'
import { noFileInStore, noVectorStore } from '../not-found.ts'
import type { Attributes } from '../search/file-search.ts'
import type { Page, PageQuery } from '../wire/page.ts'
import { noFile } from './file-owners.ts'
import { liveFiles } from './live-file.ts'
import {
  expiredStore,
  movedActivity,
  selectStore,
  type NewAttachment,
  type VectorStoreKey,
  type VectorStoreQueriesDeps,
} from './live-vector-store.ts'
import { idsPerQuery, insertRows, smallRowsPerInsert } from './many-rows.ts'
import { readPage } from './pages.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import {
  fileColumns,
  fromFileRow,
  isExpired,
  type FileStatus,
  type VectorStoreFile,
} from './vector-store-rows.ts'

export interface FilesQuery extends PageQuery {
  filter?: FileStatus | undefined
}

/** A file in a vector store, as a request names it. */
export interface FileInStore {
  vectorStoreId: string
  fileId: string
}

export interface VectorStoreFileQueries {
  /** One that is there already stays as it is; but if it failed or was cancelled, it is tried again. */
  attach(vectorStoreId: string, file: NewAttachment, now: number): Promise<VectorStoreFile>
  getFile(key: FileInStore, now: number): Promise<VectorStoreFile>
  listFiles(vectorStoreId: string, query: FilesQuery, now: number): Promise<Page<VectorStoreFile>>
  setAttributes(key: FileInStore, attributes: Attributes, now: number): Promise<VectorStoreFile>
  /** The file itself stays. */
  detach(key: FileInStore): Promise<void>
}

/** As the hosted API had it at first. */
const maxFilesOfStore = 10_000

export function createVectorStoreFileQueries(deps: VectorStoreQueriesDeps): VectorStoreFileQueries {
  const { db, dialect, project, onWork } = deps

  async function getFile({ vectorStoreId, fileId }: FileInStore, now: number) {
    const over = await isOver(db, { id: vectorStoreId, project, now })
    const row = over
      ? undefined
      : await selectFiles(db, vectorStoreId)
          .select(fileColumns)
          .where('file_id', '=', fileId)
          .executeTakeFirst()
    if (!row) throw noFileInStore(fileId, vectorStoreId)
    return fromFileRow(row)
  }

  return {
    async attach(vectorStoreId, file, now) {
      const store = { id: vectorStoreId, project }
      await db
        .transaction()
        .execute((trx) => attachFiles({ trx, dialect, store, files: [file], now }))
      onWork()
      return getFile({ vectorStoreId, fileId: file.fileId }, now)
    },

    getFile,

    async listFiles(vectorStoreId, query, now) {
      const over = await isOver(db, { id: vectorStoreId, project, now })
      return readFilesPage(selectFiles(db, vectorStoreId), query, { over })
    },

    async setAttributes(key, attributes, now) {
      await getFile(key, now)
      const row = await db
        .updateTable('vector_store_files')
        .set({ attributes: JSON.stringify(attributes) })
        .where('vector_store_id', '=', key.vectorStoreId)
        .where('file_id', '=', key.fileId)
        .returning(fileColumns)
        .executeTakeFirst()
      if (!row) throw noFileInStore(key.fileId, key.vectorStoreId)
      return fromFileRow(row)
    },

    async detach({ vectorStoreId, fileId }) {
      await db.transaction().execute(async (trx) => {
        const store = await selectStore(trx, { id: vectorStoreId, project })
          .select('id')
          .executeTakeFirst()
        if (!store) throw noVectorStore(vectorStoreId)
        const { numDeletedRows } = await trx
          .deleteFrom('vector_store_files')
          .where('vector_store_id', '=', vectorStoreId)
          .where('file_id', '=', fileId)
          .executeTakeFirst()
        if (numDeletedRows === 0n) throw noFileInStore(fileId, vectorStoreId)
        const removal = { vector_store_id: vectorStoreId, file_id: fileId }
        await trx.insertInto('index_removals').values(removal).execute()
      })
      onWork()
    },
  }
}

export function selectFiles(db: Kysely<Database>, vectorStoreId: string) {
  return db.selectFrom('vector_store_files').where('vector_store_id', '=', vectorStoreId)
}

/** One page of those files; of a store that is over, there are none. */
export function readFilesPage(
  files: ReturnType<typeof selectFiles>,
  { filter, ...query }: FilesQuery,
  { over }: { over: boolean },
): Promise<Page<VectorStoreFile>> {
  return readPage({
    noun: 'file',
    query,
    seqOf: (id) => files.select('seq').where('file_id', '=', id).executeTakeFirst(),
    rows: ({ above, below, order, limit }) =>
      over
        ? Promise.resolve([])
        : files
            .select(fileColumns)
            .$if(filter !== undefined, (all) => all.where('status', '=', filter ?? ''))
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
            .execute(),
    toObject: fromFileRow,
  })
}

/** Whether the store is expired. Throws `NotFoundError` if there is none. */
export async function isOver(
  db: Kysely<Database>,
  { now, ...key }: VectorStoreKey & { now: number },
): Promise<boolean> {
  const row = await selectStore(db, key).select(['expired', 'expires_at']).executeTakeFirst()
  if (!row) throw noVectorStore(key.id)
  return isExpired(row, now)
}

export interface AttachFiles {
  trx: Kysely<Database>
  dialect: SqlDialect
  store: VectorStoreKey
  files: readonly NewAttachment[]
  /** Unix seconds. */
  now: number
}

/**
 * Puts files into a vector store, to be indexed from then on, and counts as a use of it. Throws, for
 * the caller's transaction to end: `NotFoundError` without the store or one of the files,
 * `InvalidRequestError` if the store is expired or full, or a file cannot be searched.
 */
export async function attachFiles({
  trx,
  dialect,
  store,
  files: given,
  now,
}: AttachFiles): Promise<void> {
  // Of files that are named twice, the last one counts, as in any list of settings.
  const files = [...new Map(given.map((file) => [file.fileId, file])).values()]
  const project = await useStore(trx, { store, now })
  const fileIds = files.map(({ fileId }) => fileId)
  refuseUnsearchable(await nameFiles({ trx, dialect, project, fileIds, now }))
  const rows = files.map(({ fileId, chunking, attributes }) => ({
    vector_store_id: store.id,
    file_id: fileId,
    created_at: now,
    status: 'in_progress',
    attributes: JSON.stringify(attributes),
    ...chunking,
  }))
  const insert = (some: typeof rows) =>
    trx
      .insertInto('vector_store_files')
      .values(some)
      .onConflict((conflict) =>
        conflict
          .columns(['vector_store_id', 'file_id'])
          .doUpdateSet((eb) => ({
            status: 'in_progress',
            last_error: null,
            tries: 0,
            claimed_by: null,
            claimed_until: null,
            attributes: eb.ref('excluded.attributes'),
            max_chunk_size_tokens: eb.ref('excluded.max_chunk_size_tokens'),
            chunk_overlap_tokens: eb.ref('excluded.chunk_overlap_tokens'),
          }))
          .where('vector_store_files.status', 'in', ['failed', 'cancelled']),
      )
      .execute()
  await insertRows(rows, insert, { perInsert: smallRowsPerInsert })
  const { count } = await trx
    .selectFrom('vector_store_files')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('vector_store_id', '=', store.id)
    .executeTakeFirstOrThrow()
  if (Number(count) <= maxFilesOfStore) return
  throw new InvalidRequestError(
    `A vector store holds at most ${maxFilesOfStore} files, and '${store.id}' would have ${count}.`,
    { apiCode: 'vector_store_full' },
  )
}

/** Locks the store as well. Answers whose it is. */
async function useStore(
  trx: Kysely<Database>,
  { store, now }: Pick<AttachFiles, 'store' | 'now'>,
): Promise<string> {
  const row = await trx
    .updateTable('vector_stores')
    .set(movedActivity(now))
    .where('id', '=', store.id)
    .$if(store.project !== null, (query) => query.where('project', '=', store.project))
    .where('expired', '=', 0)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .returning('project')
    .executeTakeFirst()
  if (row) return row.project
  await isOver(trx, { ...store, now })
  throw expiredStore(store.id)
}

interface NameFiles {
  trx: Kysely<Database>
  dialect: SqlDialect
  project: string
  fileIds: readonly string[]
  now: number
}

/** Their names; they cannot be deleted before the transaction ends. Throws for one that is missing. */
async function nameFiles({ trx, dialect, project, fileIds, now }: NameFiles): Promise<string[]> {
  const names = new Map<string, string>()
  for (let start = 0; start < fileIds.length; start += idsPerQuery) {
    const rows = await liveFiles(trx, { project, time: now })
      .select(['id', 'filename'])
      .where('id', 'in', fileIds.slice(start, start + idsPerQuery))
      .orderBy('id')
      .$if(dialect.rowLocks, (query) => query.forKeyShare())
      .execute()
    for (const { id, filename } of rows) names.set(id, filename)
  }
  return fileIds.map((id) => {
    const name = names.get(id)
    if (name === undefined) throw noFile(id)
    return name
  })
}

/** Throws for the names of files that cannot be searched, by their extensions. */
function refuseUnsearchable(names: readonly string[]): void {
  const bad = names.filter((name) => !isSearchable(name)).map(extensionOf)
  if (bad.length === 0) return
  const some = [...new Set(bad)].slice(0, 10).join(', ')
  const supported = searchableExtensions.map((extension) => `.${extension}`).join(', ')
  throw new InvalidRequestError(
    `Files with extensions [${some}] are not supported for retrieval. Supported are ${supported}.`,
    { param: 'file_ids', apiCode: 'unsupported_file' },
  )
}

/** As the API says it; a client's kilobytes are not sent back. */
function extensionOf(name: string): string {
  const [extension] = /\.[^./\\]{0,20}$/.exec(name) ?? ['none']
  return extension.toLowerCase()
}
