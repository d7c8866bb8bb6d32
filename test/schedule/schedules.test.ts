import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'

import { createLogger } from '../../src/log.ts'
import { createSchedules, type SchedulesDeps } from '../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../src/schedule/store/open-database.ts'
import type { ScheduleStore, TimetableEdits } from '../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../src/schedule/store/sql-schedule-store.ts'
import type { ClassMeeting } from '../../src/schedule/timetable.ts'

const run = promisify(execFile)
const { signal } = new AbortController()
const log = createLogger({ level: 'silent', pretty: false })

function meeting(changes: Partial<ClassMeeting> = {}): ClassMeeting {
  return {
    course_date: '2026-09-07',
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: '高等数学',
    instructor: '王卓然',
    room: null,
    online_url: null,
    notes: null,
    source_id: null,
    ...changes,
  }
}

describe("a guild's own timetable", () => {
  const origin = { by: '1', kind: 'edit', note: null } as const
  const now = () => Date.parse('2026-09-07T04:30:00Z')
  let store: ScheduleStore
  let schedules: ReturnType<typeof createSchedules>
  /** Which guilds' whole timetables were read. */
  let read: string[] = []

  beforeEach(async () => {
    const db = await openScheduleDatabase(':memory:')
    store = createScheduleStore({ db, now, timeZone: 'Asia/Shanghai' })
    read = []
    schedules = createSchedules({
      now,
      timeZone: 'Asia/Shanghai',
      log,
      timeLimitMs: 60_000,
      store: {
        ...store,
        async getTimetable(guildId) {
          read.push(guildId)
          return await store.getTimetable(guildId)
        },
      },
    })
  })
  afterEach(async () => {
    await schedules.close()
    await store.close()
  })

  const change = (guildId: string, edits: TimetableEdits) =>
    store.change({ guildId, origin, edits })
  const rows = async (guildId: string | null, sql: string) =>
    (await (await schedules.forGuild(guildId)).query(sql, { signal })).rows

  it('is in the tables that the model is shown, with the weeks of its terms', async () => {
    await change('1', {
      timeZone: 'Europe/Berlin',
      terms: { add: [{ name: 'Herbst', first_date: '2026-09-02', weeks: 10 }] },
      holidays: {
        add: [
          { name: 'Einheit', first_date: '2026-10-03', last_date: '2026-10-03' },
          { name: 'Ferien', first_date: '2026-08-01', last_date: '2026-08-30' },
        ],
      },
      classes: {
        add: [
          meeting({ room: 'A1', online_url: 'https://example.com/', notes: 'x', source_id: 'uid' }),
          meeting({ course_date: '2026-08-30' }),
        ],
      },
      assignments: {
        add: [
          {
            title: '作业',
            course_name: null,
            due_date: '2026-09-09',
            due_time: '23:59:00',
            url: null,
            notes: null,
            source_id: 'uid',
          },
        ],
      },
    })
    assert.deepEqual(await rows('1', 'SELECT * FROM Courses ORDER BY course_date'), [
      [
        5,
        '2026-08-30',
        '19:00:00',
        '20:30:00',
        '高等数学',
        '王卓然',
        null,
        null,
        null,
        null,
        null,
        'Ferien',
      ],
      [
        4,
        '2026-09-07',
        '19:00:00',
        '20:30:00',
        '高等数学',
        '王卓然',
        'A1',
        'https://example.com/',
        'x',
        2,
        'Herbst',
        null,
      ],
    ])
    assert.deepEqual(await rows('1', 'SELECT * FROM Terms'), [
      ['Herbst', '2026-09-02', '2026-11-08', 10],
    ])
    assert.deepEqual(await rows('1', 'SELECT * FROM Holidays'), [
      ['Ferien', '2026-08-01', '2026-08-30'],
      ['Einheit', '2026-10-03', '2026-10-03'],
    ])
    assert.deepEqual(await rows('1', 'SELECT * FROM Assignments'), [
      [6, '作业', null, '2026-09-09', '23:59:00', null, null],
    ])
    assert.deepEqual(await rows('1', "SELECT datetime('now')"), [['2026-09-07 06:30:00']])
    const schedule = await schedules.forGuild('1')
    assert.deepEqual(schedule.own, {
      revision: 1,
      classes: 2,
      assignments: 1,
      firstDate: '2026-08-30',
      lastDate: '2026-09-07',
    })
    assert.deepEqual(
      (await schedule.between('2026-09-01', '2026-09-30')).map((course) => Object.values(course)),
      (await rows('1', 'SELECT * FROM Courses')).slice(0, 1),
    )
    assert.equal((await schedule.assignmentsBetween('2026-09-09', '2026-09-09')).length, 1)
  })

  it('is read when it is asked for, and again once it was changed', async () => {
    const count = 'SELECT count(*) FROM Courses'
    await change('1', { classes: { add: [meeting()] } })
    await change('2', { classes: { add: [meeting(), meeting()] } })
    await schedules.forGuild('1')
    assert.deepEqual(read, [])
    assert.deepEqual(await rows('1', count), [[1]])
    assert.deepEqual(await rows('2', count), [[2]])
    assert.deepEqual(await rows('1', count), [[1]])
    assert.deepEqual(read, ['1', '2'])
    await change('1', { classes: { add: [meeting()] } })
    assert.deepEqual(await rows('1', count), [[2]])
    assert.deepEqual(await rows('2', count), [[2]])
    assert.deepEqual(read, ['1', '2', '1'])
    await store.undo('1', '1')
    assert.deepEqual(await rows('1', count), [[1]])
    await store.forgetGuild('2')
    assert.deepEqual(await rows('2', count), [[42]], 'the sample')
    await change('2', { classes: { add: [meeting()] } })
    assert.deepEqual(await rows('2', count), [[1]], 'another first revision than the old one')
  })

  it('is never seen by other guilds or in direct messages', async () => {
    await change('1', { classes: { add: [meeting({ course_name: 'secret' })] } })
    const secret = "SELECT count(*) FROM Courses WHERE course_name = 'secret'"
    const [own, other, direct] = await Promise.all(['1', '2', null].map((id) => rows(id, secret)))
    assert.deepEqual([own, other, direct], [[[1]], [[0]], [[0]]])
    assert.equal((await schedules.forGuild('2')).own, null)
  })

  it('answers 200 guilds, more than its threads have room for', async () => {
    const guilds = Array.from({ length: 200 }, (_, index) => `guild ${index}`)
    for (const [index, guildId] of guilds.entries()) {
      await change(guildId, { classes: { add: [meeting({ room: `room ${index}` })] } })
    }
    for (let round = 0; round < 2; round += 1) {
      const answers: unknown[] = []
      for (const guildId of guilds) answers.push(await rows(guildId, 'SELECT room FROM Courses'))
      assert.deepEqual(
        answers,
        guilds.map((_, index) => [[`room ${index}`]]),
      )
    }
    assert.equal(read.length, 400, 'the least recently used ones were unloaded')
  })

  it('takes 10 000 classes', async () => {
    const add = Array.from({ length: 10_000 }, (_, index) => meeting({ room: `${index}` }))
    await change('1', { classes: { add } })
    const sql = "SELECT count(DISTINCT room), count(week) FROM Courses WHERE instructor LIKE '王%'"
    assert.deepEqual(await rows('1', sql), [[10_000, 0]])
    assert.deepEqual(read, ['1'])
  })
})

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
    const created = `SELECT group_concat(sql || ';', char(10)) FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'`
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
      'holiday',
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
