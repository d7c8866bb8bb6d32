import type { ScheduleStore, Subscription } from '../store/schedule-store.ts'
import { lengthLimits } from '../timetable-rows.ts'
import { compare } from './compare.ts'
import { ImportError } from './import-error.ts'
import { readInThread } from './read-in-thread.ts'

interface ApplyDeps {
  store: Pick<ScheduleStore, 'getTimetable' | 'change'>
  /** Milliseconds since the Unix epoch. */
  now: () => number
  /** IANA name of the zone of guilds that have no timetable yet. */
  timeZone: string
}

/**
 * Makes the classes of a subscription those of its calendar; other classes stay. Answers whether that
 * changed anything. Throws `ImportError`, and `StaleRevisionError` when somebody was faster: the next
 * refresh does it.
 */
export function createApplyCalendar({ store, now, timeZone }: ApplyDeps) {
  return async (subscription: Subscription, bytes: Uint8Array): Promise<boolean> => {
    const { guildId, url, id } = subscription
    const present = await store.getTimetable(guildId)
    const zone = present?.timeZone ?? timeZone
    const today = Temporal.Instant.fromEpochMilliseconds(now()).toZonedDateTimeISO(zone)
    const draft = await readInThread(bytes, {
      context: {
        timeZone: zone,
        today: today.toPlainDate().toString(),
        terms: present?.terms ?? [],
        holidays: present?.holidays ?? [],
        mapping: {},
        periods: {},
      },
    })
    if (draft.format !== 'ics') {
      throw new ImportError('not_a_table', 'What is at the address is no calendar (ICS).')
    }
    const mark = `calendar:${id}/`
    const classes = draft.classes.map((each) => ({
      ...each,
      source_id: `${mark}${each.source_id ?? ''}`.slice(0, lengthLimits.sourceId),
    }))
    const edits = compare(
      present,
      { ...draft, classes },
      { mode: 'all', isMine: ({ source_id: source }) => source?.startsWith(mark) ?? false },
    )
    const made = await store.change({
      guildId,
      origin: { by: subscription.by, kind: 'subscription', note: url.slice(0, 500) },
      edits,
      revision: present?.revision ?? 0,
    })
    return made !== null
  }
}
