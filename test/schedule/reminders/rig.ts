import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pino } from 'pino'

import type {
  ReminderRequest,
  ReminderStore,
  Target,
} from '../../../src/schedule/reminders/reminder-store.ts'
import {
  createReminders,
  type Courier,
  type ReminderMessage,
  type Reminders,
} from '../../../src/schedule/reminders/reminders.ts'
import { createReminderStore } from '../../../src/schedule/reminders/sql-reminder-store.ts'
import { createSchedules } from '../../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import type { ScheduleStore, TimetableEdits } from '../../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import type { Assignment, ClassMeeting } from '../../../src/schedule/timetable.ts'
import type { StartTimer } from '../../../src/timer.ts'

export const guildId = 'guild'
export const alex: Target = { guildId, type: 'user', id: 'alex' }

export function meeting(changes: Partial<ClassMeeting> = {}): ClassMeeting {
  return {
    course_date: '2026-09-07',
    start_time: '10:00:00',
    end_time: '23:00:00',
    course_name: 'Algebra',
    instructor: 'Noether',
    room: 'A101',
    online_url: null,
    notes: null,
    source_id: null,
    ...changes,
  }
}

export function homework(changes: Partial<Assignment> = {}): Assignment {
  return {
    title: 'Rings',
    course_name: 'Algebra',
    due_date: '2026-09-08',
    due_time: '20:00:00',
    url: null,
    notes: null,
    source_id: null,
    ...changes,
  }
}

/** Discord as far as a courier needs it: it knows a message that it has seen by its nonce. */
export function createPostOffice(now: () => number) {
  const seen = new Map<number, ReminderMessage>()
  /** Every message that people got, in order, as `<target> <titles>`. */
  const got: { target: string; titles: string[]; at: number; events: ReminderMessage['events'] }[] =
    []
  return {
    got,
    seen,
    arrive(message: ReminderMessage): void {
      if (seen.has(message.id)) return
      seen.set(message.id, message)
      got.push({
        target: message.target.id,
        titles: message.events.map(({ title }) => title),
        at: now(),
        events: message.events,
      })
    },
  }
}

export interface Rig {
  readonly timetables: ScheduleStore
  readonly store: ReminderStore
  readonly reminders: Reminders
  readonly office: ReturnType<typeof createPostOffice>
  /** Guilds whose reminders rest. */
  readonly resting: Set<string>
  /** What became of each message in the office: `<local time> <target>: <titles>`. */
  readonly said: string[]
  now(): number
  /** Puts the clock to a time, without anybody noticing. */
  setTime(time: string): void
  /** Lets time go by until then, timer by timer. */
  until(time: string): Promise<void>
  edit(edits: TimetableEdits): Promise<void>
  put(request?: Partial<ReminderRequest>): Promise<void>
  /** Ends what runs as a kill does: it never does anything again. */
  kill(): void
  /** Starts again on the same file. */
  start(courier?: Partial<Courier>): Promise<void>
  close(): Promise<void>
}

interface RigOptions {
  timeZone?: string
  courier?: Partial<Courier>
  /** Without a file: quicker. */
  inMemory?: boolean
}

/** The reminders on a file, with time and post office under the test's control. */
export async function createRig(start: string, options: RigOptions = {}): Promise<Rig> {
  const { timeZone = 'UTC', inMemory = false } = options
  const folder = await mkdtemp(join(tmpdir(), 'guagua-reminders-'))
  const path = inMemory ? ':memory:' : join(folder, 'schedules.sqlite')
  const log = pino({ level: 'silent' })
  let time = toEpoch(start, timeZone)
  const now = () => time
  const office = createPostOffice(now)
  const resting = new Set<string>()
  const closings: (() => Promise<unknown>)[] = []
  let generation = 0
  let timers: { at: number; onEnd: () => void }[] = []

  async function open(courier: Partial<Courier> = {}) {
    generation += 1
    const own = generation
    timers = []
    const startTimer: StartTimer = (delayMs, onEnd) => {
      if (own !== generation) return () => {}
      const timer = { at: time + delayMs, onEnd }
      timers.push(timer)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    }
    const db = await openScheduleDatabase(path)
    const timetables = createScheduleStore({ db, now, timeZone })
    const schedules = createSchedules({ now, timeZone, store: timetables, log })
    const store = createReminderStore(db)
    const reminders = createReminders({
      store,
      schedules,
      courier: {
        async send(message) {
          office.arrive(message)
          return 'sent'
        },
        wasSent: async ({ id }) => office.seen.has(id),
        ...courier,
      },
      now,
      startTimer,
      isResting: (id) => resting.has(id),
      log,
    })
    closings.push(async () => {
      await schedules.close()
      await timetables.close()
    })
    return { timetables, store, reminders }
  }

  let part = await open(options.courier)

  return {
    get timetables() {
      return part.timetables
    },
    get store() {
      return part.store
    },
    get reminders() {
      return part.reminders
    },
    office,
    resting,
    get said() {
      return office.got.map(
        ({ target, titles, at }) => `${toLocal(at, timeZone)} ${target}: ${titles.join(', ')}`,
      )
    },
    now,
    setTime(local) {
      time = toEpoch(local, timeZone)
    },
    async until(local) {
      const end = toEpoch(local, timeZone)
      await part.reminders.settled()
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (!next) break
        timers = timers.filter((timer) => timer !== next)
        time = Math.max(time, next.at)
        next.onEnd()
        await part.reminders.settled()
      }
      time = end
    },
    async edit(edits) {
      await part.timetables.change({
        guildId,
        origin: { by: 'teacher', kind: 'edit', note: null },
        edits,
      })
    },
    async put(request = {}) {
      const defaults = { target: alex, locale: 'en', about: 'classes', course: null, leads: [15] }
      await part.store.put([{ ...defaults, since: time, ...request } as ReminderRequest])
    },
    kill() {
      generation += 1
      timers = []
    },
    async start(courier) {
      part = await open(courier)
      await part.reminders.start()
      await part.reminders.settled()
    },
    async close() {
      for (const close of closings.toReversed()) await close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function toEpoch(local: string, timeZone: string): number {
  return Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone).epochMilliseconds
}

function toLocal(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })
}
