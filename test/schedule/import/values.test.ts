import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { parseDate } from '../../../src/schedule/import/dates.ts'
import { parsePeriods, parseTime, parseTimeRange } from '../../../src/schedule/import/times.ts'
import { parseWeekdays, parseWeeks } from '../../../src/schedule/import/weeks.ts'

describe('dates in cells', () => {
  const dates: [string, string | null][] = [
    ['2026-09-01', '2026-09-01'],
    ['2026/9/1', '2026-09-01'],
    ['2026.9.1', '2026-09-01'],
    ['２０２６／９／１', '2026-09-01'],
    ['1.9.2026', '2026-09-01'],
    ['9/1/2026', '2026-09-01'],
    ['Sep 1 2026', '2026-09-01'],
    ['Sept. 1st, 2026', '2026-09-01'],
    ['1 September 2026', '2026-09-01'],
    ['Tue, Sep 1 2026', '2026-09-01'],
    ['2026年9月1日', '2026-09-01'],
    ['2026年9月1日（周二）', '2026-09-01'],
    ['二〇二六年九月十一日', '2026-09-11'],
    ['二零二六年十二月二十一日', '2026-12-21'],
    ['9月1日', '2026-09-01'],
    ['1月5日', '2027-01-05'],
    ['20260901', '2026-09-01'],
    ['46266', '2026-09-01'],
    ['2026-09-01T19:00:00Z', '2026-09-01'],
    ['2026年9月1日晚上7点', '2026-09-01'],
    ['31/2/2026', null],
    ['2026-13-01', null],
    ['1926-09-01', null],
    ['周一', null],
    ['=HYPERLINK("http://x")', null],
    ['', null],
  ]
  for (const [text, date] of dates) {
    it(`takes ${JSON.stringify(text)} for ${date ?? 'none'}`, () => {
      const read = parseDate(text, { order: 'month_day', near: '2026-11-22' })
      assert.equal(read?.date ?? null, date)
    })
  }
})

describe('times in cells', () => {
  const times: [string, string | null][] = [
    ['19:00', '19:00:00'],
    ['19：00', '19:00:00'],
    ['7:00 PM', '19:00:00'],
    ['7pm', '19:00:00'],
    ['12am', '00:00:00'],
    ['12:30 PM', '12:30:00'],
    ['晚上7点', '19:00:00'],
    ['晚上七点半', '19:30:00'],
    ['下午三点一刻', '15:15:00'],
    ['中午12点', '12:00:00'],
    ['上午10时15分', '10:15:00'],
    ['1900', '19:00:00'],
    ['0.7916666667', '19:00:00'],
    ['25:00', null],
    ['24:00', null],
    ['19:60', null],
    ['soon', null],
  ]
  for (const [text, time] of times) {
    it(`takes ${text} for ${time ?? 'none'}`, () => assert.equal(parseTime(text), time))
  }

  const ranges: [string, string | null][] = [
    ['19:00-20:30', '19:00:00-20:30:00'],
    ['19：00～20：30', '19:00:00-20:30:00'],
    ['晚上7点到8点半', '19:00:00-20:30:00'],
    ['7:00-8:30 PM', '19:00:00-20:30:00'],
    ['11:00-1:00 PM', '11:00:00-13:00:00'],
    ['9am to 10:30am', '09:00:00-10:30:00'],
    ['十点至十一点', '10:00:00-11:00:00'],
    ['8-10', null],
  ]
  for (const [text, range] of ranges) {
    it(`takes ${text} for ${range ?? 'no range'}`, () => {
      const read = parseTimeRange(text)
      assert.equal(read && `${read.start}-${read.end}`, range)
    })
  }
})

describe('weeks, weekdays and periods in cells', () => {
  const weeks: [string, number[] | null][] = [
    ['1-4', [1, 2, 3, 4]],
    ['1-2,4-5', [1, 2, 4, 5]],
    ['第1-4周', [1, 2, 3, 4]],
    ['单周', [1, 3, 5]],
    ['双周', [2, 4, 6]],
    ['1-5(单)', [1, 3, 5]],
    ['1-5周(双)', [2, 4]],
    ['{第1-5周|单周}', [1, 3, 5]],
    ['odd', [1, 3, 5]],
    ['2-6 even', [2, 4, 6]],
    ['weekly', [1, 2, 3, 4, 5, 6]],
    ['', [1, 2, 3, 4, 5, 6]],
    ['3', [3]],
    ['4-1', null],
    ['1-999', null],
    ['abc', null],
  ]
  for (const [text, expected] of weeks) {
    it(`takes ${JSON.stringify(text)} for weeks ${String(expected)}`, () => {
      assert.deepEqual(parseWeeks(text, 6)?.weeks ?? null, expected)
    })
  }

  const weekdays: [string, number[] | null][] = [
    ['周一', [1]],
    ['星期天', [7]],
    ['礼拜五', [5]],
    ['星期一、三', [1, 3]],
    ['Mon', [1]],
    ['Tue/Thu', [2, 4]],
    ['MWF', [1, 3, 5]],
    ['TTh', [2, 4]],
    ['8', null],
    ['someday', null],
  ]
  for (const [text, expected] of weekdays) {
    it(`takes ${text} for weekdays ${String(expected)}`, () => {
      assert.deepEqual(parseWeekdays(text), expected)
    })
  }

  const periods: [string, string | null][] = [
    ['第1-2节', '1-2'],
    ['3、4节', '3-4'],
    ['第十一、十二节', '11-12'],
    ['Period 3', '3-3'],
    ['第1节-第2节', '1-2'],
    ['99', null],
    ['0', null],
  ]
  for (const [text, expected] of periods) {
    it(`takes ${text} for periods ${String(expected)}`, () => {
      const span = parsePeriods(text)
      assert.equal(span && `${span.first}-${span.last}`, expected)
    })
  }
})
