import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { afterEach, describe, it } from 'node:test'
import { promisify } from 'node:util'

import { createLogger } from '../../src/log.ts'
import { createSchedules, type SchedulesDeps } from '../../src/schedule/schedules.ts'

const run = promisify(execFile)
const { signal } = new AbortController()
const log = createLogger({ level: 'silent', pretty: false })

describe('createSchedules', () => {
  let opened: ReturnType<typeof createSchedules>[] = []
  afterEach(async () => {
    await Promise.all(opened.map((schedules) => schedules.close()))
    opened = []
  })

  function open(deps: Pick<SchedulesDeps, 'now' | 'timeZone'>) {
    const schedules = createSchedules({ ...deps, log, timeLimitMs: 60_000 })
    opened.push(schedules)
    return schedules
  }

  async function first(schedules: ReturnType<typeof open>, sql: string) {
    const schedule = await schedules.forGuild('1')
    return (await schedule.query(sql, { signal })).rows[0]
  }

  it("creates the table that the model is shown, with the seed's columns", async () => {
    const schedules = open({ now: () => 0, timeZone: 'UTC' })
    const { schema } = await schedules.forGuild(null)
    const created = `SELECT group_concat(sql || ';', char(10)) FROM sqlite_master WHERE name <> 'sqlite_sequence'`
    const [sql] = (await first(schedules, created)) ?? []
    assert.equal(sql, schema)
    const schedule = await schedules.forGuild(null)
    assert.deepEqual((await schedule.query('SELECT * FROM Courses', { signal })).columns, [
      'id',
      'course_date',
      'start_time',
      'end_time',
      'course_name',
      'instructor',
      'room',
      'online_url',
      'notes',
      'week',
      'term',
    ])
  })

  it('answers the same classes without SQL', async () => {
    const schedules = open({ now: () => Date.parse('2026-11-22T12:00Z'), timeZone: 'UTC' })
    const schedule = await schedules.forGuild('1')
    const tuesday = await schedule.between('2026-11-24', '2026-11-24')
    assert.deepEqual(
      tuesday.map((course) => [course.start_time, course.course_name, course.instructor]),
      [
        ['19:00:00', 'Function Calling', '李思远'],
        ['20:40:00', '大模型答疑直播', '王卓然'],
      ],
    )
    const { rows } = await schedule.query('SELECT * FROM Courses', { signal })
    assert.deepEqual(
      (await schedule.between('0000-01-01', '9999-12-31')).map((course) => Object.values(course)),
      rows,
    )
    assert.deepEqual(await schedule.between('2026-11-25', '2026-11-24'), [])
  })

  it('lays the sample anew when a running process enters a new week', async () => {
    let now = Date.parse('2026-11-22T15:59:59Z')
    const schedules = open({ now: () => now, timeZone: 'Asia/Shanghai' })
    const reach = 'SELECT min(course_date), max(course_date), count(*) FROM Courses'
    assert.deepEqual(await first(schedules, reach), ['2026-11-09', '2026-12-06', 42])
    now += 1000
    assert.deepEqual(await first(schedules, reach), ['2026-11-16', '2026-12-13', 42])
    const schedule = await schedules.forGuild('1')
    assert.equal((await schedule.between('2026-11-09', '2026-11-15')).length, 0)
  })

  for (const { timeZone, instant, local } of [
    { timeZone: 'Asia/Shanghai', instant: '2026-11-22T18:30:00Z', local: '2026-11-23 02:30:00' },
    { timeZone: 'America/New_York', instant: '2026-03-08T07:30:00Z', local: '2026-03-08 03:30:00' },
    { timeZone: 'America/New_York', instant: '2026-11-01T06:30:00Z', local: '2026-11-01 01:30:00' },
    { timeZone: 'Europe/Berlin', instant: '2026-12-31T23:30:00Z', local: '2027-01-01 00:30:00' },
    {
      timeZone: 'Pacific/Kiritimati',
      instant: '2024-02-28T12:00:00Z',
      local: '2024-02-29 02:00:00',
    },
  ]) {
    it(`takes ${local} for now in ${timeZone} at ${instant}`, async () => {
      const schedules = open({ now: () => Date.parse(instant), timeZone })
      const times = "SELECT datetime('now'), datetime('now', 'localtime'), date('now')"
      assert.deepEqual(await first(schedules, times), [local, local, local.slice(0, 10)])
      const next = "SELECT count(*) > 0 FROM Courses WHERE course_date = date('now', '+1 day')"
      assert.deepEqual(await first(schedules, next), [1])
    })
  }

  for (const [ending, code] of [
    ['after a query, without being closed', 'await schedule.query("SELECT 1", { signal })'],
    ['after being closed', 'await schedule.query("SELECT 1", { signal }); await schedules.close()'],
    ['unused', ''],
    ['after an early start', 'await schedules.warm()'],
    [
      'closed during an endless query',
      `const endless = schedule.query('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT count(*) FROM c', { signal })
       await Promise.all([endless.catch(() => {}), schedules.close()])`,
    ],
  ] as const) {
    it(`lets the process exit ${ending}`, async () => {
      const { stdout } = await run(process.execPath, [
        '--input-type=module',
        '--eval',
        `import { createSchedules } from ${JSON.stringify(new URL('../../src/schedule/schedules.ts', import.meta.url))}
         import { createLogger } from ${JSON.stringify(new URL('../../src/log.ts', import.meta.url))}
         const log = createLogger({ level: 'silent', pretty: false })
         const schedules = createSchedules({ now: Date.now, timeZone: 'UTC', log })
         const schedule = await schedules.forGuild('1')
         const { signal } = new AbortController()
         ${code}
         process.on('exit', () => console.log('done'))`,
      ])
      assert.equal(stdout, 'done\n')
    })
  }
})
