import { dayReading, mondayOf, weekdayIn, type DateRange, type DateReading } from './date-range.ts'
import { everyWeekday } from './date-readings.ts'
import { englishDateRules } from './date-rules-en.ts'
import { chineseDateRules } from './date-rules-zh.ts'
import { spanOf, type Mask, type Span } from './text.ts'

/** What a text says about dates, put together. */
export interface DateSlot {
  /** One of these must hold; empty: nothing was said. */
  ranges: DateRange[]
  /** ISO weekdays that must hold besides; empty: any. */
  weekdays: number[]
  /** True when it was read with the help of today's date. */
  relative: boolean
  /** Set when only weekdays were named: they belong to the week the conversation is about. */
  bareWeekday: number | null
  /** The words for a day that does not exist. */
  impossible: string | null
}

interface DateMatch extends Span, DateReading {}

const rules = [...chineseDateRules, ...englishDateRules]
/** More than anybody asks about; keeps the SQL short. */
const maxRanges = 8

const joiner = /^\s*(?:到|至|~|-|–|—|to|until|till|through|thru)\s*(?:the )?$/
const openAfter = /^\s*(?:以后|之?后|过后|起|开始|以来|onwards?\b)/
const openBefore = /^\s*(?:以前|之?前(?!天)|为止)/

/** Finds all dates in a folded text and takes their words (and "from", "before", …) off the mask. */
export function readDates(text: string, today: Temporal.PlainDate, mask: Mask): DateSlot {
  const { matches, impossible } = findMatches(text, { today, mask })
  const found = placeInWeek(matches).map((match) => excludeDays(match, { text, mask }, today))
  const joined = joinRanges(found, { text, mask })
  const opened = joined.map((match) => openRange(match, { text, mask }))
  return { ...toSlot(opened, today), impossible }
}

interface Reader {
  today: Temporal.PlainDate
  mask: Mask
}

interface Findings {
  matches: DateMatch[]
  impossible: string | null
}

function findMatches(text: string, { today, mask }: Reader): Findings {
  const found: DateMatch[] = []
  let impossible: string | null = null
  for (const rule of rules) {
    for (const match of text.matchAll(rule.pattern)) {
      const span = spanOf(match)
      if (!mask.isFree(span)) continue
      const reading = rule.read(match.groups ?? {}, today)
      if (reading === null && rule.isDate !== true) continue
      mask.take(span)
      if (reading === null) {
        impossible = match[0]
        continue
      }
      found.push({ ...span, ...reading })
      if (found.length >= maxRanges * 2) return { matches: found.toSorted(byStart), impossible }
    }
  }
  return { matches: found.toSorted(byStart), impossible }
}

function byStart(a: Span, b: Span): number {
  return a.start - b.start
}

/** "two weeks from now on Wednesday" is one day, not two. */
function placeInWeek(found: readonly DateMatch[]): DateMatch[] {
  const away = found.find((match) => match.isWeeksAway === true)
  const weekday = found.find((match) => match.unit === 'day' && match.bareWeekdays !== undefined)
  const [number] = weekday?.bareWeekdays ?? []
  const pivot = away?.range.from
  if (away === undefined || weekday === undefined || number === undefined || pivot == null) {
    return [...found]
  }
  const day = weekdayIn(pivot, 0, number)
  const merged: DateMatch = { ...dayReading(day, true), start: away.start, end: weekday.end }
  return found
    .filter((match) => match !== weekday)
    .map((match) => (match === away ? merged : match))
}

const exclusion =
  /(?:除了|除去|除|不要|不算|不含|不是|\b(?:except|excluding|besides|other than|not)(?: for| on)?)\s*(?:the )?$/

/** "Except at weekends": all other days of the week. */
function excludeDays(
  match: DateMatch,
  { text, mask }: Writing,
  today: Temporal.PlainDate,
): DateMatch {
  const days = match.everyWeekdays ?? match.bareWeekdays
  const lead = exclusion.exec(text.slice(0, match.start))
  if (days === undefined || lead === null || /不是\s*$/.test(lead[0])) return match
  mask.take({ start: lead.index, end: match.start })
  const others = [1, 2, 3, 4, 5, 6, 7].filter((day) => !days.includes(day))
  const { start, end } = match
  return { ...everyWeekday(others, today), start, end }
}

interface Writing {
  text: string
  mask: Mask
}

/** "from Monday to Wednesday", "between 1 and 15 December", 明天到周五. */
function joinRanges(found: readonly DateMatch[], { text, mask }: Writing): DateMatch[] {
  const joined: DateMatch[] = []
  for (const match of found) {
    const before = joined.at(-1)
    if (before === undefined || !isJoined(before, match, text)) {
      joined.push(match)
      continue
    }
    mask.take({ start: before.end, end: match.start })
    const lead = /(?:从|自|from|between)\s*(?:the )?$/.exec(text.slice(0, before.start))
    if (lead) mask.take({ start: lead.index, end: before.start })
    const span = toSpan(before, match)
    joined[joined.length - 1] = { ...span, start: lead?.index ?? span.start }
  }
  return joined
}

function isJoined(a: DateMatch, b: DateMatch, text: string): boolean {
  if (a.everyWeekdays !== undefined || b.everyWeekdays !== undefined) return false
  const between = text.slice(a.end, b.start)
  if (joiner.test(between)) return true
  const isBetween = /between\s+(?:the )?$/.test(text.slice(Math.max(0, a.start - 14), a.start))
  return isBetween && /^\s*and\s*(?:the )?$/.test(between)
}

function toSpan(a: DateMatch, b: DateMatch): DateMatch {
  let from = a.range.from
  let to = b.range.to
  if (from !== null && to !== null) {
    const weekday = b.bareWeekdays?.at(-1)
    if (weekday !== undefined) {
      to = from.add({ days: (weekday - from.dayOfWeek + 7) % 7 })
    } else if (b.bareDay !== undefined && Temporal.PlainDate.compare(to, from) < 0) {
      to = from.with({ day: b.bareDay })
    } else if (b.bareDay !== undefined && b.bareDay >= from.day) {
      to = from.with({ day: b.bareDay })
    }
    if (Temporal.PlainDate.compare(to, from) < 0) [from, to] = [to, from]
  }
  return {
    start: a.start,
    end: b.end,
    range: { from, to },
    unit: 'span',
    relative: a.relative || b.relative,
  }
}

/** "before Friday", 12月1日以后: one end stays open. */
function openRange(match: DateMatch, { text, mask }: Writing): DateMatch {
  const opening = findOpening(match, text)
  if (opening === null) return match
  mask.take(opening.span)
  const { from, to } = match.range
  const { bareWeekdays: _, ...rest } = match
  return { ...rest, unit: 'span', range: opening.toRange({ from, to }) }
}

interface Opening {
  span: Span
  toRange(range: DateRange): DateRange
}

function findOpening(match: DateMatch, text: string): Opening | null {
  const tail = text.slice(match.end, match.end + 12)
  const after = openAfter.exec(tail)
  if (after) {
    const isStrict = /^\s*(?:之后|过后)/.test(after[0])
    return {
      span: { start: match.end, end: match.end + after[0].length },
      toRange: isStrict ? laterThan : from,
    }
  }
  const before = openBefore.exec(tail)
  if (before) {
    const span = { start: match.end, end: match.end + before[0].length }
    return { span, toRange: before[0].includes('为止') ? upTo : earlierThan }
  }
  return findEnglishOpening(match, text)
}

function findEnglishOpening(match: DateMatch, text: string): Opening | null {
  const head = text.slice(Math.max(0, match.start - 14), match.start)
  const lead =
    /(?<word>\bafter|\bbefore|\bsince|\bfrom|\bstarting(?: on)?|\buntil|\btill|\bby|截至|截止到?|从|自)\s*(?:the )?$/.exec(
      head,
    )
  const word = lead?.groups?.['word']
  if (!lead || word === undefined) return null
  const span = { start: match.start - head.length + lead.index, end: match.start }
  if (word === 'after') return { span, toRange: laterThan }
  if (word === 'before') return { span, toRange: earlierThan }
  if (/^(?:until|till|by|截)/.test(word)) return { span, toRange: upTo }
  return { span, toRange: from }
}

const from = (range: DateRange): DateRange => ({ from: range.from, to: null })
const upTo = (range: DateRange): DateRange => ({ from: null, to: range.to })
const laterThan = (range: DateRange): DateRange => ({
  from: range.to === null ? range.from : range.to.add({ days: 1 }),
  to: null,
})
const earlierThan = (range: DateRange): DateRange => ({
  from: null,
  to: range.from === null ? range.to : range.from.subtract({ days: 1 }),
})

function toSlot(
  matches: readonly DateMatch[],
  today: Temporal.PlainDate,
): Omit<DateSlot, 'impossible'> {
  const relative = matches.some((match) => match.relative)
  const frames = matches.filter((match) => isFrame(match))
  const bare = matches.filter((match) => match.bareWeekdays !== undefined)
  const isFilter = frames.length > 0 && bare.length > 0
  const [week] = frames
  if (isFilter && frames.length === 1 && week?.unit === 'week') return daysOfWeek(week, bare)
  const rest = isFilter ? matches.filter((match) => match.bareWeekdays === undefined) : matches
  const weekdays = [
    ...(isFilter ? bare.flatMap((match) => match.bareWeekdays ?? []) : []),
    ...rest.flatMap((match) => match.everyWeekdays ?? []),
  ]
  const ranges = dropEnclosing(rest.map((match) => match.range)).slice(0, maxRanges)
  const [only] = bare
  const bareWeekday =
    !isFilter && matches.length === 1 && only?.unit === 'day' ? only.bareWeekdays?.[0] : undefined
  return {
    ranges: weekdays.length > 0 && !isFilter ? ranges.map((range) => clip(range, today)) : ranges,
    weekdays: [...new Set(weekdays)].toSorted((a, b) => a - b),
    relative,
    bareWeekday: bareWeekday ?? null,
  }
}

/** "Saturday and Sunday next week" are these two days. */
function daysOfWeek(week: DateMatch, bare: readonly DateMatch[]): Omit<DateSlot, 'impossible'> {
  const monday = week.range.from
  const days = [...new Set(bare.flatMap((match) => match.bareWeekdays ?? []))]
  const dates = monday === null ? [] : days.map((day) => weekdayIn(monday, 0, day))
  return {
    ranges: dates.map((date) => ({ from: date, to: date })),
    weekdays: [],
    relative: true,
    bareWeekday: null,
  }
}

/** A longer time that a weekday can be within. */
function isFrame(match: DateMatch): boolean {
  return match.bareWeekdays === undefined && match.unit !== 'day'
}

/** "next week on 25 November" is that day: a range that holds another one only frames it. */
function dropEnclosing(ranges: readonly DateRange[]): DateRange[] {
  return ranges.filter(
    (range, index) =>
      !ranges.some(
        (other, at) => at !== index && holds(range, other) && (!holds(other, range) || at < index),
      ),
  )
}

function holds(outer: DateRange, inner: DateRange): boolean {
  const startsInside =
    outer.from === null ||
    (inner.from !== null && Temporal.PlainDate.compare(outer.from, inner.from) <= 0)
  const endsInside =
    outer.to === null || (inner.to !== null && Temporal.PlainDate.compare(inner.to, outer.to) <= 0)
  return startsInside && endsInside
}

/** "every Tuesday" has no end, and needs no beginning before the week it is said in. */
function clip(range: DateRange, today: Temporal.PlainDate): DateRange {
  const isOpen = range.to === null && range.from?.equals(today) === true
  return isOpen ? { from: mondayOf(today), to: null } : range
}
