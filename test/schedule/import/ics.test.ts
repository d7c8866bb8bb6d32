import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { berlin, brief, calendar, read } from './context.ts'

function event(...lines: string[]): string[] {
  return ['BEGIN:VEVENT', ...lines, 'END:VEVENT']
}

const sorted = (lines: string[]) => lines.toSorted((a, b) => a.localeCompare(b, 'en'))

/** A zone that no list knows, with the rules of central Europe. */
const ownZone = [
  'BEGIN:VTIMEZONE',
  'TZID:W. Europe Standard Time',
  'BEGIN:STANDARD',
  'DTSTART:16010101T030000',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
  'END:STANDARD',
  'BEGIN:DAYLIGHT',
  'DTSTART:16010101T020000',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
  'END:DAYLIGHT',
  'END:VTIMEZONE',
]

describe('importing a calendar', () => {
  it('reads an event with everything that it says', async () => {
    const draft = await read(
      calendar(
        ...event(
          'UID:a@example.org',
          'DTSTART;TZID=Asia/Shanghai:20260901T190000',
          'DTEND;TZID=Asia/Shanghai:20260901T203000',
          'SUMMARY:大模型\\, 第一讲',
          'LOCATION:教学楼A101',
          'DESCRIPTION:教师：张三\\n带电脑\\nhttps://meeting.tencent.com/dm/1',
          'ORGANIZER;CN=Office:mailto:office@example.org',
          'BEGIN:VALARM',
          'TRIGGER:-PT15M',
          'DESCRIPTION:alarm',
          'END:VALARM',
        ),
      ),
    )
    assert.deepEqual(draft.problems, [])
    assert.deepEqual(draft.classes, [
      {
        course_date: '2026-09-01',
        start_time: '19:00:00',
        end_time: '20:30:00',
        course_name: '大模型, 第一讲',
        instructor: '张三',
        room: '教学楼A101',
        online_url: 'https://meeting.tencent.com/dm/1',
        notes: '带电脑\nhttps://meeting.tencent.com/dm/1',
        source_id: 'a@example.org',
      },
    ])
  })

  for (const [name, prefix, zone] of [
    ['an IANA name', 'TZID=Europe/Berlin', []],
    ['a VTIMEZONE of its own', 'TZID=W. Europe Standard Time', ownZone],
  ] as const) {
    it(`keeps the hour of a weekly class over the change of clocks, with ${name}`, async () => {
      const draft = await read(
        calendar(
          ...zone,
          ...event(
            'UID:w',
            `DTSTART;${prefix}:20261012T090000`,
            `DTEND;${prefix}:20261012T103000`,
            'RRULE:FREQ=WEEKLY;UNTIL=20261109T080000Z',
            `EXDATE;${prefix}:20261019T090000`,
            'SUMMARY:Algebra',
          ),
          ...event(
            'UID:w',
            // The same moment in another zone.
            'RECURRENCE-ID:20261026T080000Z',
            `DTSTART;${prefix}:20261027T140000`,
            `DTEND;${prefix}:20261027T153000`,
            'SUMMARY:Algebra (moved)',
          ),
          ...event(
            'UID:w',
            `RECURRENCE-ID;${prefix}:20261102T090000`,
            `DTSTART;${prefix}:20261102T090000`,
            `DTEND;${prefix}:20261102T103000`,
            'STATUS:CANCELLED',
            'SUMMARY:Algebra',
          ),
        ),
        { ...berlin },
      )
      assert.deepEqual(draft.problems, [])
      assert.deepEqual(brief(draft.classes), [
        '2026-10-12 09:00-10:30 Algebra',
        '2026-11-09 09:00-10:30 Algebra',
        '2026-10-27 14:00-15:30 Algebra (moved)',
      ])
      assert.deepEqual(
        draft.classes.map(({ source_id: id }) => id),
        ['w/2026-10-12T07:00:00Z', 'w/2026-11-09T08:00:00Z', 'w/2026-10-26T08:00:00Z'],
      )
    })
  }

  it('shows a class of Berlin on the clocks of Shanghai, which move by an hour', async () => {
    const draft = await read(
      calendar(
        ...event(
          'UID:w',
          'DTSTART;TZID=Europe/Berlin:20261022T090000',
          'DURATION:PT1H30M',
          'RRULE:FREQ=WEEKLY;COUNT=2',
          'SUMMARY:Algebra',
        ),
      ),
    )
    assert.deepEqual(brief(draft.classes), [
      '2026-10-22 15:00-16:30 Algebra',
      '2026-10-29 16:00-17:30 Algebra',
    ])
  })

  it('takes times without a zone for those of the timetable', async () => {
    const draft = await read(
      calendar(
        ...event('UID:f', 'DTSTART:20260901T190000', 'DTEND:20260901T200000', 'SUMMARY:Floating'),
        ...event('UID:u', 'DTSTART:20260901T110000Z', 'DTEND:20260901T120000Z', 'SUMMARY:UTC'),
      ),
    )
    assert.deepEqual(brief(draft.classes), [
      '2026-09-01 19:00-20:00 Floating',
      '2026-09-01 19:00-20:00 UTC',
    ])
  })

  it('adds RDATE, and moves this and all following', async () => {
    const draft = await read(
      calendar(
        ...event(
          'UID:r',
          'DTSTART:20260907T090000',
          'DTEND:20260907T100000',
          'RRULE:FREQ=WEEKLY;COUNT=4',
          'RDATE:20260909T090000,20260910T090000',
          'SUMMARY:A',
        ),
        ...event(
          'UID:r',
          'RECURRENCE-ID;RANGE=THISANDFUTURE:20260921T090000',
          'DTSTART:20260922T100000',
          'DTEND:20260922T120000',
          'SUMMARY:B',
        ),
      ),
    )
    assert.deepEqual(sorted(brief(draft.classes)), [
      '2026-09-07 09:00-10:00 A',
      '2026-09-09 09:00-10:00 A',
      '2026-09-10 09:00-10:00 A',
      '2026-09-14 09:00-10:00 A',
      '2026-09-22 10:00-12:00 B',
      '2026-09-29 10:00-12:00 B',
    ])
  })

  it('follows repeating events for two years from today, and no further', async () => {
    const draft = await read(
      calendar(
        ...event(
          'UID:e',
          'DTSTART:20100104T090000',
          'DTEND:20100104T100000',
          'RRULE:FREQ=MONTHLY;BYDAY=1MO',
          'SUMMARY:A',
        ),
      ),
    )
    assert.equal(draft.classes.length, 48)
    assert.equal(draft.classes[0]?.course_date, '2024-10-07')
    assert.equal(draft.classes.at(-1)?.course_date, '2028-09-04')
  })

  for (const [start, rule, dates] of [
    ['20240229', 'FREQ=YEARLY', ['2028-02-29']],
    ['20250228', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', ['2025-02-28', '2028-02-29']],
    ['20260131', 'FREQ=MONTHLY;COUNT=3', ['2026-01-31', '2026-03-31', '2026-05-31']],
    ['20260131', 'FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3', ['2026-01-31', '2026-02-28', '2026-03-31']],
    ['20260907', 'FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3', ['2026-09-07', '2026-09-09', '2026-09-14']],
    ['20260904', 'FREQ=MONTHLY;BYDAY=1FR;COUNT=2', ['2026-09-04', '2026-10-02']],
    ['20260907', 'FREQ=WEEKLY;INTERVAL=2;COUNT=2', ['2026-09-07', '2026-09-21']],
    ['20260907', 'FREQ=DAILY;UNTIL=20260909', ['2026-09-07', '2026-09-08', '2026-09-09']],
  ] as const) {
    it(`follows ${rule} from ${start}`, async () => {
      const draft = await read(
        calendar(
          ...event(
            'UID:r',
            `DTSTART:${start}T090000`,
            `DTEND:${start}T100000`,
            `RRULE:${rule}`,
            'SUMMARY:A',
          ),
        ),
      )
      assert.deepEqual(
        draft.classes.map(({ course_date: date }) => date),
        dates,
      )
    })
  }

  it('makes holidays of whole days that say so, and asks about the others', async () => {
    const draft = await read(
      calendar(
        ...event(
          'UID:h',
          'DTSTART;VALUE=DATE:20261001',
          'DTEND;VALUE=DATE:20261008',
          'SUMMARY:国庆节放假',
        ),
        ...event('UID:o', 'DTSTART;VALUE=DATE:20261101', 'SUMMARY:Open day'),
      ),
    )
    assert.deepEqual(draft.holidays, [
      { name: '国庆节放假', first_date: '2026-10-01', last_date: '2026-10-07' },
    ])
    assert.deepEqual(draft.problems, [{ line: 10, reason: 'all_day', value: 'Open day' }])
  })

  it('cuts a class at midnight', async () => {
    const draft = await read(
      calendar(
        ...event('UID:n', 'DTSTART:20260901T230000', 'DTEND:20260902T010000', 'SUMMARY:Night'),
      ),
    )
    assert.deepEqual(brief(draft.classes), [
      '2026-09-01 23:00-23:59 Night',
      '2026-09-02 00:00-01:00 Night',
    ])
    assert.deepEqual(
      draft.classes.map(({ source_id: id }) => id),
      ['n', 'n/1'],
    )
  })

  it('makes assignments of to-dos and of events that last no time', async () => {
    const draft = await read(
      calendar(
        'BEGIN:VTODO',
        'UID:t',
        'DUE;TZID=Europe/Berlin:20260930T180000',
        'SUMMARY:Essay',
        'CATEGORIES:English',
        'URL:https://example.org/essay',
        'END:VTODO',
        ...event(
          'UID:event-assignment-1',
          'DTSTART:20260930T155900Z',
          'DTEND:20260930T155900Z',
          'SUMMARY:Problem set [Algebra]',
        ),
        'BEGIN:VTODO',
        'UID:none',
        'SUMMARY:Some day',
        'END:VTODO',
      ),
    )
    assert.deepEqual(
      draft.assignments.map(({ title, course_name: course, due_date: date, due_time: time }) => [
        title,
        course,
        date,
        time,
      ]),
      [
        ['Problem set [Algebra]', null, '2026-09-30', '23:59:00'],
        ['Essay', 'English', '2026-10-01', '00:00:00'],
      ],
    )
    assert.deepEqual(draft.problems, [{ line: 17, reason: 'bad_due', value: '' }])
  })

  it('goes on after an event that is broken', async () => {
    const good = (uid: string) =>
      event(`UID:${uid}`, 'DTSTART:20260901T190000', 'DTEND:20260901T200000', `SUMMARY:${uid}`)
    const draft = await read(
      calendar(
        ...good('a'),
        ...event('UID:b', 'DTSTART:2026-09-99T99', 'SUMMARY:b'),
        ...event(
          'UID:c',
          'DTSTART;TZID=Mars/Olympus:20260901T190000',
          'DTEND;TZID=Mars/Olympus:20260901T200000',
          'SUMMARY:c',
        ),
        ...event('UID:d', 'DTSTART:20260901T190000', 'DTEND:20260901T180000', 'SUMMARY:d'),
        ...event('this is no property'),
        'BEGIN:VEVENT',
        'UID:f',
        ...good('g'),
      ),
    )
    assert.deepEqual(
      draft.classes.map(({ course_name: name }) => name),
      ['a', 'g'],
    )
    assert.deepEqual(
      draft.problems
        .map(({ line, reason }) => [line, reason])
        .toSorted(([a], [b]) => Number(a) - Number(b)),
      [
        [10, 'bad_event'],
        [15, 'unknown_zone'],
        [21, 'ends_before_start'],
        [27, 'bad_event'],
        [30, 'bad_event'],
      ],
    )
  })

  it('reads back what was written, in any zone', async () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Shanghai',
      'Australia/Lord_Howe',
      'UTC',
    )
    const events = fc.array(
      fc.record({
        minute: fc.integer({ min: 0, max: 2 * 365 * 24 * 60 }),
        length: fc.integer({ min: 1, max: 300 }),
        zone: zones,
        name: fc.stringMatching(/^[A-Za-z\p{Script=Han}][A-Za-z\p{Script=Han},;: \\]{0,80}[a-z]$/u),
      }),
      { minLength: 1, maxLength: 10 },
    )
    await fc.assert(
      fc.asyncProperty(events, zones, async (rows, timeZone) => {
        const base = Temporal.Instant.from('2025-10-01T00:00:00Z')
        const spans = rows.map((row) => {
          const start = base.add({ minutes: row.minute })
          return { ...row, start, end: start.add({ minutes: row.length }) }
        })
        const text = calendar(
          ...spans.flatMap(({ start, end, zone, name }, index) =>
            event(
              `UID:${index}`,
              `DTSTART${stamp(start, zone)}`,
              `DTEND${stamp(end, zone)}`,
              ...fold(
                `SUMMARY:${name.replaceAll('\\', '\\\\').replaceAll(',', '\\,').replaceAll(';', '\\;')}`,
              ),
            ),
          ),
        )
        const draft = await read(text, { timeZone })
        // An hour that comes twice has one name only: what falls into it is not told apart.
        const isClear = spans.filter(({ start, end, zone }) =>
          [start, end].every((at) => [zone, timeZone].every((each) => isUnique(at, each))),
        )
        for (const { start, end, name } of isClear) {
          const from = start.toZonedDateTimeISO(timeZone)
          const to = end.toZonedDateTimeISO(timeZone)
          const found = draft.classes.some(
            (each) =>
              each.course_name === name.trim() &&
              each.course_date === from.toPlainDate().toString() &&
              each.start_time === from.toPlainTime().toString({ smallestUnit: 'second' }) &&
              (from.day === to.day
                ? each.end_time === to.toPlainTime().toString({ smallestUnit: 'second' })
                : each.end_time === '23:59:59'),
          )
          assert.ok(found, `${name} at ${from.toString()}`)
        }
      }),
      { numRuns: 60 },
    )
  })
})

function stamp(instant: Temporal.Instant, zone: string): string {
  const local = instant.toZonedDateTimeISO(zone).toPlainDateTime()
  const text = local.toString({ smallestUnit: 'second' }).replaceAll(/[-:]/gu, '')
  return zone === 'UTC' ? `:${text}Z` : `;TZID=${zone}:${text}`
}

function isUnique(instant: Temporal.Instant, zone: string): boolean {
  const zoned = instant.toZonedDateTimeISO(zone)
  const local = zoned.toPlainDateTime()
  const [earlier, later] = (['earlier', 'later'] as const).map(
    (disambiguation) => local.toZonedDateTime(zone, { disambiguation }).epochMilliseconds,
  )
  return earlier === later
}

/** Lines of at most 75 bytes; the next ones begin with a space. */
function fold(line: string): string[] {
  const lines: string[] = []
  let rest = line
  while (Buffer.byteLength(rest) > 70) {
    lines.push(`${lines.length === 0 ? '' : ' '}${rest.slice(0, 20)}`)
    rest = rest.slice(20)
  }
  return [...lines, `${lines.length === 0 ? '' : ' '}${rest}`]
}

describe('a hostile calendar', () => {
  const repeating = (rule: string) =>
    calendar(
      ...event(
        'UID:x',
        'DTSTART:20000101T000000',
        'DTEND:20000101T000001',
        `RRULE:${rule}`,
        'SUMMARY:x',
      ),
    )

  for (const rule of [
    'FREQ=SECONDLY',
    'FREQ=MINUTELY',
    'FREQ=HOURLY;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11;COUNT=999999999',
  ]) {
    it(`cannot repeat for ever: ${rule}`, async () => {
      const draft = await read(repeating(rule))
      assert.deepEqual(
        draft.problems.map(({ reason }) => reason),
        ['too_dense'],
      )
      assert.deepEqual(draft.classes, [])
    })
  }

  it('has one budget for all its rules', async () => {
    const events = Array.from({ length: 500 }, (_each, index) =>
      event(
        `UID:${index}`,
        'DTSTART:20000101T000000',
        'DTEND:20000101T000001',
        'RRULE:FREQ=HOURLY',
        'SUMMARY:x',
      ),
    ).flat()
    const draft = await read(calendar(...events))
    assert.equal(draft.problemCount, 500)
  })

  it('may leave out thirty thousand days', async () => {
    const excluded = Array.from({ length: 30 }, (_each, index) => {
      const first = Temporal.PlainDateTime.from('1990-01-01T00:00').add({ hours: index * 1000 })
      const times = Array.from({ length: 1000 }, (_other, hours) =>
        first.add({ hours }).toString({ smallestUnit: 'second' }).replaceAll(/[-:]/gu, ''),
      )
      return `EXDATE:${times.join(',')}`
    })
    const draft = await read(
      calendar(
        ...event(
          'UID:x',
          'DTSTART:20260901T090000',
          'DTEND:20260901T100000',
          'RRULE:FREQ=DAILY;COUNT=3',
          ...excluded,
          'SUMMARY:x',
        ),
      ),
    )
    assert.equal(draft.classes.length, 3)
  })

  it('may nest as deep as it likes', async () => {
    const draft = await read(
      calendar(
        'BEGIN:X-NEST\r\n'.repeat(50_000).trim(),
        'BEGIN:VEVENT',
        'UID:x',
        'DTSTART:20260901T090000',
        'DTEND:20260901T100000',
        'SUMMARY:x',
        'BEGIN:VALARM\r\n'.repeat(50_000).trim(),
        'END:VALARM\r\n'.repeat(50_000).trim(),
        'END:VEVENT',
      ),
    )
    assert.equal(draft.classes.length, 1)
  })

  it('gets ten thousand classes and no more', async () => {
    const events = Array.from({ length: 30 }, (_each, index) =>
      event(
        `UID:${index}`,
        'DTSTART:20260101T090000',
        'DTEND:20260101T100000',
        'RRULE:FREQ=DAILY',
        'SUMMARY:x',
      ),
    ).flat()
    const draft = await read(calendar(...events))
    assert.equal(draft.classes.length, 10_000)
    assert.equal(draft.problems.filter(({ reason }) => reason === 'too_many_classes').length, 1)
  })
})
