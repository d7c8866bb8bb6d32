import { sql, type Kysely } from 'kysely'

import type { IndexedFile } from '../search-index.ts'
import type { ChunkRow } from './rows.ts'

/** A file that is being written, or was. */
export interface FileRow {
  id: number
  store: number
}

/** Chunks removed at a time: those who write the same rows wait no longer than that takes. */
const slice = 200

/** Whoever has not written for so long is dead: an embedding endpoint may take its time. */
const abandonedAfter = '1 hour'

/** What changes the index; each is one transaction. */
export interface IndexWriter {
  begin(file: IndexedFile): Promise<FileRow>
  add(file: FileRow, rows: readonly ChunkRow[], model: number | null): Promise<void>
  /** From now on the file is found, and what it had before is not. */
  finish(file: FileRow, model: number | null): Promise<void>
  abandon(file: FileRow): Promise<void>
  remove(removed: { vectorStoreId: string; fileId: string | null }): Promise<void>
  /** Frees some of what was removed, or was left behind by a process that died; false: nothing is left. */
  purge(): Promise<boolean>
}

export function createIndexWriter<DB>(db: Kysely<DB>): IndexWriter {
  /** Counts the chunks of files that are found from now on, or no more. */
  async function count(trx: Kysely<DB>, { id, store }: FileRow, sign: 1 | -1): Promise<void> {
    const { rows } = await sql<{ texts: number; words: number }>`
      select count(*) as texts,
        coalesce(sum(length(words) - length(replace(words, ' ', '')) + 1), 0)::bigint as words
      from search_chunks where file = ${id}`.execute(trx)
    const texts = sign * Number(rows[0]?.texts ?? 0)
    const words = sign * Number(rows[0]?.words ?? 0)
    await sql`update search_stores set chunks = chunks + ${texts} where id = ${store}`.execute(trx)
    await sql`update search_collection set texts = texts + ${texts}, words = words + ${words}`.execute(
      trx,
    )
  }

  /** Others who change the same store wait, so that counts and files agree. */
  async function lockStore(trx: Kysely<DB>, name: string): Promise<number | undefined> {
    const { rows } = await sql<{ id: number }>`
      select id from search_stores where name = ${name} for update`.execute(trx)
    return rows[0]?.id
  }

  async function hide(trx: Kysely<DB>, file: FileRow): Promise<void> {
    await sql`update search_files set state = 2 where id = ${file.id}`.execute(trx)
    await count(trx, file, -1)
  }

  async function removeStore(store: number): Promise<void> {
    try {
      await sql`delete from search_stores where id = ${store}
        and not exists (select 1 from search_files where store = ${store})`.execute(db)
    } catch (error) {
      // A file came just now.
      if (!(error instanceof Error && 'code' in error && error.code === '23503')) throw error
    }
  }

  return {
    begin: ({ vectorStoreId, fileId }) =>
      db.transaction().execute(async (trx) => {
        const { rows } = await sql<FileRow>`
          with store as (
            insert into search_stores (name) values (${vectorStoreId})
            on conflict (name) do update set name = excluded.name returning id
          )
          insert into search_files (store, name, state) select id, ${fileId}, 0 from store
          returning id, store`.execute(trx)
        const [file] = rows
        if (!file) throw new Error('a file could not be begun')
        return file
      }),

    add: ({ id, store }, rows, model) =>
      db.transaction().execute(async (trx) => {
        const touched = await sql`
          update search_files set touched_at = now() where id = ${id} and state = 0 returning id`.execute(
          trx,
        )
        if (touched.rows.length === 0) throw new Error('the file is not being written any more')
        await sql`
          with given as (
            select * from json_to_recordset(${JSON.stringify(rows)}::json) as given (
              position integer, page integer, heading text, text text, words text, bits text, fine text
            )
          ), added as (
            insert into search_chunks (file, position, page, heading, text, words, terms)
            select ${id}::bigint, position, page, heading, text, words,
              array_to_tsvector(array_remove(string_to_array(words, ' '), '') || ${`#${store}`}::text)
            from given
            returning id, position
          ), near as (
            insert into search_vector_bits (chunk, store, model, bits)
            select added.id, ${store}::bigint, ${model}::integer, bits::bit varying
            from added join given using (position) where bits is not null
          )
          insert into search_vectors (chunk, fine)
          select added.id, decode(fine, 'base64')
          from added join given using (position) where fine is not null`.execute(trx)
      }),

    async finish(file, model) {
      await db.transaction().execute(async (trx) => {
        await sql`select 1 from search_stores where id = ${file.store} for update`.execute(trx)
        const before = await sql<FileRow>`
          select old.id, old.store from search_files as old
          join search_files as new on new.store = old.store and new.name = old.name
          where new.id = ${file.id} and old.state = 1`.execute(trx)
        for (const row of before.rows) await hide(trx, row)
        const changed = await sql`
          update search_files set state = 1, model = ${model}
          where id = ${file.id} and state = 0 returning id`.execute(trx)
        if (changed.rows.length === 0) throw new Error('the file is not being written any more')
        await count(trx, file, 1)
      })
      await sql`select gin_clean_pending_list('search_chunks_terms')`.execute(db)
    },

    async abandon({ id }) {
      await sql`update search_files set state = 2 where id = ${id} and state = 0`.execute(db)
    },

    remove: ({ vectorStoreId, fileId }) =>
      db.transaction().execute(async (trx) => {
        const store = await lockStore(trx, vectorStoreId)
        if (store === undefined) return
        const { rows } = await sql<FileRow>`
          select id, store from search_files
          where store = ${store} and state = 1
            and (${fileId}::text is null or name = ${fileId})`.execute(trx)
        for (const file of rows) await hide(trx, file)
      }),

    async purge() {
      const freed = await db.transaction().execute(async (trx) => {
        const { rows } = await sql<FileRow & { state: number }>`
          select id, store, state from search_files
          where state = 2
            or (state = 0 and touched_at < now() - ${sql.lit(abandonedAfter)}::interval)
          order by state desc limit 1 for update skip locked`.execute(trx)
        const [file] = rows
        if (!file) return undefined
        if (file.state === 0) {
          await sql`update search_files set state = 2 where id = ${file.id}`.execute(trx)
        }
        const gone = await sql<{ id: number }>`
          with gone as (select id from search_chunks where file = ${file.id} limit ${slice}),
            bits as (delete from search_vector_bits where chunk in (select id from gone)),
            vectors as (delete from search_vectors where chunk in (select id from gone))
          delete from search_chunks where id in (select id from gone) returning id`.execute(trx)
        const isLast = gone.rows.length < slice
        if (isLast) await sql`delete from search_files where id = ${file.id}`.execute(trx)
        return { store: file.store, isLast }
      })
      if (freed?.isLast) await removeStore(freed.store)
      return freed !== undefined
    },
  }
}
