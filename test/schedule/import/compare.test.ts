import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { compare } from '../../../src/schedule/import/compare.ts'
import { createDraft } from '../../../src/schedule/import/draft.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import type { StoredTimetable } from '../../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import type { ClassMeeting } from '../../../src/schedule/timetable.ts'
import { calendar, read } from './context.ts'

let nextId = 1

function stored(...classes: Partial<ClassMeeting>[]): StoredTimetable {
  return {
    revision: 1,
    timeZone: 'Asia/Shanghai',
    terms: [],
    holidays: [],
    classes: classes.map((each) => ({ id: nextId++, ...meeting(each) })),
    assignments: [],
  }
}

function meeting(each: Partial<ClassMeeting>): ClassMeeting {
  return {
    course_date: '2026-09-01',
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: 'A',
    instructor: 'Zhang',
    room: null,
    online_url: null,
    notes: null,
    source_id: null,
    ...each,
  }
}

function draft(...classes: Partial<ClassMeeting>[]) {
  const { draft: made } = createDraft('ics')
  return { ...made, classes: classes.map(meeting) }
}

describe('comparing a file with the timetable', () => {
  it('finds nothing to do when they say the same', () => {
    const present = stored({}, { course_date: '2026-09-08' })
    const edits = compare(present, draft({}, { course_date: '2026-09-08' }), { mode: 'all' })
    assert.deepEqual(edits.classes, { add: [], update: [], remove: [] })
  })

  it('knows a class again by its source, else by date, start and course, else by its week', () => {
    const present = stored(
      { source_id: 'x', course_date: '2026-09-01' },
      { course_date: '2026-09-02', room: 'A1' },
      { course_date: '2026-09-09', course_name: 'B' },
    )
    const [bySource, byPlace, byWeek] = present.classes.map(({ id }) => id)
    const edits = compare(
      present,
      draft(
        { source_id: 'x', course_date: '2026-10-01', course_name: 'A!' },
        { course_date: '2026-09-02', room: 'A2' },
        { course_date: '2026-09-11', course_name: 'B', start_time: '18:00:00' },
      ),
      { mode: 'all' },
    )
    assert.deepEqual(edits.classes, {
      add: [],
      update: [
        { id: bySource, course_date: '2026-10-01', course_name: 'A!' },
        { id: byPlace, room: 'A2' },
        { id: byWeek, course_date: '2026-09-11', start_time: '18:00:00' },
      ],
      remove: [],
    })
  })

  it('removes what the file covers and does not have, as far as the mode goes', () => {
    const present = stored(
      { course_date: '2026-08-01' },
      { course_date: '2026-09-03', course_name: 'B' },
      { course_date: '2026-09-10' },
      { course_date: '2026-12-01' },
    )
    const file = draft({ course_date: '2026-09-01' }, { course_date: '2026-09-30' })
    const [before, other, inside, after] = present.classes.map(({ id }) => id)
    const removed = (mode: 'range' | 'courses' | 'all') =>
      compare(present, file, { mode }).classes?.remove
    assert.deepEqual(removed('courses'), [inside])
    assert.deepEqual(removed('range'), [other, inside])
    assert.deepEqual(removed('all'), [before, other, inside, after])
  })

  it('keeps what a file without such a column does not speak of', async () => {
    const present = stored({ room: 'A101', notes: 'n', source_id: 'x' })
    const file = await read('date,start,end,course,teacher\n2026-09-01,19:00,21:00,A,Li\n')
    const edits = compare(present, file, { mode: 'range' })
    assert.deepEqual(edits.classes?.update, [
      { end_time: '21:00:00', instructor: 'Li', id: present.classes[0]?.id },
    ])
  })

  it('keeps the notes of an assignment in a file without notes', async () => {
    const essay = {
      title: 'Essay',
      course_name: null,
      due_date: '2026-09-30',
      due_time: '18:00:00',
      url: 'https://example.com/',
      notes: 'n',
      source_id: 'x',
    }
    const file = await read('assignment,due\nEssay,2026-09-30 20:00\n')
    const present = { ...stored(), assignments: [{ id: 9, ...essay }] }
    const { assignments } = compare(present, file, { mode: 'range' })
    assert.deepEqual(assignments, {
      add: [],
      update: [{ id: 9, due_time: '20:00:00' }],
      remove: [],
    })
  })

  it('does not compare each with each', () => {
    const many = Array.from({ length: 10_000 }, (_each, index) => ({
      course_date: Temporal.PlainDate.from('2026-01-01')
        .add({ days: index % 300 })
        .toString(),
      course_name: `Course ${index}`,
    }))
    let reads = 0
    const counted = many.map((each) => {
      const row = meeting(each)
      return Object.defineProperty(row, 'course_name', {
        enumerable: true,
        get: () => {
          reads += 1
          return each.course_name
        },
      })
    })
    const file = { ...draft(), classes: counted }
    const edits = compare(stored(...many), file, { mode: 'range' })
    assert.deepEqual(edits.classes, { add: [], update: [], remove: [] })
    assert.ok(reads < 100_000, `${reads} reads`)
  })

  it('makes edits that the store takes, and that change nothing the second time', async () => {
    const db = await openScheduleDatabase(':memory:')
    const store = createScheduleStore({ db, now: () => 0, timeZone: 'Asia/Shanghai' })
    try {
      const text = calendar(
        'BEGIN:VEVENT',
        'UID:w',
        'DTSTART:20260907T090000',
        'DTEND:20260907T100000',
        'RRULE:FREQ=WEEKLY;COUNT=10',
        'SUMMARY:A',
        'END:VEVENT',
        'BEGIN:VTODO',
        'UID:t',
        'DUE:20260930T180000',
        'SUMMARY:Essay',
        'END:VTODO',
      )
      const origin = { by: 'test', kind: 'import', note: null } as const
      const change = async (file: string) => {
        const present = await store.getTimetable('1')
        const edits = compare(present, await read(file), { mode: 'range' })
        return await store.change({ guildId: '1', origin, edits, revision: present?.revision ?? 0 })
      }
      assert.deepEqual((await change(text))?.counts, { added: 11, changed: 0, removed: 0 })
      assert.equal(await change(text), null)
      const moved = text
        .replace('COUNT=10', 'COUNT=10\r\nEXDATE:20260914T090000')
        .replace('Essay', 'Paper')
      // The essay has another title, and the calendar says that it is the same one.
      assert.deepEqual((await change(moved))?.counts, { added: 0, changed: 1, removed: 1 })
    } finally {
      await store.close()
    }
  })
})
