import { hyperlink, hideLinkEmbed, time, TimestampStyles } from 'discord.js'

import type { Locale, Translate } from '../../i18n.ts'
import type { Course, Schedule } from '../../schedule/schedule.ts'
import type { Stored } from '../../schedule/store/schedule-store.ts'
import type { Assignment } from '../../schedule/timetable.ts'
import { asWritten } from '../as-written.ts'
import { dayName, timesFor, toSeconds } from './local-time.ts'
import type { Days } from './period.ts'

export interface Listed {
  schedule: Pick<Schedule, 'own' | 'timeZone' | 'holidays'>
  courses: readonly Course[]
  assignments: readonly Stored<Assignment>[]
  days: Days
}

export interface DayListOptions {
  locale: Locale
  t: Translate
  title: string
  /** Stands instead where there is nothing. */
  empty: string
}

/** What happens on some days, grouped by day; times are those of whoever reads it. */
export function dayList(listed: Listed, options: DayListOptions): string {
  const { courses, assignments, schedule } = listed
  const { locale, t, title, empty } = options
  const overlapping = findOverlaps(courses.filter(({ holiday }) => holiday === null))
  const holidays = holidaysIn(listed).map(
    ({ name, first_date: first, last_date: last }) =>
      `🎉 **${asWritten(name)}** ${dayRange({ from: first, to: last }, locale)}`,
  )
  if (courses.length === 0 && assignments.length === 0) return [empty, ...holidays].join('\n')
  const dates = [
    ...new Set([...courses.map((course) => course.course_date), ...assignments.map(dueDate)]),
  ].toSorted()
  const blocks = dates.map((date) =>
    [
      `**${dayName(date, locale)}**${holidayMark(holidayOf(date, courses))}`,
      ...courses
        .filter((course) => course.course_date === date)
        .map((course) => {
          const text = `${timesFor(course, schedule.timeZone)} ${courseText(course, t)}`
          if (course.holiday !== null) return `- ~~${text}~~`
          return `- ${text}${overlapping.has(course.id) ? ' ⚠️' : ''}`
        }),
      ...assignments
        .filter((assignment) => dueDate(assignment) === date)
        .map((assignment) => `- 📝 ${assignmentText(assignment, schedule.timeZone)}`),
    ].join('\n'),
  )
  const overlaps = overlapping.size > 0 ? [`-# ⚠️ ${t('commands.schedule.overlaps')}`] : []
  return [`### ${title}`, ...holidays, ...blocks, ...overlaps, ...footLines(schedule, t)].join('\n')
}

/** Stands after the name of a day without classes. */
export function holidayMark(holiday: string | null): string {
  return holiday === null ? '' : ` · 🎉 ${asWritten(holiday)}`
}

function holidayOf(date: string, courses: readonly Course[]): string | null {
  return courses.find((course) => course.course_date === date)?.holiday ?? null
}

/** Says which zone the days are in, and of the sample that it is none of anybody's classes. */
export function footLines(
  { own, timeZone }: Pick<Schedule, 'own' | 'timeZone'>,
  t: Translate,
): string[] {
  return [...sampleLine({ own }, t), `-# ${t('commands.schedule.zone', { timeZone })}`]
}

/** A line for the sample, none for a timetable of its own. */
export function sampleLine({ own }: Pick<Schedule, 'own'>, t: Translate): string[] {
  return own === null ? [`-# ${t('commands.schedule.isSample')}`] : []
}

/** Course, teacher, room and link of a class. */
export function courseText(
  course: Pick<Course, 'course_name' | 'instructor' | 'room' | 'online_url'>,
  t: Translate,
): string {
  const { course_name: name, instructor, room, online_url: url } = course
  const said = [instructor, room ?? ''].filter((text) => text !== '')
  const link = url === null ? [] : [toLink(t('commands.schedule.online'), url)]
  const rest = [...said.map(asWritten), ...link]
  return [`**${asWritten(name)}**`, ...rest].join(' · ')
}

/** When an assignment is due, and what it is. */
export function assignmentText(assignment: Assignment, timeZone: string): string {
  const { title, course_name: course, due_date: date, due_time: at, url } = assignment
  const due = time(toSeconds(date, at, timeZone), TimestampStyles.LongDateShortTime)
  const name = url === null ? asWritten(title) : toLink(asWritten(title), url)
  return [`${due} ${name}`, ...(course === null ? [] : [asWritten(course)])].join(' · ')
}

/** Addresses as URL writes them hold nothing that ends the link. */
function toLink(text: string, url: string): string {
  const address = URL.parse(url)?.href
  return address === undefined ? text : hyperlink(text, hideLinkEmbed(address))
}

function dueDate({ due_date: date }: Assignment): string {
  return date
}

export function dayRange({ from, to }: Days, locale: Locale): string {
  const first = dayName(from, locale, 'short')
  return from === to ? first : `${first} – ${dayName(to, locale, 'short')}`
}

function holidaysIn({ schedule, days }: Pick<Listed, 'schedule' | 'days'>) {
  return schedule.holidays.filter(
    ({ first_date: first, last_date: last }) => first <= days.to && days.from <= last,
  )
}

/** Ids of the classes that share time with another one; they come in order of time. */
function findOverlaps(courses: readonly Course[]): ReadonlySet<number> {
  const found = new Set<number>()
  let latest: Course | undefined
  for (const course of courses) {
    const isSameDay = latest?.course_date === course.course_date
    if (latest && isSameDay && course.start_time < latest.end_time) {
      found.add(latest.id)
      found.add(course.id)
    }
    if (!latest || !isSameDay || course.end_time > latest.end_time) latest = course
  }
  return found
}
