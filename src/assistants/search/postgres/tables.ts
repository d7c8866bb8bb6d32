import { sql, type Kysely } from 'kysely'

/**
 * The tables of the index on Postgres. Those who search read few columns of many rows, so what is long
 * is kept apart from the rows (`toast_tuple_target`), and the bits of vectors in a table of their own.
 */
export async function addSearchIndex(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table search_stores (
    id bigserial primary key,
    name text not null unique,
    chunks bigint not null default 0
  )`,
  'create table search_models (id serial primary key, name text not null unique)',
  `create table search_files (
    id bigserial primary key,
    store bigint not null references search_stores (id),
    name text not null,
    -- 0: being written; 1: can be found; 2: being removed
    state smallint not null,
    -- the embedding model by which its chunks are known
    model integer references search_models (id),
    touched_at timestamptz not null default now()
  )`,
  'create unique index search_files_ready on search_files (store, name) where state = 1',
  'create index search_files_unready on search_files (state, touched_at) where state <> 1',
  // \`terms\` holds the words, and \`#7\`, which no word is, for the vector store.
  `create table search_chunks (
    id bigserial primary key,
    file bigint not null,
    position integer not null,
    page integer,
    heading text,
    text text not null,
    words text not null,
    terms tsvector not null
  ) with (toast_tuple_target = 128)`,
  'create index search_chunks_file on search_chunks (file, position)',
  // KiB that wait to be sorted in, which takes a third of the time; those who search go through them word
  // by word, so few may wait, and whoever has written a file sees to it that none do.
  'create index search_chunks_terms on search_chunks using gin (terms) with (gin_pending_list_limit = 1024)',
  `create table search_vector_bits (
    chunk bigint primary key,
    store bigint not null,
    model integer not null,
    bits bit varying not null
  )`,
  'create index search_vector_bits_store on search_vector_bits (store, model)',
  'create table search_vectors (chunk bigint primary key, fine bytea not null)',
  'alter table search_vectors alter column fine set storage external',
  // One row each.
  'create table search_collection (texts bigint not null, words bigint not null)',
  'insert into search_collection values (0, 0)',
  'create table search_settings (whole boolean not null)',
  'insert into search_settings values (false)',
]
