import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { laySample, parseSample } from '../../src/schedule/sample.ts'

const file = new URL('../../src/schedule/sample.csv', import.meta.url)
const rows = parseSample(readFileSync(file, 'utf8'))

const header = 'week,weekday,start,end,course,instructor\n'

describe('the sample schedule', () => {
  const days = fc.integer({ min: 0, max: 30_000 }).map((days) => epoch.add({ days }))
  const epoch = Temporal.PlainDate.from('2020-01-01')

  it('has a class today and tomorrow, whatever the day', () => {
    fc.assert(
      fc.property(days, (today) => {
        const dates = new Set(laySample(rows, today).map(({ course_date }) => course_date))
        return dates.has(today.toString()) && dates.has(today.add({ days: 1 }).toString())
      }),
    )
  })

  it('has at least two classes of each teacher in the present month', () => {
    fc.assert(
      fc.property(days, (today) => {
        const month = today.toPlainYearMonth().toString()
        const classes = laySample(rows, today).filter((course) =>
          course.course_date.startsWith(month),
        )
        const counts = Map.groupBy(classes, ({ instructor }) => instructor)
        return counts.size === 5 && [...counts.values()].every(({ length }) => length >= 2)
      }),
    )
  })

  for (const { today, first, last } of [
    { today: '2026-11-22', first: '2026-11-09', last: '2026-12-06' },
    { today: '2026-12-31', first: '2026-12-21', last: '2027-01-17' },
    { today: '2027-01-01', first: '2026-12-21', last: '2027-01-17' },
    { today: '2024-02-29', first: '2024-02-19', last: '2024-03-17' },
    { today: '2023-02-28', first: '2023-02-20', last: '2023-03-19' },
    { today: '2026-03-29', first: '2026-03-16', last: '2026-04-12' },
  ]) {
    it(`reaches from ${first} to ${last} on ${today}`, () => {
      const laid = laySample(rows, Temporal.PlainDate.from(today))
      assert.equal(laid[0]?.course_date, first)
      assert.equal(laid.at(-1)?.course_date, last)
    })
  }

  it('comes in order of time with ids from 1', () => {
    const laid = laySample(rows, Temporal.PlainDate.from('2026-11-22'))
    const times = laid.map((course) => `${course.course_date} ${course.start_time}`)
    assert.deepEqual(times, times.toSorted())
    assert.deepEqual(
      laid.map(({ id }) => id),
      Array.from({ length: laid.length }, (_, index) => index + 1),
    )
    assert.deepEqual(laid[0], {
      id: 1,
      course_date: '2026-11-09',
      start_time: '19:00:00',
      end_time: '20:30:00',
      course_name: '大模型应用开发基础',
      instructor: '王卓然',
      room: null,
      online_url: null,
      notes: null,
      week: null,
      term: null,
      holiday: null,
    })
  })
})

describe('parseSample', () => {
  for (const [problem, line] of [
    ['an unknown weekday', '0,someday,19:00,20:00,x,y'],
    ['a time that is none', '0,mon,24:00,25:00,x,y'],
    ['an end before the start', '0,mon,19:00,18:00,x,y'],
    ['a week that is no number', 'next,mon,19:00,20:00,x,y'],
    ['no name', '0,mon,19:00,20:00,,y'],
  ] as const) {
    it(`names the class with ${problem}`, () => {
      const text = `${header}0,mon,19:00,20:00,x,y\n${line}\n`
      assert.throws(() => parseSample(text), /^Error: class 2 of the sample schedule: /)
    })
  }
})
