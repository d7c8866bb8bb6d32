import { createHash } from 'node:crypto'

import {
  type ScheduleStore,
  StaleRevisionError,
  type Subscription,
} from '../store/schedule-store.ts'
import { lengthLimits } from '../timetable-rows.ts'
import { compare } from './compare.ts'
import type { Draft } from './draft.ts'
import { ImportError } from './import-error.ts'
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
 * Changes a timetable to what a calendar on the web says, as far as it came from there: classes of
 * others stay, and so do those that are over, because many calendars only tell what is to come. Throws
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
    const draft = assertCalendar(await readInThread(bytes, { context }))
    const prefix = `calendar:${id}/`
    const isOurs = ({ source_id: source }: { source_id: string | null }) =>
      source?.startsWith(prefix) === true
    const from = present?.classes.some(isOurs) === true ? today : ''
    const classes = draft.classes
      .filter(({ course_date: date }) => date >= from)
      .map((each) => ({ ...each, source_id: toSourceId(prefix, each.source_id) }))
    const wanted = { ...draft, classes }
    const isMine = (each: { source_id: string | null; course_date: string }) =>
      isOurs(each) && each.course_date >= from
    const made = await store.change({
      guildId,
      // The address may be a secret, and the history is for everybody.
      origin: { by, kind: 'subscription', note: URL.parse(url)?.hostname ?? null },
      edits: {
        ...compare(present, wanted, { mode: 'range', isMine }),
        classes: compare(present, wanted, { mode: 'all', isMine }).classes ?? {},
      },
      revision: present?.revision ?? 0,
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

function assertCalendar(draft: Draft): Draft {
  const isUnreadable = draft.classes.length === 0 && draft.problemCount > 0
  if (draft.format === 'ics' && !isUnreadable) return draft
  throw new ImportError('not_a_table', 'What is at this address is no calendar that can be read.')
}

function toSourceId(prefix: string, source: string | null): string {
  const id = prefix + (source ?? '')
  if (id.length <= lengthLimits.sourceId) return id
  return prefix + createHash('sha256').update(id).digest('hex')
}
