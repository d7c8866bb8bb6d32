import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { periodRange, timetable } from '../../src/bot/timetable.ts'

describe('periodRange', () => {
  /** Sunday, 2026-11-22, 01:30 in Shanghai, but still Saturday in UTC. */
  const now = Date.parse('2026-11-21T17:30:00Z')
  const range = (period: Parameters<typeof periodRange>[0]): string => {
    const { from, to } = periodRange(period, now, 'Asia/Shanghai')
    return `${from} ${to}`
  }

  it('counts days in the zone of the schedule, and weeks from Monday', () => {
    assert.equal(range('today'), '2026-11-22 2026-11-22')
    assert.equal(range('tomorrow'), '2026-11-23 2026-11-23')
    assert.equal(range('thisWeek'), '2026-11-16 2026-11-22')
    assert.equal(range('nextWeek'), '2026-11-23 2026-11-29')
  })
})

describe('timetable', () => {
  const course = {
    id: 1,
    course_date: '2026-11-24',
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: 'C*S*S_1',
    instructor: '王卓然',
    room: null,
    online_url: null,
    notes: null,
    week: null,
    term: null,
  }
  const options = { locale: 'en', title: 'Classes', empty: 'none', footer: '-# zone' } as const

  it('shows names as they are', () => {
    assert.deepEqual(timetable([course], options), [
      '### Classes\n**Tuesday, November 24**\n- 19:00–20:30 C\\*S\\*S\\_1 · 王卓然\n-# zone',
    ])
  })

  it('shows the room, and no teacher where there is none', () => {
    assert.deepEqual(timetable([{ ...course, instructor: '', room: 'A_1' }], options), [
      '### Classes\n**Tuesday, November 24**\n- 19:00–20:30 C\\*S\\*S\\_1 · A\\_1\n-# zone',
    ])
  })

  it('takes several messages for many classes', () => {
    const pages = timetable(
      Array.from({ length: 100 }, () => course),
      options,
    )
    assert.ok(pages.length > 1)
    assert.ok(pages.every((page) => page.length <= 2000))
  })
})
