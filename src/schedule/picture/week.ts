import type { Locale } from '../../i18n.ts'
import type { Assignment, ClassMeeting, Holiday } from '../timetable.ts'

export type Theme = 'light' | 'dark'

export type WeekClass = Pick<
  ClassMeeting,
  'course_date' | 'start_time' | 'end_time' | 'course_name' | 'instructor'
> &
  Partial<Pick<ClassMeeting, 'room' | 'online_url'>> & { id: number }

export type WeekAssignment = Pick<Assignment, 'title' | 'course_name' | 'due_date' | 'due_time'>

/** What a picture of a week shows. Rows of other weeks are left out. */
export interface Week {
  /** Its Monday, `YYYY-MM-DD`. */
  monday: string
  /** Such as the name of the class; empty: none. */
  title: string
  /** Such as `Week 5`; null: in no term. */
  weekLabel: string | null
  /** IANA name of the zone that every date and time is in. */
  timeZone: string
  /** The present time in milliseconds since the Unix epoch. */
  now: number
  locale: Locale
  theme: Theme
  classes: readonly WeekClass[]
  assignments: readonly WeekAssignment[]
  holidays: readonly Holiday[]
  /** Names of all courses of the timetable, so that each keeps its colour from week to week. */
  courses?: readonly string[]
}

/** A week that is in order and no larger than can be drawn. */
export interface BoundedWeek extends Omit<Week, 'courses'> {
  courses: readonly string[]
  /** Classes of this week that are too many to be drawn. */
  hidden: number
}

/** More than this is no timetable that anybody could read. */
const limits = { classes: 120, assignments: 60, holidays: 20, courses: 1_000, text: 120 }

/**
 * The week with the rows that belong to it, in order of time, bounded in number and length. Throws
 * `RangeError` for a day that is no Monday, and for an unknown time zone.
 */
export function boundWeek(week: Week): BoundedWeek {
  const monday = Temporal.PlainDate.from(week.monday)
  if (monday.dayOfWeek !== 1) throw new RangeError(`expected a Monday, got ${week.monday}`)
  Temporal.Instant.fromEpochMilliseconds(week.now).toZonedDateTimeISO(week.timeZone)
  const first = monday.toString()
  const last = monday.add({ days: 6 }).toString()
  const inWeek = (date: string) => first <= date && date <= last
  const classes = week.classes
    .filter(({ course_date: date }) => inWeek(date))
    .toSorted(by(({ course_date, start_time, end_time }) => course_date + start_time + end_time))
  const assignments = week.assignments
    .filter(({ due_date: date }) => inWeek(date))
    .toSorted(by(({ due_date, due_time }) => due_date + due_time))
  const holidays = week.holidays.filter(
    ({ first_date, last_date }) => first_date <= last && last_date >= first,
  )
  return {
    ...week,
    monday: first,
    title: cut(week.title),
    weekLabel: week.weekLabel === null ? null : cut(week.weekLabel),
    classes: classes.slice(0, limits.classes).map(cutClass),
    assignments: assignments.slice(0, limits.assignments).map(cutAssignment),
    holidays: holidays
      .slice(0, limits.holidays)
      .map(({ name, first_date, last_date }) => ({ name: cut(name), first_date, last_date })),
    courses: (week.courses ?? []).slice(0, limits.courses).map(cut),
    hidden: Math.max(0, classes.length - limits.classes),
  }
}

/** The seven calendar dates of a week. */
export function datesOf({ monday }: Pick<Week, 'monday'>): string[] {
  const first = Temporal.PlainDate.from(monday)
  return Array.from({ length: 7 }, (_each, days) => first.add({ days }).toString())
}

function cutClass(meeting: WeekClass): WeekClass {
  const { id, course_date, start_time, end_time, room, online_url: link } = meeting
  return {
    id,
    course_date,
    start_time,
    end_time,
    course_name: cut(meeting.course_name),
    instructor: cut(meeting.instructor),
    room: typeof room === 'string' ? cut(room) : null,
    // Only whether there is one is shown.
    online_url: typeof link === 'string' ? 'https:' : null,
  }
}

function cutAssignment({ title, course_name: name, due_date, due_time }: WeekAssignment) {
  return { title: cut(title), course_name: name === null ? null : cut(name), due_date, due_time }
}

/** One line without controls, marks of direction and whatever else does not show. */
function cut(text: string): string {
  const clean = text
    .slice(0, limits.text * 4)
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/(?!\u200d)[\p{Cf}\p{Co}\p{Cn}]/gu, '')
    .trim()
  if (clean.length <= limits.text) return clean
  return `${clean
    .slice(0, limits.text)
    .replace(/[\ud800-\udbff]$/u, '')
    .trimEnd()}…`
}

function by<Row>(key: (row: Row) => string): (one: Row, other: Row) => number {
  return (one, other) => {
    const [a, b] = [key(one), key(other)]
    return a < b ? -1 : a > b ? 1 : 0
  }
}
