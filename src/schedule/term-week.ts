import type { Term } from './timetable.ts'

/** A week of a term. */
export interface TermWeek {
  /** Name of the term. */
  term: string
  /** From 1. */
  week: number
}

/** The Monday that opens the ISO week of a date. */
export function mondayOf(date: Temporal.PlainDate): Temporal.PlainDate {
  return date.subtract({ days: date.dayOfWeek - 1 })
}

/** The last day, a Sunday, of a term, `YYYY-MM-DD`. */
export function lastDateOf({ first_date: first, weeks }: Term): string {
  const monday = mondayOf(Temporal.PlainDate.from(first))
  return monday.add({ days: weeks * 7 - 1 }).toString()
}

/**
 * Tells for each date, `YYYY-MM-DD`, which week of which term it is in; null: in none. Where terms
 * overlap, it is the one that began last.
 */
export function termWeekFinder(terms: readonly Term[]): (date: string) => TermWeek | null {
  const laid = terms
    .map((term) => ({ ...term, monday: mondayOf(Temporal.PlainDate.from(term.first_date)) }))
    .toSorted((a, b) => Temporal.PlainDate.compare(b.monday, a.monday))
  const known = new Map<string, TermWeek | null>()

  function find(text: string): TermWeek | null {
    const date = Temporal.PlainDate.from(text)
    for (const { name, monday, weeks } of laid) {
      const week = Math.floor(monday.until(date).days / 7) + 1
      if (week >= 1 && week <= weeks) return { week, term: name }
    }
    return null
  }

  return (date) => {
    const before = known.get(date)
    if (before !== undefined) return before
    const found = find(date)
    known.set(date, found)
    return found
  }
}
