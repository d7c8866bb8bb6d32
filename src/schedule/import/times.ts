import type { PeriodTimes } from './draft.ts'
import { toPlain, withDigits } from './plain-text.ts'

const morning = '凌晨|清晨|早晨|早上|上午|早'
const afternoon = '下午|午后|傍晚|晚上|晚间|夜里|夜晚|晚'
const oneTime = new RegExp(
  `^(${morning}|中午|${afternoon})? ?(\\d{1,2})(?: ?[:.点时h] ?(\\d{1,2}|半|1刻|3刻)? ?分?(?::(\\d{2})(?:\\.\\d+)?)?)?(?:整| uhr)? ?(a\\.?m\\.?|p\\.?m\\.?|noon)?$`,
  'iu',
)
const fourDigits = /^([01]?\d|2[0-3])([0-5]\d)$/u
const dayFraction = /^0?\.\d+$/u
const between = / ?(?:-|–|—|―|~|〜|～|至|到|\bto\b|\buntil\b|\bbis\b) ?/iu

interface Clock {
  hour: number
  minute: number
  second: number
  half: 'am' | 'noon' | 'pm' | null
}

/** `HH:MM:SS` of "19:00", "7:00 PM", "晚上7点半", "1900", or 0.79 of a day; null if it is no time. */
export function parseTime(text: string): string | null {
  const clock = toClock(withDigits(toPlain(text).slice(0, 60)))
  return clock === null ? null : toText(clock)
}

/** "19:00-20:30", "晚上7点到8点半", "7:00-8:30 PM": what one side leaves out, the other says. */
export function parseTimeRange(text: string): PeriodTimes | null {
  const parts = withDigits(toPlain(text).slice(0, 80)).split(between)
  const [first, second] = parts
  if (parts.length !== 2 || first === undefined || second === undefined) return null
  const end = toClock(second)
  const start = toClock(first)
  if (!start || !end) return null
  if (isBare(first) && isBare(second) && !fourDigits.test(first)) return null
  const told = inheritHalf(start, end)
  return { start: toText(told.start), end: toText(told.end) }
}

/** "1-2" is no time: it may be periods or weeks. */
function isBare(text: string): boolean {
  return /^\d+$/u.test(text)
}

function inheritHalf(start: Clock, end: Clock): { start: Clock; end: Clock } {
  if (start.half !== null && end.half === null) {
    const same = { ...end, half: start.half }
    return { start, end: minutesOf(same) > minutesOf(start) ? same : end }
  }
  if (start.half === null && end.half === 'pm' && start.hour <= 12) {
    const same = { ...start, half: end.half }
    return { start: minutesOf(same) < minutesOf(end) ? same : start, end }
  }
  return { start, end }
}

function toClock(text: string): Clock | null {
  if (dayFraction.test(text)) return fromFraction(Number(text))
  const compact = fourDigits.exec(text)
  if (compact) {
    return { hour: Number(compact[1]), minute: Number(compact[2]), second: 0, half: null }
  }
  const match = oneTime.exec(text)
  if (!match) return null
  const [, prefix, hours, minutes, seconds, suffix] = match
  const clock = {
    hour: Number(hours),
    minute: minuteOf(minutes),
    second: Number(seconds ?? 0),
    half: halfOf(prefix, suffix),
  }
  return clock.hour <= 24 && clock.minute < 60 && clock.second < 60 && hourOf(clock) < 24
    ? clock
    : null
}

function minuteOf(text: string | undefined): number {
  if (text === '半') return 30
  if (text === '1刻') return 15
  if (text === '3刻') return 45
  return Number(text ?? 0)
}

function halfOf(prefix: string | undefined, suffix: string | undefined): Clock['half'] {
  if (prefix === '中午' || suffix?.toLowerCase() === 'noon') return 'noon'
  if (prefix !== undefined) return new RegExp(`^(?:${morning})$`, 'u').test(prefix) ? 'am' : 'pm'
  if (suffix === undefined) return null
  return suffix.toLowerCase().startsWith('a') ? 'am' : 'pm'
}

function hourOf({ hour, half }: Clock): number {
  if (half === 'am') return hour === 12 ? 0 : hour
  if (half === 'pm') return hour < 12 ? hour + 12 : hour
  if (half === 'noon') return hour < 6 ? hour + 12 : hour
  return hour
}

function minutesOf(clock: Clock): number {
  return hourOf(clock) * 60 + clock.minute
}

function toText(clock: Clock): string {
  const parts = [hourOf(clock), clock.minute, clock.second]
  return parts.map((part) => `${part}`.padStart(2, '0')).join(':')
}

function fromFraction(fraction: number): Clock {
  const seconds = Math.min(Math.round(fraction * 86_400), 86_399)
  return {
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    half: null,
  }
}

/** The periods of a usual day at a Chinese university, for whoever has not said their own. */
export const usualPeriods: Readonly<Record<number, PeriodTimes>> = {
  1: { start: '08:00:00', end: '08:45:00' },
  2: { start: '08:55:00', end: '09:40:00' },
  3: { start: '10:00:00', end: '10:45:00' },
  4: { start: '10:55:00', end: '11:40:00' },
  5: { start: '14:00:00', end: '14:45:00' },
  6: { start: '14:55:00', end: '15:40:00' },
  7: { start: '16:00:00', end: '16:45:00' },
  8: { start: '16:55:00', end: '17:40:00' },
  9: { start: '19:00:00', end: '19:45:00' },
  10: { start: '19:55:00', end: '20:40:00' },
  11: { start: '20:50:00', end: '21:35:00' },
  12: { start: '21:45:00', end: '22:30:00' },
}

export interface PeriodSpan {
  first: number
  last: number
}

const periodNumbers =
  /^(?:第|period|periods|lesson|p)? ?(\d{1,2}(?: ?(?:[-–~,、,]|至|到) ?(?:第)?\d{1,2})*) ?(?:小?节|大节)?课?$/iu

/** "第1-2节", "3、4节", "第十节", "1-2", "Period 3": the first and the last one. */
export function parsePeriods(text: string): PeriodSpan | null {
  const plain = withDigits(toPlain(text).slice(0, 60)).replaceAll(/^[([]|[)\]]$/gu, '')
  const match = periodNumbers.exec(plain.replaceAll(/节(?=[-–~,、])/gu, ''))
  const all = match?.[1]?.match(/\d+/gu)?.map(Number)
  if (!all || all.length === 0) return null
  const span = { first: Math.min(...all), last: Math.max(...all) }
  return span.first >= 1 && span.last <= 20 ? span : null
}
