import type { Kysely } from 'kysely'

import { NotFoundError } from '../../errors.ts'
import { lengthLimits, timeZoneSchema } from '../timetable-rows.ts'
import { RefusedChangeError, type RefusalReason } from './refused-change.ts'
import { assignmentKind, classKind, holidayKind, termKind, type RowKind } from './row-kinds.ts'
import { rowTable } from './row-tables.ts'
import type {
  Difference,
  RowEdits,
  RowsDifference,
  Stored,
  TimetableEdits,
} from './schedule-store.ts'
import type { ScheduleDatabase } from './schema.ts'

export interface PlanEditsOptions {
  db: Kysely<ScheduleDatabase>
  guildId: string
  edits: TimetableEdits
  timeZone: string
  /** The first id for rows that are added. */
  nextId: number
}

/**
 * Works out what edits change, without changing it. Rows that stay as they are, are left out. Throws
 * `RefusedChangeError` and `NotFoundError`.
 */
export async function planEdits(options: PlanEditsOptions): Promise<Difference> {
  const { edits } = options
  const ids = createIds(options.nextId)
  return {
    timeZone: planTimeZone(options),
    terms: await planRows({ ...options, ids, kind: termKind, rows: edits.terms }),
    holidays: await planRows({ ...options, ids, kind: holidayKind, rows: edits.holidays }),
    classes: await planRows({ ...options, ids, kind: classKind, rows: edits.classes }),
    assignments: await planRows({ ...options, ids, kind: assignmentKind, rows: edits.assignments }),
  }
}

function createIds(first: number): () => number {
  let next = first
  return () => {
    next += 1
    return next - 1
  }
}

function planTimeZone({ edits, timeZone: before }: PlanEditsOptions): Difference['timeZone'] {
  const { timeZone } = edits
  if (timeZone === undefined || timeZone === before) return null
  const parsed = timeZoneSchema.safeParse(timeZone)
  if (!parsed.success) throw toRefusal('timeZone', parsed.error)
  return { before, after: timeZone }
}

interface PlanRowsOptions<Row> {
  db: Kysely<ScheduleDatabase>
  guildId: string
  kind: RowKind<Row>
  rows: RowEdits<Row> | undefined
  ids: () => number
}

async function planRows<Row>(options: PlanRowsOptions<Row>): Promise<RowsDifference<Row>> {
  const { db, guildId, kind, rows = {}, ids } = options
  const { add = [], update = [], remove = [] } = rows
  const named = [...update.map(({ id }) => id), ...remove]
  assertOnce(named, kind)
  assertFewEnough(add.length, kind)
  const table = rowTable(db, kind)
  const found = named.length === 0 ? [] : await table.byId(guildId, named)
  const byId = new Map(found.map((row) => [row.id, row]))
  const find = (id: number): Stored<Row> => {
    const row = byId.get(id)
    if (row) return row
    throw new NotFoundError(`There is no ${kind.word} ${id} in this timetable.`)
  }

  const difference = {
    removed: remove.map(find),
    changed: update
      .map((edit, index) => {
        const before = find(edit.id)
        const path = `${kind.name}.update[${index}]`
        const after = check({ ...before, ...edit }, { kind, id: edit.id, path })
        return { before, after }
      })
      .filter(({ before, after }) => kind.columns.some((name) => before[name] !== after[name])),
    added: add.map((row, index) =>
      check(row, { kind, id: ids(), path: `${kind.name}.add[${index}]` }),
    ),
  }
  if (add.length > 0) {
    const count = await table.count(guildId)
    assertFewEnough(count + add.length - remove.length, kind)
  }
  return difference
}

/** The row in the order of the columns, so that equal rows are equal as JSON. */
function check<Row>(
  row: Row,
  { kind, id, path }: { kind: RowKind<Row>; id: number; path: string },
): Stored<Row> {
  const members = Object.fromEntries(kind.columns.map((column) => [column, row[column]]))
  const parsed = kind.schema.safeParse(members)
  if (!parsed.success) throw toRefusal(path, parsed.error)
  return { id, ...parsed.data }
}

function assertOnce<Row>(ids: readonly number[], { word }: RowKind<Row>): void {
  const seen = new Set<number>()
  for (const id of ids) {
    if (!Number.isSafeInteger(id)) throw badRequest(`expected the id of a ${word}`)
    if (seen.has(id)) throw badRequest(`The ${word} ${id} is named twice.`)
    seen.add(id)
  }
}

function assertFewEnough<Row>(count: number, { name, max }: RowKind<Row>): void {
  if (count <= max) return
  throw new RefusedChangeError(
    `too_many_${name}`,
    `The timetable would have ${count} ${name}; at most ${max} are allowed. Remove old ones first.`,
    { values: { number: count, max } },
  )
}

function badRequest(message: string): RefusedChangeError {
  return new RefusedChangeError('bad_request', message)
}

/** What is wrong when a member breaks its rule, and how long it may be. */
const membersAtFault: Readonly<Record<string, [RefusalReason, number?]>> = {
  course_date: ['bad_date'],
  due_date: ['bad_date'],
  first_date: ['bad_date'],
  last_date: ['bad_days'],
  start_time: ['bad_time'],
  end_time: ['bad_time'],
  due_time: ['bad_time'],
  course_name: ['bad_name', lengthLimits.name],
  instructor: ['bad_name', lengthLimits.name],
  room: ['bad_name', lengthLimits.name],
  title: ['bad_name', lengthLimits.name],
  name: ['bad_name', lengthLimits.name],
  online_url: ['bad_url', lengthLimits.url],
  url: ['bad_url', lengthLimits.url],
  notes: ['bad_notes', lengthLimits.notes],
  weeks: ['bad_weeks'],
}

function toRefusal(
  path: string,
  error: { issues: { path: PropertyKey[]; message: string }[] },
): RefusedChangeError {
  const [issue] = error.issues
  const param = [path, ...(issue?.path ?? [])].join('.')
  const member = String(issue?.path[0] ?? '')
  const [reason, max] = membersAtFault[member] ?? [path === 'timeZone' ? 'bad_zone' : 'bad_request']
  const message = `${param}: ${issue?.message ?? 'not valid'}`
  return new RefusedChangeError(reason, message, {
    param,
    values: max === undefined ? {} : { max },
  })
}
