import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'
import ICAL from 'ical.js'

import { toCalendar, type CalendarOptions } from '../../../src/schedule/calendar/to-calendar.ts'
import { readFile } from '../../../src/schedule/import/read-file.ts'

type Timetable = CalendarOptions['timetable']
type Class = Timetable['classes'][number]

const meeting: Class = {
  id: 7,
  course_date: '2026-11-23',
  start_time: '19:00:00',
  end_time: '20:30:00',
  course_name: '高等数学',
  instructor: '王卓然',
  room: 'A101',
  online_url: 'https://example.com/join?a=1,2;b=3',
  notes: 'bring paper\nand a pen',
  source_id: null,
}
const assignment: Timetable['assignments'][number] = {
  id: 3,
  title: '第一次作业',
  course_name: '高等数学, 一',
  due_date: '2026-11-24',
  due_time: '23:59:00',
  url: 'https://example.com/1',
  notes: null,
  source_id: null,
}

function options(timetable: Partial<Timetable> = {}): CalendarOptions {
  return {
    guildId: '42',
    name: 'Maths; all, of it',
    timetable: {
      revision: 5,
      timeZone: 'Europe/Berlin',
      classes: [],
      assignments: [],
      holidays: [],
      ...timetable,
    },
    modifiedAt: Date.parse('2026-11-22T10:00:00Z'),
    locale: 'zh-CN',
  }
}

const events = (text: string) =>
  ICAL.Component.fromString(text)
    .getAllSubcomponents('vevent')
    .map((component) => new ICAL.Event(component))

describe('toCalendar', () => {
  it('writes what a calendar must have (RFC 5545)', () => {
    const text = toCalendar(options({ classes: [meeting], assignments: [assignment] }))
    assert.match(text, /^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\nPRODID:/)
    assert.match(text, /\r\nEND:VCALENDAR\r\n$/)
    assert.match(text, /\r\nX-WR-CALNAME:Maths\\; all\\, of it\r\n/)
    assert.match(text, /\r\nX-WR-TIMEZONE:Europe\/Berlin\r\n/)
    assert.doesNotMatch(text, /[^\r]\n|\r[^\n]/)
    for (const { component } of events(text)) {
      assert.equal(component.getAllProperties('uid').length, 1)
      assert.equal(component.getFirstPropertyValue('dtstamp')?.toString(), '2026-11-22T10:00:00Z')
      assert.equal(component.getFirstPropertyValue('sequence'), 5)
      assert.equal(
        component.getFirstPropertyValue('last-modified')?.toString(),
        '2026-11-22T10:00:00Z',
      )
    }
  })

  it('cancels classes on holidays, and no deadlines', () => {
    const holidays = [{ id: 1, name: 'Day', first_date: '2026-11-23', last_date: '2026-11-24' }]
    const later = { ...meeting, id: 8, course_date: '2026-11-25' }
    const text = toCalendar(
      options({ classes: [meeting, later], assignments: [assignment], holidays }),
    )
    const statuses = events(text).map(({ uid, component }) => [
      uid.split('.')[0],
      component.getFirstPropertyValue('status'),
    ])
    assert.deepEqual(statuses, [
      ['class-7', 'CANCELLED'],
      ['class-8', null],
      ['assignment-3', null],
      ['holiday-1', null],
    ])
  })

  it('keeps the UID of a row whatever else changes', () => {
    const uids = (timetable: Partial<Timetable>) =>
      events(toCalendar(options(timetable))).map(({ uid }) => uid)
    assert.deepEqual(uids({ classes: [meeting], assignments: [assignment] }), [
      'class-7.42@guagua',
      'assignment-3.42@guagua',
    ])
    const moved = { ...meeting, course_date: '2026-11-30', course_name: 'Maths' }
    assert.deepEqual(uids({ classes: [moved], revision: 6 }), ['class-7.42@guagua'])
  })

  it('means the same instants on both sides of a change of the clocks', () => {
    const classes = ['2026-10-24', '2026-10-26'].map((course_date, id) => ({
      ...meeting,
      id,
      course_date,
    }))
    const starts = events(toCalendar(options({ classes }))).map(({ startDate }) =>
      startDate.toString(),
    )
    assert.deepEqual(starts, ['2026-10-24T17:00:00Z', '2026-10-26T18:00:00Z'])
  })

  it('folds lines to at most 75 bytes, and splits no character', () => {
    const long = { ...meeting, course_name: '大模型🎨'.repeat(50), notes: 'n,;\\"'.repeat(300) }
    const text = toCalendar(options({ classes: [long] }))
    for (const line of text.split('\r\n')) {
      assert.ok(Buffer.byteLength(line) <= 75, line)
      assert.ok(line.isWellFormed())
    }
    assert.equal(events(text)[0]?.summary, long.course_name)
  })

  it('lets nobody write lines of their own', () => {
    const evil = 'x\r\nEND:VEVENT\nBEGIN:VALARM\u2028ATTACH:y\u0000;,\\n"'
    const row = { ...meeting, course_name: evil, room: evil, instructor: evil, notes: evil }
    const url = 'https://example.com/\r\nATTENDEE:z'
    const text = toCalendar({
      ...options({
        classes: [{ ...row, online_url: url }],
        assignments: [{ ...assignment, title: evil, course_name: evil, url }],
        holidays: [{ id: 1, name: evil, first_date: '2026-11-23', last_date: '2026-11-23' }],
      }),
      name: evil,
      guildId: evil,
    })
    assert.equal(events(text).length, 3)
    const unfolded = text.replaceAll('\r\n ', '')
    assert.doesNotMatch(unfolded, /^(?:ATTACH|ATTENDEE|BEGIN:VALARM)/mu)
  })

  it('is read by the importer as what it was', async () => {
    const holiday = { id: 9, name: '国庆节', first_date: '2026-10-01', last_date: '2026-10-07' }
    const text = toCalendar(
      options({ classes: [meeting], assignments: [assignment], holidays: [holiday] }),
    )
    const draft = await readBack(text)
    const { id: _class, ...ofClass } = meeting
    const { id: _assignment, ...ofAssignment } = assignment
    const { id: _holiday, ...ofHoliday } = holiday
    assert.deepEqual(draft.classes, [{ ...ofClass, source_id: 'class-7.42@guagua' }])
    assert.deepEqual(draft.assignments, [{ ...ofAssignment, source_id: 'assignment-3.42@guagua' }])
    assert.deepEqual(draft.holidays, [ofHoliday])
    assert.deepEqual(draft.problems, [])
  })

  it('is read back whatever the names and the times are', async () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => text === text.trim() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text))
    const time = fc
      .tuple(fc.integer({ min: 0, max: 1300 }), fc.integer({ min: 1, max: 120 }))
      .map(([start, length]) => [clock(start), clock(start + length)] as const)
    // Without the night of the clocks, in which a time may be twice or never.
    const date = fc
      .integer({ min: 1, max: 28 })
      .map((day) => `2026-11-${`${day}`.padStart(2, '0')}`)
    await fc.assert(
      fc.asyncProperty(name, name, fc.tuple(time, date), async (course, room, [times, on]) => {
        const [start_time, end_time] = times
        const row = { ...meeting, course_name: course, room, start_time, end_time, course_date: on }
        const { classes } = await readBack(toCalendar(options({ classes: [row] })))
        const { id: _id, ...same } = row
        assert.deepEqual(classes, [{ ...same, source_id: 'class-7.42@guagua' }])
      }),
      { numRuns: 60 },
    )
  })
})

const readBack = (text: string) =>
  readFile(Buffer.from(text), {
    today: '2026-11-22',
    timeZone: 'Europe/Berlin',
    terms: [],
    holidays: [],
    mapping: {},
    periods: {},
  })

function clock(minutes: number): string {
  const parts = [Math.floor(minutes / 60), minutes % 60, 0]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
