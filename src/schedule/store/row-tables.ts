import { sql, type Kysely, type RawBuilder } from 'kysely'

import type { RowKind } from './row-kinds.ts'
import type { RowsDifference, Stored } from './schedule-store.ts'
import type { ScheduleDatabase } from './schema.ts'

type Db = Kysely<ScheduleDatabase>

/** A guild's rows of one kind. Whole lists travel as one JSON parameter. */
export interface RowTable<Row> {
  all(guildId: string): Promise<Stored<Row>[]>
  /** Those whose first column of order lies between two values, both included. */
  between(guildId: string, from: string, to: string): Promise<Stored<Row>[]>
  /** Those that there are of these ids. */
  byId(guildId: string, ids: readonly number[]): Promise<Stored<Row>[]>
  count(guildId: string): Promise<number>
  write(guildId: string, difference: RowsDifference<Row>): Promise<void>
}

export function rowTable<Row>(db: Db, kind: RowKind<Row>): RowTable<Row> {
  const table = sql.table(kind.name)
  const columns = sql.join([sql.ref('id'), ...kind.columns.map((column) => sql.ref(column))])
  const order = sql.join([...kind.order.map((column) => sql.ref(column)), sql.ref('id')])
  const members = sql.join(
    ['id', ...kind.columns].map((column) => sql`value ->> ${sql.lit(`$.${column}`)}`),
  )

  async function select(guildId: string, condition: RawBuilder<unknown>): Promise<Stored<Row>[]> {
    const query = sql<Stored<Row>>`
      select ${columns} from ${table}
      where guild_id = ${guildId} and ${condition} order by ${order}`
    return (await query.execute(db)).rows
  }

  return {
    all: (guildId) => select(guildId, sql`true`),
    between: (guildId, from, to) =>
      select(guildId, sql`${sql.ref(kind.order[0] ?? 'id')} between ${from} and ${to}`),
    byId: (guildId, ids) =>
      select(guildId, sql`id in (select value from json_each(${JSON.stringify(ids)}))`),

    async count(guildId) {
      const query = sql<{ count: number }>`
        select count(*) as count from ${table} where guild_id = ${guildId}`
      return (await query.execute(db)).rows[0]?.count ?? 0
    },

    async write(guildId, { added, changed, removed }) {
      const gone = JSON.stringify(removed.map(({ id }) => id))
      if (removed.length > 0) {
        await sql`delete from ${table}
          where guild_id = ${guildId} and id in (select value from json_each(${gone}))`.execute(db)
      }
      const written = [...added, ...changed.map(({ after }) => after)]
      if (written.length > 0) {
        await sql`insert or replace into ${table} (guild_id, ${columns})
          select ${guildId}, ${members} from json_each(${JSON.stringify(written)})`.execute(db)
      }
    },
  }
}
