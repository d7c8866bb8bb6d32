import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { lastDateOf, termWeekFinder } from '../../src/schedule/term-week.ts'

const autumn = { name: '2026 秋', first_date: '2026-09-02', weeks: 18 }

describe('termWeekFinder', () => {
  const find = termWeekFinder([
    { name: 'summer', first_date: '2026-07-06', weeks: 10 },
    autumn,
    { name: 'spring', first_date: '2027-02-22', weeks: 16 },
  ])

  for (const [date, expected] of [
    ['2026-08-30', { term: 'summer', week: 8 }],
    ['2026-08-31', { term: '2026 秋', week: 1 }],
    ['2026-09-02', { term: '2026 秋', week: 1 }],
    ['2026-09-06', { term: '2026 秋', week: 1 }],
    ['2026-09-07', { term: '2026 秋', week: 2 }],
    ['2027-01-03', { term: '2026 秋', week: 18 }],
    ['2027-01-04', null],
    ['2027-02-22', { term: 'spring', week: 1 }],
    ['2026-07-05', null],
    ['1999-12-31', null],
  ] as const) {
    it(`finds ${expected ? `week ${expected.week} of ${expected.term}` : 'no week'} on ${date}`, () => {
      assert.deepEqual(find(date), expected)
      assert.deepEqual(find(date), expected)
    })
  }

  it('knows no week without terms', () => {
    assert.equal(termWeekFinder([])('2026-09-02'), null)
  })
})

describe('lastDateOf', () => {
  it('is the Sunday of the last week', () => {
    assert.equal(lastDateOf(autumn), '2027-01-03')
    assert.equal(lastDateOf({ ...autumn, weeks: 1 }), '2026-09-06')
  })
})
