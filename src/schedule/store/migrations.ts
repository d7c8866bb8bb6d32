import { sql, type Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

import { createReminderTables } from '../reminders/create-tables.ts'
import type { ScheduleDatabase } from './schema.ts'

/**
 * Brings the database to the newest version, forward only. A migration that was released is never
 * edited: changes come as further entries.
 */
export async function migrate(db: Kysely<ScheduleDatabase>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  })
  const { error } = await migrator.migrateToLatest()
  if (!error) return
  const newer = error instanceof Error && /executed migration (\S+) is missing/.exec(error.message)
  if (!newer) throw error
  throw new Error(
    `a newer version of this program made the schedules' tables (${newer[1]}); run that version, or one after it`,
    { cause: error },
  )
}

const migrations: Record<string, Migration> = {
  '0001_timetables': { up: createTimetables },
  '0002_reminders': { up: createReminderTables },
  '0003_assignment_sources': { up: addAssignmentSources },
}

async function createTimetables(db: Kysely<unknown>): Promise<void> {
  await createRows(db)
  await createChanges(db)
  await createFollowers(db)
}

async function createRows(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('timetables')
    .addColumn('guild_id', 'text', (column) => column.primaryKey())
    .addColumn('incarnation', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('present', 'integer', (column) => column.notNull())
    .addColumn('time_zone', 'text', (column) => column.notNull())
    .addColumn('next_id', 'integer', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    .execute()

  const rows = (name: string) =>
    db.schema
      .createTable(name)
      .addColumn('guild_id', 'text', (column) => column.notNull())
      .addColumn('id', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint(`${name}_key`, ['guild_id', 'id'])
  await rows('classes')
    .addColumn('course_date', 'text', (column) => column.notNull())
    .addColumn('start_time', 'text', (column) => column.notNull())
    .addColumn('end_time', 'text', (column) => column.notNull())
    .addColumn('course_name', 'text', (column) => column.notNull())
    .addColumn('instructor', 'text', (column) => column.notNull())
    .addColumn('room', 'text')
    .addColumn('online_url', 'text')
    .addColumn('notes', 'text')
    .addColumn('source_id', 'text')
    .execute()
  await rows('assignments')
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('course_name', 'text')
    .addColumn('due_date', 'text', (column) => column.notNull())
    .addColumn('due_time', 'text', (column) => column.notNull())
    .addColumn('url', 'text')
    .addColumn('notes', 'text')
    .execute()
  await rows('holidays')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('first_date', 'text', (column) => column.notNull())
    .addColumn('last_date', 'text', (column) => column.notNull())
    .execute()
  await rows('terms')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('first_date', 'text', (column) => column.notNull())
    .addColumn('weeks', 'integer', (column) => column.notNull())
    .execute()
  const index = (name: string) => db.schema.createIndex(name)
  await index('classes_time')
    .on('classes')
    .columns(['guild_id', 'course_date', 'start_time'])
    .execute()
  await index('assignments_due')
    .on('assignments')
    .columns(['guild_id', 'due_date', 'due_time'])
    .execute()
}

async function createChanges(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('revisions')
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('note', 'text')
    .addColumn('undoes', 'integer')
    .addColumn('undone', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('creates', 'integer', (column) => column.notNull())
    .addColumn('added', 'integer', (column) => column.notNull())
    .addColumn('changed', 'integer', (column) => column.notNull())
    .addColumn('removed', 'integer', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('difference', 'text')
    .addPrimaryKeyConstraint('revisions_key', ['guild_id', 'revision'])
    .execute()
  await db.schema
    .createTable('proposals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('note', 'text')
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('base', 'integer', (column) => column.notNull())
    .addColumn('difference', 'text', (column) => column.notNull())
    .addColumn('report', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('proposals_guild')
    .on('proposals')
    .columns(['guild_id', 'at'])
    .execute()
}

async function createFollowers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('subscriptions')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('added_at', 'integer', (column) => column.notNull())
    .addColumn('etag', 'text')
    .addColumn('last_modified', 'text')
    .addColumn('checked_at', 'integer')
    .addColumn('result', 'text')
    .addColumn('error', 'text')
    .addUniqueConstraint('subscriptions_url', ['guild_id', 'url'])
    .execute()
  await db.schema
    .createIndex('subscriptions_checked')
    .on('subscriptions')
    .column('checked_at')
    .execute()
  await db.schema
    .createTable('feeds')
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.notNull().unique())
    .addPrimaryKeyConstraint('feeds_key', ['guild_id', 'user_id'])
    .execute()
}

async function addAssignmentSources(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('assignments').addColumn('source_id', 'text').execute()
  // Each row has become longer by what an empty member takes as JSON.
  await sql`update timetables set bytes = bytes + ${',"source_id":null'.length} * (
    select count(*) from assignments where assignments.guild_id = timetables.guild_id
  )`.execute(db)
}
