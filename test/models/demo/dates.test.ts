import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { readDates } from '../../../src/models/demo/dates.ts'
import { createMask, fold, tidy } from '../../../src/models/demo/text.ts'

/** What a text says on a day: `from..to` per range, weekdays after a `/`. */
function read(text: string, today: string): string {
  const folded = fold(tidy(text))
  const mask = createMask(folded.length)
  const { ranges, weekdays } = readDates(folded, Temporal.PlainDate.from(today), mask)
  const dates = ranges.map(({ from, to }) =>
    from !== null && to !== null && from.equals(to)
      ? from.toString()
      : `${from?.toString() ?? ''}..${to?.toString() ?? ''}`,
  )
  return `${dates.join(' ')}${weekdays.length > 0 ? `/${weekdays.join()}` : ''}`
}

const cases: readonly [today: string, text: string, dates: string][] = [
  // 24 November 2026 is a Tuesday
  ['2026-11-24', '周二', '2026-11-24'],
  ['2026-11-24', '周一', '2026-11-30'],
  ['2026-11-24', '这周一', '2026-11-23'],
  ['2026-11-24', '下周二', '2026-12-01'],
  ['2026-11-24', '上上周日', '2026-11-15'],
  ['2026-11-24', '下个星期的星期五', '2026-12-04'],
  ['2026-11-24', '周末', '2026-11-28..2026-11-29'],
  ['2026-11-24', '下周三到周五', '2026-12-02..2026-12-04'],
  ['2026-11-24', '下周一共', '2026-11-30..2026-12-06'],
  ['2026-11-24', 'next Tuesday', '2026-12-01'],
  ['2026-11-24', 'on Tuesday', '2026-11-24'],
  ['2026-11-24', 'last Tuesday', '2026-11-17'],
  ['2026-11-24', 'Friday and Saturday next week', '2026-12-04 2026-12-05'],
  ['2026-11-24', 'from tomorrow until Friday', '2026-11-25..2026-11-27'],
  ['2026-11-24', 'this weekend', '2026-11-28..2026-11-29'],
  ['2026-11-24', 'the weekend after', '2026-11-28..2026-11-29'],
  // the ends of months and years
  ['2026-12-31', '明天', '2027-01-01'],
  ['2026-12-31', '下个月', '2027-01-01..2027-01-31'],
  ['2026-12-31', '这周', '2026-12-28..2027-01-03'],
  ['2026-12-31', '本月底', '2026-12-21..2026-12-31'],
  ['2026-12-31', '5号', '2027-01-05'],
  ['2026-12-31', '12月28日', '2026-12-28'],
  ['2026-12-31', '3月', '2027-03-01..2027-03-31'],
  ['2026-12-31', 'in a week', '2027-01-07'],
  ['2026-12-31', 'Jan 2nd', '2027-01-02'],
  ['2027-01-02', 'last month', '2026-12-01..2026-12-31'],
  ['2027-01-02', '去年12月', '2026-12-01..2026-12-31'],
  ['2027-01-31', '下个月', '2027-02-01..2027-02-28'],
  ['2027-01-31', '31号', '2027-01-31'],
  ['2028-02-28', '明天', '2028-02-29'],
  ['2028-02-28', '2月29日', '2028-02-29'],
  // spans, open ends, recurring days
  ['2026-11-24', '12月1日到3日', '2026-12-01..2026-12-03'],
  ['2026-11-24', '从12月起', '2026-12-01..'],
  ['2026-11-24', '12月5日之前', '..2026-12-04'],
  ['2026-11-24', '12月5日之后', '2026-12-06..'],
  ['2026-11-24', 'before December', '..2026-11-30'],
  ['2026-11-24', 'until Dec 5', '..2026-12-05'],
  ['2026-11-24', 'since November 1', '2026-11-01..'],
  ['2026-11-24', '未来两周', '2026-11-24..2026-12-08'],
  ['2026-11-24', 'the past 3 days', '2026-11-21..2026-11-24'],
  ['2026-11-24', '两个月后', '2027-01-24'],
  ['2026-11-24', '5 days ago', '2026-11-19'],
  ['2026-11-24', '每周二和周四', '2026-11-24../2,4'],
  ['2026-11-24', '下个月的周一三五', '2026-12-01..2026-12-31/1,3,5'],
  ['2026-11-24', 'Mondays in December', '2026-12-01..2026-12-31/1'],
  // no dates
  ['2026-11-24', '这门课有几节', ''],
  ['2026-11-24', '一个月', ''],
  ['2026-11-24', 'I may sit in the sun', ''],
]

describe('readDates', () => {
  for (const [today, text, dates] of cases) {
    it(`reads ${text} on ${today}`, () => assert.equal(read(text, today), dates))
  }
})
