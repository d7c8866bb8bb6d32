import { createHash } from 'node:crypto'

import {
  type ScheduleStore,
  StaleRevisionError,
  type StoredTimetable,
  type Subscription,
} from '../store/schedule-store.ts'
import { lengthLimits } from '../timetable-rows.ts'
import type { Assignment, ClassMeeting } from '../timetable.ts'
import { compare } from './compare.ts'
import type { Draft } from './draft.ts'
import { ImportError } from './import-error.ts'
import { isFromGuild } from './own-events.ts'
import { readInThread } from './read-in-thread.ts'

export interface ApplyCalendarDeps {
  store: Pick<ScheduleStore, 'getTimetable' | 'change'>
  /** IANA name of the zone of a timetable that there is not yet. */
  timeZone: string
  /** Milliseconds since the Unix epoch. */
  now: () => number
}

const maxAttempts = 3

/**
 * Changes a timetable to what a calendar on the web says, as far as it came from there: rows of others
 * stay, and so do those that are over, because many calendars only tell what is to come, unless they are
 * put off to a day that is to come. Nothing changes when the subscription has ended meanwhile. Throws
 * `ImportError` for what is no calendar, rather than take it for an empty one.
 */
export function createApplyCalendar({ store, timeZone, now }: ApplyCalendarDeps) {
  async function attempt(subscription: Subscription, bytes: Uint8Array): Promise<boolean> {
    const { guildId, id, by, url } = subscription
    const present = await store.getTimetable(guildId)
    const zone = present?.timeZone ?? timeZone
    const today = Temporal.Instant.fromEpochMilliseconds(now())
      .toZonedDateTimeISO(zone)
      .toPlainDate()
      .toString()
    const context = {
      timeZone: zone,
      today,
      terms: present?.terms ?? [],
      holidays: present?.holidays ?? [],
      mapping: {},
      periods: {},
    }
    assertWhole(bytes)
    const draft = assertCalendar(await readInThread(bytes, { context }))
    const { wanted, ...rules } = matchSubscription(present, draft, { guildId, id, today })
    const made = await store.change({
      guildId,
      // The address may be a secret, and the history is for everybody.
      origin: { by, kind: 'subscription', note: URL.parse(url)?.hostname ?? null },
      edits: compare(present, wanted, { mode: 'all', ...rules }),
      revision: present?.revision ?? 0,
      subscription: id,
    })
    return made !== null
  }

  return async function applyCalendar(
    subscription: Subscription,
    bytes: Uint8Array,
  ): Promise<boolean> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await attempt(subscription, bytes)
      } catch (error) {
        if (!(error instanceof StaleRevisionError) || attempts === maxAttempts) throw error
      }
    }
  }
}

/** Classes and assignments of a subscription bear this at the front of their `source_id`. */
export function sourcePrefix(subscriptionId: number): string {
  return `calendar:${subscriptionId}/`
}

type Row = ClassMeeting | Assignment

function dateOf(row: Row): string {
  return 'course_date' in row ? row.course_date : row.due_date
}

interface MatchOptions extends Pick<Subscription, 'guildId' | 'id'> {
  today: string
}

/** Which rows of the timetable and of the calendar are compared with each other. */
function matchSubscription(
  present: StoredTimetable | null,
  draft: Draft,
  { guildId, id, today }: MatchOptions,
) {
  const prefix = sourcePrefix(id)
  const isOurs = ({ source_id: source }: Row) => source?.startsWith(prefix) === true
  const ours = [...(present?.classes ?? []), ...(present?.assignments ?? [])].filter(isOurs)
  const from = ours.length > 0 ? today : ''
  // A calendar made of this very timetable would double it at each look.
  const isForeign = ({ source_id: source }: Row) => !isFromGuild(source, guildId)
  const withSource = <Each extends Row>(row: Each): Each => ({
    ...row,
    source_id: toSourceId(prefix, row.source_id),
  })
  const classes = draft.classes.filter(isForeign).map(withSource)
  const assignments = draft.assignments.filter(isForeign).map(withSource)
  const before = new Map(ours.map((row) => [row.source_id, dateOf(row)]))
  const after = new Map([...classes, ...assignments].map((row) => [row.source_id, dateOf(row)]))
  const isOpen = (row: Row, others: ReadonlyMap<string | null, string>) =>
    dateOf(row) >= from || (others.get(row.source_id) ?? '') >= from
  return {
    wanted: {
      ...draft,
      classes: classes.filter((row) => isOpen(row, before)),
      assignments: assignments.filter((row) => isOpen(row, before)),
    },
    isMine: (row: Row) =>
      // Assignments of calendars once were not marked.
      isOurs(row) ? isOpen(row, after) : row.source_id === null && 'due_date' in row,
    isAssignmentCovered: (row: Assignment) => isOurs(row) && dateOf(row) >= from,
  }
}

/** What is missing of a calendar that was cut off is not what is to go. */
function assertWhole(bytes: Uint8Array): void {
  // In any encoding: UTF-16 has zeros in between.
  const end = Buffer.from(bytes.subarray(-4_000)).toString('latin1').replaceAll('\0', '')
  if (/END:VCALENDAR/iu.test(end)) return
  throw new ImportError('broken', 'The calendar at this address is cut off, or is none.')
}

function assertCalendar(draft: Draft): Draft {
  const { classes, assignments, holidays } = draft
  const isEmpty = [classes, assignments, holidays].every((rows) => rows.length === 0)
  const isUnreadable = isEmpty && draft.problemCount > 0
  if (draft.format === 'ics' && !isUnreadable) return draft
  throw new ImportError('not_a_table', 'What is at this address is no calendar that can be read.')
}

function toSourceId(prefix: string, source: string | null): string {
  const id = prefix + (source ?? '')
  if (id.length <= lengthLimits.sourceId) return id
  return prefix + createHash('sha256').update(id).digest('hex')
}
