import { z } from 'zod'

import { refusalReasons, RefusedChangeError } from '../store/refused-change.ts'
import { StaleRevisionError } from '../store/schedule-store.ts'
import { CalendarFetchError, fetchFailures } from './fetch-calendar.ts'
import { ImportError } from './import-error.ts'

const calendarReasons = [
  ...fetchFailures,
  /** What is at the address is something else, or damaged. */
  'no_calendar',
  /** Reading it takes too long, or too much memory. */
  'too_complex',
  /** Others changed the timetable all the time. */
  'stale',
  /** The program is at fault, and its log has the rest. */
  'unknown',
] as const

const failureSchema = z.object({
  reason: z.enum([...calendarReasons, ...refusalReasons]),
  values: z.record(z.string(), z.number()),
})

/** Why a calendar on the web is not in the timetable: a reason, and the numbers that belong to it. */
export type CalendarFailure = z.infer<typeof failureSchema>

const importReasons = {
  too_large: 'too_large',
  too_slow: 'too_complex',
  too_much_memory: 'too_complex',
  not_a_table: 'no_calendar',
  broken: 'no_calendar',
  encrypted: 'no_calendar',
} as const satisfies Record<ImportError['reason'], CalendarFailure['reason']>

export function toCalendarFailure(error: unknown): CalendarFailure {
  if (error instanceof CalendarFetchError || error instanceof RefusedChangeError) {
    return { reason: error.reason, values: { ...error.values } }
  }
  if (error instanceof ImportError) return { reason: importReasons[error.reason], values: {} }
  return { reason: error instanceof StaleRevisionError ? 'stale' : 'unknown', values: {} }
}

/** Reads what a subscription remembers of its last check: the JSON of a failure. */
export function readCalendarFailure(text: string): CalendarFailure {
  try {
    return failureSchema.parse(JSON.parse(text))
  } catch {
    return { reason: 'unknown', values: {} }
  }
}
