import { sql, type Kysely } from 'kysely'

import type { ChunkSizes } from '../indexing/document.ts'
import type { IndexedFile } from '../search/search-index.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { VectorStoreFile } from './vector-store-rows.ts'

/** Who may work on something, and until when (Unix seconds) unless it is renewed. */
export interface Claim {
  /** Another one each time. */
  token: string
  now: number
  until: number
}

/** A file that is to be indexed, by whoever holds the claim. */
export interface ClaimedFile extends IndexedFile {
  token: string
  chunking: ChunkSizes
  /** How often work on it has begun, with this time. */
  tries: number
  /** Undefined: it was deleted at this moment. */
  content: { filename: string; sha256: string; bytes: number } | undefined
}

/** What the index must forget; `fileId` null: the whole vector store. */
export interface ClaimedRemoval {
  token: string
  seq: number
  vectorStoreId: string
  fileId: string | null
  /** False: it came back and was indexed again, so that there is nothing to forget. */
  isNeeded: boolean
}

/** What the indexing queue asks and writes, of whichever project. Times are Unix seconds. */
export interface IndexingWork {
  /**
   * Takes a file that waits, of the first vector store after `afterStore` that has one; stores take
   * turns, and in a store the files that nobody began with come first. Not one whose earlier chunks the index has still to forget.
   */
  claimFile(claim: Claim, afterStore: string): Promise<ClaimedFile | undefined>
  /** Of these claims, those that still hold; they then hold until `until`. */
  renewClaims(tokens: readonly string[], until: number): Promise<string[]>
  /**
   * The file can be found. False if the claim does not hold any more; then what was written to the
   * index is dealt with as the store is now.
   */
  completeFile(file: ClaimedFile, usageBytes: number): Promise<boolean>
  /** After the claim was lost: whatever is in the index of it is dealt with as the store is now. */
  leaveFile(file: ClaimedFile): Promise<void>
  failFile(file: ClaimedFile, error: NonNullable<VectorStoreFile['last_error']>): Promise<void>
  /** Gives the file back, to be taken from `from` on; `isTry` false: as if nobody had begun. */
  releaseFile(file: ClaimedFile, options: { from: number; isTry: boolean }): Promise<void>
  claimRemoval(claim: Claim): Promise<ClaimedRemoval | undefined>
  finishRemoval(removal: ClaimedRemoval): Promise<void>
  releaseRemoval(removal: ClaimedRemoval, from: number): Promise<void>
  /** What a process left behind that had the database to itself. */
  releaseAll(): Promise<void>
  /** Every file that could be found must be indexed anew: the index was lost. */
  requeueAll(): Promise<void>
  /** Whether there is any file that could be found. */
  hasIndexed(): Promise<boolean>
  /** Files of a vector store that are not done yet. */
  countWaiting(vectorStoreId: string): Promise<number>
  /** Takes the files out of at most 100 vector stores whose time was over; answers how many. */
  expireStores(now: number): Promise<number>
}

const storesPerSweep = 100

/** A literal, not a parameter: only then does the partial index serve the query. */
const isWaiting = sql<boolean>`vector_store_files.status = 'in_progress'`

const free = { claimed_by: null, claimed_until: null }

export function createIndexingWork({
  db,
  dialect,
}: {
  db: Kysely<Database>
  dialect: SqlDialect
}): IndexingWork {
  /** One that nobody holds, and that has not to wait. */
  const nextWaiting = ({ now }: Claim, stores: { above: string; upTo: string | null }) =>
    db
      .selectFrom('vector_store_files')
      .select('seq')
      .where(isWaiting)
      .where('vector_store_id', '>', stores.above)
      .$if(stores.upTo !== null, (files) => files.where('vector_store_id', '<=', stores.upTo ?? ''))
      .where((eb) => eb.or([eb('claimed_until', 'is', null), eb('claimed_until', '<=', now)]))
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('index_removals')
              .select('index_removals.seq')
              .whereRef('index_removals.vector_store_id', '=', 'vector_store_files.vector_store_id')
              .whereRef('index_removals.file_id', '=', 'vector_store_files.file_id'),
          ),
        ),
      )
      .orderBy('vector_store_id')
      // Whatever was begun with before may be what kills the process: others do not wait for it.
      .orderBy('tries')
      .orderBy('seq')
      .limit(1)
      .$if(dialect.rowLocks, (files) => files.forUpdate().skipLocked())

  async function claimNext(claim: Claim, stores: { above: string; upTo: string | null }) {
    const row = await db
      .updateTable('vector_store_files')
      .set((eb) => ({
        claimed_by: claim.token,
        claimed_until: claim.until,
        tries: eb('tries', '+', 1),
      }))
      .where('seq', '=', nextWaiting(claim, stores))
      .returning([
        'vector_store_id',
        'file_id',
        'tries',
        'max_chunk_size_tokens',
        'chunk_overlap_tokens',
      ])
      .executeTakeFirst()
    if (!row) return undefined
    const content = await db
      .selectFrom('files')
      .select(['filename', 'sha256', 'bytes'])
      .where('id', '=', row.file_id)
      .executeTakeFirst()
    const { max_chunk_size_tokens, chunk_overlap_tokens } = row
    return {
      token: claim.token,
      vectorStoreId: row.vector_store_id,
      fileId: row.file_id,
      tries: row.tries,
      chunking: { max_chunk_size_tokens, chunk_overlap_tokens },
      content,
    }
  }

  /** The row, if it is there still and the claim holds. */
  const updateHeld = (trx: Kysely<Database>, { vectorStoreId, fileId, token }: ClaimedFile) =>
    trx
      .updateTable('vector_store_files')
      .set(free)
      .where('vector_store_id', '=', vectorStoreId)
      .where('file_id', '=', fileId)
      .where('claimed_by', '=', token)
      .where(isWaiting)

  return {
    claimFile: async (claim, afterStore) =>
      (await claimNext(claim, { above: afterStore, upTo: null })) ??
      (afterStore === '' ? undefined : claimNext(claim, { above: '', upTo: afterStore })),

    async renewClaims(tokens, until) {
      if (tokens.length === 0) return []
      const renew = (table: 'vector_store_files' | 'index_removals') =>
        db
          .updateTable(table)
          .set({ claimed_until: until })
          .where('claimed_by', 'in', tokens)
          .returning('claimed_by')
          .execute()
      const rows = [...(await renew('vector_store_files')), ...(await renew('index_removals'))]
      return rows.flatMap(({ claimed_by }) => claimed_by ?? [])
    },

    completeFile: (file, usageBytes) =>
      db.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await updateHeld(trx, file)
          .set({ status: 'completed', usage_bytes: usageBytes, last_error: null })
          .executeTakeFirst()
        if (numUpdatedRows > 0n) return true
        await putRight(trx, { file, dialect })
        return false
      }),

    leaveFile: (file) => db.transaction().execute((trx) => putRight(trx, { file, dialect })),

    async failFile(file, error) {
      await updateHeld(db, file)
        .set({ status: 'failed', usage_bytes: 0, last_error: JSON.stringify(error) })
        .execute()
    },

    async releaseFile(file, { from, isTry }) {
      await updateHeld(db, file)
        .set((eb) => ({ claimed_until: from, tries: eb('tries', '-', isTry ? 0 : 1) }))
        .execute()
    },

    async claimRemoval({ token, now, until }) {
      const row = await db
        .updateTable('index_removals')
        .set({ claimed_by: token, claimed_until: until })
        .where('seq', '=', (eb) =>
          eb
            .selectFrom('index_removals')
            .select('seq')
            .where((or) => or.or([or('claimed_until', 'is', null), or('claimed_until', '<=', now)]))
            .orderBy('seq')
            .limit(1)
            .$if(dialect.rowLocks, (removals) => removals.forUpdate().skipLocked()),
        )
        .returning(['seq', 'vector_store_id', 'file_id'])
        .executeTakeFirst()
      if (!row) return undefined
      const { seq, vector_store_id: vectorStoreId, file_id: fileId } = row
      const isNeeded = fileId === null || !(await isInUse(db, { vectorStoreId, fileId }))
      return { token, seq, vectorStoreId, fileId, isNeeded }
    },

    async finishRemoval({ seq, token }) {
      await db
        .deleteFrom('index_removals')
        .where('seq', '=', seq)
        .where('claimed_by', '=', token)
        .execute()
    },

    async releaseRemoval({ seq, token }, from) {
      await db
        .updateTable('index_removals')
        .set({ claimed_by: null, claimed_until: from })
        .where('seq', '=', seq)
        .where('claimed_by', '=', token)
        .execute()
    },

    async releaseAll() {
      await db.updateTable('vector_store_files').set(free).where(isWaiting).execute()
      await db.updateTable('index_removals').set(free).execute()
    },

    async requeueAll() {
      await db
        .updateTable('vector_store_files')
        .set({ ...free, status: 'in_progress', usage_bytes: 0, tries: 0 })
        .where('status', '=', 'completed')
        .execute()
    },

    async hasIndexed() {
      const file = await db
        .selectFrom('vector_store_files')
        .select('seq')
        .where('status', '=', 'completed')
        .limit(1)
        .executeTakeFirst()
      return file !== undefined
    },

    async countWaiting(vectorStoreId) {
      const { waiting } = await db
        .selectFrom('vector_store_files')
        .select((eb) => eb.fn.countAll<number>().as('waiting'))
        .where('vector_store_id', '=', vectorStoreId)
        .where('status', '=', 'in_progress')
        .executeTakeFirstOrThrow()
      return Number(waiting)
    },

    expireStores: (now) =>
      db.transaction().execute(async (trx) => {
        const rows = await trx
          .updateTable('vector_stores')
          .set({ expired: 1 })
          .where('id', 'in', (eb) =>
            eb
              .selectFrom('vector_stores')
              .select('id')
              .where('expires_at', 'is not', null)
              .where('expires_at', '<=', now)
              .where('expired', '=', 0)
              .orderBy('id')
              .limit(storesPerSweep)
              .$if(dialect.rowLocks, (stores) => stores.forUpdate().skipLocked()),
          )
          .returning('id')
          .execute()
        if (rows.length === 0) return 0
        const ids = rows.map(({ id }) => id)
        await trx.deleteFrom('vector_store_files').where('vector_store_id', 'in', ids).execute()
        const removals = ids.map((id) => ({ vector_store_id: id, file_id: null }))
        await trx.insertInto('index_removals').values(removals).execute()
        return ids.length
      }),
  }
}

/** Whether what the index has of a file is good, or is about to be replaced. */
async function isInUse(
  db: Kysely<Database>,
  { vectorStoreId, fileId }: IndexedFile,
): Promise<boolean> {
  const row = await db
    .selectFrom('vector_store_files')
    .select(['status', 'claimed_by'])
    .where('vector_store_id', '=', vectorStoreId)
    .where('file_id', '=', fileId)
    .executeTakeFirst()
  return row !== undefined && (row.status === 'completed' || row.claimed_by !== null)
}

/**
 * After chunks of a file were, perhaps, written by somebody who had lost it: they must not stay where the
 * file is gone, nor where the store says that it is cut otherwise.
 */
async function putRight(
  trx: Kysely<Database>,
  { file, dialect }: { file: ClaimedFile; dialect: SqlDialect },
): Promise<void> {
  const { vectorStoreId, fileId, chunking } = file
  const row = await trx
    .selectFrom('vector_store_files')
    .select(['seq', 'status', 'max_chunk_size_tokens', 'chunk_overlap_tokens'])
    .where('vector_store_id', '=', vectorStoreId)
    .where('file_id', '=', fileId)
    .$if(dialect.rowLocks, (query) => query.forUpdate())
    .executeTakeFirst()
  const isWanted = row?.status === 'in_progress' || row?.status === 'completed'
  if (!row || !isWanted) {
    const removal = { vector_store_id: vectorStoreId, file_id: fileId }
    await trx.insertInto('index_removals').values(removal).execute()
    return
  }
  const isCutAlike =
    row.max_chunk_size_tokens === chunking.max_chunk_size_tokens &&
    row.chunk_overlap_tokens === chunking.chunk_overlap_tokens
  if (isCutAlike) return
  await trx
    .updateTable('vector_store_files')
    .set({ ...free, status: 'in_progress' })
    .where('seq', '=', row.seq)
    .execute()
}
