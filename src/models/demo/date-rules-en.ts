import {
  dateOf,
  dayReading,
  monthRange,
  nearestYear,
  partOfMonth,
  recentWeekday,
  shift,
  weekdayIn,
  weekRange,
  type DateReading,
  type MonthPart,
} from './date-range.ts'
import {
  bareWeekday,
  distanceReading,
  everyWeekday,
  readBareDay,
  weekendReading,
} from './date-readings.ts'
import type { DateGroups, DateRule } from './date-rules-zh.ts'
import { readEnglishFeast } from './feasts.ts'
import { englishNumber as N, toNumber } from './text.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

const month =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'
/** "sat" and "sun" are words of their own unless something announces a day. */
const weekday =
  '(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|weds?|thu(?:rs?)?|fri|(?<=^|(?:on|this|next|last|every|and|or|to|from|until|,|-) )(?:sat|sun))'
const day = '\\d{1,2}(?:st|nd|rd|th)?'
const year = '(?:,? ?(?<y>\\d{4})\\b)?'
const to = ' ?(?:-|–|to|and|until|till|through) ?'
const relation = '(?:this|next|last|previous|coming|following|current|upcoming)'

export const englishDateRules: readonly DateRule[] = [
  {
    pattern: new RegExp(
      `\\b(?<d>${day})${to}(?<d2>${day}) (?:of )?(?<m>${month})\\b${year}|\\b(?<mm>${month})\\.? (?:the )?(?<dd>${day})${to}(?:the )?(?<dd2>${day})\\b(?! ?(?:am|pm|:|${month}))`,
      'g',
    ),
    read: readSpan,
  },
  {
    pattern: new RegExp(
      `\\b(?<d>${day}) ?(?:of )?(?<m>${month})\\b${year}|\\b(?<mm>${month})\\.? ?(?:the )?(?<dd>${day})\\b(?! ?(?:am|pm|:|o'clock|class|lesson|day))(?:,? ?(?<yy>\\d{4})\\b)?`,
      'g',
    ),
    read: readMonthDay,
  },
  {
    pattern:
      /\b(?:(?:the )?day (?<side>after tomorrow|before yesterday)|(?<=tomorrow,? (?:and|or) )the day (?<later>after)|(?<word>today|tomorrow|tomorow|tommorow|tmrw?|yesterday)(?:'s)?\b|(?=tonight\b)|(?<here>this|last)(?= (?:morning|afternoon|evening|night)\b))/g,
    read: readDayWord,
  },
  {
    pattern: new RegExp(
      `\\b(?<rel>${relation}) (?<unit>week|weekend|month|year)(?:'s)?\\b(?: (?:on )?(?<wd>${weekday})\\b)?|\\b(?:the )?week after next\\b`,
      'g',
    ),
    read: readRelation,
  },
  {
    pattern: new RegExp(
      `\\b(?:(?<every>every|each) )?(?:(?<rel>${relation}) )?(?<wd>${weekday})(?<s>s)?(?:'s)?\\b`,
      'g',
    ),
    read: readWeekday,
  },
  {
    pattern: new RegExp(
      `\\bin (?<n>${N}) (?<unit>day|week|month)s?\\b(?:'? time)?|\\b(?<n2>${N}) (?<unit2>day|week|month)s? (?:from|after) (?:now|today)|\\b(?<n3>${N}) (?<unit3>day|week|month)s? ago`,
      'g',
    ),
    read: ({ n, unit, n2, unit2, n3, unit3 }, today) =>
      toDistance(n ?? n2 ?? n3, unit ?? unit2 ?? unit3, {
        way: n3 === undefined ? 'ahead' : 'ago',
        today,
      }),
  },
  {
    pattern: new RegExp(
      `\\b(?:within |over |during |in )?(?:the )?(?<way>next|coming|following|past|last|previous|within) (?<n>${N}) (?<unit>day|week|month)s?\\b`,
      'g',
    ),
    read: ({ way = '', n, unit }, today) =>
      toDistance(n, unit, {
        way: ['past', 'last', 'previous'].includes(way) ? 'past' : 'within',
        today,
      }),
  },
  {
    pattern: new RegExp(
      `\\b(?:(?<part>end|beginning|start|middle) of (?:(?<rel>the|this|next|last) month|(?<m>${month})\\b)|(?<early>early|mid|late)[- ](?<mm>${month})\\b)`,
      'g',
    ),
    read: readMonthPart,
  },
  {
    pattern: /(?<=\brest of )the (?<unit>week|month)\b/g,
    read: ({ unit }, today) => readRelation({ rel: 'this', unit }, today),
  },
  {
    pattern: /\b(?:per|an?|each|every) week\b|\bweekly\b/g,
    read: (_, today) => ({ range: weekRange(today, 0), unit: 'week', relative: true }),
  },
  {
    pattern: /\b(?:in|during|of) (?<y>(?:19|20|21)\d\d)\b/g,
    read: ({ y }) => {
      const number = Number(y)
      const range = { from: monthRange(number, 1).from, to: monthRange(number, 12).to }
      return { range, unit: 'year', relative: false }
    },
  },
  {
    pattern: new RegExp(
      `(?<=(?:\\bin|\\bof|\\bthis|\\bnext|\\blast|\\bduring|\\bfor|\\bby|\\buntil) )may\\b${year}|\\b(?!may\\b)(?<m>${month})\\b${year}`,
      'g',
    ),
    read: ({ m = 'may', y }, today) => {
      const number = toMonthNumber(m)
      const range = monthRange(toYear(y) ?? nearestYear(number, today), number)
      return { range, unit: 'month', relative: true }
    },
  },
  {
    pattern: /\bthe (?<d>\d{1,2})(?:st|nd|rd|th)\b(?! (?:class|lesson|session|lecture|course))/g,
    read: ({ d }, today) => readBareDay(toNumber(d), today),
  },
  {
    pattern: /\b(?<every>(?:every|each) weekend|weekends)\b|\bweekend\b/g,
    read: ({ every }, today) =>
      every === undefined
        ? { ...weekendReading(today, 0), bareWeekdays: [6, 7] }
        : everyWeekday([6, 7], today),
  },
  { pattern: /\b(?:on )?weekdays\b/g, read: (_, today) => everyWeekday([1, 2, 3, 4, 5], today) },
  {
    pattern:
      /\b(?<feast>mid-? ?autumn|moon(?= festival)|spring festival|(?:chinese|lunar) new year|dragon boat|lantern(?= festival)|labou?r(?= day)|may day)(?: festival| day)?\b/g,
    read: ({ feast = '' }, today) => readEnglishFeast(feast, today),
  },
  {
    pattern:
      /\b(?<feast>(?:the )?national (?:day|holiday)|christmas eve|christmas|new year'?s? eve|new year'?s?)(?: day)?\b/g,
    read: ({ feast = '' }, today) => {
      const isEve = feast.endsWith('eve')
      if (feast.includes('national')) {
        return toDay({ year: nearestYear(10, today), month: 10, day: 1 })
      }
      const [m, d] = feast.startsWith('christmas')
        ? [12, isEve ? 24 : 25]
        : isEve
          ? [12, 31]
          : [1, 1]
      return toDay({ year: nearestYear(m, today), month: m, day: d })
    },
  },
]

function toMonthNumber(name: string): number {
  return months.indexOf(name.slice(0, 3)) + 1
}

function toYear(text: string | undefined): number | null {
  const value = text === undefined ? Number.NaN : Number(text)
  return value >= 1900 && value <= 2200 ? value : null
}

function toDayNumber(text: string | undefined): number {
  return Number.parseInt(text ?? '', 10)
}

function toDay(parts: { year: number; month: number; day: number }): DateReading | null {
  const date = dateOf(parts.year, parts.month, parts.day)
  return date === null ? null : dayReading(date, true)
}

function readSpan(
  { d, d2, m, mm, dd, dd2, y }: DateGroups,
  today: Temporal.PlainDate,
): DateReading | null {
  const number = toMonthNumber(m ?? mm ?? '')
  const yearNumber = toYear(y) ?? nearestYear(number, today)
  const from = dateOf(yearNumber, number, toDayNumber(d ?? dd))
  const end = dateOf(yearNumber, number, toDayNumber(d2 ?? dd2))
  if (from === null || end === null) return null
  return { range: { from, to: end }, unit: 'span', relative: true }
}

function readMonthDay(
  { d, m, y, mm, dd, yy }: DateGroups,
  today: Temporal.PlainDate,
): DateReading | null {
  const number = toMonthNumber(m ?? mm ?? '')
  const yearNumber = toYear(y ?? yy) ?? nearestYear(number, today)
  return toDay({ year: yearNumber, month: number, day: toDayNumber(d ?? dd) })
}

function readDayWord(
  { side, later, word, here }: DateGroups,
  today: Temporal.PlainDate,
): DateReading {
  if (later !== undefined) return dayReading(shift(today, 2, 'days'), true)
  if (side !== undefined)
    return dayReading(shift(today, side.startsWith('a') ? 2 : -2, 'days'), true)
  if (here === 'last' || word === 'yesterday') return dayReading(shift(today, -1, 'days'), true)
  const isTomorrow = word !== undefined && word !== 'today'
  return dayReading(shift(today, isTomorrow ? 1 : 0, 'days'), true)
}

function toOffset(relationName: string | undefined): number {
  if (relationName === 'last' || relationName === 'previous') return -1
  return relationName === 'next' || relationName === 'following' ? 1 : 0
}

function toWeekdayNumber(name: string): number {
  return days.indexOf(name.slice(0, 3)) + 1
}

function readRelation({ rel, unit, wd }: DateGroups, today: Temporal.PlainDate): DateReading {
  const offset = unit === undefined ? 2 : toOffset(rel === 'coming' ? 'next' : rel)
  if (unit === 'weekend') return weekendReading(today, rel === 'coming' ? 0 : offset)
  if (unit === 'month') {
    const first = shift(today.with({ day: 1 }), offset, 'months')
    return { range: monthRange(first.year, first.month), unit: 'month', relative: true }
  }
  if (unit === 'year') {
    const yearNumber = today.year + offset
    const range = { from: monthRange(yearNumber, 1).from, to: monthRange(yearNumber, 12).to }
    return { range, unit: 'year', relative: true }
  }
  if (wd !== undefined) return dayReading(weekdayIn(today, offset, toWeekdayNumber(wd)), true)
  return { range: weekRange(today, offset), unit: 'week', relative: true }
}

function readWeekday(
  { every, rel, wd = '', s }: DateGroups,
  today: Temporal.PlainDate,
): DateReading {
  const number = toWeekdayNumber(wd)
  if (every !== undefined || s !== undefined) {
    return { ...everyWeekday([number], today), bareWeekdays: [number] }
  }
  if (rel === 'next') return dayReading(weekdayIn(today, 1, number), true)
  if (rel === 'last' || rel === 'previous') return dayReading(recentWeekday(today, number), true)
  return bareWeekday([number], today)
}

function toDistance(
  n: string | undefined,
  unit: string | undefined,
  { way, today }: { way: 'ahead' | 'ago' | 'past' | 'within'; today: Temporal.PlainDate },
): DateReading | null {
  const count = toNumber(n)
  if (count === null || unit === undefined) return null
  const plural = unit === 'day' ? 'days' : unit === 'week' ? 'weeks' : 'months'
  return distanceReading({ count, unit: plural, way }, today)
}

const monthParts: Record<string, MonthPart> = {
  early: 'early',
  beginning: 'early',
  start: 'early',
  mid: 'middle',
  middle: 'middle',
  late: 'late',
  end: 'late',
}

function readMonthPart(
  { part, rel, m, early, mm }: DateGroups,
  today: Temporal.PlainDate,
): DateReading {
  const name = m ?? mm
  const number = name === undefined ? null : toMonthNumber(name)
  const shifted = shift(today.with({ day: 1 }), toOffset(rel), 'months')
  const whole =
    number === null
      ? monthRange(shifted.year, shifted.month)
      : monthRange(nearestYear(number, today), number)
  const range = partOfMonth(whole, monthParts[part ?? early ?? ''] ?? null)
  return { range, unit: 'span', relative: true }
}
