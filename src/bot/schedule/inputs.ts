import type { APIApplicationCommandOptionChoice } from 'discord.js'

import { parseDate } from '../../schedule/import/dates.ts'
import { parseTime } from '../../schedule/import/times.ts'
import { mondayOf } from '../../schedule/term-week.ts'

const offsets: Record<string, number> = {
  today: 0,
  今天: 0,
  tomorrow: 1,
  明天: 1,
  后天: 2,
}
const weekdays = [
  /^(?:mon(?:day)?|(?:周|星期|礼拜)一)$/i,
  /^(?:tue(?:sday)?|(?:周|星期|礼拜)二)$/i,
  /^(?:wed(?:nesday)?|(?:周|星期|礼拜)三)$/i,
  /^(?:thu(?:rsday)?|(?:周|星期|礼拜)四)$/i,
  /^(?:fri(?:day)?|(?:周|星期|礼拜)五)$/i,
  /^(?:sat(?:urday)?|(?:周|星期|礼拜)六)$/i,
  /^(?:sun(?:day)?|(?:周|星期|礼拜)[日天])$/i,
]

/**
 * `YYYY-MM-DD` of "2026-12-01", "Dec 1", "12月1日", "tomorrow", "周三" (the next one, today included);
 * null if it is no date.
 */
export function toDate(text: string, today: Temporal.PlainDate): string | null {
  const word = text.trim().toLowerCase()
  const days = offsets[word]
  if (days !== undefined) return today.add({ days }).toString()
  const weekday = weekdays.findIndex((name) => name.test(word))
  if (weekday >= 0) {
    const ofThisWeek = mondayOf(today).add({ days: weekday })
    const isOver = Temporal.PlainDate.compare(ofThisWeek, today) < 0
    return ofThisWeek.add({ days: isOver ? 7 : 0 }).toString()
  }
  return parseDate(text, { order: 'month_day', near: today.toString() })?.date ?? null
}

/** `HH:MM:SS` of "19:00", "7pm", "晚上7点"; null if it is no time. */
export function toTime(text: string): string | null {
  const time = parseTime(text)
  return time !== null && time < '24' ? time : null
}

type Suggestion = APIApplicationCommandOptionChoice<string>

/** What Discord takes: at most 25, of at most 100 characters. */
export function toSuggestions(values: Iterable<string>, typed: string): Suggestion[] {
  return [...values]
    .filter((value) => isLike(value, typed) && value.length > 0 && value.length <= 100)
    .slice(0, 25)
    .map((value) => ({ name: value, value }))
}

/** Whether a text holds what was typed, small and capital letters being the same. */
export function isLike(text: string, typed: string): boolean {
  return text.toLowerCase().includes(typed.trim().toLowerCase())
}

/** For a name of at most 100 characters. */
export function shorten(text: string, most = 100): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`
}
