import BetterSqlite, { type Database } from 'better-sqlite3'

import { isDamage, removeIndexFile } from './index-file.ts'
import type { Opened } from './messages.ts'

/** What the tables look like; a file of another version is made anew. */
const version = 2

/** `terms` parts words at spaces only: they were found already. `v7` in it is a chunk's vector store. */
const tables = `
  create table vector_stores (
    id integer primary key,
    name text not null unique,
    chunks integer not null default 0
  );
  create table files (
    id integer primary key,
    vector_store integer not null,
    name text not null,
    -- 0: being written; 1: can be found; 2: being removed
    state integer not null,
    -- whether its chunks have vectors of the index's embedding model
    embedded integer not null
  );
  create unique index files_ready on files (vector_store, name) where state = 1;
  create index files_unready on files (id) where state <> 1;
  create table chunks (
    id integer primary key,
    file integer not null,
    position integer not null,
    page integer,
    heading text,
    text text not null,
    words text not null
  );
  create index chunks_file on chunks (file, position);
  create table collection (texts integer not null, words integer not null);
  insert into collection values (0, 0);
  create virtual table terms using fts5 (
    vector_store, words,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_+#.,'''"
  );
  insert into terms (terms, rank) values ('rank', 'bm25(0.0, 1.0)');
  create virtual table vocabulary using fts5vocab (terms, row);
  create table settings (whole integer not null, model text, dimensions integer);
  insert into settings values (0, null, null);
`

/** Those of a store side by side: a search reads them all. */
const vectorTables = `
  create table vector_bits (
    vector_store integer not null,
    chunk integer not null,
    bits blob not null,
    primary key (vector_store, chunk)
  ) without rowid;
  create table vectors (chunk integer primary key, fine blob not null);
`

export interface IndexDatabaseOptions {
  path: string
  model: string | null
  extension: string | null
}

/** The index's file, for the one thread that writes it. Made anew where it cannot be used. */
export function openIndexDatabase(options: IndexDatabaseOptions): Opened & { database: Database } {
  const { path } = options
  try {
    return { ...openThere(options), madeAnew: null }
  } catch (error) {
    const reason = reasonToMakeAnew(error)
    if (reason === null) throw error
    removeIndexFile(path)
    return { ...openThere(options), madeAnew: reason }
  }
}

/** For the thread that reads what the other one writes. */
export function openIndexReader({ path, extension }: IndexDatabaseOptions): Database {
  const database = new BetterSqlite(path, { readonly: true, fileMustExist: true })
  database.pragma('cache_size = -32768')
  if (extension !== null) database.loadExtension(extension)
  return database
}

function openThere({ path, model, extension }: IndexDatabaseOptions) {
  const database = new BetterSqlite(path)
  try {
    database.pragma('journal_mode = WAL')
    // Whatever a power cut takes can be made again from the files.
    database.pragma('synchronous = NORMAL')
    database.pragma('busy_timeout = 5000')
    database.pragma('cache_size = -32768')
    if (extension !== null) database.loadExtension(extension)
    if (database.pragma('user_version', { simple: true }) === 0) {
      database.transaction(() => {
        database.exec(tables)
        database.exec(vectorTables)
        database.pragma(`user_version = ${version}`)
      })()
    }
    const found = database.pragma('user_version', { simple: true })
    if (found !== version) throw new OtherVersion(`it is of version ${String(found)}`)
    return { database, isWhole: isWholeWith(database, model) }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Vectors of another model are worth nothing. */
function isWholeWith(database: Database, model: string | null): boolean {
  return database
    .transaction(() => {
      const settings = database
        .prepare<[], { whole: number; model: string | null }>('select * from settings')
        .get()
      if (model !== null && settings?.model !== model) {
        database.exec('drop table vector_bits; drop table vectors')
        database.exec(vectorTables)
        database.exec('update files set embedded = 0')
        database.prepare('update settings set model = ?, dimensions = null').run(model)
      }
      const unembedded = database
        .prepare('select 1 from files where state = 1 and embedded = 0 limit 1')
        .get()
      const isLacking = model !== null && unembedded !== undefined
      if (isLacking) database.exec('update settings set whole = 0')
      return settings?.whole === 1 && !isLacking
    })
    .immediate()
}

class OtherVersion extends Error {}

/** Null: the file is not to blame. */
function reasonToMakeAnew(error: unknown): string | null {
  if (error instanceof OtherVersion) return error.message
  return error instanceof Error && 'code' in error && isDamage(error.code)
    ? `it is damaged (${error.message})`
    : null
}
