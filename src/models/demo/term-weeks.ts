import { weekdayIn, type DateRange } from './date-range.ts'
import type { DateSlot } from './dates.ts'
import { presentTerm, type KnownTerm } from './holdings.ts'
import type { Parity } from './question.ts'
import { chineseNumber as N, spanOf, toNumber, type Mask } from './text.ts'

/** Weeks of a term that a text names by their numbers, 第5周, "weeks 6 to 7", or as odd or even. */
export interface TermWeeks {
  ranges: DateRange[]
  parity: Parity | null
  /** The words for a week that the term does not have. */
  impossible: string | null
}

const numbered = new RegExp(
  [
    `(?<!月份?的?)第(?<a>${N})(?:周?(?:到|至|-|~)第?(?<b>${N}))?个?(?:教学)?(?:周|星期)`,
    '\\b(?:teaching )?weeks? (?:no\\. ?|number )?(?<d>\\d{1,2})(?: ?(?:to|-|–|through|until) ?(?:week )?(?<e>\\d{1,2}))?\\b(?!:)',
    '\\b(?:the )?(?<f>\\d{1,2})(?:st|nd|rd|th) week\\b(?! (?:of|in) (?:[a-z]+uary|march|april|may|june|july|august|[a-z]+ber|(?:this|next|the) month))',
  ].join('|'),
  'g',
)
const lastWeek = /\b(?:the )?last week of (?:the )?(?:class(?:es)?|term|semester)\b|学期最后一周/g
const parities =
  /(?<odd>单周|奇数周|\bodd(?:-numbered)? weeks?\b)|双周|偶数周|\beven(?:-numbered)? weeks?\b/g

/** Finds the weeks of the present term in a folded text and takes their words off the mask. */
export function readTermWeeks(
  text: string,
  { today, terms }: { today: Temporal.PlainDate; terms: readonly KnownTerm[] },
  mask: Mask,
): TermWeeks {
  const term = presentTerm(today, terms)
  const weeks: TermWeeks = { ranges: [], parity: null, impossible: null }
  if (term === null) return weeks
  for (const match of text.matchAll(numbered)) {
    const { a, b, d, e, f } = match.groups ?? {}
    const first = toNumber(a ?? d ?? f)
    const last = toNumber(b ?? e) ?? first
    if (first === null || last === null || !mask.isFree(spanOf(match))) continue
    mask.take(spanOf(match))
    if (first < 1 || last > term.weeks || last < first) weeks.impossible = match[0]
    else weeks.ranges.push(rangeOf(term, first, last))
  }
  for (const match of text.matchAll(lastWeek)) {
    mask.take(spanOf(match))
    if (weeks.ranges.length === 0) weeks.ranges.push(rangeOf(term, term.weeks, term.weeks))
  }
  for (const match of text.matchAll(parities)) {
    mask.take(spanOf(match))
    weeks.parity ??= match.groups?.['odd'] === undefined ? 'even' : 'odd'
  }
  return weeks
}

function rangeOf({ monday }: KnownTerm, first: number, last: number): DateRange {
  const from = monday.add({ days: (first - 1) * 7 })
  return { from, to: monday.add({ days: last * 7 - 1 }) }
}

/** "Tuesday of week 7" is a day, 单周周四 are many. */
export function placeInWeeks(dates: DateSlot, weeks: TermWeeks): DateSlot {
  const { ranges, parity, impossible } = weeks
  const [week] = ranges
  if (week === undefined && parity === null) {
    return { ...dates, impossible: dates.impossible ?? impossible }
  }
  const day = dates.bareWeekday
  const isDay = day !== null && ranges.length === 1 && week?.from != null && isOneWeek(week)
  if (isDay && week?.from != null) {
    const date = weekdayIn(week.from, 0, day)
    return { ...dates, ranges: [{ from: date, to: date }], relative: true, bareWeekday: null }
  }
  return {
    ranges: ranges.length > 0 || day !== null ? ranges : dates.ranges,
    weekdays: day === null ? dates.weekdays : [day],
    relative: true,
    bareWeekday: null,
    impossible: dates.impossible ?? impossible,
  }
}

function isOneWeek({ from, to }: DateRange): boolean {
  return from !== null && to !== null && from.until(to).days < 7
}
