import type { About } from './reminder-tables.ts'
import type { TimetableEvent } from './timetable-events.ts'

/** The hours in which a person wants to hear nothing, `HH:MM`; they may span midnight. */
export interface QuietHours {
  from: string
  to: string
}

/** What somebody wants to be reminded of. */
export interface ReminderRule {
  about: About
  /** Null: all courses. */
  course: string | null
  /** Minutes before. */
  leads: readonly number[]
}

/** One event, so many minutes before. */
export interface Due<Rule> {
  rule: Rule
  event: TimetableEvent
  lead: number
  /** When it was to be sent. */
  wanted: number
  /** When it can be sent: never before the present time. */
  at: number
}

export interface DueOptions {
  now: number
  timeZone: string
  quiet: QuietHours | null
}

const minuteMs = 60_000
/** So late may a reminder of something come that has begun. */
const graceMs = 5 * minuteMs

/** The most minutes before. */
export const longestLead = 7 * 24 * 60

/** What began before this time matters to no reminder. */
export function oldestStart(now: number): number {
  return now - graceMs - minuteMs
}

/** All that the rules make of the events, now or later; what came too late is left out. */
export function findDues<Rule extends ReminderRule>(
  rules: readonly Rule[],
  events: readonly TimetableEvent[],
  options: DueOptions,
): Due<Rule>[] {
  return rules.flatMap((rule) =>
    events
      .filter((event) => concerns(rule, event))
      .flatMap((event) =>
        rule.leads.flatMap((lead) => {
          const times = dueTimes(event.startsAt, lead, options)
          return times ? [{ rule, event, lead, ...times }] : []
        }),
      ),
  )
}

export function concerns({ about, course }: ReminderRule, event: TimetableEvent): boolean {
  return about === event.about && (course === null || course === event.course)
}

/** Whether it was due after a reminder was set up. */
export function isSince(since: number, { wanted }: Pick<Due<unknown>, 'wanted'>, now: number) {
  // A time in the future was written by a clock that went wrong.
  return wanted >= since || since > now
}

/** Whether something began so long ago that nobody is reminded of it any more. */
export function isOver(startsAt: number, now: number): boolean {
  return startsAt < now - graceMs
}

/** Null: it is not to be sent. */
function dueTimes(
  startsAt: number,
  lead: number,
  { now, timeZone, quiet }: DueOptions,
): Pick<Due<unknown>, 'wanted' | 'at'> | null {
  const nominal = startsAt - lead * minuteMs
  const wanted = endOfQuiet(nominal, quiet, timeZone)
  if (wanted > nominal && wanted >= startsAt) return null
  if (wanted > now) return { wanted, at: wanted }
  if (startsAt <= now && wanted < now - graceMs) return null
  const at = endOfQuiet(now, quiet, timeZone)
  return at > now && at >= startsAt ? null : { wanted, at }
}

/** The end of the quiet hours that a time lies in; the time itself outside of them. */
export function endOfQuiet(at: number, quiet: QuietHours | null, timeZone: string): number {
  if (quiet === null || quiet.from === quiet.to) return at
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' })
  const { from, to } = quiet
  const isQuiet = from < to ? from <= time && time < to : from <= time || time < to
  if (!isQuiet) return at
  const day = local.toPlainDate().add({ days: time < to ? 0 : 1 })
  const end = day.toPlainDateTime(to)
  const instant = (disambiguation: 'compatible' | 'later') =>
    end.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds
  // Where the clock is put back, the end comes twice.
  return [instant('compatible'), instant('later')].find((each) => each > at) ?? at
}
