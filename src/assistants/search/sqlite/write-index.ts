import { randomInt } from 'node:crypto'

import type { Database } from 'better-sqlite3'

import { toStoredVector } from '../vectors.ts'
import { withHeading, wordsOf } from '../words.ts'
import type { WriterCalls } from './messages.ts'

/** A file in the index. */
interface FileRow {
  id: number
  vector_store: number
  name: string
}

/** Chunks deleted at a time: others who write wait no longer than that takes. */
const slice = 200

/**
 * What changes the index. Each call is one transaction; a file that was not finished is removed when the
 * index is opened again. `purge` frees what was removed, a slice at a time; false: there is nothing left.
 */
export function createIndexWriter(
  database: Database,
): Omit<WriterCalls, 'open'> & { purge(): boolean } {
  const one = <Row>(sql: string) => {
    const statement = database.prepare<unknown[], Row>(sql)
    return (...values: unknown[]) => statement.get(...values)
  }
  const run = (sql: string) => {
    const statement = database.prepare(sql)
    return (...values: unknown[]) => statement.run(...values)
  }
  const storeNamed = one<{ id: number }>('select id from vector_stores where name = ?')
  const makeStore = one<{ id: number }>('insert into vector_stores (name) values (?) returning id')
  const makeFile = one<{ id: number }>(
    'insert into files (id, vector_store, name, state, embedded) values (?, ?, ?, 0, 0) returning id',
  )
  const unfinished = one<FileRow>('select * from files where id = ? and state = 0')
  const readyFile = one<FileRow>(
    'select * from files where vector_store = ? and name = ? and state = 1',
  )
  const readyFiles = database.prepare<[number], FileRow>(
    'select * from files where vector_store = ? and state = 1',
  )
  const setReady = run('update files set state = 1, embedded = ? where id = ?')
  const setState = run('update files set state = ? where id = ?')
  const addChunk = one<{ id: number }>(
    'insert into chunks (file, position, page, heading, text, words) values (?, ?, ?, ?, ?, ?) returning id',
  )
  const addTerms = run('insert into terms (rowid, vector_store, words) values (?, ?, ?)')
  const addBits = run('insert into vector_bits (vector_store, chunk, bits) values (?, ?, ?)')
  const addVector = run('insert into vectors (chunk, fine) values (?, ?)')
  const dimensions = one<{ dimensions: number | null }>('select dimensions from settings')
  const setDimensions = run('update settings set dimensions = ?')
  const sizeOf = one<{ texts: number; words: number }>(
    `select count(*) as texts, coalesce(sum(length(words) - length(replace(words, ' ', '')) + 1), 0) as words
     from chunks where file = ?`,
  )
  const countStore = run('update vector_stores set chunks = chunks + ? where id = ?')
  const countAll = run('update collection set texts = texts + ?, words = words + ?')
  const setAllThere = run('update settings set whole = 1')
  const removedFile = one<FileRow>('select * from files where state = 2 order by id limit 1')
  const someChunks = database.prepare<[number, number], { id: number }>(
    'select id from chunks where file = ? limit ?',
  )
  const deleteTerms = run('delete from terms where rowid = ?')
  const deleteVector = run('delete from vectors where chunk = ?')
  const deleteBits = run('delete from vector_bits where vector_store = ? and chunk = ?')
  const deleteChunk = run('delete from chunks where id = ?')
  const deleteFile = run('delete from files where id = ?')
  const deleteStore = run(
    'delete from vector_stores where id = @id and not exists (select 1 from files where vector_store = @id)',
  )

  function count(file: FileRow, sign: 1 | -1): void {
    const size = sizeOf(file.id)
    if (!size) return
    countStore(sign * size.texts, file.vector_store)
    countAll(sign * size.texts, sign * size.words)
  }

  function hide(file: FileRow): void {
    setState(2, file.id)
    count(file, -1)
  }

  function checkDimensions(vectors: readonly Float32Array[]): void {
    const length = vectors[0]?.length
    if (length === undefined) return
    const known = dimensions()?.dimensions
    if (known === null) setDimensions(length)
    else if (known !== length) {
      throw new Error(`vectors of ${length} numbers instead of ${known}: the model is another one`)
    }
  }

  function inTransaction<Args extends unknown[], Result>(change: (...args: Args) => Result) {
    const transaction = database.transaction(change)
    return (...args: Args): Result => transaction.immediate(...args)
  }

  return {
    begin: inTransaction(({ vectorStoreId, fileId }) => {
      const store = storeNamed(vectorStoreId) ?? makeStore(vectorStoreId)
      // Never a number that was used before: its writer may go on in a file that was made anew.
      return makeFile(randomInt(2 ** 47), store?.id, fileId)?.id ?? 0
    }),

    add: inTransaction((file, { position, chunks, vectors }) => {
      const row = unfinished(file)
      if (!row) throw new Error(`file ${file} is not being written`)
      if (vectors) checkDimensions(vectors)
      for (const [index, { text, page, heading }] of chunks.entries()) {
        const words = wordsOf(withHeading({ text, heading })).join(' ')
        const chunk = addChunk(file, position + index, page, heading, text, words)
        addTerms(chunk?.id, `v${row.vector_store}`, words)
        const vector = vectors?.[index]
        if (!vector) continue
        const { bits, fine } = toStoredVector(vector)
        addBits(row.vector_store, chunk?.id, bits)
        addVector(chunk?.id, fine)
      }
    }),

    finish: inTransaction((file, { isEmbedded }) => {
      const row = unfinished(file)
      if (!row) throw new Error(`file ${file} is not being written`)
      const before = readyFile(row.vector_store, row.name)
      if (before) hide(before)
      setReady(isEmbedded ? 1 : 0, file)
      count(row, 1)
    }),

    abandon: inTransaction((file) => {
      if (unfinished(file)) setState(2, file)
    }),

    remove: inTransaction(({ vectorStoreId, fileId }) => {
      const store = storeNamed(vectorStoreId)
      if (!store) return
      const file = fileId === null ? undefined : readyFile(store.id, fileId)
      const files = fileId === null ? readyFiles.all(store.id) : file ? [file] : []
      for (const each of files) hide(each)
    }),

    setWhole: inTransaction(() => {
      setAllThere()
    }),

    purge: inTransaction(() => {
      const file = removedFile()
      if (!file) return false
      const chunks = someChunks.all(file.id, slice)
      for (const { id } of chunks) {
        deleteTerms(id)
        deleteVector(id)
        deleteBits(file.vector_store, id)
        deleteChunk(id)
      }
      if (chunks.length < slice) {
        deleteFile(file.id)
        deleteStore({ id: file.vector_store })
      }
      return true
    }),
  }
}

/** Files that a process was writing when it died. */
export function removeUnfinished(database: Database): void {
  database.prepare('update files set state = 2 where state = 0').run()
}
