/** Calendar arithmetic on what people say; weeks are ISO weeks, Monday is 1. */

/** Days from one date to another, both included; null leaves that end open. */
export interface DateRange {
  from: Temporal.PlainDate | null
  to: Temporal.PlainDate | null
}

type DateUnit = 'day' | 'weekend' | 'week' | 'month' | 'year' | 'span'

/** What one expression says. */
export interface DateReading {
  range: DateRange
  unit: DateUnit
  /** True when it means nothing without knowing today's date. */
  relative: boolean
  /** ISO weekday, for a weekday without any week: it fits into the week that others talk about. */
  bareWeekdays?: readonly number[]
  /** Every such weekday, not one of them ("every Tuesday"). */
  everyWeekdays?: readonly number[]
  /** A day so many weeks away: a weekday beside it is meant in that week. */
  isWeeksAway?: true
  /** A day of the month without a month. */
  bareDay?: number
}

export function dayReading(date: Temporal.PlainDate, relative: boolean): DateReading {
  return { range: { from: date, to: date }, unit: 'day', relative }
}

/** A calendar date, or null where there is none such or it is too far away to be meant. */
export function dateOf(year: number, month: number, day: number): Temporal.PlainDate | null {
  if (year < 1900 || year > 2200 || month < 1 || month > 12 || day < 1) return null
  const first = Temporal.PlainDate.from({ year, month, day: 1 })
  return day > first.daysInMonth ? null : first.with({ day })
}

/** Reads `YYYY-MM-DD`; null for anything else, also for a day that its month has not. */
export function toPlainDate(text: string): Temporal.PlainDate | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  return match ? dateOf(Number(match[1]), Number(match[2]), Number(match[3])) : null
}

/** The month that is meant by its name alone: the nearest one, half a year back or ahead. */
export function nearestYear(month: number, today: Temporal.PlainDate): number {
  const distance = month - today.month
  if (distance > 6) return today.year - 1
  return distance < -5 ? today.year + 1 : today.year
}

export function mondayOf(date: Temporal.PlainDate): Temporal.PlainDate {
  return date.subtract({ days: date.dayOfWeek - 1 })
}

/** The whole week that lies `weeks` after the current one. */
export function weekRange(today: Temporal.PlainDate, weeks: number): DateRange {
  const from = mondayOf(today).add({ weeks })
  return { from, to: from.add({ days: 6 }) }
}

export function weekdayIn(today: Temporal.PlainDate, weeks: number, weekday: number) {
  return mondayOf(today).add({ days: weeks * 7 + weekday - 1 })
}

/** The next such weekday, today included. */
export function comingWeekday(today: Temporal.PlainDate, weekday: number): Temporal.PlainDate {
  return today.add({ days: (weekday - today.dayOfWeek + 7) % 7 })
}

/** The last such weekday before today. */
export function recentWeekday(today: Temporal.PlainDate, weekday: number): Temporal.PlainDate {
  return today.subtract({ days: (today.dayOfWeek - weekday + 7) % 7 || 7 })
}

export function monthRange(year: number, month: number): DateRange {
  const from = Temporal.PlainDate.from({ year, month, day: 1 })
  return { from, to: from.with({ day: from.daysInMonth }) }
}

export type MonthPart = 'early' | 'middle' | 'late'

export function partOfMonth(range: DateRange, part: MonthPart | null): DateRange {
  if (part === null || range.from === null) return range
  if (part === 'early') return { from: range.from, to: range.from.with({ day: 10 }) }
  if (part === 'late') return { from: range.from.with({ day: 21 }), to: range.to }
  return { from: range.from.with({ day: 11 }), to: range.from.with({ day: 20 }) }
}

/** `count` units away from today; bounded, so that no calendar ends. */
export function shift(
  today: Temporal.PlainDate,
  count: number,
  unit: 'days' | 'weeks' | 'months',
): Temporal.PlainDate {
  const bounded = Math.max(-999, Math.min(999, count))
  return today.add({ [unit]: bounded })
}
