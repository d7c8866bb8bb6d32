import { createLogger } from '../../src/log.ts'
import { createSchedules } from '../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../src/schedule/store/sql-schedule-store.ts'

/**
 * `npm run bench:sandbox`: how long the queries of quiet guilds take while none, one and three other
 * guilds send queries that never end.
 */
const classes = 1_000
const quietGuilds = 8
const queriesPerGuild = 600
const pauseMs = 10
const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT count(*) FROM c'
const query =
  "SELECT course_name, count(*) FROM Courses WHERE course_date >= '2026-10-01' GROUP BY 1 ORDER BY 2 DESC LIMIT 5"

const { signal } = new AbortController()
const timeZone = 'Asia/Shanghai'
const db = await openScheduleDatabase(':memory:')
const store = createScheduleStore({ db, now: Date.now, timeZone })
const log = createLogger({ level: 'silent', pretty: false })
const schedules = createSchedules({ now: Date.now, timeZone, store, log })

const quiet = Array.from({ length: quietGuilds }, (_, index) => `quiet ${index}`)
for (const guildId of quiet) await fill(guildId)

console.log(`${quietGuilds} guilds with ${classes} classes each, ${queriesPerGuild} queries each`)
await measure()
const alone = await measure()
print('nobody attacks', alone, alone)
for (const attackers of [1, 3]) {
  const attack = startAttack(attackers)
  print(`${attackers} attack`, await measure(), alone)
  await attack.stop()
}
await schedules.close()
await store.close()

async function fill(guildId: string): Promise<void> {
  const first = Temporal.PlainDate.from('2026-08-31')
  const add = Array.from({ length: classes }, (_, index) => ({
    course_date: first.add({ days: index % 126 }).toString(),
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: `课程 ${index % 40}`,
    instructor: `老师 ${index % 20}`,
    room: null,
    online_url: null,
    notes: null,
    source_id: null,
  }))
  const origin = { by: 'bench', kind: 'import', note: null } as const
  await store.change({ guildId, origin, edits: { classes: { add } } })
}

/** Milliseconds of every query, sorted. */
async function measure(): Promise<number[]> {
  const times: number[] = []
  const ask = async (guildId: string) => {
    for (let count = 0; count < queriesPerGuild; count += 1) {
      const start = performance.now()
      await (await schedules.forGuild(guildId)).query(query, { signal })
      times.push(performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  await Promise.all(quiet.map(ask))
  return times.toSorted((a, b) => a - b)
}

function startAttack(count: number): { stop(): Promise<void> } {
  let isOver = false
  const attack = async (guildId: string) => {
    while (!isOver) {
      await (await schedules.forGuild(guildId)).query(endless, { signal }).catch(() => {})
    }
  }
  const attacks = Array.from({ length: count }, (_, index) => attack(`attacker ${index}`))
  return {
    async stop() {
      isOver = true
      await Promise.all(attacks)
    },
  }
}

function print(what: string, times: readonly number[], alone: readonly number[]): void {
  const at = (sorted: readonly number[], share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const ratio = at(times, 0.99) / at(alone, 0.99)
  console.log(
    `${what.padEnd(16)} p50 ${at(times, 0.5).toFixed(1)} ms  p99 ${at(times, 0.99).toFixed(1)} ms  p99 × ${ratio.toFixed(2)}`,
  )
}
