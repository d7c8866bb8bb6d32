import {
  type MadeRevision,
  type ScheduleStore,
  StaleRevisionError,
  type StoredTimetable,
} from '../store/schedule-store.ts'
import { sourcePrefix } from './apply-calendar.ts'

export interface EndSubscriptionDeps {
  store: Pick<ScheduleStore, 'getTimetable' | 'listSubscriptions' | 'removeSubscription'>
  /** Milliseconds since the Unix epoch. */
  now: () => number
}

export interface EndedSubscription {
  guildId: string
  id: number
  /** Id of the person who ends it. */
  by: string
  /** Whether what is to come stays too. */
  keep: boolean
}

const maxAttempts = 3

/**
 * Follows a calendar no more. What has begun or is due already stays; what is to come goes in the same
 * step, as one revision, unless it is kept. Null: there is no such subscription. Throws
 * `StaleRevisionError` where others change the timetable all the time.
 */
export async function endSubscription(
  ended: EndedSubscription,
  { store, now }: EndSubscriptionDeps,
): Promise<{ made: MadeRevision | null } | null> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt(ended, { store, now })
    } catch (error) {
      if (!(error instanceof StaleRevisionError) || attempts === maxAttempts) throw error
    }
  }
}

async function attempt(
  { guildId, id, by, keep }: EndedSubscription,
  { store, now }: EndSubscriptionDeps,
) {
  const present = keep ? null : await store.getTimetable(guildId)
  if (!present) return await store.removeSubscription(guildId, id)
  const all = await store.listSubscriptions(guildId)
  const url = all.find((each) => each.id === id)?.url ?? ''
  return await store.removeSubscription(guildId, id, {
    origin: { by, kind: 'edit', note: URL.parse(url)?.hostname ?? null },
    edits: withoutComing(present, { id, now: now() }),
    revision: present.revision,
  })
}

function withoutComing(
  { timeZone, classes, assignments }: StoredTimetable,
  { id, now }: { id: number; now: number },
) {
  const local = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'second' })
  const prefix = sourcePrefix(id)
  const isOurs = ({ source_id: source }: { source_id: string | null }) =>
    source?.startsWith(prefix) === true
  const idOf = (row: { id: number }) => row.id
  return {
    classes: {
      remove: classes
        .filter((row) => isOurs(row) && `${row.course_date}T${row.start_time}` > local)
        .map(idOf),
    },
    assignments: {
      remove: assignments
        .filter((row) => isOurs(row) && `${row.due_date}T${row.due_time}` > local)
        .map(idOf),
    },
  }
}
