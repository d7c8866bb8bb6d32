import { sql, type Kysely, type RawBuilder } from 'kysely'

import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'

/** The row that everything else depends on, for statements that are executed with it or after it. */
export interface Head {
  /** What a `select` is from, so that it finds nothing without the row. */
  from: RawBuilder<unknown>
  /** Ends a condition, so that it is not met without the row. */
  andHead: RawBuilder<unknown>
  seq: number | RawBuilder<number>
}

export interface DependentWrites<Row> {
  db: Kysely<Database>
  dialect: SqlDialect
  /** An `insert` or `update` that returns `seq` and maybe more; of one row or none. */
  head: { executeTakeFirst(): Promise<Row | undefined> }
  /** Each sees the tables as they were before; they are written in no particular order. */
  rest: (head: Head) => RawBuilder<unknown>[]
  /**
   * True for what is done again anyway where the power fails: then nobody waits for the server's disk.
   * Whatever is written after it and not lost keeps it too.
   */
  passing?: boolean
}

/**
 * Writes a row and, if there is one to be written, what depends on it: all in one statement where the
 * database knows how, for each one more is a journey to the server; else one after the other, and then
 * the caller has begun a transaction. Answers what `head` returns.
 */
export async function writeTogether<Row extends { seq: number }>({
  db,
  dialect,
  head,
  rest,
  passing = false,
}: DependentWrites<Row>): Promise<Row | undefined> {
  if (!dialect.writableCtes) {
    const row = await head.executeTakeFirst()
    if (!row) return undefined
    for (const statement of rest(writtenHead(row.seq))) await statement.execute(db)
    return row
  }
  const parts = rest({
    from: sql`from head`,
    andHead: sql`and exists (select 1 from head)`,
    seq: sql<number>`head.seq`,
  })
  const named = parts.map((part, index) => sql`${sql.id(`part_${index}`)} as (${part})`)
  const pace = passing ? sql`, set_config('synchronous_commit', 'off', true)` : sql``
  const { rows } = await sql<Row>`
    with ${sql.join([sql`head as (${head})`, ...named])} select head.*${pace} from head`.execute(db)
  return rows[0]
}

/** A row that is there already. */
export function writtenHead(seq: number): Head {
  return { from: sql``, andHead: sql``, seq }
}

/** Rows that are inserted if the head is; of several, all columns are texts. */
export function insertWith(
  { from }: Pick<Head, 'from'>,
  table: keyof Database,
  rows: readonly object[],
): RawBuilder<unknown>[] {
  const [first] = rows
  if (!first) return []
  const columns = Object.keys(first).map((column) => sql.ref(column))
  // One statement, because it keeps their order.
  const selects = rows.map((row) => sql`select ${sql.join(Object.values(row))} ${from}`)
  return [
    sql`insert into ${sql.table(table)} (${sql.join(columns)}) ${sql.join(selects, sql` union all `)}`,
  ]
}
