import type { Holiday } from './timetable.ts'

/** Tells for each date, `YYYY-MM-DD`, the name of the holiday that it is part of; null: of none. */
export function holidayFinder(holidays: readonly Holiday[]): (date: string) => string | null {
  const known = new Map<string, string | null>()
  return (date) => {
    const before = known.get(date)
    if (before !== undefined) return before
    const found = holidays.find(
      ({ first_date: first, last_date: last }) => first <= date && date <= last,
    )
    known.set(date, found?.name ?? null)
    return found?.name ?? null
  }
}
