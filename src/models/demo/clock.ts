import { toPlainDate } from './date-range.ts'

/** The moment of a run, in the schedule's time zone, as the system prompt tells it. */
export interface Clock {
  today: Temporal.PlainDate
  /** `HH:MM:SS` */
  time: string
  timeZone: string | null
}

const nowLine =
  /^Now: (?<date>\d{4}-\d{2}-\d{2})[ T](?<time>\d{2}:\d{2})(?::\d{2})?(?:, \w{1,12})?(?:, time zone (?<zone>[\w+/-]{1,40}))?/m

/** Reads the line `Now: 2026-11-22 18:05, Sunday, time zone Asia/Shanghai.`; null without one. */
export function readClock(systemPrompt: string): Clock | null {
  const groups = nowLine.exec(systemPrompt)?.groups
  const time = groups?.['time']
  const today = toPlainDate(groups?.['date'] ?? '')
  if (today === null || time === undefined || time > '23:59') return null
  return { today, time: `${time}:00`, timeZone: groups?.['zone'] ?? null }
}
