import { readFile } from 'node:fs/promises'

import type { Logger } from '../log.ts'
import { startTimer as realTimer, type StartTimer } from '../timer.ts'
import { laySample, mondayOf, parseSample } from './sample.ts'
import { createSandbox } from './sandbox/sandbox.ts'
import type { Course, Schedule, Schedules } from './schedule.ts'

export interface SchedulesDeps {
  /** The present time in milliseconds since the Unix epoch. */
  now: () => number
  /** IANA name of the zone in which classes take place. */
  timeZone: string
  log: Logger
  /** How long a model's statement may run; default 2,000. */
  timeLimitMs?: number
  startTimer?: StartTimer
}

/** The schedules with the first sandbox thread under the caller's control. */
export interface SandboxedSchedules extends Schedules {
  /** Starts the thread that runs queries; without it the first query does, and waits for it. */
  warm(): Promise<void>
}

/** What the model is shown is what creates the table. */
const schema = `CREATE TABLE Courses (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	course_date DATE NOT NULL,
	start_time TIME NOT NULL,
	end_time TIME NOT NULL,
	course_name VARCHAR(255) NOT NULL,
	instructor VARCHAR(255) NOT NULL
);`

const columns = [
  'id',
  'course_date',
  'start_time',
  'end_time',
  'course_name',
  'instructor',
] as const satisfies (keyof Course)[]

/** Classes under the name of their content: another version, another database. */
interface Timetable {
  version: string
  courses: Course[]
}

/**
 * Every guild has a database of its own, filled with the sample timetable. The sample is laid onto
 * the weeks around today (`sample.csv`); each call looks at the calendar, and the first one in a new ISO
 * week lays it anew, which also makes the databases anew.
 */
export function createSchedules(deps: SchedulesDeps): SandboxedSchedules {
  const { now, timeZone, startTimer = realTimer, timeLimitMs = 2000 } = deps
  const log = deps.log.child({ module: 'schedule' })
  const sandbox = createSandbox({ log, startTimer, timeLimitMs })
  const sampleTimetable = createSampleTimetable()
  const localTime = () => Temporal.Instant.fromEpochMilliseconds(now()).toZonedDateTimeISO(timeZone)

  function createSchedule(key: string): Schedule {
    return {
      timeZone,
      schema,
      async query(sql, { signal }) {
        const time = localTime()
        const { version, courses } = await sampleTimetable(time.toPlainDate())
        return await sandbox.query({
          key,
          version,
          dataset: () => toDataset(courses),
          sql,
          wallClockMs: time.toPlainDateTime().toZonedDateTime('UTC').epochMilliseconds,
          signal,
        })
      },
      async between(from, to) {
        const { courses } = await sampleTimetable(localTime().toPlainDate())
        return courses.filter(({ course_date: date }) => from <= date && date <= to)
      },
    }
  }

  return {
    forGuild: async (guildId) => createSchedule(guildId === null ? 'direct' : `guild:${guildId}`),
    warm: () => sandbox.warm(),
    close: () => sandbox.close(),
  }
}

function createSampleTimetable(): (today: Temporal.PlainDate) => Promise<Timetable> {
  let rows: ReturnType<typeof readSample> | undefined
  let laid: Timetable | undefined
  return async (today) => {
    rows ??= readSample()
    const sample = await rows
    const version = mondayOf(today).toString()
    if (laid?.version !== version) laid = { version, courses: laySample(sample, today) }
    return laid
  }
}

async function readSample() {
  return parseSample(await readFile(new URL('./sample.csv', import.meta.url), 'utf8'))
}

function toDataset(courses: readonly Course[]) {
  const rows = courses.map((course) => columns.map((column) => course[column]))
  return { schema, tables: [{ name: 'Courses', columns: [...columns], rows }] }
}
