import { toPlain, withDigits } from './plain-text.ts'

const dayNames: Record<string, number> = {
  mon: 1,
  tue: 2,
  tues: 2,
  wed: 3,
  thu: 4,
  thur: 4,
  thurs: 4,
  fri: 5,
  sat: 6,
  sun: 7,
  monday: 1,
  tuesday: 2,
  wednesday: 3,
  thursday: 4,
  friday: 5,
  saturday: 6,
  sunday: 7,
}
const chineseDay = /^(?:周|星期|礼拜)?([1-7日天])$/u
const letters = /^(?:M|Tu|T|W|Th|R|F|Sa|Su|S|U){2,}$/u
const letterDays: Record<string, number> = {
  M: 1,
  T: 2,
  Tu: 2,
  W: 3,
  Th: 4,
  R: 4,
  F: 5,
  S: 6,
  Sa: 6,
  U: 7,
  Su: 7,
}

/** ISO weekdays (1 is Monday) of "周一", "Mon", "星期一、三", "Tue/Thu", "MWF"; null if it has none. */
export function parseWeekdays(text: string): number[] | null {
  const plain = withDigits(toPlain(text).slice(0, 60))
  if (plain === '') return null
  if (letters.test(plain)) {
    const found = plain.match(/Tu|Th|Sa|Su|[MTWRFSU]/gu) ?? []
    return unique(found.map((letter) => letterDays[letter] ?? 0))
  }
  const parts = plain.split(/ ?(?:[,、/&;+]| and |和|及) ?/iu)
  const days = parts.map(weekdayOf)
  return days.every((day) => day !== null) ? unique(days) : null
}

function weekdayOf(text: string): number | null {
  const chinese = chineseDay.exec(text)?.[1]
  if (chinese !== undefined) return /[日天]/u.test(chinese) ? 7 : Number(chinese)
  return dayNames[text.toLowerCase().replace(/\.$/u, '')] ?? null
}

export interface ReadWeeks {
  weeks: number[]
  /** True where the text names none but all, all odd or all even ones: they end with the term. */
  isWholeTerm: boolean
}

const odd = /单|奇|\bodd\b/iu
const even = /双|偶|\beven\b/iu
const every = /^(?:全周|每周|所有|all|every week|weekly|each week)?$/iu
const maxWeek = 60

/**
 * Week numbers of a term of `termWeeks`: "1-16", "1-8,10-16周", "单周", "1-15(单)", "1-16 odd", "weekly".
 * Null if the text is no list of weeks.
 */
export function parseWeeks(text: string, termWeeks: number): ReadWeeks | null {
  const plain = withDigits(toPlain(text).slice(0, 200))
  const bare = plain.replaceAll(/第|weeks?|wks?|周次?|星期|[{}()[\]|]/giu, ' ').trim()
  if (every.test(plain) || every.test(bare.replaceAll(' ', ''))) {
    return { weeks: range(1, termWeeks), isWholeTerm: true }
  }
  const weeks: number[] = []
  let isWholeTerm = false
  for (const part of bare.split(/ ?[,、;] ?/u)) {
    if (part === '') continue
    const found = parsePart(part, termWeeks)
    if (!found) return null
    weeks.push(...found.weeks)
    isWholeTerm ||= found.isWholeTerm
  }
  const all = unique(weeks)
  return all.length === 0 ? null : { weeks: all, isWholeTerm }
}

function parsePart(part: string, termWeeks: number): ReadWeeks | null {
  const isOdd = odd.test(part)
  const isEven = even.test(part)
  const rest = part.replaceAll(/[单双奇偶]数?|\bodd\b|\beven\b/giu, '').replaceAll(' ', '')
  const match = /^(\d{1,2})(?:(?:-|–|~|至|到)(\d{1,2}))?$/u.exec(rest)
  if (!match && (rest !== '' || isOdd === isEven)) return null
  const first = Number(match?.[1] ?? 1)
  const last = match ? Number(match[2] ?? match[1]) : termWeeks
  if (first < 1 || last > maxWeek || last < first) return null
  const weeks = range(first, last).filter((week) => {
    if (isOdd && !isEven) return week % 2 === 1
    if (isEven && !isOdd) return week % 2 === 0
    return true
  })
  return { weeks, isWholeTerm: !match }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_each, index) => first + index)
}

function unique(numbers: number[]): number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b)
}
