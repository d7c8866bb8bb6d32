import { sql, type Kysely, type Selectable } from 'kysely'

import type { ScheduleDatabase } from '../store/schema.ts'
import type { Due } from './due.ts'
import {
  dueKey,
  TooManyRemindersError,
  type Delivery,
  type Reminder,
  type ReminderRequest,
  type ReminderStore,
  type Subscriber,
  type Target,
} from './reminder-store.ts'

const maxPerTarget = 25
const maxPerGuild = 20_000

type Db = Kysely<ScheduleDatabase>
type TargetColumns = Pick<
  Selectable<ScheduleDatabase['reminders']>,
  'guild_id' | 'target_type' | 'target_id'
>

/** The reminders in the file of the schedules. */
export function createReminderStore(db: Db): ReminderStore {
  async function subscribers(condition: Partial<TargetColumns>): Promise<Subscriber[]> {
    let query = db
      .selectFrom('reminders')
      .innerJoin('reminder_targets', (join) =>
        join
          .onRef('reminder_targets.guild_id', '=', 'reminders.guild_id')
          .onRef('reminder_targets.target_type', '=', 'reminders.target_type')
          .onRef('reminder_targets.target_id', '=', 'reminders.target_id'),
      )
      .leftJoin('quiet_hours', (join) =>
        join
          .onRef('quiet_hours.user_id', '=', 'reminders.target_id')
          .on('reminders.target_type', '=', 'user'),
      )
      .select([
        'reminders.guild_id',
        'reminders.target_type',
        'reminders.target_id',
        'reminders.id',
        'reminders.about',
        'reminders.course',
        'reminders.leads',
        'reminders.since',
        'reminder_targets.locale',
        'reminder_targets.paused',
        'quiet_hours.from_time',
        'quiet_hours.to_time',
      ])
      .orderBy('reminders.id')
    for (const [column, value] of Object.entries(condition)) {
      query = query.where(sql.ref(`reminders.${column}`), '=', value)
    }
    const rows = await query.execute()
    const byTarget = Map.groupBy(rows, (row) => JSON.stringify(toColumns(toTarget(row))))
    return [...byTarget.values()].flatMap(([first, ...more]) =>
      first ? [toSubscriber([first, ...more])] : [],
    )
  }

  async function findUnfinished(): Promise<Delivery[]> {
    const rows = await db
      .selectFrom('deliveries')
      .innerJoin('reminder_targets', (join) =>
        join
          .onRef('reminder_targets.guild_id', '=', 'deliveries.guild_id')
          .onRef('reminder_targets.target_type', '=', 'deliveries.target_type')
          .onRef('reminder_targets.target_id', '=', 'deliveries.target_id'),
      )
      .selectAll('deliveries')
      .select('reminder_targets.locale')
      .where('state', '=', 'claimed')
      .orderBy('id')
      .execute()
    return await Promise.all(
      rows.map(async (row) => ({
        id: row.id,
        target: toTarget(row),
        locale: row.locale,
        claimedAt: row.claimed_at,
        events: await db
          .selectFrom('delivered')
          .select(['about', 'event as key', 'starts_at as startsAt'])
          .where('delivery_id', '=', row.id)
          .execute(),
      })),
    )
  }

  return {
    async put(requests) {
      await db.transaction().execute(async (trx) => {
        for (const request of requests) await putOne(trx, request)
        const targets = Map.groupBy(requests, ({ target }) => JSON.stringify(target))
        for (const [first] of targets.values()) if (first) await assertFew(trx, first.target)
        const guilds = new Set(requests.map(({ target }) => target.guildId))
        for (const guildId of guilds) await assertFewInGuild(trx, guildId)
      })
    },

    async find(target) {
      const [found] = await subscribers(toColumns(target))
      return found ?? null
    },
    ofUser: (userId) => subscribers({ target_type: 'user', target_id: userId }),
    channelsOf: (guildId) => subscribers({ guild_id: guildId, target_type: 'channel' }),
    ofGuild: (guildId) => subscribers({ guild_id: guildId }),

    async remove(target, ids) {
      return await db.transaction().execute((trx) => removeReminders(trx, target, ids))
    },

    async removeDelivered(deliveryId, { type, id }) {
      return await db.transaction().execute(async (trx) => {
        const row = await trx
          .selectFrom('deliveries')
          .selectAll()
          .where('id', '=', deliveryId)
          .where('target_type', '=', type)
          .where('target_id', '=', id)
          .executeTakeFirst()
        return row ? await removeReminders(trx, toTarget(row), toNumbers(row.reminders)) : null
      })
    },

    async pause(target, reason) {
      await db
        .updateTable('reminder_targets')
        .set({ paused: reason })
        .where(isTarget(target))
        .execute()
    },

    async getQuietHours(userId) {
      const row = await db
        .selectFrom('quiet_hours')
        .select(['from_time as from', 'to_time as to'])
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return row ?? null
    },

    async setQuietHours(userId, quiet) {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('quiet_hours').where('user_id', '=', userId).execute()
        if (!quiet) return
        const row = { user_id: userId, from_time: quiet.from, to_time: quiet.to }
        await trx.insertInto('quiet_hours').values(row).execute()
      })
    },

    async guildVersions() {
      const rows = await db
        .selectFrom('reminder_targets')
        .leftJoin('timetables', 'timetables.guild_id', 'reminder_targets.guild_id')
        .select(['reminder_targets.guild_id', 'incarnation', 'revision', 'present'])
        .where('paused', 'is', null)
        .distinct()
        .execute()
      return rows.map(({ guild_id, incarnation, revision, present }) => ({
        guildId: guild_id,
        version: present === 1 ? `${incarnation} ${revision}` : 'sample',
      }))
    },

    async claimedSince(guildId, startsAfter) {
      const rows = await db
        .selectFrom('delivered')
        .selectAll()
        .where('guild_id', '=', guildId)
        .where('starts_at', '>', startsAfter)
        .execute()
      return new Set(rows.map(toKey))
    },

    async claim({ target, locale }, dues, now) {
      return await db.transaction().execute(async (trx) => {
        const known = await claimedOf(trx, target, dues)
        const wanted = await activeReminders(trx, target)
        const fresh = dues.filter(
          (due) => !known.has(dueKey(target, due)) && wanted.has(due.rule.id),
        )
        if (fresh.length === 0) return null
        const { id } = await trx
          .insertInto('deliveries')
          .values({
            ...toColumns(target),
            claimed_at: now,
            state: 'claimed',
            reminders: JSON.stringify([...new Set(fresh.map(({ rule }) => rule.id))]),
          })
          .returning('id')
          .executeTakeFirstOrThrow()
        const events = fresh.map(({ event: { about, key, startsAt } }) => ({
          about,
          key,
          startsAt,
        }))
        for (const { event, lead } of fresh) {
          await trx
            .insertInto('delivered')
            .values({
              ...toColumns(target),
              about: event.about,
              event: event.key,
              starts_at: event.startsAt,
              lead,
              delivery_id: id,
            })
            // Two reminders may want the same.
            .onConflict((conflict) => conflict.doNothing())
            .execute()
        }
        return { id, target, locale, claimedAt: now, events }
      })
    },

    async settle(deliveryIds, state) {
      await db.updateTable('deliveries').set({ state }).where('id', 'in', deliveryIds).execute()
    },

    unfinished: findUnfinished,

    async forgetBefore(time) {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('delivered').where('starts_at', '<', time).execute()
        await trx
          .deleteFrom('deliveries')
          .where('claimed_at', '<', time)
          .where('id', 'not in', trx.selectFrom('delivered').select('delivery_id'))
          .execute()
      })
    },
  }
}

async function putOne(trx: Db, request: ReminderRequest): Promise<void> {
  const { target, locale, about, course, leads, since } = request
  const columns = toColumns(target)
  await trx
    .insertInto('reminder_targets')
    .values({ ...columns, locale, paused: null })
    .onConflict((conflict) =>
      conflict
        .columns(['guild_id', 'target_type', 'target_id'])
        .doUpdateSet({ locale, paused: null }),
    )
    .execute()
  const row = { leads: JSON.stringify(leads), since }
  await trx
    .insertInto('reminders')
    .values({ ...columns, about, course: course ?? '', ...row })
    .onConflict((conflict) =>
      conflict
        .columns(['guild_id', 'target_type', 'target_id', 'about', 'course'])
        .doUpdateSet(row),
    )
    .execute()
}

async function assertFew(trx: Db, target: Target): Promise<void> {
  if ((await count(trx, toColumns(target))) <= maxPerTarget) return
  throw new TooManyRemindersError(target.type)
}

async function assertFewInGuild(trx: Db, guildId: string): Promise<void> {
  if ((await count(trx, { guild_id: guildId })) <= maxPerGuild) return
  throw new TooManyRemindersError('guild')
}

async function count(trx: Db, condition: Partial<TargetColumns>): Promise<number> {
  let query = trx.selectFrom('reminders').select(({ fn }) => fn.countAll<number>().as('count'))
  for (const [column, value] of Object.entries(condition)) {
    query = query.where(sql.ref(column), '=', value)
  }
  return (await query.executeTakeFirstOrThrow()).count
}

async function removeReminders(trx: Db, target: Target, ids?: readonly number[]): Promise<number> {
  let query = trx.deleteFrom('reminders').where(isTarget(target))
  if (ids) query = query.where('id', 'in', ids)
  const { numDeletedRows } = await query.executeTakeFirstOrThrow()
  if ((await count(trx, toColumns(target))) === 0) {
    await trx.deleteFrom('reminder_targets').where(isTarget(target)).execute()
  }
  return Number(numDeletedRows)
}

/** Ids of the reminders that go out. */
async function activeReminders(trx: Db, target: Target): Promise<Set<number>> {
  const found = await trx
    .selectFrom('reminder_targets')
    .select('paused')
    .where(isTarget(target))
    .executeTakeFirst()
  if (found?.paused !== null) return new Set()
  const rows = await trx.selectFrom('reminders').select('id').where(isTarget(target)).execute()
  return new Set(rows.map(({ id }) => id))
}

async function claimedOf(
  trx: Db,
  target: Target,
  dues: readonly Pick<Due<Reminder>, 'event'>[],
): Promise<Set<string>> {
  const earliest = Math.min(...dues.map(({ event }) => event.startsAt))
  const rows = await trx
    .selectFrom('delivered')
    .selectAll()
    .where(isTarget(target))
    .where('starts_at', '>=', earliest)
    .execute()
  return new Set(rows.map(toKey))
}

function toSubscriber(rows: readonly [SubscriberRow, ...SubscriberRow[]]): Subscriber {
  const [{ locale, paused, from_time: from, to_time: to, ...first }] = rows
  return {
    target: toTarget(first),
    locale,
    paused,
    quiet: from === null || to === null ? null : { from, to },
    reminders: rows.map(({ id, about, course, leads, since }) => ({
      id,
      about,
      course: course === '' ? null : course,
      leads: toNumbers(leads),
      since,
    })),
  }
}

interface SubscriberRow extends Selectable<ScheduleDatabase['reminders']> {
  locale: string
  paused: Subscriber['paused']
  from_time: string | null
  to_time: string | null
}

function isTarget({ guildId, type, id }: Target) {
  return sql<boolean>`guild_id = ${guildId} and target_type = ${type} and target_id = ${id}`
}

function toColumns({ guildId, type, id }: Target): TargetColumns {
  return { guild_id: guildId, target_type: type, target_id: id }
}

function toTarget({ guild_id, target_type, target_id }: TargetColumns): Target {
  return { guildId: guild_id, type: target_type, id: target_id }
}

function toKey(row: Selectable<ScheduleDatabase['delivered']>): string {
  const { about, event: key, starts_at: startsAt, lead } = row
  return dueKey(toTarget(row), { event: { about, key, startsAt }, lead })
}

/** What this store wrote itself. */
function toNumbers(json: string): number[] {
  return JSON.parse(json) as number[]
}
