import { toPlain, withDigits } from './plain-text.ts'

/** Which of two small numbers in a date such as 3/4/2026 comes first. */
export type DayMonthOrder = 'day_month' | 'month_day'

export interface ReadDate {
  /** `YYYY-MM-DD` */
  date: string
  /** The time that stood behind it, as written. */
  time: string | null
  isYearGuessed: boolean
}

interface DateContext {
  order: DayMonthOrder
  /** `YYYY-MM-DD`: a date without a year is the one nearest to it. */
  near: string
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const month =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?'
const day = '(\\d{1,2})(?:st|nd|rd|th)?'
const weekday =
  /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]? |[([]?(?:周|星期|礼拜)[1234567日天末][)\]]?|[([](?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?[)\]]/giu
const timePart =
  /[ t,]+((?:上午|下午|晚上|早上|中午|凌晨)? ?\d{1,2}(?:[:点]\d{0,2}.*| ?[ap]\.?m\.?.*)|(?:上午|下午|晚上|早上|中午|凌晨).*)$/iu

const yearFirst = /^(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?[日号]?$/u
const compact = /^(20\d{2})(\d{2})(\d{2})$/u
const chinese = /^(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]?$/u
const yearLast = /^(\d{1,2}) ?([-/.]) ?(\d{1,2}) ?[-/.] ?(\d{4}|\d{2})$/u
const noYear = /^(\d{1,2}) ?([-/.]) ?(\d{1,2})\.?$/u
const monthName = new RegExp(`^${month} ?${day}(?:,? ?(\\d{4}))?$`, 'iu')
const dayName = new RegExp(`^${day}[ -]?(?:of )?${month}(?:[-, ]*(\\d{4}))?$`, 'iu')
const serial = /^(?:3[6-9]|[4-6]\d)\d{3}$/u

/** A cell that holds a date, with or without a year, a weekday and a time. Null if it is none. */
export function parseDate(text: string, context: DateContext): ReadDate | null {
  const { datePart, time } = split(text)
  const found = findNumbers(datePart, context.order)
  if (!found) return null
  const { year, month: monthNumber, day: dayNumber } = found
  if (year !== null) {
    const date = toDate(year, monthNumber, dayNumber)
    return date === null ? null : { date, time, isYearGuessed: false }
  }
  const date = nearest({ month: monthNumber, day: dayNumber }, context.near)
  return date === null ? null : { date, time, isYearGuessed: true }
}

function split(text: string): { datePart: string; time: string | null } {
  const plain = withDigits(toPlain(text).slice(0, 80))
    .replaceAll(weekday, ' ')
    .replaceAll(/ +/gu, ' ')
    .trim()
  const spaced = plain.replace(/([日号])(?=\d|上|下|晚|早|中|凌)/u, '$1 ')
  const time = timePart.exec(spaced)?.[1] ?? null
  if (time === null) return { datePart: spaced, time }
  return { datePart: spaced.replace(timePart, '').trim(), time: withoutZone(time) }
}

/** The zone of a time stamp is left out: cells are in the timetable's. */
function withoutZone(time: string): string {
  return time.replace(/(?<=:\d{2})(?:\.\d+)?(?:z|[+-]\d{2}:?\d{2})$/iu, '')
}

interface DateNumbers {
  year: number | null
  month: number
  day: number
}

function findNumbers(text: string, order: DayMonthOrder): DateNumbers | null {
  const whole = yearFirst.exec(text) ?? compact.exec(text)
  if (whole) return numbers(whole[1], whole[2], whole[3])
  const han = chinese.exec(text)
  if (han) return numbers(null, han[1], han[2])
  const last = yearLast.exec(text)
  if (last) return inOrder({ match: last, order, year: longYear(last[4]) })
  const short = noYear.exec(text)
  if (short) return inOrder({ match: short, order, year: null })
  const named = monthName.exec(text)
  if (named) return numbers(named[3] ?? null, monthOf(named[1]), named[2])
  const namedLast = dayName.exec(text)
  if (namedLast) return numbers(namedLast[3] ?? null, monthOf(namedLast[2]), namedLast[1])
  return serial.test(text) ? fromSerial(Number(text)) : null
}

type Numeric = string | number | null | undefined

function numbers(year: Numeric, monthNumber: Numeric, dayNumber: Numeric): DateNumbers {
  return {
    year: year === null || year === undefined ? null : Number(year),
    month: Number(monthNumber),
    day: Number(dayNumber),
  }
}

function monthOf(name: string | undefined): number {
  return months.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1
}

function longYear(year: string | undefined): number {
  return year?.length === 2 ? 2000 + Number(year) : Number(year)
}

interface OrderedMatch {
  match: RegExpExecArray
  order: DayMonthOrder
  year: number | null
}

function inOrder({ match, order, year }: OrderedMatch): DateNumbers {
  const [, first, , second] = match
  const isDayFirst = isDotted(match) ? Number(second) <= 12 : order === 'day_month'
  return isDayFirst ? numbers(year, second, first) : numbers(year, first, second)
}

/** 1.9.2026 and 1.9. are of the countries that put the day first; 9.1 is not. */
function isDotted(match: RegExpExecArray): boolean {
  return match[2] === '.' && (match[4] !== undefined || match[0].endsWith('.'))
}

/** Days since the end of 1899, as spreadsheets count them. */
function fromSerial(days: number): DateNumbers {
  const date = Temporal.PlainDate.from('1899-12-30').add({ days })
  return { year: date.year, month: date.month, day: date.day }
}

function toDate(year: number, monthNumber: number, dayNumber: number): string | null {
  if (year < 2000 || year > 2100) return null
  return toPlainDate({ year, month: monthNumber, day: dayNumber })?.toString() ?? null
}

function toPlainDate(parts: { year: number; month: number; day: number }) {
  try {
    return Temporal.PlainDate.from(parts, { overflow: 'reject' })
  } catch {
    return null
  }
}

function nearest(parts: { month: number; day: number }, near: string): string | null {
  const middle = Temporal.PlainDate.from(near)
  const candidates = [-1, 0, 1]
    .map((offset) => toPlainDate({ year: middle.year + offset, ...parts }))
    .filter((date) => date !== null)
  const distance = (date: Temporal.PlainDate) => Math.abs(date.until(middle).days)
  const [best] = candidates.toSorted((a, b) => distance(a) - distance(b))
  return best?.toString() ?? null
}

export interface OrderDecision {
  order: DayMonthOrder
  /** `certain`: some date has only one reading; `guessed`: all have two; `none`: no date has two. */
  basis: 'certain' | 'guessed' | 'none'
}

/**
 * Decides for a whole column which number is the day. If every date has two readings, the one that
 * lies closer together wins; a tie goes to the month, as in English and Chinese.
 */
export function decideOrder(cells: readonly string[], near: string): OrderDecision {
  let dayFirst = 0
  let monthFirst = 0
  let open = 0
  for (const cell of cells) {
    const { datePart } = split(cell)
    const match = yearLast.exec(datePart) ?? noYear.exec(datePart)
    if (!match || isDotted(match)) continue
    const [first, second] = [Number(match[1]), Number(match[3])]
    if (first > 12) dayFirst += 1
    else if (second > 12) monthFirst += 1
    else if (first !== second) open += 1
  }
  if (dayFirst + monthFirst > 0) {
    return { order: dayFirst > monthFirst ? 'day_month' : 'month_day', basis: 'certain' }
  }
  if (open === 0) return { order: 'month_day', basis: 'none' }
  const isDayCloser = spanOf(cells, 'day_month', near) < spanOf(cells, 'month_day', near)
  return { order: isDayCloser ? 'day_month' : 'month_day', basis: 'guessed' }
}

/** Days from the first to the last date. */
function spanOf(cells: readonly string[], order: DayMonthOrder, near: string): number {
  let first: string | null = null
  let last: string | null = null
  for (const cell of cells) {
    const date = parseDate(cell, { order, near })?.date
    if (date === undefined) continue
    if (first === null || date < first) first = date
    if (last === null || date > last) last = date
  }
  if (first === null || last === null) return Number.POSITIVE_INFINITY
  return Temporal.PlainDate.from(first).until(last).days
}
