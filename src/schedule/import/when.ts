import type { PeriodTimes } from './draft.ts'
import { toPlain } from './plain-text.ts'
import { parsePeriods, parseTime, parseTimeRange, type PeriodSpan } from './times.ts'
import { parseWeekdays } from './weeks.ts'

/** What a text such as "周三第3-4节{1-16周(单)}" or "Mon 19:00-20:30" says about when a class is. */
export interface When {
  weekdays: number[] | null
  /** As written. */
  weeks: string | null
  periods: PeriodSpan | null
  range: PeriodTimes | null
  /** One time alone. */
  start: string | null
}

const weeksPart =
  /[{([]?(?:第)?\d{1,2}(?:[-–~,、，]\d{1,2})*(?:-\d{1,2})? ?周(?: ?[([|]?[单双奇偶]周?[)\]]?)?[}\])]?(?: ?[,、，] ?\d{1,2}(?:[-–~]\d{1,2})? ?周(?:[([][单双][)\]])?)*[}\])]?|[{([]?[单双]周[}\])]?|\bweeks? ?\d[\d,\- –]*(?:\(?(?:odd|even)\)?)?|\b(?:odd|even) weeks?\b/giu
const weekdayPart =
  /(?:周|星期|礼拜)[一二三四五六日天1-7]|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?/giu
const periodPart =
  /[([]?(?:第)? ?[\d一二三四五六七八九十]{1,3}(?: ?节)?(?: ?(?:[-–~,、]|至|到) ?第?[\d一二三四五六七八九十]{1,3})* ?(?:小|大)?节[)\]]?|\bperiods? ?\d{1,2}(?:-\d{1,2})?/giu

/** Takes a text apart; what is left over is `rest`. */
export function parseWhen(text: string): When & { rest: string } {
  let rest = toPlain(text).slice(0, 200)
  const take = (pattern: RegExp): string[] => {
    const found = rest.match(pattern) ?? []
    rest = rest.replaceAll(pattern, ' ')
    return found
  }
  const weeks = take(weeksPart)
  const weekdays = take(weekdayPart)
  const periods = take(periodPart)
  rest = rest.replaceAll(/ +/gu, ' ').replaceAll(/^[\s,、;；:|/]+|[\s,、;；:|/]+$/gu, '')
  const range = parseTimeRange(rest)
  const start = range ? null : parseTime(rest)
  return {
    weekdays: weekdays.length > 0 ? parseWeekdays(weekdays.join(',')) : null,
    weeks: weeks.length > 0 ? weeks.join(',') : null,
    periods: joinPeriods(periods),
    range,
    start,
    rest: range || start !== null ? '' : rest,
  }
}

function joinPeriods(texts: readonly string[]): PeriodSpan | null {
  const spans = texts.map(parsePeriods).filter((span) => span !== null)
  if (spans.length === 0) return null
  return {
    first: Math.min(...spans.map(({ first }) => first)),
    last: Math.max(...spans.map(({ last }) => last)),
  }
}
