import type { Kysely, Selectable } from 'kysely'

import type { Blob } from '../files/blobs.ts'
import type { FileObject } from '../files/file-service.ts'
import type { Page } from '../wire/page.ts'
import { disownFile } from './file-owners.ts'
import { liveFiles } from './live-file.ts'
import { readPage } from './pages.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'

/** A file, and where its bytes are. */
export interface StoredFile {
  file: FileObject
  sha256: string
}

export interface FileListQuery {
  /** 1 to 10 000. */
  limit: number
  order: 'asc' | 'desc'
  after?: string | undefined
  purpose?: string | undefined
}

/** The files of one project. `time` is now, in Unix seconds: those whose time is over are missing. */
export interface FileQueries {
  /** False if its blob is not there any more; then nothing is written. */
  insertFile(file: StoredFile): Promise<boolean>
  getFile(id: string, time: number): Promise<StoredFile | undefined>
  /** Throws `InvalidRequestError` for an unknown cursor. */
  listFiles(query: FileListQuery, time: number): Promise<Page<FileObject>>
  /** Takes it out of every vector store, and off every list of the code interpreter's files. */
  deleteFile(id: string, time: number): Promise<boolean>
}

/** What becomes of files and blobs by themselves. */
export interface FileUpkeep {
  /** Deletes at most 100 of the files whose time was over; answers how many those were. */
  expireFiles(time: number): Promise<number>
  /** Before bytes are brought. False: the blob is being deleted, and must be gone first. */
  touchBlob(blob: Blob, time: number): Promise<boolean>
  /**
   * Looks at the next blobs after `after`, and marks as being deleted which no file has and nobody
   * brought since `touchedBefore` (Unix seconds); answers those that are to be deleted.
   */
  markUnusedBlobs(range: { after: string; touchedBefore: number }): Promise<MarkedBlobs>
  /**
   * Forgets a blob that is being deleted after `deleteBytes`, which nobody else does meanwhile in
   * another process. Nothing happens to one that is not being deleted.
   */
  deleteBlob(sha256: string, deleteBytes: () => Promise<void>): Promise<void>
}

export interface MarkedBlobs {
  unused: string[]
  /** Where to go on; undefined: that was all. */
  next: string | undefined
}

interface FileQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  project: string
  /** There is something to be taken out of the search index. */
  onWork: () => void
}

const filesPerSweep = 100
/** About a millisecond. */
const blobsPerLook = 500

export function createFileQueries({ db, dialect, project, onWork }: FileQueriesDeps): FileQueries {
  return {
    insertFile: ({ file, sha256 }) =>
      db.transaction().execute(async (trx) => {
        const { created_at } = file
        const blob = await trx
          .updateTable('blobs')
          .set({ touched_at: created_at })
          .where('sha256', '=', sha256)
          .where('deleting', '=', 0)
          .returning('sha256')
          .executeTakeFirst()
        if (!blob) return false
        await trx
          .insertInto('files')
          .values({ ...toFileRow(file), sha256, project })
          .execute()
        return true
      }),

    async getFile(id, time) {
      const row = await liveFiles(db, { project, time })
        .select([...fileColumns, 'sha256'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row) return undefined
      const { sha256, ...file } = row
      return { file: fromFileRow(file), sha256 }
    },

    listFiles: ({ purpose, ...query }, time) =>
      readPage({
        noun: 'file',
        query,
        seqOf: (id) =>
          liveFiles(db, { project, time }).select('seq').where('id', '=', id).executeTakeFirst(),
        rows: ({ above, below, order, limit }) => {
          const rows = liveFiles(db, { project, time })
            .select(fileColumns)
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
          return (purpose === undefined ? rows : rows.where('purpose', '=', purpose)).execute()
        },
        toObject: fromFileRow,
      }),

    async deleteFile(id, time) {
      const isDeleted = await db.transaction().execute(async (trx) => {
        const file = liveFiles(trx, { project, time }).select('id').where('id', '=', id)
        const row = await trx
          .deleteFrom('files')
          .where('id', '=', file)
          .returning('id')
          .executeTakeFirst()
        if (row) await detachFile(trx, { fileId: id, dialect })
        return row !== undefined
      })
      if (isDeleted) onWork()
      return isDeleted
    },
  }
}

export function createFileUpkeep({
  db,
  dialect,
  onWork,
}: Omit<FileQueriesDeps, 'project'>): FileUpkeep {
  const expireFile = (id: string, time: number) =>
    db.transaction().execute(async (trx) => {
      const row = await trx
        .deleteFrom('files')
        .where('id', '=', id)
        .where('expires_at', '<=', time)
        .returning('id')
        .executeTakeFirst()
      if (row) await detachFile(trx, { fileId: id, dialect })
    })

  return {
    async expireFiles(time) {
      const rows = await db
        .selectFrom('files')
        .select('id')
        .where('expires_at', 'is not', null)
        .where('expires_at', '<=', time)
        .orderBy('expires_at')
        .limit(filesPerSweep)
        .execute()
      for (const { id } of rows) await expireFile(id, time)
      if (rows.length > 0) onWork()
      return rows.length
    },

    async touchBlob({ sha256, bytes }, time) {
      const row = await db
        .insertInto('blobs')
        .values({ sha256, bytes, touched_at: time })
        .onConflict((conflict) =>
          conflict
            .column('sha256')
            .doUpdateSet({ touched_at: time })
            .where('blobs.deleting', '=', 0),
        )
        .returning('sha256')
        .executeTakeFirst()
      return row !== undefined
    },

    async markUnusedBlobs({ after, touchedBefore }) {
      const looked = await db
        .selectFrom('blobs')
        .select(['sha256', 'deleting'])
        .where('sha256', '>', after)
        .orderBy('sha256')
        .limit(blobsPerLook)
        .execute()
      const last = looked.at(-1)
      if (!last) return { unused: [], next: undefined }
      const marked = await db
        .updateTable('blobs')
        .set({ deleting: 1 })
        .where('sha256', '>', after)
        .where('sha256', '<=', last.sha256)
        .where('deleting', '=', 0)
        .where('touched_at', '<', touchedBefore)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb.selectFrom('files').select('seq').whereRef('files.sha256', '=', 'blobs.sha256'),
            ),
          ),
        )
        .returning('sha256')
        .execute()
      // Those that somebody began with and was killed.
      const begun = looked.filter(({ deleting }) => deleting === 1)
      return {
        unused: [...begun, ...marked].map(({ sha256 }) => sha256),
        next: looked.length < blobsPerLook ? undefined : last.sha256,
      }
    },

    async deleteBlob(sha256, deleteBytes) {
      // Of one process at a time the database needs no lock, and its one connection is everybody's.
      if (!dialect.rowLocks) return removeBlob({ db, dialect, sha256, deleteBytes })
      await db.transaction().execute((trx) => removeBlob({ db: trx, dialect, sha256, deleteBytes }))
    },
  }
}

interface BlobRemoval {
  db: Kysely<Database>
  dialect: SqlDialect
  sha256: string
  deleteBytes: () => Promise<void>
}

async function removeBlob({ db, dialect, sha256, deleteBytes }: BlobRemoval): Promise<void> {
  const row = await db
    .selectFrom('blobs')
    .select('sha256')
    .where('sha256', '=', sha256)
    .where('deleting', '=', 1)
    .$if(dialect.rowLocks, (query) => query.forUpdate().skipLocked())
    .executeTakeFirst()
  if (!row) return
  await deleteBytes()
  await db.deleteFrom('blobs').where('sha256', '=', sha256).where('deleting', '=', 1).execute()
}

/** Out of everything that had it; its blob goes later. */
async function detachFile(
  trx: Kysely<Database>,
  { fileId, dialect }: { fileId: string; dialect: SqlDialect },
): Promise<void> {
  const left = await trx
    .deleteFrom('vector_store_files')
    .where('file_id', '=', fileId)
    .returning('vector_store_id')
    .execute()
  if (left.length > 0) {
    const removals = left.map(({ vector_store_id }) => ({ vector_store_id, file_id: fileId }))
    await trx.insertInto('index_removals').values(removals).execute()
  }
  await trx.deleteFrom('vector_store_batch_files').where('file_id', '=', fileId).execute()
  await disownFile(trx, { fileId, dialect })
}

const fileColumns = ['id', 'created_at', 'purpose', 'filename', 'bytes', 'expires_at'] as const

type FileRow = Pick<Selectable<Database['files']>, (typeof fileColumns)[number]>

function toFileRow({ id, created_at, purpose, filename, bytes, expires_at }: FileObject): FileRow {
  return { id, created_at, purpose, filename, bytes, expires_at: expires_at ?? null }
}

function fromFileRow({ expires_at, purpose, ...row }: FileRow): FileObject {
  return {
    ...row,
    object: 'file',
    purpose: purpose as FileObject['purpose'],
    status: 'processed',
    // Null for "none", against the types of the SDK.
    expires_at: expires_at as number,
    status_details: null as unknown as string,
  }
}
