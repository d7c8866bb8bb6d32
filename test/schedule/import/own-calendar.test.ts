import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import fc from 'fast-check'

import type { Locale } from '../../../src/i18n.ts'
import { toCalendar } from '../../../src/schedule/calendar/to-calendar.ts'
import { compare, replaceModes, type ReplaceMode } from '../../../src/schedule/import/compare.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import type { ScheduleStore, TimetableEdits } from '../../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import type { Assignment, ClassMeeting, Holiday } from '../../../src/schedule/timetable.ts'
import { read } from './context.ts'

const timeZone = 'Europe/Berlin'
const origin = { by: 'test', kind: 'import', note: null } as const

describe('a calendar that we have made ourselves', () => {
  let store: ScheduleStore
  let guilds = 0
  before(async () => {
    const db = await openScheduleDatabase(':memory:')
    store = createScheduleStore({ db, now: () => 0, timeZone })
  })
  after(() => store.close())

  async function newGuild(edits: TimetableEdits): Promise<string> {
    guilds += 1
    const guildId = `${guilds}`
    await store.change({ guildId, origin, edits })
    return guildId
  }

  async function exported(guildId: string, locale: Locale = 'en'): Promise<string> {
    const timetable = await store.getTimetable(guildId)
    assert.ok(timetable)
    return toCalendar({ guildId, name: 'x', timetable, modifiedAt: 0, locale })
  }

  async function importInto(guildId: string, file: string, mode: ReplaceMode = 'range') {
    const present = await store.getTimetable(guildId)
    const draft = await read(file, { timeZone, today: '2026-11-20', terms: [], holidays: [] })
    assert.deepEqual([draft.problems, draft.notes], [[], []])
    const edits = compare(present, draft, { mode, guildId })
    return await store.change({ guildId, origin, edits })
  }

  async function content(guildId: string) {
    const {
      classes = [],
      assignments = [],
      holidays = [],
    } = (await store.getTimetable(guildId)) ?? {}
    const plain = (rows: readonly object[]) =>
      rows.map((row) => JSON.stringify({ ...row, id: 0, source_id: null })).toSorted()
    return [plain(classes), plain(assignments), plain(holidays)]
  }

  it('is the same timetable in the same server and in an empty one, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(anyTimetable, fc.constantFrom('en', 'zh-CN'), async (rows, locale) => {
        const guildId = await newGuild({
          classes: { add: rows.classes },
          assignments: { add: rows.assignments },
          holidays: { add: rows.holidays },
        })
        if (!(await store.getTimetable(guildId))) return
        const file = await exported(guildId, locale)
        for (const mode of replaceModes) {
          assert.equal(await importInto(guildId, file, mode), null)
        }
        const other = await newGuild({})
        await importInto(other, file)
        assert.deepEqual(await content(other), await content(guildId))
        assert.equal(await importInto(other, file, 'all'), null)
        // The other one's own calendar names the same rows otherwise.
        assert.equal(await importInto(other, await exported(other), 'all'), null)
      }),
      { numRuns: 40 },
    )
  })

  it('brings back what was changed since, row by row', async () => {
    const guildId = await newGuild({
      classes: { add: [meeting({ source_id: 'calendar:7/x' }), meeting({ course_name: 'B' })] },
      assignments: { add: [essay] },
    })
    const file = await exported(guildId)
    const before = await store.getTimetable(guildId)
    const [first, second] = before?.classes ?? []
    const [work] = before?.assignments ?? []
    assert.ok(first && second && work)
    await store.change({
      guildId,
      origin,
      edits: {
        classes: {
          update: [{ id: first.id, course_date: '2026-12-24', course_name: 'Renamed' }],
          remove: [second.id],
        },
        assignments: { update: [{ id: work.id, title: 'Paper', due_date: '2026-12-24' }] },
      },
    })
    const made = await importInto(guildId, file)
    assert.deepEqual(made?.counts, { added: 1, changed: 2, removed: 0 })
    const back = await store.getTimetable(guildId)
    assert.deepEqual(
      back?.classes.find(({ id }) => id === first.id),
      first,
    )
    assert.deepEqual(back?.assignments, [work])
  })

  it('does not guess from names and texts what something is', async () => {
    const guildId = await newGuild({
      classes: {
        add: [
          meeting({ course_name: 'Homework due: break, 截止', room: 'https://example.com/room' }),
          meeting({ notes: 'agenda\nTeacher: nobody\nhttps://zoom.us/j/1' }),
        ],
      },
      assignments: { add: [{ ...essay, title: 'Zoom', url: 'https://example.com/a,b;(c).' }] },
      holidays: { add: [{ name: 'Homework', first_date: '2026-12-01', last_date: '2026-12-02' }] },
    })
    assert.equal(await importInto(guildId, await exported(guildId), 'all'), null)
    const other = await newGuild({})
    await importInto(other, await exported(guildId))
    assert.deepEqual(await content(other), await content(guildId))
  })
})

function meeting(changes: Partial<ClassMeeting>): ClassMeeting {
  return {
    course_date: '2026-12-01',
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: 'A',
    instructor: 'Noether',
    room: null,
    online_url: null,
    notes: null,
    source_id: null,
    ...changes,
  }
}

const essay: Assignment = {
  title: 'Essay',
  course_name: 'A',
  due_date: '2026-12-02',
  due_time: '23:59:00',
  url: null,
  notes: null,
  source_id: null,
}

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  // The last of these is what damage looks like, and is told.
  .filter((text) => text === text.trim() && !/[\p{Cc}\p{Zl}\p{Zp}\ufffd]/u.test(text))
const notes = fc
  .array(name, { minLength: 1, maxLength: 3 })
  .map((lines) => lines.join('\n'))
  // As good as a line about the teacher.
  .filter((text) => !/^(?:Teacher: |教师：)/u.test(text))
const url = fc.option(fc.webUrl({ withQueryParameters: true, withFragments: true }))
/** Without the nights of the clocks, in which a time may be twice or never. */
const date = fc
  .integer({ min: 0, max: 110 })
  .map((days) => Temporal.PlainDate.from('2026-11-01').add({ days }).toString())
const time = fc.integer({ min: 0, max: 86_398 })
const clock = (seconds: number) =>
  Temporal.PlainTime.from('00:00').add({ seconds }).toString({ smallestUnit: 'second' })

const anyClass: fc.Arbitrary<ClassMeeting> = fc.record({
  course_date: date,
  start_time: time.map((seconds) => clock(Math.floor(seconds / 2))),
  end_time: time.map((seconds) => clock(43_200 + Math.floor(seconds / 2))),
  course_name: name,
  instructor: fc.oneof(fc.constant(''), name),
  room: fc.option(name),
  online_url: url,
  notes: fc.option(notes),
  source_id: fc.option(name),
})
const anyAssignment: fc.Arbitrary<Assignment> = fc.record({
  title: name,
  course_name: fc.option(name),
  due_date: date,
  due_time: time.map(clock),
  url,
  notes: fc.option(notes),
  source_id: fc.option(name),
})
const anyHoliday: fc.Arbitrary<Holiday> = fc
  .record({ name, first_date: date, days: fc.integer({ min: 0, max: 30 }) })
  .map(({ days, first_date, ...rest }) => {
    const last_date = Temporal.PlainDate.from(first_date).add({ days }).toString()
    return { ...rest, first_date, last_date }
  })
const anyTimetable = fc.record({
  classes: fc.array(anyClass, { maxLength: 6 }),
  assignments: fc.array(anyAssignment, { maxLength: 4 }),
  holidays: fc.array(anyHoliday, { maxLength: 3 }),
})
