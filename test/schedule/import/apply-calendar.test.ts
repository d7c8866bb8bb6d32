import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createApplyCalendar } from '../../../src/schedule/import/apply-calendar.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import { brief, calendar } from './context.ts'

const now = () => Date.parse('2026-08-31T00:00:00Z')
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

describe('applying the calendar of a subscription', () => {
  it('changes what came from it, and nothing else', async () => {
    const db = await openScheduleDatabase(':memory:')
    const store = createScheduleStore({ db, now, timeZone })
    try {
      const first = await store.addSubscription('1', 'https://example.org/1.ics', 'me')
      const second = await store.addSubscription('1', 'https://example.org/2.ics', 'me')
      const apply = createApplyCalendar({ store, now, timeZone })
      const file = (...lines: string[]) => Buffer.from(calendar(...lines))
      assert.equal(await apply(first, file(...one('a', '20260901'), ...one('b', '20260902'))), true)
      assert.equal(await apply(second, file(...one('a', '20260901'))), true)
      assert.equal(await apply(second, file(...one('a', '20260901'))), false)
      assert.equal(await apply(first, file(...one('b', '20260903'))), true)
      assert.deepEqual(brief((await store.getTimetable('1'))?.classes ?? []), [
        '2026-09-01 09:00-10:00 a',
        '2026-09-03 09:00-10:00 b',
      ])
      await assert.rejects(apply(first, Buffer.from('<html>')), { reason: 'not_a_table' })
    } finally {
      await store.close()
    }
  })
})
