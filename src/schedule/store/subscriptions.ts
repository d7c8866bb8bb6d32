import { sql, type Kysely, type Selectable } from 'kysely'

import { lengthLimits } from '../timetable-rows.ts'
import { RefusedChangeError } from './refused-change.ts'
import type { ScheduleStore, Subscription } from './schedule-store.ts'
import type { ScheduleDatabase } from './schema.ts'

const maxPerGuild = 5
const maxHeaderLength = 1_000
const maxErrorLength = 500

type Subscriptions = Pick<
  ScheduleStore,
  'addSubscription' | 'listSubscriptions' | 'dueSubscriptions' | 'recordCheck'
>

export interface SubscriptionsDeps {
  db: Kysely<ScheduleDatabase>
  now: () => number
}

/** The calendars on the web that timetables follow. */
export function createSubscriptions({ db, now }: SubscriptionsDeps): Subscriptions {
  return {
    async addSubscription(guildId, url, by) {
      assertAddress(url)
      return await db.transaction().execute(async (trx) => {
        const ofGuild = trx.selectFrom('subscriptions').selectAll().where('guild_id', '=', guildId)
        const rows = await ofGuild.execute()
        const known = rows.find((row) => row.url === url)
        if (known) return toSubscription(known)
        if (rows.length >= maxPerGuild) {
          throw new RefusedChangeError(
            'too_many_calendars',
            `At most ${maxPerGuild} calendars can be followed. Remove one first.`,
            { values: { max: maxPerGuild } },
          )
        }
        const added = await trx
          .insertInto('subscriptions')
          .values({ guild_id: guildId, url, by, added_at: now() })
          .returningAll()
          .executeTakeFirstOrThrow()
        return toSubscription(added)
      })
    },

    async listSubscriptions(guildId) {
      const rows = await db
        .selectFrom('subscriptions')
        .selectAll()
        .where('guild_id', '=', guildId)
        .orderBy('id')
        .execute()
      return rows.map(toSubscription)
    },

    async dueSubscriptions(checkedBefore, limit, exceptGuilds = []) {
      const rows = await db
        .selectFrom('subscriptions')
        .selectAll()
        .where((where) =>
          where.or([
            where('checked_at', 'is', null),
            where('checked_at', '<', checkedBefore),
            // A time in the future was written by a clock that went wrong.
            where('checked_at', '>', now()),
          ]),
        )
        .where(
          sql<boolean>`guild_id not in (select value from json_each(${JSON.stringify(exceptGuilds)}))`,
        )
        // Nulls come first.
        .orderBy('checked_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toSubscription)
    },

    async recordCheck(id, { etag, lastModified, checkedAt, result, error }) {
      await db
        .updateTable('subscriptions')
        .set({
          etag: etag?.slice(0, maxHeaderLength) ?? null,
          last_modified: lastModified?.slice(0, maxHeaderLength) ?? null,
          checked_at: checkedAt,
          result,
          error: error?.slice(0, maxErrorLength).toWellFormed() ?? null,
        })
        .where('id', '=', id)
        .execute()
    },
  }
}

export async function hasSubscription(
  db: Kysely<ScheduleDatabase>,
  guildId: string,
  id: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('subscriptions')
    .select('id')
    .where('guild_id', '=', guildId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

/** False: there was none. */
export async function deleteSubscription(
  db: Kysely<ScheduleDatabase>,
  guildId: string,
  id: number,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('subscriptions')
    .where('guild_id', '=', guildId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

function assertAddress(url: string): void {
  const { protocol = '' } = URL.parse(url) ?? {}
  const isHttp = protocol === 'http:' || protocol === 'https:'
  if (isHttp && url.length <= lengthLimits.url) return
  throw new RefusedChangeError(
    'bad_address',
    `expected an address that begins with http:// or https://, of at most ${lengthLimits.url} characters`,
  )
}

function toSubscription(row: Selectable<ScheduleDatabase['subscriptions']>): Subscription {
  return {
    id: row.id,
    guildId: row.guild_id,
    url: row.url,
    by: row.by,
    addedAt: row.added_at,
    etag: row.etag,
    lastModified: row.last_modified,
    checkedAt: row.checked_at,
    result: row.result,
    error: row.error,
  }
}
