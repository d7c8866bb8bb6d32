import { time as timestamp, TimestampStyles } from 'discord.js'

import type { Locale } from '../../i18n.ts'

/** The present date and time in a zone. */
export function localNow(now: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone)
}

/** Unix seconds of `YYYY-MM-DD` and `HH:MM:SS` in a zone. */
export function toSeconds(date: string, time: string, timeZone: string): number {
  const zoned = Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(timeZone)
  return Math.floor(zoned.epochMilliseconds / 1000)
}

export interface TimesOfClass {
  course_date: string
  start_time: string
  end_time: string
}

/** From when to when, each reader in his own zone. */
export function timesFor(course: TimesOfClass, timeZone: string): string {
  const { course_date: date, start_time: start, end_time: end } = course
  const at = (time: string) => timestamp(toSeconds(date, time, timeZone), TimestampStyles.ShortTime)
  return `${at(start)}–${at(end)}`
}

/** The same with the day in front. */
export function dayAndTimesFor(course: TimesOfClass, timeZone: string): string {
  const { course_date: date, start_time: start, end_time: end } = course
  const from = timestamp(toSeconds(date, start, timeZone), TimestampStyles.LongDateShortTime)
  return `${from}–${timestamp(toSeconds(date, end, timeZone), TimestampStyles.ShortTime)}`
}

const dayFormats = {
  long: { en: dayFormat('en', 'long'), 'zh-CN': dayFormat('zh-CN', 'long') },
  short: { en: dayFormat('en', 'short'), 'zh-CN': dayFormat('zh-CN', 'short') },
}

function dayFormat(locale: Locale, length: 'long' | 'short'): Intl.DateTimeFormat {
  const format = { weekday: length, month: length, day: 'numeric', timeZone: 'UTC' } as const
  return new Intl.DateTimeFormat(locale, format)
}

/** By way of UTC: Node's own formatting of plain dates writes Chinese months as bare numbers. */
export function dayName(date: string, locale: Locale, length: 'long' | 'short' = 'long'): string {
  return dayFormats[length][locale].format(Date.parse(`${date}T00:00:00Z`))
}
