import { randomBytes, randomUUID } from 'node:crypto'

import { sql, type Kysely, type Selectable } from 'kysely'

import { NotFoundError } from '../../errors.ts'
import { timetableBytes } from '../timetable-rows.ts'
import { countChanges, growth, invert, isNothing } from './difference.ts'
import { createFeeds } from './feeds.ts'
import { planEdits } from './plan-edits.ts'
import { RefusedChangeError } from './refused-change.ts'
import { assignmentKind, classKind, holidayKind, termKind } from './row-kinds.ts'
import { rowTable } from './row-tables.ts'
import {
  StaleRevisionError,
  type ChangeKind,
  type ChangeRequest,
  type Difference,
  type MadeRevision,
  type Origin,
  type Proposal,
  type Revision,
  type ScheduleStore,
  type TimetableOutline,
} from './schedule-store.ts'
import type { ScheduleDatabase } from './schema.ts'
import { createSubscriptions, deleteSubscription, hasSubscription } from './subscriptions.ts'

type Db = Kysely<ScheduleDatabase>
type Head = Selectable<ScheduleDatabase['timetables']>

export interface ScheduleStoreDeps {
  db: Db
  /** The present time in milliseconds since the Unix epoch. */
  now: () => number
  /** IANA name of the zone of a timetable that names none. */
  timeZone: string
}

const dayMs = 24 * 60 * 60 * 1000
const maxRevisions = 500
/** What the differences of a guild's history take together; the newest one is always kept. */
const maxHistoryBytes = 32 * 1024 * 1024
const maxProposals = 5
const maxReportBytes = 4 * 1024 * 1024
/** Guilds whose outline is kept in memory: it is asked for with every query. */
const maxOutlines = 500
const maxIdLength = 100
const maxNoteLength = 500

/** The schedules' store in one SQLite file. */
export function createScheduleStore({ db, now, timeZone }: ScheduleStoreDeps): ScheduleStore {
  const outlines = new Map<string, TimetableOutline>()

  async function findHead(trx: Db, guildId: string): Promise<Head | null> {
    const head = await trx
      .selectFrom('timetables')
      .selectAll()
      .where('guild_id', '=', guildId)
      .executeTakeFirst()
    return head ?? null
  }

  async function plan(trx: Db, { guildId, origin, edits, revision }: ChangeRequest) {
    assertOrigin(guildId, origin)
    const head = (await findHead(trx, guildId)) ?? emptyHead(guildId, timeZone)
    if (revision !== undefined && revision !== seenRevision(head)) throw new StaleRevisionError()
    const { time_zone: zone, next_id: nextId } = head
    const difference = await planEdits({ db: trx, guildId, edits, timeZone: zone, nextId })
    assertSize(head.bytes + growth(difference))
    return { head, difference }
  }

  /** Writes a difference to the rows and into the history. */
  async function commit(trx: Db, made: Commit): Promise<MadeRevision> {
    const { head, difference, origin, undoes = null } = made
    const { guild_id: guildId } = head
    const revision = head.revision + 1
    const next = {
      revision,
      present: made.present ? 1 : 0,
      time_zone: difference.timeZone?.after ?? head.time_zone,
      next_id: nextId(head.next_id, difference),
      bytes: head.bytes + growth(difference),
    }
    await trx
      .insertInto('timetables')
      .values({ guild_id: guildId, incarnation: head.incarnation, ...next })
      .onConflict((conflict) => conflict.column('guild_id').doUpdateSet(next))
      .execute()
    await rowTable(trx, termKind).write(guildId, difference.terms)
    await rowTable(trx, holidayKind).write(guildId, difference.holidays)
    await rowTable(trx, classKind).write(guildId, difference.classes)
    await rowTable(trx, assignmentKind).write(guildId, difference.assignments)
    const entry = { revision, at: now(), ...origin, undoes, counts: countChanges(difference) }
    await remember(trx, { guildId, entry, difference, creates: head.present === 0 })
    return { ...entry, difference }
  }

  async function changeWithin(trx: Db, request: ChangeRequest): Promise<MadeRevision | null> {
    const { head, difference } = await plan(trx, request)
    if (isNothing(difference)) return null
    return await commit(trx, { head, difference, origin: request.origin, present: true })
  }

  async function findUndoable(trx: Db, guildId: string) {
    const newest = await trx
      .selectFrom('revisions')
      .select(['revision', 'at', 'creates', 'difference', 'note'])
      .where('guild_id', '=', guildId)
      .where('kind', '<>', 'undo')
      .where('undone', '=', 0)
      .orderBy('revision', 'desc')
      .limit(1)
      .executeTakeFirst()
    return newest !== undefined && newest.at >= now() - dayMs ? newest : null
  }

  async function findProposal(trx: Db, guildId: string, id: string) {
    const row = await trx
      .selectFrom('proposals')
      .selectAll()
      .where('id', '=', id)
      .where('guild_id', '=', guildId)
      .where('at', '>=', now() - dayMs)
      .executeTakeFirst()
    return row ?? null
  }

  return {
    async getTimetable(guildId) {
      return await readAtOnce(db, async (trx) => {
        const head = await findHead(trx, guildId)
        if (head?.present !== 1) return null
        return {
          revision: head.revision,
          timeZone: head.time_zone,
          terms: await rowTable(trx, termKind).all(guildId),
          holidays: await rowTable(trx, holidayKind).all(guildId),
          classes: await rowTable(trx, classKind).all(guildId),
          assignments: await rowTable(trx, assignmentKind).all(guildId),
        }
      })
    },

    async getOutline(guildId) {
      return await readAtOnce(db, async (trx) => {
        const head = await findHead(trx, guildId)
        if (head?.present !== 1) return null
        const version = `${head.incarnation} ${head.revision}`
        const known = outlines.get(guildId)
        if (known?.version === version) return known
        const outline = { ...(await readOutline(trx, head)), version }
        outlines.delete(guildId)
        outlines.set(guildId, outline)
        const [oldest] = outlines.keys()
        if (outlines.size > maxOutlines && oldest !== undefined) outlines.delete(oldest)
        return outline
      })
    },

    classesBetween: (guildId, from, to) => rowTable(db, classKind).between(guildId, from, to),
    assignmentsBetween: (guildId, from, to) =>
      rowTable(db, assignmentKind).between(guildId, from, to),

    async change(request) {
      return await db.transaction().execute(async (trx) => {
        const { guildId, subscription } = request
        const isOver =
          subscription !== undefined && !(await hasSubscription(trx, guildId, subscription))
        return isOver ? null : await changeWithin(trx, request)
      })
    },

    async undo(guildId, by, revision) {
      assertOrigin(guildId, { by, note: null })
      return await db.transaction().execute(async (trx) => {
        const head = await findHead(trx, guildId)
        if (revision !== undefined && head?.revision !== revision) throw new StaleRevisionError()
        const undone = await findUndoable(trx, guildId)
        if (!head || !undone) return null
        if (undone.difference === null) {
          const message =
            'What the change before this one was is not kept any more: it was too large.'
          throw new RefusedChangeError('not_kept', message)
        }
        await trx
          .updateTable('revisions')
          .set({ undone: 1 })
          .where('guild_id', '=', guildId)
          .where('revision', '=', undone.revision)
          .execute()
        return await commit(trx, {
          head,
          difference: invert(parse(undone.difference)),
          origin: { by, kind: 'undo', note: undone.note },
          present: undone.creates === 0,
          undoes: undone.revision,
        })
      })
    },

    async listRevisions(guildId, limit) {
      const rows = await db
        .selectFrom('revisions')
        .select(['revision', 'at', 'by', 'kind', 'note', 'undoes', 'added', 'changed', 'removed'])
        .where('guild_id', '=', guildId)
        .orderBy('revision', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ added, changed, removed, ...revision }) => ({
        ...revision,
        counts: { added, changed, removed },
      }))
    },

    async getDifference(guildId, revision) {
      const row = await db
        .selectFrom('revisions')
        .select('difference')
        .where('guild_id', '=', guildId)
        .where('revision', '=', revision)
        .executeTakeFirst()
      return row?.difference == null ? null : parse(row.difference)
    },

    async propose(request) {
      const report = toReport(request.report)
      return await db.transaction().execute(async (trx) => {
        const { head, difference } = await plan(trx, request)
        if (isNothing(difference)) return null
        const row = {
          id: randomUUID(),
          guild_id: request.guildId,
          at: now(),
          ...request.origin,
          revision: seenRevision(head),
          base: head.revision,
          difference: JSON.stringify(difference),
          report,
        }
        await trx.insertInto('proposals').values(row).execute()
        await dropOldProposals(trx, { guildId: request.guildId, before: now() - dayMs })
        return toProposal(row)
      })
    },

    async getProposal(guildId, id) {
      const row = await findProposal(db, guildId, id)
      return row && toProposal(row)
    },

    async apply(guildId, id) {
      return await db.transaction().execute(async (trx) => {
        const row = await findProposal(trx, guildId, id)
        if (!row) throw new NotFoundError('This proposal does not exist any more. Make it again.')
        const head = (await findHead(trx, guildId)) ?? emptyHead(guildId, timeZone)
        if (head.revision !== row.base) throw new StaleRevisionError()
        await trx.deleteFrom('proposals').where('id', '=', id).execute()
        const { origin, difference } = toProposal(row)
        return await commit(trx, { head, difference, origin, present: true })
      })
    },

    async drop(guildId, id) {
      const { numDeletedRows } = await db
        .deleteFrom('proposals')
        .where('id', '=', id)
        .where('guild_id', '=', guildId)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },

    ...createSubscriptions({ db, now }),

    async removeSubscription(guildId, id, change) {
      return await db.transaction().execute(async (trx) => {
        if (!(await deleteSubscription(trx, guildId, id))) return null
        return { made: change ? await changeWithin(trx, { guildId, ...change }) : null }
      })
    },

    ...createFeeds({ db, newToken: () => randomBytes(32).toString('base64url') }),

    async listGuilds() {
      const tables = ['timetables', 'proposals', 'subscriptions', 'feeds', 'reminder_targets']
      const selects = tables.map((table) => sql`select guild_id as id from ${sql.table(table)}`)
      const { rows } = await sql<{ id: string }>`${sql.join(selects, sql` union `)}`.execute(db)
      return rows.map(({ id }) => id)
    },

    async forgetGuild(guildId) {
      await db.transaction().execute(async (trx) => {
        for (const table of tablesOfGuilds) {
          await trx.deleteFrom(table).where('guild_id', '=', guildId).execute()
        }
      })
    },

    close: () => db.destroy(),
  }
}

/** What several statements read is of one moment. Unlike `transaction()`, it waits for no writer. */
async function readAtOnce<Result>(db: Db, read: (trx: Db) => Promise<Result>): Promise<Result> {
  return await db.connection().execute(async (connection) => {
    await sql`begin deferred`.execute(connection)
    try {
      return await read(connection)
    } finally {
      await sql`commit`.execute(connection)
    }
  })
}

const tablesOfGuilds = [
  'timetables',
  'classes',
  'assignments',
  'holidays',
  'terms',
  'revisions',
  'proposals',
  'subscriptions',
  'feeds',
  'reminder_targets',
  'reminders',
  'deliveries',
  'delivered',
] as const satisfies (keyof ScheduleDatabase)[]

interface Commit {
  head: Head
  difference: Difference
  origin: { by: string; kind: ChangeKind; note: string | null }
  /** Whether the guild has a timetable afterwards. */
  present: boolean
  undoes?: number
}

function emptyHead(guildId: string, timeZone: string): Head {
  return {
    guild_id: guildId,
    incarnation: randomUUID(),
    revision: 0,
    present: 0,
    time_zone: timeZone,
    next_id: 1,
    bytes: 0,
  }
}

function seenRevision({ present, revision }: Head): number {
  return present === 1 ? revision : 0
}

function nextId(before: number, { terms, holidays, classes, assignments }: Difference): number {
  const added: readonly { id: number }[][] = [
    terms.added,
    holidays.added,
    classes.added,
    assignments.added,
  ]
  return added.flat().reduce((next, { id }) => Math.max(next, id + 1), before)
}

interface Remember {
  guildId: string
  entry: Revision
  difference: Difference
  creates: boolean
}

async function remember(trx: Db, { guildId, entry, difference, creates }: Remember): Promise<void> {
  const { counts, ...revision } = entry
  const json = JSON.stringify(difference)
  await trx
    .insertInto('revisions')
    .values({
      guild_id: guildId,
      ...revision,
      ...counts,
      creates: creates ? 1 : 0,
      difference: json,
      size: json.length,
    })
    .execute()
  await trx
    .deleteFrom('revisions')
    .where('guild_id', '=', guildId)
    .where('revision', '<=', entry.revision - maxRevisions)
    .execute()
  await sql`update revisions set difference = null, size = 0
    where guild_id = ${guildId} and revision < ${entry.revision} and size > 0 and revision in (
      select revision from (
        select revision, sum(size) over (order by revision desc) as total
        from revisions where guild_id = ${guildId}
      ) where total > ${maxHistoryBytes}
    )`.execute(trx)
}

interface DropOldProposals {
  guildId: string
  before: number
}

async function readOutline(trx: Db, head: Head): Promise<Omit<TimetableOutline, 'version'>> {
  const { guild_id: guildId, revision, time_zone: timeZone } = head
  const reach = await trx
    .selectFrom('classes')
    .select((select) => [
      select.fn.min<string | null>('course_date').as('firstDate'),
      select.fn.max<string | null>('course_date').as('lastDate'),
    ])
    .where('guild_id', '=', guildId)
    .executeTakeFirstOrThrow()
  return {
    revision,
    timeZone,
    terms: await rowTable(trx, termKind).all(guildId),
    holidays: await rowTable(trx, holidayKind).all(guildId),
    classCount: await rowTable(trx, classKind).count(guildId),
    assignmentCount: await rowTable(trx, assignmentKind).count(guildId),
    ...reach,
  }
}

async function dropOldProposals(trx: Db, { guildId, before }: DropOldProposals): Promise<void> {
  await trx.deleteFrom('proposals').where('at', '<', before).execute()
  const newest = trx
    .selectFrom('proposals')
    .select('id')
    .where('guild_id', '=', guildId)
    .orderBy('at', 'desc')
    .orderBy(sql`rowid`, 'desc')
    .limit(maxProposals)
  await trx
    .deleteFrom('proposals')
    .where('guild_id', '=', guildId)
    .where('id', 'not in', newest)
    .execute()
}

function toProposal(row: Selectable<ScheduleDatabase['proposals']>): Proposal {
  return {
    id: row.id,
    guildId: row.guild_id,
    origin: { by: row.by, kind: row.kind, note: row.note },
    at: row.at,
    revision: row.revision,
    difference: parse(row.difference),
    report: JSON.parse(row.report) as unknown,
  }
}

/** What this store wrote itself. */
function parse(difference: string): Difference {
  return JSON.parse(difference) as Difference
}

function toReport(report: unknown): string {
  const json = JSON.stringify(report) ?? 'null'
  if (Buffer.byteLength(json) <= maxReportBytes) return json
  throw new RefusedChangeError('bad_request', 'The report is too long; report fewer bad rows.')
}

function assertOrigin(guildId: string, { by, note }: Pick<Origin, 'by' | 'note'>): void {
  const isFine = (text: string, max: number) => text.length <= max && text.isWellFormed()
  if (guildId === '' || !isFine(guildId, maxIdLength)) {
    throw new RefusedChangeError('bad_request', 'expected the id of a guild')
  }
  if (!isFine(by, maxIdLength)) {
    throw new RefusedChangeError('bad_request', 'expected the id of a person')
  }
  if (note !== null && !isFine(note, maxNoteLength)) {
    const message = `The note is longer than ${maxNoteLength} characters.`
    throw new RefusedChangeError('note_too_long', message, { values: { max: maxNoteLength } })
  }
}

function assertSize(bytes: number): void {
  if (bytes <= timetableBytes) return
  const megabytes = 1024 * 1024
  const mb = (bytes / megabytes).toFixed(1)
  const max = timetableBytes / megabytes
  throw new RefusedChangeError(
    'timetable_too_large',
    `The timetable would take ${mb} MB; at most ${max} MB are allowed. Shorten the notes, or remove old classes.`,
    { values: { mb: Number(mb), max } },
  )
}
