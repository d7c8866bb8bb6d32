import { createLogger } from '../../src/log.ts'
import { compare } from '../../src/schedule/import/compare.ts'
import { readInThread } from '../../src/schedule/import/read-in-thread.ts'
import { createPictures } from '../../src/schedule/picture/pictures.ts'
import { createSchedules } from '../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../src/schedule/store/sql-schedule-store.ts'
import { meeting, weekOf } from '../schedule/picture/weeks.ts'

/**
 * `npm run bench:schedule`: how long it takes to import a timetable as large as there may be, to query
 * it, and to draw a full week. Medians, and the slowest.
 */
const classes = 10_000
const rounds = { imports: 5, queries: 500, pictures: 20 }
const ofWeek =
  "SELECT course_date, start_time, course_name, instructor FROM Courses WHERE course_date BETWEEN '2026-10-12' AND '2026-10-18' AND instructor LIKE '%老师 7%' ORDER BY 1, 2"
const overAll =
  "SELECT course_name, count(*) FROM Courses WHERE course_date >= '2026-09-01' GROUP BY 1 ORDER BY 2 DESC LIMIT 5"

const log = createLogger({ level: 'silent', pretty: false })
const timeZone = 'Asia/Shanghai'
const { signal } = new AbortController()
const db = await openScheduleDatabase(':memory:')
const store = createScheduleStore({ db, now: Date.now, timeZone })
const schedules = createSchedules({ now: Date.now, timeZone, store, log })
const pictures = createPictures({ log })

const file = new TextEncoder().encode(toCsv())
let guilds = 0
print(
  `import of ${classes} rows`,
  2_000,
  await times(rounds.imports, () => importInto(`${guilds++}`)),
)
const schedule = await schedules.forGuild('0')
const queryTimes = (count: number, sql: string) =>
  times(count, () => schedule.query(sql, { signal }))
print('first query on them', null, await queryTimes(1, ofWeek))
print('query of a week', 5, await queryTimes(rounds.queries, ofWeek))
print('query over all of them', null, await queryTimes(rounds.queries, overAll))
const week = weekOf(fullWeek())
print('first picture of a full week', null, await times(1, () => pictures.drawWeek(week)))
print('picture of a full week', 300, await times(rounds.pictures, () => pictures.drawWeek(week)))
await pictures.close()
await schedules.close()
await store.close()

/** As a teacher does: read, compared, shown, applied. */
async function importInto(guildId: string): Promise<void> {
  const context = {
    timeZone,
    today: '2026-09-01',
    terms: [],
    holidays: [],
    mapping: {},
    periods: {},
  }
  const draft = await readInThread(file, { context })
  const proposal = await store.propose({
    guildId,
    origin: { by: 'bench', kind: 'import', note: null },
    edits: compare(await store.getTimetable(guildId), draft, { mode: 'range', guildId }),
    revision: 0,
    report: null,
  })
  const made = await store.apply(guildId, proposal?.id ?? '')
  if (made?.counts.added !== classes) throw new Error(`expected ${classes} classes to be added`)
}

function toCsv(): string {
  const monday = Temporal.PlainDate.from('2026-08-31')
  const rows = Array.from({ length: classes }, (_each, index) => {
    const date = monday.add({ days: index % 126 }).toString()
    const hour = 8 + (index % 12)
    return `${date},${hour}:00,${hour}:45,课程 ${index % 400},老师 ${index % 90},B${index % 300}`
  })
  return ['日期,开始时间,结束时间,课程,老师,教室', ...rows].join('\n')
}

function fullWeek() {
  return Array.from({ length: 42 }, (_each, index) => {
    const hour = String(8 + Math.floor(index / 7) * 2).padStart(2, '0')
    return meeting(index % 7, `${hour}:00-${hour}:50`, {
      course_name: `课程 ${index % 9} Linear Algebra`,
    })
  })
}

/** Milliseconds of each round, one after the other, sorted. */
async function times(count: number, task: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = []
  for (let round = 0; round < count; round += 1) {
    const start = performance.now()
    await task()
    taken.push(performance.now() - start)
  }
  return taken.toSorted((a, b) => a - b)
}

function print(what: string, aimMs: number | null, sorted: readonly number[]): void {
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const aim = aimMs === null ? '' : `  aim ≤ ${aimMs} ms: ${median <= aimMs ? 'met' : 'missed'}`
  const most = sorted.length > 1 ? `  most ${(sorted.at(-1) ?? median).toFixed(1)} ms` : ''
  console.log(`${what.padEnd(30)} p50 ${median.toFixed(1)} ms${most}${aim}`)
}
