import type { Clock } from './clock.ts'
import type { DateRange } from './date-range.ts'
import type { KnownTerm } from './holdings.ts'
import type { Grouping, NameColumn, Question, Slots } from './question.ts'
import type { TimeFilter } from './times.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A class as an answer shows it. */
export interface ClassRow {
  course_date: string
  start_time: string
  end_time: string
  course_name: string
  instructor: string
  /** Both empty where there is none, or the timetable tells none. */
  room: string
  online_url: string
}

/** What an answer is about, in the words of its language; empty where nothing was said. */
export interface Scope {
  /** "next week (23–29 Nov) in the evening" */
  when: string
  /** The names asked for, quoted or not. */
  names: string
  /** True when the names are a teacher's. */
  isTeacher: boolean
  /** True when it is over. */
  isPast: boolean
}

interface Counted {
  of: 'classes' | 'teachers' | 'courses' | 'days'
  count: number
}

export interface GroupRow {
  /** A name, or a date as the language writes it. */
  label: string
  value: number
}

/** How long the classes of a course take. */
export interface DurationRow {
  course: string
  minutes: number
  classes: number
}

interface GroupAnswer {
  by: Grouping
  measure: 'classes' | 'hours'
  pick: 'most' | 'least' | 'each'
  top: GroupRow[]
  rest: GroupRow[]
}

/** Everything that the demo says, in one language. One file each. */
export interface Phrases {
  /** The one sentence that a conversation begins with. */
  intro: string
  identity: string
  connect: string
  other: string
  greeting(name: string | null): string
  thanks: string
  goodbye: string
  notInSchedule: string
  notConnected: string
  unknownToday: string
  lookupFailed: string
  noRooms: string
  cut: string
  suggestion: string
  assent: string
  complaint: string
  languages: string
  readOnly: string
  /** Asked whether there is time, and there are classes. */
  notFree: string
  welcomeName(name: string): string
  yourName(name: string | null): string
  yourQuestion(question: string | null, which: 'first' | 'last'): string
  today(clock: Clock): string
  day(date: Temporal.PlainDate): string
  when(slots: Slots, when: Slots['when'], clock: Clock | null): string
  /** One class, as a line of a list. */
  classLine(row: ClassRow): string
  more(count: number): string
  list(scope: Scope, count: number): string
  /** The beginning of a yes to this question. */
  yes(question: string): string
  none(scope: Scope, isYesNo: boolean): string
  /** One course and whoever teaches it. */
  taughtBy(row: { course_name: string; instructor: string }): string
  teachers(names: readonly string[]): string
  teaches(row: { course_name: string; instructor: string }): string
  courseLine(name: string): string
  /** A teacher's classes of some course. */
  both(teachers: string, courses: string): string
  count(scope: Scope, counted: Counted): string
  hours(scope: Scope, totals: { hours: number; classes: number }): string
  pick(scope: Scope, question: PickQuestion): string
  extreme(scope: Scope, which: 'longest' | 'shortest', minutes: number): string
  group(scope: Scope, answer: GroupAnswer): string
  nameCount(of: NameColumn, scope: Scope, count: number): string
  nameLine(name: string, classes: number): string
  freeDays(scope: Scope, count: number): string
  unknownNames(words: readonly string[], vocabulary: Vocabulary): string
  takenFor(names: readonly string[]): string
  /** Words that were not understood, and are left out of the answer that follows. */
  leftOut(words: readonly string[]): string
  /** A day that no calendar has. */
  noSuchDay(words: string): string
  date(date: Temporal.PlainDate): string
  durations(scope: Scope, rows: readonly DurationRow[]): string[]
  idle(scope: Scope, names: readonly string[]): string
  /** A course and where it is, without a date. */
  placeLine(row: Pick<ClassRow, 'course_name' | 'room' | 'online_url'>): string
  /** The week of a term that a date is in; null: none. */
  weekOf(date: Temporal.PlainDate, found: { term: KnownTerm; week: number } | null): string
  /** How many weeks come after this one, as a further sentence. */
  weeksLeft(count: number): string
  /** How many there are, above their lines. */
  subject(kind: Subject, scope: Scope, count: number): string
  /** One of them; `text` and `day` write a column of it. */
  subjectLine(
    kind: Subject,
    text: (column: string) => string,
    day: (column: string) => string,
  ): string
}

/** What questions can be about besides classes. */
export type Subject = 'assignments' | 'holidays' | 'clashes' | 'weeks' | 'parity' | 'terms'

type PickQuestion = Extract<Question['intent'], { kind: 'pick' }>

/** A range as calendars name it, so that both languages recognise the same weeks and months. */
export type RangeName =
  | { kind: 'day'; date: Temporal.PlainDate; offset: number | null; week: number | null }
  | { kind: 'week'; offset: number; from: Temporal.PlainDate; to: Temporal.PlainDate }
  | { kind: 'weekend'; offset: number; from: Temporal.PlainDate; to: Temporal.PlainDate }
  | { kind: 'month'; offset: number | null; from: Temporal.PlainDate }
  | { kind: 'year'; year: number }
  | { kind: 'from'; from: Temporal.PlainDate }
  | { kind: 'to'; to: Temporal.PlainDate }
  | { kind: 'span'; from: Temporal.PlainDate; to: Temporal.PlainDate }

export function nameRange(
  { from, to }: DateRange,
  today: Temporal.PlainDate | null,
): RangeName | null {
  if (from === null) return to === null ? null : { kind: 'to', to }
  if (to === null) return { kind: 'from', from }
  const week = today === null ? null : weeksBetween(today, from)
  if (from.equals(to)) {
    const offset = today === null ? null : today.until(from).days
    return { kind: 'day', date: from, offset, week }
  }
  if (from.dayOfWeek === 1 && to.equals(from.add({ days: 6 })) && week !== null) {
    return { kind: 'week', offset: week, from, to }
  }
  if (from.dayOfWeek === 6 && to.equals(from.add({ days: 1 })) && week !== null) {
    return { kind: 'weekend', offset: week, from, to }
  }
  if (from.dayOfYear === 1 && to.equals(from.with({ month: 12, day: 31 }))) {
    return { kind: 'year', year: from.year }
  }
  if (from.day === 1 && to.equals(from.with({ day: from.daysInMonth }))) {
    const offset =
      today === null ? null : (from.year - today.year) * 12 + (from.month - today.month)
    return { kind: 'month', offset, from }
  }
  return { kind: 'span', from, to }
}

function weeksBetween(today: Temporal.PlainDate, date: Temporal.PlainDate): number {
  const monday = (day: Temporal.PlainDate) => day.subtract({ days: day.dayOfWeek - 1 })
  return monday(today).until(monday(date)).days / 7
}

/** The ISO weekdays that are not among these. */
export function otherDays(days: readonly number[]): number[] {
  return [1, 2, 3, 4, 5, 6, 7].filter((day) => !days.includes(day))
}

/** `19:00` from `19:00:00` */
export function shortTime(time: string): string {
  return time.slice(0, 5)
}

export function isMoment({ kind, from, to }: TimeFilter): boolean {
  return kind === 'during' && from === to
}

/** A name as Markdown shows it unchanged, and short. */
export function plain(name: string): string {
  const oneLine = name.replaceAll(/\s+/g, ' ').trim()
  const short = oneLine.length > 80 ? `${oneLine.slice(0, 80).toWellFormed()}…` : oneLine
  return short.replaceAll(/[\\*_~`|#<>[\]]/g, String.raw`\$&`)
}
