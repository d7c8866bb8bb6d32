import { escapeMarkdown } from 'discord.js'

import type { Locale } from '../i18n.ts'
import type { Course } from '../schedule/schedule.ts'
import { pageContent, split } from './splitting.ts'

export type SchedulePeriod = 'today' | 'tomorrow' | 'thisWeek' | 'nextWeek'

const periods: ReadonlySet<string> = new Set<SchedulePeriod>([
  'today',
  'tomorrow',
  'thisWeek',
  'nextWeek',
])

export function isSchedulePeriod(value: string | null): value is SchedulePeriod {
  return value !== null && periods.has(value)
}

/** The first and last calendar date of a period, `YYYY-MM-DD`. A week begins on Monday. */
export function periodRange(
  period: SchedulePeriod,
  now: number,
  timeZone: string,
): { from: string; to: string } {
  const today = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
  const days = (from: Temporal.PlainDate, count: number): { from: string; to: string } => ({
    from: from.toString(),
    to: from.add({ days: count - 1 }).toString(),
  })
  const monday = today.subtract({ days: today.dayOfWeek - 1 })
  switch (period) {
    case 'today':
      return days(today, 1)
    case 'tomorrow':
      return days(today.add({ days: 1 }), 1)
    case 'thisWeek':
      return days(monday, 7)
    case 'nextWeek':
      return days(monday.add({ days: 7 }), 7)
    default:
      return period satisfies never
  }
}

export interface TimetableOptions {
  locale: Locale
  title: string
  /** Shown instead where there are no classes. */
  empty: string
  footer: string
}

const maxMessages = 8

/** The classes grouped per day, as the contents of one message or, for many classes, several. */
export function timetable(courses: Course[], options: TimetableOptions): string[] {
  if (courses.length === 0) return [options.empty]
  const days = Map.groupBy(courses, ({ course_date }) => course_date)
  const blocks = [...days].map(([date, ofDay]) =>
    [`**${dayName(date, options.locale)}**`, ...ofDay.map(courseLine)].join('\n'),
  )
  const text = [`### ${options.title}`, ...blocks, options.footer].join('\n')
  return split(text).slice(0, maxMessages).map(pageContent)
}

const dayFormats = { en: dayFormat('en'), 'zh-CN': dayFormat('zh-CN') }

function dayFormat(locale: Locale): Intl.DateTimeFormat {
  const format = { weekday: 'long', month: 'long', day: 'numeric', timeZone: 'UTC' } as const
  return new Intl.DateTimeFormat(locale, format)
}

/** By way of UTC: Node's own formatting of plain dates writes Chinese months as bare numbers. */
function dayName(date: string, locale: Locale): string {
  return dayFormats[locale].format(Date.parse(`${date}T00:00:00Z`))
}

function courseLine({ start_time, end_time, course_name, instructor, room }: Course): string {
  const time = `${start_time.slice(0, 5)}–${end_time.slice(0, 5)}`
  const said = [course_name, instructor, room ?? ''].filter((text) => text !== '')
  return `- ${time} ${said.map((text) => escapeMarkdown(text)).join(' · ')}`
}
