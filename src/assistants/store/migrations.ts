import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

import { addSearchIndex } from '../search/postgres/tables.ts'
import { DatabaseRefusedError } from './database-errors.ts'
import { isActive } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'

/**
 * Brings the database to the newest version, forward only. A migration that was released is never
 * edited: changes come as further entries.
 */
export async function migrate(db: Kysely<Database>, dialect: SqlDialect): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations(dialect)) },
    ...(dialect.schema != null && { migrationTableSchema: dialect.schema }),
  })
  const { error } = await migrator.migrateToLatest()
  if (!error) return
  const newer = error instanceof Error && /executed migration (\S+) is missing/.exec(error.message)
  if (!newer) throw error
  throw new DatabaseRefusedError(
    `a newer version of this program made the tables (${newer[1]}); run that version, or one after it`,
    { cause: error },
  )
}

function migrations(dialect: SqlDialect): Record<string, Migration> {
  return {
    '0001_assistants_threads_runs': { up: (db) => createFirstTables(db, dialect) },
    '0002_projects_usage': { up: (db) => addProjectsAndUsage(db, dialect) },
    '0003_files_vector_stores': { up: (db) => addFilesAndVectorStores(db, dialect) },
    // On SQLite the index has a file of its own.
    '0004_search_index': {
      up: async (db) => (isPostgres(dialect) ? addSearchIndex(db) : undefined),
    },
  }
}

function isPostgres({ sequence }: SqlDialect): boolean {
  return sequence === 'bigserial'
}

/** Times and tokens: Postgres's `integer` ends in 2038. */
function wholeNumber({ sequence }: SqlDialect) {
  return sequence === 'integer' ? 'integer' : 'bigint'
}

async function createFirstTables(db: Kysely<unknown>, dialect: SqlDialect): Promise<void> {
  const { sequence } = dialect
  const number = wholeNumber(dialect)
  // Without SQLite's `autoincrement`, which writes one more table to keep the numbers of rows that are
  // gone from coming again. Nothing here remembers a number longer than its row.
  const numbered = (name: string) =>
    db.schema.createTable(name).addColumn('seq', sequence, (column) => column.primaryKey())
  const table = (name: string) =>
    numbered(name).addColumn('id', 'text', (column) => column.notNull().unique())
  const ofThread = (name: string) =>
    table(name).addColumn('thread_id', 'text', (column) =>
      column.notNull().references('threads.id').onDelete('cascade'),
    )

  await table('assistants')
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()
  await table('threads')
    .addColumn('created_at', number, (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('tool_resources', 'text', (column) => column.notNull())
    .addColumn('deleted', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await ofThread('messages')
    .addColumn('run_id', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()
  await ofThread('runs')
    .addColumn('active', 'integer', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('expires_at', number)
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('run_settings')
    .addColumn('seq', number, (column) =>
      column.primaryKey().references('runs.seq').onDelete('cascade'),
    )
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()
  // Without an index of the ids: a step is asked for in its run, which has few.
  await numbered('run_steps')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text', (column) =>
      column.notNull().references('runs.id').onDelete('cascade'),
    )
    .addColumn('usage', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()

  const index = (name: string) => db.schema.createIndex(name)
  await index('threads_deleted')
    .on('threads')
    .column('id')
    .where(sql`deleted`, '=', sql`1`)
    .execute()
  await index('messages_thread').on('messages').columns(['thread_id', 'seq']).execute()
  await index('messages_run')
    .on('messages')
    .columns(['thread_id', 'run_id', 'seq'])
    .where(sql`run_id`, 'is not', sql`null`)
    .execute()
  await index('runs_thread').on('runs').columns(['thread_id', 'seq']).execute()
  // The lock on a thread: the database itself admits one active run.
  await index('runs_active').on('runs').column('thread_id').unique().where(isActive).execute()
  await index('runs_active_seq').on('runs').column('seq').where(isActive).execute()
  await index('run_steps_run').on('run_steps').columns(['run_id', 'seq']).execute()
}

async function addProjectsAndUsage(db: Kysely<unknown>, dialect: SqlDialect): Promise<void> {
  const number = wholeNumber(dialect)
  for (const table of ['assistants', 'threads']) {
    await db.schema
      .alterTable(table)
      .addColumn('project', 'text', (column) => column.notNull().defaultTo('default'))
      .execute()
  }
  await db.schema.alterTable('runs').addColumn('held_by', 'text').execute()
  await db.schema.alterTable('run_settings').addColumn('api_key', 'text').execute()
  await db.schema.alterTable('run_steps').addColumn('turn_state', 'text').execute()
  await db.schema
    .createTable('usage_records')
    .addColumn('seq', dialect.sequence, (column) => column.primaryKey())
    .addColumn('created_at', number, (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('api_key', 'text')
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('assistant_id', 'text')
    .addColumn('thread_id', 'text')
    .addColumn('run_id', 'text')
    .addColumn('step_id', 'text')
    .addColumn('prompt_tokens', number, (column) => column.notNull())
    .addColumn('cached_tokens', number, (column) => column.notNull())
    .addColumn('completion_tokens', number, (column) => column.notNull())
    .addColumn('reasoning_tokens', number, (column) => column.notNull())
    .addColumn('cost', 'double precision')
    .execute()
  await db.schema
    .createTable('imported_objects')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('imported_objects_pkey', ['id', 'project'])
    .execute()
  await db.schema
    .createIndex('assistants_project')
    .on('assistants')
    .columns(['project', 'seq'])
    .execute()
  await db.schema
    .createIndex('usage_records_created')
    .on('usage_records')
    .column('created_at')
    .execute()
}

async function addFilesAndVectorStores(db: Kysely<unknown>, dialect: SqlDialect): Promise<void> {
  const number = wholeNumber(dialect)
  const table = (name: string) =>
    db.schema
      .createTable(name)
      .addColumn('seq', dialect.sequence, (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('created_at', number, (column) => column.notNull())

  await db.schema
    .createTable('blobs')
    .addColumn('sha256', 'text', (column) => column.notNull().primaryKey())
    .addColumn('bytes', number, (column) => column.notNull())
    .addColumn('deleting', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('touched_at', number, (column) => column.notNull())
    .execute()
  await table('files')
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('filename', 'text', (column) => column.notNull())
    .addColumn('bytes', number, (column) => column.notNull())
    .addColumn('expires_at', number)
    .addColumn('sha256', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('file_owners')
    .addColumn('file_id', 'text', (column) => column.notNull())
    .addColumn('owner_id', 'text', (column) => column.notNull())
    .addColumn('attached', 'integer', (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('file_owners_pkey', ['file_id', 'owner_id'])
    .execute()
  await table('vector_stores')
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('name', 'text')
    .addColumn('description', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('expires_after_days', 'integer')
    .addColumn('last_active_at', number, (column) => column.notNull())
    .addColumn('expires_at', number)
    .addColumn('expired', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .createTable('vector_store_files')
    .addColumn('seq', dialect.sequence, (column) => column.primaryKey())
    .addColumn('vector_store_id', 'text', (column) =>
      column.notNull().references('vector_stores.id').onDelete('cascade'),
    )
    .addColumn('file_id', 'text', (column) => column.notNull())
    .addColumn('created_at', number, (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('last_error', 'text')
    .addColumn('usage_bytes', number, (column) => column.notNull().defaultTo(0))
    .addColumn('attributes', 'text', (column) => column.notNull())
    .addColumn('max_chunk_size_tokens', 'integer', (column) => column.notNull())
    .addColumn('chunk_overlap_tokens', 'integer', (column) => column.notNull())
    .addColumn('claimed_by', 'text')
    .addColumn('claimed_until', number)
    .addColumn('tries', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await table('vector_store_batches')
    .addColumn('vector_store_id', 'text', (column) =>
      column.notNull().references('vector_stores.id').onDelete('cascade'),
    )
    .addColumn('cancelled', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .createTable('vector_store_batch_files')
    .addColumn('batch_id', 'text', (column) =>
      column.notNull().references('vector_store_batches.id').onDelete('cascade'),
    )
    .addColumn('file_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('vector_store_batch_files_pkey', ['batch_id', 'file_id'])
    .execute()
  await db.schema
    .createTable('index_removals')
    .addColumn('seq', dialect.sequence, (column) => column.primaryKey())
    .addColumn('vector_store_id', 'text', (column) => column.notNull())
    .addColumn('file_id', 'text')
    .addColumn('claimed_by', 'text')
    .addColumn('claimed_until', number)
    .execute()
  await db.schema
    .alterTable('threads')
    .addColumn('searches', number, (column) => column.notNull().defaultTo(0))
    .execute()

  const index = (name: string) => db.schema.createIndex(name)
  await index('files_project').on('files').columns(['project', 'seq']).execute()
  await index('files_sha256').on('files').column('sha256').execute()
  await index('files_expires')
    .on('files')
    .column('expires_at')
    .where(sql`expires_at`, 'is not', sql`null`)
    .execute()
  await index('file_owners_owner').on('file_owners').column('owner_id').execute()
  await index('vector_stores_project').on('vector_stores').columns(['project', 'seq']).execute()
  await index('vector_stores_expires')
    .on('vector_stores')
    .column('expires_at')
    .where(sql`expires_at`, 'is not', sql`null`)
    .execute()
  await index('vector_store_files_store')
    .on('vector_store_files')
    .columns(['vector_store_id', 'file_id'])
    .unique()
    .execute()
  await index('vector_store_files_seq')
    .on('vector_store_files')
    .columns(['vector_store_id', 'seq'])
    .execute()
  await index('vector_store_files_counts')
    .on('vector_store_files')
    .columns(['vector_store_id', 'status', 'usage_bytes'])
    .execute()
  await index('vector_store_files_file').on('vector_store_files').column('file_id').execute()
  // The work that waits, one store after the other.
  await index('vector_store_files_waiting')
    .on('vector_store_files')
    .columns(['vector_store_id', 'tries', 'seq'])
    .where(sql`status`, '=', sql`'in_progress'`)
    .execute()
  await index('vector_store_batches_store')
    .on('vector_store_batches')
    .columns(['vector_store_id', 'seq'])
    .execute()
  await index('vector_store_batch_files_file')
    .on('vector_store_batch_files')
    .column('file_id')
    .execute()
  await index('index_removals_store')
    .on('index_removals')
    .columns(['vector_store_id', 'file_id'])
    .execute()
}
