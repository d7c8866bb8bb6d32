import type { DateRange } from './date-range.ts'
import type { Language } from './language.ts'
import type { TimeFilter } from './times.ts'

/** The columns of `Courses` that hold names. */
export type NameColumn = 'instructor' | 'course_name'

/** Odd or even weeks of a term. */
export type Parity = 'odd' | 'even'

/** Words from the question that must occur in a name; the column is null where either will do. */
export interface Term {
  text: string
  column: NameColumn | null
  /** Names as the table spells them, once they have been looked up; the words are not used then. */
  exact?: readonly string[]
  /** True where the sentence puts a name: "a … class", …老师, in quotation marks. */
  isNamed?: true
  /** It looks like the name of a room. */
  isRoom?: true
  /** `exact` holds titles of assignments. */
  isTitle?: true
}

/** Alternatives, one of which must match (none of which may, with `not`). */
export interface TermGroup {
  any: readonly Term[]
  not: boolean
}

export type Grouping = NameColumn | 'course_date'

/** Some classes in their order; `byHour` orders by the time of day, whatever the date. */
export interface Pick {
  kind: 'pick'
  which: 'next' | 'previous' | 'first' | 'last'
  count: number
  skip: number
  byHour?: true
}

/** What is asked about the classes that fit. */
export type Intent =
  | { kind: 'list' }
  | { kind: 'exists' }
  | { kind: 'who' }
  | { kind: 'when' }
  | { kind: 'where' }
  | { kind: 'count'; of: 'classes' | 'teachers' | 'courses' | 'days' }
  | { kind: 'hours' }
  | Pick
  | { kind: 'duration' }
  /** Teachers without a class in that time. */
  | { kind: 'idle' }
  | { kind: 'extreme'; which: 'longest' | 'shortest' }
  | { kind: 'group'; by: Grouping; measure: 'classes' | 'hours'; pick: 'most' | 'least' | 'each' }
  | { kind: 'names'; of: NameColumn }
  | { kind: 'free_days' }
  /** Classes at the same time. */
  | { kind: 'clashes' }
  /** Which weeks of a term. */
  | { kind: 'weeks' }
  /** When a term begins and ends. */
  | { kind: 'terms'; which: 'present' | 'next' | 'previous' }
  /** Courses that meet in odd weeks only, or in even ones. */
  | { kind: 'parity'; parity: Parity }
  | { kind: 'assignments' | 'holidays'; pick: 'list' | 'next' | 'count' }

/** What the question narrows the classes down to. */
export interface Slots {
  ranges: readonly DateRange[]
  weekdays: readonly number[]
  time: TimeFilter | null
  terms: readonly TermGroup[]
  /** Classes of these weeks only; null: any. */
  parity: Parity | null
  /** Classes with a link only. */
  isOnline: boolean
  /** Relative to this moment; `default` leaves it to the intent. */
  when: 'default' | 'all' | 'past' | 'upcoming' | 'now'
  /** True when today's date was needed to read it. */
  relative: boolean
}

/** A question about the schedule, complete: follow-ups are resolved. */
export interface Question {
  intent: Intent
  slots: Slots
  language: Language
  /** The sentence it was read from, tidied; names are looked for in it. */
  text: string
  /** True when nothing but a possible name says that it is about the schedule at all. */
  isGuess?: true
  /** The timetable has rooms and links. */
  hasPlaces?: true
  /** The timetable has holidays, and says which classes do not take place on them. */
  hasDaysOff?: true
}
