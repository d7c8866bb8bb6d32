import { dateOf, dayReading, nearestYear, type DateReading } from './date-range.ts'

const feasts: Record<string, [month: number, day: number]> = {
  元旦: [1, 1],
  劳动节: [5, 1],
  五一: [5, 1],
  国庆: [10, 1],
  十一: [10, 1],
  平安夜: [12, 24],
  圣诞: [12, 25],
}
/** Month and day of the Chinese calendar. */
const lunarFeasts: Record<string, [month: number, day: number]> = {
  春节: [1, 1],
  过年: [1, 1],
  元宵: [1, 15],
  端午: [5, 5],
  中秋: [8, 15],
}
/** What they are called in English. */
const englishNames: readonly [RegExp, string][] = [
  [/^mid-?\s?autumn|^moon/, '中秋'],
  [/^(?:spring festival|chinese new year|lunar new year)/, '春节'],
  [/^dragon boat/, '端午'],
  [/^lantern/, '元宵'],
  [/^labou?r/, '劳动节'],
  [/^may day/, '劳动节'],
]

/** A feast by its English name; null: it is none of these. */
export function readEnglishFeast(name: string, today: Temporal.PlainDate): DateReading | null {
  const feast = englishNames.find(([pattern]) => pattern.test(name))?.[1]
  if (feast === undefined) return null
  return feast in lunarFeasts ? readLunarFeast(feast, today) : readFeast(feast, today)
}

/** The nearest one, by its Chinese name. */
export function readFeast(feast: string, today: Temporal.PlainDate): DateReading | null {
  const [month, day] = feasts[feast] ?? [1, 1]
  const date = dateOf(nearestYear(month, today), month, day)
  return date === null ? null : dayReading(date, true)
}

/** The coming one; New Year's Eve is the day before the spring festival. */
export function readLunarFeast(feast: string, today: Temporal.PlainDate): DateReading | null {
  const [month, day] = lunarFeasts[feast] ?? [1, 1]
  for (const year of [today.year - 1, today.year, today.year + 1]) {
    const monthCode = `M0${month}`
    const there = Temporal.PlainDate.from({ calendar: 'chinese', year, monthCode, day })
    const date = there.withCalendar('iso8601').subtract({ days: feast === '除夕' ? 1 : 0 })
    if (Temporal.PlainDate.compare(date, today) >= 0) return dayReading(date, true)
  }
  return null
}
