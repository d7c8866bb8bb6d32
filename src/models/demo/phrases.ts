import type { Clock } from './clock.ts'
import type { DateRange } from './date-range.ts'
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
  teachers(names: readonly string[]): string
  teaches(row: { course_name: string; instructor: string }): string
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
}

type PickQuestion = Extract<Question['intent'], { kind: 'pick' }>

/** A range as calendars name it, so that both languages recognise the same weeks and months. */
export type RangeName =
  | { kind: 'day'; date: Temporal.PlainDate; offset: number | null; week: number | null }
  | { kind: 'week'; offset: number; from: Temporal.PlainDate; to: Temporal.PlainDate }
  | { kind: 'month'; offset: number | null; from: Temporal.PlainDate }
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
