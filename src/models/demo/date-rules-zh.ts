import {
  dateOf,
  dayReading,
  monthRange,
  nearestYear,
  partOfMonth,
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
  type Distance,
} from './date-readings.ts'
import { readFeast, readLunarFeast } from './feasts.ts'
import { chineseNumber as N, toNumber } from './text.ts'

export type DateGroups = Record<string, string | undefined>

/** One way to write a date. Rules are tried in order; the first to match a stretch keeps it. */
export interface DateRule {
  /** With flag `g` and named groups; over folded text. */
  pattern: RegExp
  /** Null where the words matched but mean no date. */
  read(groups: DateGroups, today: Temporal.PlainDate): DateReading | null
  /** Set where the words can mean nothing but a date: 13月40日 is one that does not exist. */
  isDate?: true
}

const weekdays = '一二三四五六日'
const dayOffsets: Record<string, number> = {
  大大后天: 4,
  大前天: -3,
  前天: -2,
  前日: -2,
  昨: -1,
  今: 0,
  当天: 0,
  明: 1,
  后天: 2,
  大后天: 3,
}
const relations: Record<string, number> = {
  上上: -2,
  上: -1,
  这: 0,
  本: 0,
  当: 0,
  下: 1,
  下下: 2,
  下下下: 3,
}
const units: Record<string, 'days' | 'weeks' | 'months'> = {
  天: 'days',
  日: 'days',
  周: 'weeks',
  星期: 'weeks',
  礼拜: 'weeks',
  月: 'months',
}
const monthParts: Record<string, MonthPart> = {
  初: 'early',
  上旬: 'early',
  中: 'middle',
  中旬: 'middle',
  下旬: 'late',
  底: 'late',
  末: 'late',
}
const part = '(?:的?(?<part>初|上旬|中旬|下旬|底|末))?'
/** A weekday's number is not one when it counts something: 下周一共, 周三点. */
const notDay = '(?![点时号节门个场堂次:]|小时|共|起|直|般|定|样|些|程)'
const weekday = `(?:[一二三四五六日天]${notDay}|[1-7](?!\\d)${notDay})`

export const chineseDateRules: readonly DateRule[] = [
  {
    pattern:
      /(?<![\d.])(?<y>\d{4}) ?[-/.年] ?(?<m>\d{1,2}) ?[-/.月] ?(?<d>\d{1,2})(?:日|号)?(?!\d)/g,
    read: ({ y, m, d }) => toDay(dateOf(Number(y), Number(m), Number(d)), false),
    isDate: true,
  },
  {
    pattern: new RegExp(
      `(?:(?<y>\\d{4}年|今年|明年|去年)的?)?(?<!\\d)(?<m>${N})月(?<d>${N})(?:日|号|(?![\\d节门个堂场小天点]))`,
      'g',
    ),
    read: readMonthDay,
    isDate: true,
  },
  {
    pattern: /(?<![\d/.])(?<m>\d{1,2})\/(?<d>\d{1,2})(?![\d/])/g,
    // 25/11 can only be a day and its month
    read: ({ m, d }, today) => readMonthDay({ m, d }, today) ?? readMonthDay({ m: d, d: m }, today),
  },
  {
    pattern: /(?<![\w.] ?|[a-z]-)(?<m>\d{1,2})\.(?<d>\d{1,2})(?![\w.%]|-[a-z]|个|小时|分|版)/g,
    read: readMonthDay,
  },
  {
    pattern: /(?<=^|[\s,.?!我们家在你])(?<first>今明|明后)两?天/g,
    read: ({ first }, today) => {
      const from = shift(today, first === '今明' ? 0 : 1, 'days')
      return { range: { from, to: from.add({ days: 1 }) }, unit: 'span', relative: true }
    },
  },
  {
    pattern: new RegExp(
      `(?:(?<m>${N})月份?|(?<rel>下|上|这|本)个?月)的?(?:第?(?<n>[一二三四1-4])|(?<last>最后一?))个?(?:周|星期)(?![一二三四五六日天\\d])`,
      'g',
    ),
    read: readWeekOfMonth,
  },
  {
    pattern: /现在(?=到|至)|\bnow(?= (?:until|till|to|through)\b)/g,
    read: (_, today) => dayReading(today, true),
  },
  {
    pattern: /(?<day>大大后天|大后天|大前天|后天|前天|当天|[明昨今][天日儿]|[明昨今](?=[晚早]))/g,
    read: ({ day = '' }, today) => {
      const offset = dayOffsets[day] ?? dayOffsets[day.charAt(0)] ?? 0
      return dayReading(shift(today, offset, 'days'), true)
    },
  },
  {
    pattern: new RegExp(
      `(?<rel>上上|下下下|下下|(?<![晚早])上|(?<!一)下|这|本)(?:一?个)?(?:周|星期|礼拜)(?:的?(?:周|星期|礼拜))?(?<wd>${weekday}(?:[,和]?${weekday}){0,5}|末)?`,
      'g',
    ),
    read: ({ rel = '', wd }, today) => readWeek(relations[rel] ?? 0, wd, today),
  },
  {
    pattern: new RegExp(
      `(?<every>每个?)?(?:周|星期|礼拜)(?<wd>${weekday}(?:[,和]?${weekday}){0,5}|末)`,
      'g',
    ),
    read: ({ every, wd = '' }, today) =>
      every === undefined ? readBareWeekday(wd, today) : everyWeekday(toWeekdays(wd), today),
  },
  {
    pattern: /工作日|平时(?=.{0,6}课)/g,
    read: (_, today) => everyWeekday([1, 2, 3, 4, 5], today),
  },
  {
    pattern: /双休日/g,
    read: (_, today) => readBareWeekday('末', today),
  },
  {
    pattern: new RegExp(
      `(?<half>半个月)(?:之|以)?内|(?<n>${N})个?(?<unit>天|周|星期|礼拜|月)(?:之|以)?(?<way>后|前|内)|过(?<n2>${N})(?<unit2>天|周)`,
      'g',
    ),
    read: ({ half, n, unit, way, n2, unit2 }, today) =>
      half === undefined
        ? readDuration({ n: n ?? n2, unit: unit ?? unit2, way: way ?? '后' }, today)
        : readDuration({ n: '15', unit: '天', way: '内' }, today),
  },
  {
    pattern: new RegExp(
      `(?<way>未来|接下来|今后|往后|过去|最近|近)的?(?<n>${N})个?(?<unit>天|日|周|星期|礼拜|月)`,
      'g',
    ),
    read: ({ n, unit, way }, today) =>
      readDuration({ n, unit, way: way === '过去' ? '过去' : '内' }, today),
  },
  {
    pattern: /(?:每|一|单)个?(?:周|星期|礼拜)(?![一二三四五六日天末\d前后内])/g,
    read: (_, today) => ({ range: weekRange(today, 0), unit: 'week', relative: true }),
  },
  {
    pattern: new RegExp(`(?<rel>上上|下下下|下下|上|下|这|本|当)(?:一?个)?月${part}`, 'g'),
    read: ({ rel = '', part: name }, today) => {
      const first = shift(today.with({ day: 1 }), relations[rel] ?? 0, 'months')
      return toMonth(first.year, first.month, name)
    },
  },
  {
    pattern: new RegExp(`(?:(?<y>\\d{4}年|今年|明年|去年)的?)?(?<!\\d)(?<m>${N})月份?${part}`, 'g'),
    read: ({ y, m, part: name }, today) => {
      const month = toNumber(m)
      if (month === null || month < 1 || month > 12) return null
      const year = toYear(y, today) ?? nearestYear(month, today)
      return year < 1900 || year > 2200 ? null : toMonth(year, month, name)
    },
  },
  {
    pattern: /(?<![个一-十\d])月(?<part>初|中旬|中|底|末)/g,
    read: ({ part: name }, today) => toMonth(today.year, today.month, name),
  },
  {
    pattern: /(?<y>今年|明年|去年|(?<!\d)\d{4}年)?(?<edge>年[底末初])/g,
    read: ({ y, edge }, today) =>
      toMonth(toYear(y, today) ?? today.year, edge === '年初' ? 1 : 12, undefined),
  },
  {
    pattern: /(?<y>今年|明年|去年|(?<!\d)(?:19|20|21)\d\d年)/g,
    read: ({ y }, today) => {
      const year = toYear(y, today) ?? today.year
      const range = { from: monthRange(year, 1).from, to: monthRange(year, 12).to }
      return { range, unit: 'year', relative: true }
    },
  },
  {
    pattern: new RegExp(`(?<!\\d)(?<d>${N})(?:号|日)(?!楼|教室|线|常|期)`, 'g'),
    read: ({ d }, today) => readBareDay(toNumber(d), today),
  },
  {
    pattern:
      /(?<feast>元旦|劳动节|五一|国庆|十一(?=放?假|长假|黄金周|节|期间|[之以]?[前后])|平安夜|圣诞)节?(?:放?假期?|长假|黄金周)?/g,
    read: ({ feast = '' }, today) => readFeast(feast, today),
  },
  {
    pattern: /(?<feast>除夕|春节|过年|元宵|端午|中秋)节?(?:放?假期?)?/g,
    read: ({ feast = '' }, today) => readLunarFeast(feast, today),
  },
]

function toDay(date: Temporal.PlainDate | null, relative: boolean): DateReading | null {
  return date === null ? null : dayReading(date, relative)
}

function toYear(text: string | undefined, today: Temporal.PlainDate): number | null {
  if (text === undefined) return null
  const relative = ['去年', '今年', '明年'].indexOf(text)
  return relative < 0 ? Number(text.slice(0, 4)) : today.year + relative - 1
}

function readMonthDay({ y, m, d }: DateGroups, today: Temporal.PlainDate): DateReading | null {
  const month = toNumber(m)
  const day = toNumber(d)
  if (month === null || day === null || month > 12) return null
  return toDay(dateOf(toYear(y, today) ?? nearestYear(month, today), month, day), true)
}

function toMonth(year: number, month: number, name: string | undefined): DateReading {
  const range = partOfMonth(monthRange(year, month), monthParts[name ?? ''] ?? null)
  return { range, unit: name === undefined ? 'month' : 'span', relative: true }
}

/** 12月第一周 is its first seven days, 最后一周 its last. */
function readWeekOfMonth({ m, rel, n, last }: DateGroups, today: Temporal.PlainDate) {
  const number = toNumber(m)
  if (m !== undefined && (number === null || number > 12)) return null
  const near = shift(today.with({ day: 1 }), relations[rel ?? ''] ?? 0, 'months')
  const first =
    number === null
      ? near
      : Temporal.PlainDate.from({ year: nearestYear(number, today), month: number, day: 1 })
  const start = last === undefined ? 7 * ((toNumber(n) ?? 1) - 1) + 1 : first.daysInMonth - 6
  const from = first.with({ day: start })
  const reading: DateReading = {
    range: { from, to: from.add({ days: 6 }) },
    unit: 'span',
    relative: true,
  }
  return reading
}

function toWeekdays(text: string): number[] {
  if (text === '末') return [6, 7]
  const digits = text.match(/[一二三四五六日天1-7]/g) ?? []
  return digits.map((digit) => {
    const chinese = weekdays.indexOf(digit === '天' ? '日' : digit)
    return chinese < 0 ? Number(digit) : chinese + 1
  })
}

/** A weekday, several, or the weekend of the week that lies `weeks` ahead; without one, the week. */
function readWeek(weeks: number, wd: string | undefined, today: Temporal.PlainDate): DateReading {
  if (wd === undefined) return { range: weekRange(today, weeks), unit: 'week', relative: true }
  if (wd === '末') return weekendReading(today, weeks)
  return weekdaysReading(toWeekdays(wd), today, weeks)
}

function weekdaysReading(
  days: readonly number[],
  today: Temporal.PlainDate,
  weeks: number,
): DateReading {
  const [first = 1] = days
  if (days.length === 1) return dayReading(weekdayIn(today, weeks, first), true)
  const range = weekRange(today, weeks)
  return { range, unit: 'week', relative: true, everyWeekdays: days }
}

function readBareWeekday(wd: string, today: Temporal.PlainDate): DateReading {
  if (wd === '末') return { ...weekendReading(today, 0), bareWeekdays: [6, 7] }
  return bareWeekday(toWeekdays(wd), today)
}

interface Duration {
  n: string | undefined
  unit: string | undefined
  way: string
}

function readDuration({ n, unit = '', way }: Duration, today: Temporal.PlainDate) {
  const count = toNumber(n)
  const step = units[unit]
  if (count === null || step === undefined) return null
  return distanceReading({ count, unit: step, way: toWay(way) }, today)
}

function toWay(way: string): Distance['way'] {
  if (way === '后') return 'ahead'
  if (way === '前') return 'ago'
  return way === '过去' ? 'past' : 'within'
}
