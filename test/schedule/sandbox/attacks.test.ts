import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createLogger } from '../../../src/log.ts'
import { QueryError } from '../../../src/schedule/query-error.ts'
import type { Schedule } from '../../../src/schedule/schedule.ts'
import { createSchedules } from '../../../src/schedule/schedules.ts'
import { createManualTimers } from '../manual-timers.ts'
import { attacks } from './attacks.ts'

const timeLimitMs = 2000
const { signal } = new AbortController()

describe('hostile statements', () => {
  const timers = createManualTimers()
  const schedules = createSchedules({
    now: () => Date.parse('2026-05-20T04:00:00Z'),
    timeZone: 'Asia/Shanghai',
    log: createLogger({ level: 'silent', pretty: false }),
    timeLimitMs,
    startTimer: timers.startTimer,
  })
  let attacked: Schedule
  let other: Schedule
  let courses: unknown

  before(async () => {
    attacked = await schedules.forGuild('1')
    other = await schedules.forGuild('2')
    courses = await readAll(other)
  })
  after(() => schedules.close())

  for (const reason of ['refused', 'sql', 'memory'] as const) {
    for (const sql of attacks[reason]) {
      it(`${reason}: ${name(sql)}`, async () => {
        const [error, untouched] = await Promise.all([failure(attacked, sql), readAll(other)])
        assert.equal(error.reason, reason, error.message)
        assert.ok(error.message.length < 600)
        assert.deepEqual(untouched, courses)
        assert.deepEqual(await readAll(attacked), courses)
      })
    }
  }

  for (const sql of attacks.endless) {
    it(`endless: ${name(sql)}`, async () => {
      const failed = failure(attacked, sql)
      await timers.running(timeLimitMs)
      assert.deepEqual(await readAll(other), courses, 'another guild is answered meanwhile')
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
      }
      assert.deepEqual(await readAll(attacked), courses)
      assert.deepEqual(await readAll(other), courses)
    })
  }

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
