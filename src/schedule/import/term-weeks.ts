import { lastDateOf, mondayOf } from '../term-week.ts'
import type { Holiday, Term } from '../timetable.ts'
import type { ImportContext } from './draft.ts'

/** Turns week numbers into dates. */
export interface TermWeeks {
  /** Null: no term is known, so there are no dates. */
  term: Term | null
  /** The days of these weeks in order of time; those on holidays are counted instead. */
  dates(
    weeks: readonly number[],
    weekdays: readonly number[],
  ): { dates: string[]; holidays: number }
}

/** The weeks of the term that today is in, else of the next one, else of the last one. */
export function createTermWeeks({
  terms,
  holidays,
  today,
}: Pick<ImportContext, 'terms' | 'holidays' | 'today'>): TermWeeks {
  const term = pickTerm(terms, today)
  if (!term) return { term, dates: () => ({ dates: [], holidays: 0 }) }
  const monday = mondayOf(Temporal.PlainDate.from(term.first_date))
  return {
    term,
    dates(weeks, weekdays) {
      const all = weeks.flatMap((week) =>
        weekdays.map((day) => monday.add({ days: (week - 1) * 7 + day - 1 }).toString()),
      )
      const dates = all.filter((date) => !isHoliday(date, holidays))
      return {
        dates: dates.toSorted((a, b) => a.localeCompare(b, 'en')),
        holidays: all.length - dates.length,
      }
    },
  }
}

function pickTerm(terms: readonly Term[], today: string): Term | null {
  const inOrder = terms.toSorted((a, b) => (a.first_date < b.first_date ? -1 : 1))
  return inOrder.find((term) => today <= lastDateOf(term)) ?? inOrder.at(-1) ?? null
}

function isHoliday(date: string, holidays: readonly Holiday[]): boolean {
  return holidays.some(({ first_date: first, last_date: last }) => first <= date && date <= last)
}
