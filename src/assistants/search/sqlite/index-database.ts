import BetterSqlite, { type Database } from 'better-sqlite3'

/** What the tables look like; a file of another version is made anew. */
const version = 1

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
    state integer not null
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
`

/** The index's file, for the one thread that writes it. Made anew where it cannot be used. */
export function openIndexDatabase(path: string): Database {
  const database = new BetterSqlite(path)
  try {
    database.pragma('journal_mode = WAL')
    // Whatever a power cut takes can be made again from the files.
    database.pragma('synchronous = NORMAL')
    database.pragma('busy_timeout = 5000')
    database.pragma('cache_size = -32768')
    if (database.pragma('user_version', { simple: true }) === 0) {
      database.transaction(() => {
        database.exec(tables)
        database.pragma(`user_version = ${version}`)
      })()
    }
    const found = database.pragma('user_version', { simple: true })
    if (found !== version) throw new Error(`version ${String(found)} instead of ${version}`)
    database.prepare('select texts from collection').get()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
