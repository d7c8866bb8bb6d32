import {
  comingWeekday,
  dateOf,
  dayReading,
  shift,
  weekdayIn,
  type DateReading,
} from './date-range.ts'

/** What both languages say about days in their own words. */

export function weekendReading(today: Temporal.PlainDate, weeks: number): DateReading {
  const range = { from: weekdayIn(today, weeks, 6), to: weekdayIn(today, weeks, 7) }
  return { range, unit: 'weekend', relative: true }
}

/** Weekdays without a week: the coming ones, until somebody names a week. */
export function bareWeekday(days: readonly number[], today: Temporal.PlainDate): DateReading {
  const [first = 1] = days
  if (days.length === 1) {
    return { ...dayReading(comingWeekday(today, first), true), bareWeekdays: days }
  }
  const range = { from: today, to: today.add({ days: 6 }) }
  return { range, unit: 'span', relative: true, bareWeekdays: days, everyWeekdays: days }
}

export function everyWeekday(days: readonly number[], today: Temporal.PlainDate): DateReading {
  return { range: { from: today, to: null }, unit: 'span', relative: true, everyWeekdays: days }
}

export function readBareDay(day: number | null, today: Temporal.PlainDate): DateReading | null {
  if (day === null) return null
  const next = today.with({ day: 1 }).add({ months: 1 })
  const month = day < today.day ? next : today
  const date = dateOf(month.year, month.month, day) ?? dateOf(next.year, next.month, day)
  return date === null ? null : { ...dayReading(date, true), bareDay: day }
}

export interface Distance {
  count: number
  unit: 'days' | 'weeks' | 'months'
  /** `ahead` and `ago` mean the day at that distance, `within` and `past` all days up to it. */
  way: 'ahead' | 'ago' | 'within' | 'past'
}

export function distanceReading(
  { count, unit, way }: Distance,
  today: Temporal.PlainDate,
): DateReading {
  const isBack = way === 'ago' || way === 'past'
  const there = shift(today, isBack ? -count : count, unit)
  if (way === 'ahead' || way === 'ago') {
    return { ...dayReading(there, true), ...(unit === 'weeks' && { isWeeksAway: true as const }) }
  }
  const range = isBack ? { from: there, to: today } : { from: today, to: there }
  return { range, unit: 'span', relative: true }
}
