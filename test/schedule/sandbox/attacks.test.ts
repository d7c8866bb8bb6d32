import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createLogger } from '../../../src/log.ts'
import { QueryError } from '../../../src/schedule/query-error.ts'
import type { Schedule, Schedules } from '../../../src/schedule/schedule.ts'
import { createSchedules } from '../../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import type { ScheduleStore, TimetableEdits } from '../../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import { createManualTimers } from '../manual-timers.ts'
import { attacks } from './attacks.ts'

const timeLimitMs = 2000
const { signal } = new AbortController()

/** Names of courses that a student may have got into the timetable. */
const hostileNames = [
  "Robert'); DROP TABLE Courses;--",
  "' OR 1=1; --",
  '"; PRAGMA query_only = OFF; --',
  '/* course */ DELETE FROM Courses',
  "x' UNION SELECT sql FROM sqlite_master --",
  '%_\\%',
  '\ufeff\u202e课',
]

function timetableOf(guildId: string): TimetableEdits {
  const monday = Temporal.PlainDate.from('2026-05-18')
  const meetings = Array.from({ length: 42 }, (_, index) => ({
    course_date: monday.add({ days: index }).toString(),
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: hostileNames[index % hostileNames.length] ?? '',
    instructor: `teacher of ${guildId}`,
    room: null,
    online_url: null,
    notes: `secret of ${guildId}`,
    source_id: null,
  }))
  return { classes: { add: meetings } }
}

describe('hostile statements', () => {
  const timers = createManualTimers()
  const now = () => Date.parse('2026-05-20T04:00:00Z')
  const timeZone = 'Asia/Shanghai'
  const guildIds = ['1', '2']
  let store: ScheduleStore
  let schedules: Schedules
  let attacked: Schedule
  let other: Schedule
  let courses: unknown
  let otherCourses: unknown
  let stored: unknown

  before(async () => {
    const db = await openScheduleDatabase(':memory:')
    store = createScheduleStore({ db, now, timeZone })
    for (const guildId of guildIds) {
      const origin = { by: '1', kind: 'edit', note: null } as const
      await store.change({ guildId, origin, edits: timetableOf(guildId) })
    }
    stored = await Promise.all(guildIds.map((guildId) => store.getTimetable(guildId)))
    schedules = createSchedules({
      now,
      timeZone,
      store,
      log: createLogger({ level: 'silent', pretty: false }),
      timeLimitMs,
      startTimer: timers.startTimer,
    })
    attacked = await schedules.forGuild('1')
    other = await schedules.forGuild('2')
    courses = await readAll(attacked)
    otherCourses = await readAll(other)
  })
  after(async () => {
    await schedules.close()
    await store.close()
  })

  it('are at least 150', () => {
    const all = Object.values(attacks).flat()
    assert.equal(new Set(all).size, all.length)
    assert.ok(all.length >= 150, `${all.length}`)
  })

  for (const reason of ['refused', 'sql', 'memory'] as const) {
    for (const sql of attacks[reason]) {
      it(`${reason}: ${name(sql)}`, async () => {
        const [error, untouched] = await Promise.all([failure(attacked, sql), readAll(other)])
        assert.equal(error.reason, reason, error.message)
        assert.ok(error.message.length < 600)
        assert.deepEqual(untouched, otherCourses)
        assert.deepEqual(await readAll(attacked), courses)
      })
    }
  }

  for (const sql of attacks.endless) {
    it(`endless: ${name(sql)}`, async () => {
      const failed = failure(attacked, sql)
      await timers.running(timeLimitMs)
      assert.deepEqual(await readAll(other), otherCourses, 'another guild is answered meanwhile')
      const waiting = readAll(attacked)
      timers.fire(timeLimitMs)
      assert.equal((await failed).reason, 'time')
      assert.deepEqual(await waiting, courses, 'what waited behind it is answered')
    })
  }

  for (const sql of [...attacks.failed, ...attacks.answered]) {
    it(`stays within the limits: ${name(sql)}`, async () => {
      const outcome = await attacked.query(sql, { signal }).catch((error: unknown) => error)
      if (!(outcome instanceof QueryError)) {
        assert.ok(Buffer.byteLength(JSON.stringify(outcome)) < 16_000)
        assert.ok(!JSON.stringify(outcome).includes('of 2'), "nothing of another guild's")
      }
      assert.deepEqual(await readAll(attacked), courses)
      assert.deepEqual(await readAll(other), otherCourses)
    })
  }

  it('leave the stored timetables as they were', async () => {
    assert.deepEqual(
      await Promise.all(guildIds.map((guildId) => store.getTimetable(guildId))),
      stored,
    )
  })

  for (const sql of attacks.answered) {
    it(`answers what only looks like an attack: ${name(sql)}`, async () => {
      const { rows } = await attacked.query(sql, { signal })
      assert.ok(rows.length >= 1 && rows.length <= 200)
    })
  }
})

function name(sql: string): string {
  return JSON.stringify(sql.length > 70 ? `${sql.slice(0, 70)}…` : sql)
}

async function readAll(schedule: Schedule) {
  const tables = await schedule.query('SELECT name, sql FROM sqlite_master', { signal })
  const rows = await schedule.query('SELECT * FROM Courses ORDER BY id', { signal })
  assert.equal(rows.truncated, false)
  return [tables, rows]
}

async function failure(schedule: Schedule, sql: string): Promise<QueryError> {
  const outcome = await schedule.query(sql, { signal }).catch((error: unknown) => error)
  if (outcome instanceof QueryError) return outcome
  throw new Error('expected the query to fail with a QueryError', { cause: outcome })
}
