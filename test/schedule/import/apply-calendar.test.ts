import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import { toCalendar } from '../../../src/schedule/calendar/to-calendar.ts'
import { createApplyCalendar } from '../../../src/schedule/import/apply-calendar.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import type { ScheduleStore } from '../../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import { brief, calendar } from './context.ts'

const timeZone = 'Asia/Shanghai'

function one(uid: string, day: string): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTART:${day}T090000`,
    `DTEND:${day}T100000`,
    `SUMMARY:${uid}`,
    'END:VEVENT',
  ]
}

function due(uid: string, day: string, title: string): string[] {
  return ['BEGIN:VTODO', `UID:${uid}`, `DUE:${day}T180000`, `SUMMARY:${title}`, 'END:VTODO']
}

const file = (...lines: string[]) => Buffer.from(calendar(...lines))

describe('applying the calendar of a subscription', () => {
  let store: ScheduleStore
  let time = 0
  beforeEach(async () => {
    time = Date.parse('2026-08-31T00:00:00Z')
    const db = await openScheduleDatabase(':memory:')
    store = createScheduleStore({ db, now: () => time, timeZone })
  })
  afterEach(() => store.close())

  const newApply = () => createApplyCalendar({ store, now: () => time, timeZone })
  const follow = (name: string) => store.addSubscription('1', `https://example.org/${name}`, 'me')
  const origin = { by: 'me', kind: 'edit', note: null } as const

  async function assignments(): Promise<string[]> {
    const found = (await store.getTimetable('1'))?.assignments ?? []
    return found.map(({ due_date: date, title }) => `${date} ${title}`)
  }

  it('changes what came from it, and nothing else', async () => {
    const first = await follow('1.ics')
    const second = await follow('2.ics')
    const apply = newApply()
    assert.equal(await apply(first, file(...one('a', '20260901'), ...one('b', '20260902'))), true)
    assert.equal(await apply(second, file(...one('a', '20260901'))), true)
    assert.equal(await apply(second, file(...one('a', '20260901'))), false)
    assert.equal(await apply(first, file(...one('b', '20260903'))), true)
    assert.deepEqual(brief((await store.getTimetable('1'))?.classes ?? []), [
      '2026-09-01 09:00-10:00 a',
      '2026-09-03 09:00-10:00 b',
    ])
    for (const [bytes, reason] of [
      [Buffer.from('<html>'), 'broken'],
      [Buffer.from('date,course\nEND:VCALENDAR'), 'not_a_table'],
      [file(...one('c', '20260905')).subarray(0, -20), 'broken'],
    ] as const) {
      await assert.rejects(apply(first, bytes), { reason })
    }
  })

  it('knows an assignment again by its UID, and takes those back that are gone', async () => {
    const apply = newApply()
    const mine = await follow('1.ics')
    const weekly = [due('1', '20260910', 'Quiz'), due('2', '20260917', 'Quiz')]
    await apply(mine, file(...weekly.flat(), ...due('3', '20260920', 'Essay')))
    await apply(mine, file(...weekly.flat(), ...due('3', '20260921', 'Paper')))
    assert.deepEqual(await assignments(), [
      '2026-09-10 Quiz',
      '2026-09-17 Quiz',
      '2026-09-21 Paper',
    ])
    await apply(mine, file(...due('2', '20260917', 'Quiz'), ...due('4', '20260924', 'Quiz')))
    assert.deepEqual(await assignments(), ['2026-09-17 Quiz', '2026-09-24 Quiz'])
    await apply(await follow('2.ics'), file(...due('x', '20260917', 'Quiz')))
    assert.equal((await assignments()).length, 3)
  })

  it('takes over assignments that it brought before they had a source', async () => {
    const add = { title: 'Essay', course_name: null, due_date: '2026-09-20', due_time: '18:00:00' }
    const row = { ...add, url: null, notes: null, source_id: null }
    await store.change({ guildId: '1', origin, edits: { assignments: { add: [row] } } })
    const mine = await follow('1.ics')
    await newApply()(mine, file(...due('3', '20260920', 'Essay')))
    await newApply()(mine, file(...due('3', '20260925', 'Paper')))
    assert.deepEqual(await assignments(), ['2026-09-25 Paper'])
  })

  it('puts off what is over already, and leaves the rest of the past alone', async () => {
    const mine = await follow('1.ics')
    const apply = newApply()
    await apply(mine, file(...due('1', '20260901', 'A'), ...due('2', '20260902', 'B')))
    await apply(mine, file(...due('1', '20260901', 'A'), ...due('2', '20260902', 'B')))
    time = Date.parse('2026-09-05T00:00:00Z')
    await apply(mine, file(...due('1', '20260908', 'A'), ...due('9', '20260903', 'Late')))
    assert.deepEqual(await assignments(), ['2026-09-02 B', '2026-09-08 A'])
  })

  it('reads a calendar that has nothing but deadlines, even with a bad event', async () => {
    const bad = [
      'BEGIN:VEVENT',
      'UID:x',
      'DTSTART;VALUE=DATE:20260901',
      'SUMMARY:Trip',
      'END:VEVENT',
    ]
    await newApply()(await follow('1.ics'), file(...bad, ...due('1', '20260908', 'A')))
    assert.deepEqual(await assignments(), ['2026-09-08 A'])
  })

  it('changes nothing any more once it has ended', async () => {
    const mine = await follow('1.ics')
    assert.deepEqual(await store.removeSubscription('1', mine.id), { made: null })
    assert.equal(await newApply()(mine, file(...one('a', '20260901'))), false)
    assert.equal(await store.getTimetable('1'), null)
  })

  it('does not double a timetable that follows its own calendar', async () => {
    const mine = await follow('own.ics')
    const apply = newApply()
    await apply(
      await follow('other.ics'),
      file(...one('a', '20260901'), ...due('b', '20260902', 'B')),
    )
    const timetable = await store.getTimetable('1')
    assert.ok(timetable)
    const own = { guildId: '1', name: 'x', timetable, modifiedAt: 0, locale: 'en' } as const
    assert.equal(await apply(mine, Buffer.from(toCalendar(own))), false)
  })
})
