import type { Kysely } from 'kysely'

/** The migration that makes the tables of reminders. */
export async function createReminderTables(db: Kysely<unknown>): Promise<void> {
  const ofTarget = (name: string) =>
    db.schema
      .createTable(name)
      .addColumn('guild_id', 'text', (column) => column.notNull())
      .addColumn('target_type', 'text', (column) => column.notNull())
      .addColumn('target_id', 'text', (column) => column.notNull())
  const target = ['guild_id', 'target_type', 'target_id'] as const

  await ofTarget('reminder_targets')
    .addColumn('locale', 'text', (column) => column.notNull())
    .addColumn('paused', 'text')
    .addPrimaryKeyConstraint('reminder_targets_key', [...target])
    .execute()
  await ofTarget('reminders')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('about', 'text', (column) => column.notNull())
    .addColumn('course', 'text', (column) => column.notNull())
    .addColumn('leads', 'text', (column) => column.notNull())
    .addColumn('since', 'integer', (column) => column.notNull())
    .addUniqueConstraint('reminders_content', [...target, 'about', 'course'])
    .execute()
  await db.schema
    .createTable('quiet_hours')
    .addColumn('user_id', 'text', (column) => column.primaryKey())
    .addColumn('from_time', 'text', (column) => column.notNull())
    .addColumn('to_time', 'text', (column) => column.notNull())
    .execute()
  await ofTarget('deliveries')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('claimed_at', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reminders', 'text', (column) => column.notNull())
    .execute()
  await ofTarget('delivered')
    .addColumn('about', 'text', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('starts_at', 'integer', (column) => column.notNull())
    .addColumn('lead', 'integer', (column) => column.notNull())
    .addColumn('delivery_id', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('delivered_key', [...target, 'about', 'event', 'starts_at', 'lead'])
    .execute()
  await db.schema
    .createIndex('delivered_time')
    .on('delivered')
    .columns(['guild_id', 'starts_at'])
    .execute()
  await db.schema
    .createIndex('reminders_target')
    .on('reminders')
    .columns(['target_id', 'target_type'])
    .execute()
  await db.schema.createIndex('delivered_by').on('delivered').column('delivery_id').execute()
  await db.schema.createIndex('deliveries_state').on('deliveries').column('state').execute()
}
