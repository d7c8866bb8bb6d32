import { readFile } from 'node:fs/promises'

import type { Logger } from '../log.ts'
import { startTimer as realTimer, type StartTimer } from '../timer.ts'
import { schema, toDataset } from './dataset.ts'
import { holidayFinder } from './holidays.ts'
import { laySample, parseSample } from './sample.ts'
import { createSandbox, type SandboxDatabase } from './sandbox/sandbox.ts'
import type { Course, Schedule, Schedules } from './schedule.ts'
import type { ScheduleStore, Stored, TimetableOutline } from './store/schedule-store.ts'
import { termWeekFinder, mondayOf } from './term-week.ts'
import type { ClassMeeting, Holiday, Term } from './timetable.ts'

export interface SchedulesDeps {
  /** The present time in milliseconds since the Unix epoch. */
  now: () => number
  /** IANA name of the zone of the sample. */
  timeZone: string
  /** The guilds' own timetables; default: there are none. */
  store?: StoreOfSchedules
  log: Logger
  /** How long a model's statement may run; default 2,000. */
  timeLimitMs?: number
  startTimer?: StartTimer
}

type StoreOfSchedules = Pick<
  ScheduleStore,
  'getOutline' | 'getTimetable' | 'classesBetween' | 'assignmentsBetween'
>

/** The schedules with the first sandbox thread under the caller's control. */
export interface SandboxedSchedules extends Schedules {
  /** Starts the thread that runs queries; without it the first query does, and waits for it. */
  warm(): Promise<void>
}

/** Classes under the name of their content: another version, another database. */
interface Sample {
  version: string
  courses: Course[]
}

/** The parts in which the sample and a guild's own timetable differ. */
type Source = Pick<
  Schedule,
  'own' | 'timeZone' | 'terms' | 'holidays' | 'between' | 'assignmentsBetween'
> & { database: Pick<SandboxDatabase, 'version' | 'load'> }

/**
 * Every guild has a database of its own, filled with its own timetable, or with the sample where it
 * has none. Nothing is read before it is asked for, and none of it is kept here: the threads keep what
 * they were asked for lately. The sample is laid onto the weeks around today (`sample.csv`); each call
 * looks at the calendar, and the first one in a new ISO week lays it anew.
 */
export function createSchedules(deps: SchedulesDeps): SandboxedSchedules {
  const { now, timeZone, store, startTimer = realTimer, timeLimitMs = 2000 } = deps
  const log = deps.log.child({ module: 'schedule' })
  const sandbox = createSandbox({ log, startTimer, timeLimitMs })
  const findSample = createSample()
  const localTime = (zone: string) =>
    Temporal.Instant.fromEpochMilliseconds(now()).toZonedDateTimeISO(zone)

  async function sampleSource(): Promise<Source> {
    const { version, courses } = await findSample(localTime(timeZone).toPlainDate())
    return {
      own: null,
      timeZone,
      terms: [],
      holidays: [],
      database: {
        version,
        load: async () => toDataset({ courses, assignments: [], holidays: [], terms: [] }),
      },
      between: async (from, to) =>
        courses.filter(({ course_date: date }) => from <= date && date <= to),
      assignmentsBetween: async () => [],
    }
  }

  async function sourceOf(guildId: string | null): Promise<Source> {
    const outline = guildId === null ? null : await store?.getOutline(guildId)
    if (guildId === null || !store || !outline) return await sampleSource()
    return ownSource({ store, guildId, outline })
  }

  return {
    async forGuild(guildId, asker) {
      const { database, ...source } = await sourceOf(guildId)
      // One database for all direct messages: it is the same sample for everybody.
      const key = guildId === null ? 'direct' : `guild:${guildId}`
      return {
        ...source,
        schema,
        async query(sql, { signal }) {
          const wallClock = localTime(source.timeZone).toPlainDateTime().toZonedDateTime('UTC')
          return await sandbox.query({
            key: guildId === null ? `direct:${asker ?? ''}` : key,
            database: { key, ...database },
            sql,
            wallClockMs: wallClock.epochMilliseconds,
            signal,
          })
        },
      }
    },
    warm: () => sandbox.warm(),
    close: () => sandbox.close(),
  }
}

interface OwnSourceOptions {
  store: StoreOfSchedules
  guildId: string
  outline: TimetableOutline
}

function ownSource({ store, guildId, outline }: OwnSourceOptions): Source {
  const { timeZone, terms, holidays, revision, classCount, assignmentCount } = outline
  const { firstDate, lastDate } = outline
  return {
    own: { revision, classes: classCount, assignments: assignmentCount, firstDate, lastDate },
    timeZone,
    terms,
    holidays,
    database: {
      version: outline.version,
      load: () => loadOwn(store, guildId),
    },
    async between(from, to) {
      return toCourses(await store.classesBetween(guildId, from, to), { terms, holidays })
    },
    assignmentsBetween: (from, to) => store.assignmentsBetween(guildId, from, to),
  }
}

/** It may be newer than the version that was asked for, or gone: the next call asks for that. */
async function loadOwn(store: StoreOfSchedules, guildId: string) {
  const timetable = await store.getTimetable(guildId)
  const { classes = [], assignments = [], holidays = [], terms = [] } = timetable ?? {}
  return toDataset({
    courses: toCourses(classes, { terms, holidays }),
    assignments,
    holidays,
    terms,
  })
}

function toCourses(
  classes: readonly Stored<ClassMeeting>[],
  { terms, holidays }: { terms: readonly Term[]; holidays: readonly Holiday[] },
): Course[] {
  const termWeekOf = termWeekFinder(terms)
  const holidayOn = holidayFinder(holidays)
  return classes.map((meeting) => ({
    id: meeting.id,
    course_date: meeting.course_date,
    start_time: meeting.start_time,
    end_time: meeting.end_time,
    course_name: meeting.course_name,
    instructor: meeting.instructor,
    room: meeting.room,
    online_url: meeting.online_url,
    notes: meeting.notes,
    ...(termWeekOf(meeting.course_date) ?? { week: null, term: null }),
    holiday: holidayOn(meeting.course_date),
  }))
}

function createSample(): (today: Temporal.PlainDate) => Promise<Sample> {
  let rows: ReturnType<typeof readSample> | undefined
  let laid: Sample | undefined
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
