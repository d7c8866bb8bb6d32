import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'

import fc from 'fast-check'
import { sql } from 'kysely'

import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import type {
  ScheduleStore,
  StoredTimetable,
  TimetableEdits,
} from '../../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import type { Assignment, ClassMeeting } from '../../../src/schedule/timetable.ts'

const dayMs = 24 * 60 * 60 * 1000
const origin = { by: '7', kind: 'edit', note: null } as const
const report = { problems: [] }

function meeting(changes: Partial<ClassMeeting> = {}): ClassMeeting {
  return {
    course_date: '2026-09-07',
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: '高等数学',
    instructor: '王卓然',
    room: 'A101',
    online_url: null,
    notes: null,
    source_id: null,
    ...changes,
  }
}

const assignment: Assignment = {
  title: '第一次作业',
  course_name: '高等数学',
  due_date: '2026-09-14',
  due_time: '23:59:00',
  url: 'https://example.com/1',
  notes: 'two\nlines',
  source_id: 'uid',
}

const everything: TimetableEdits = {
  timeZone: 'Europe/Berlin',
  terms: { add: [{ name: '2026 秋', first_date: '2026-09-01', weeks: 18 }] },
  holidays: { add: [{ name: '国庆', first_date: '2026-10-01', last_date: '2026-10-07' }] },
  classes: { add: [meeting(), meeting({ course_date: '2026-09-01' })] },
  assignments: { add: [assignment] },
}

describe('createScheduleStore', () => {
  let folder: string
  let path: string
  let now: number
  let store: ScheduleStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guagua-schedules-'))
    path = join(folder, 'inner', 'schedules.sqlite')
    now = Date.parse('2026-09-01T08:00:00Z')
    store = await open()
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  async function open(): Promise<ScheduleStore> {
    const db = await openScheduleDatabase(path)
    return createScheduleStore({ db, now: () => now, timeZone: 'Asia/Shanghai' })
  }
  const change = (edits: TimetableEdits, guildId = 'g') => store.change({ guildId, origin, edits })
  const contents = async (guildId = 'g') => withoutRevision(await store.getTimetable(guildId))

  it('has nothing of a guild before its first change', async () => {
    assert.equal(await store.getTimetable('g'), null)
    assert.equal(await store.getOutline('g'), null)
    assert.deepEqual(await store.classesBetween('g', '1900-01-01', '2200-12-31'), [])
    assert.deepEqual(await store.listRevisions('g', 10), [])
    assert.equal(await store.undo('g', '7'), null)
  })

  it('keeps every column, in order of time, over a restart', async () => {
    await change(everything)
    await store.close()
    store = await open()
    assert.deepEqual(await store.getTimetable('g'), {
      revision: 1,
      timeZone: 'Europe/Berlin',
      terms: [{ id: 1, name: '2026 秋', first_date: '2026-09-01', weeks: 18 }],
      holidays: [{ id: 2, name: '国庆', first_date: '2026-10-01', last_date: '2026-10-07' }],
      classes: [
        { id: 4, ...meeting({ course_date: '2026-09-01' }) },
        { id: 3, ...meeting() },
      ],
      assignments: [{ id: 5, ...assignment }],
    })
    const { version, ...outline } = (await store.getOutline('g')) ?? assert.fail()
    assert.match(version, / 1$/)
    assert.deepEqual(outline, {
      revision: 1,
      timeZone: 'Europe/Berlin',
      terms: [{ id: 1, name: '2026 秋', first_date: '2026-09-01', weeks: 18 }],
      holidays: [{ id: 2, name: '国庆', first_date: '2026-10-01', last_date: '2026-10-07' }],
      classCount: 2,
      assignmentCount: 1,
      firstDate: '2026-09-01',
      lastDate: '2026-09-07',
    })
    assert.deepEqual(
      (await store.classesBetween('g', '2026-09-02', '2026-09-07')).map(({ id }) => id),
      [3],
    )
    assert.equal((await store.assignmentsBetween('g', '2026-09-14', '2026-09-14')).length, 1)
    assert.equal(await store.getTimetable('other'), null)
  })

  it('tells who changed what and when', async () => {
    await change(everything)
    now += 1000
    const made = await store.change({
      guildId: 'g',
      origin: { by: '8', kind: 'import', note: 'week.csv' },
      edits: { classes: { update: [{ id: 3, room: 'B202' }], remove: [4], add: [meeting()] } },
    })
    const { difference, ...revision } = made ?? assert.fail()
    assert.deepEqual(revision, {
      revision: 2,
      at: now,
      by: '8',
      kind: 'import',
      note: 'week.csv',
      undoes: null,
      counts: { added: 1, changed: 1, removed: 1 },
    })
    assert.deepEqual(difference.classes, {
      added: [{ id: 6, ...meeting() }],
      changed: [
        { before: { id: 3, ...meeting() }, after: { id: 3, ...meeting({ room: 'B202' }) } },
      ],
      removed: [{ id: 4, ...meeting({ course_date: '2026-09-01' }) }],
    })
    assert.deepEqual(await store.getDifference('g', 2), difference)
    assert.deepEqual(
      (await store.listRevisions('g', 10)).map(({ revision: number }) => number),
      [2, 1],
    )
    assert.deepEqual(await store.listRevisions('g', 1), [revision])
  })

  for (const { what, edits } of [
    { what: 'no edits', edits: {} },
    { what: 'values as they are', edits: { classes: { update: [{ id: 3, room: 'A101' }] } } },
    { what: 'the same zone', edits: { timeZone: 'Europe/Berlin' } },
    { what: 'empty lists', edits: { classes: { add: [], update: [], remove: [] } } },
  ]) {
    it(`makes no revision of ${what}`, async () => {
      await change(everything)
      assert.equal(await change(edits), null)
      assert.equal(await store.propose({ guildId: 'g', origin, edits, report }), null)
      assert.equal((await store.getTimetable('g'))?.revision, 1)
    })
  }

  for (const { edits, message } of [
    {
      edits: { classes: { add: [meeting(), meeting({ end_time: '19:00:00' })] } },
      message:
        'classes.add[1].end_time: expected the class to end after it starts, on the same day',
    },
    {
      edits: { classes: { update: [{ id: 3, start_time: '21:00:00' }] } },
      message:
        'classes.update[0].end_time: expected the class to end after it starts, on the same day',
    },
    {
      edits: { classes: { add: [meeting({ course_date: '2026-02-30' })] } },
      message: 'classes.add[0].course_date: expected a date as YYYY-MM-DD from 1900 to 2200',
    },
    {
      edits: { classes: { add: [meeting({ course_name: 'x'.repeat(256) })] } },
      message: 'classes.add[0].course_name: expected at most 255 characters',
    },
    {
      edits: { classes: { add: [meeting({ course_name: 'a\0b' })] } },
      message: 'classes.add[0].course_name: expected no control characters',
    },
    {
      edits: { classes: { add: [meeting({ instructor: '\ud800' })] } },
      message: 'classes.add[0].instructor: expected Unicode text',
    },
    {
      edits: { classes: { add: [meeting({ online_url: 'javascript:alert(1)' })] } },
      message:
        'classes.add[0].online_url: expected an address that begins with http:// or https://',
    },
    {
      edits: { terms: { add: [{ name: 'x', first_date: '2026-09-01', weeks: 61 }] } },
      message: 'terms.add[0].weeks: expected a number of weeks from 1 to 60',
    },
    {
      edits: {
        holidays: { add: [{ name: 'x', first_date: '2026-09-02', last_date: '2026-09-01' }] },
      },
      message: 'holidays.add[0].last_date: expected the last day not to be before the first',
    },
    {
      edits: { timeZone: 'Mars/Olympus' },
      message: 'timeZone: expected the name of a time zone such as Asia/Shanghai',
    },
    {
      edits: { classes: { update: [{ id: 3, room: 'x' }], remove: [3] } },
      message: 'The class 3 is named twice.',
    },
    { edits: { classes: { remove: [99] } }, message: 'There is no class 99 in this timetable.' },
    {
      edits: { assignments: { update: [{ id: 3, title: 'a class' }] } },
      message: 'There is no assignment 3 in this timetable.',
    },
    {
      edits: { assignments: { add: Array.from({ length: 1000 }, () => assignment) } },
      message:
        'The timetable would have 1001 assignments; at most 1000 are allowed. Remove old ones first.',
    },
    {
      edits: { classes: { add: Array.from({ length: 10_001 }, () => meeting()) } },
      message:
        'The timetable would have 10001 classes; at most 10000 are allowed. Remove old ones first.',
    },
    {
      edits: {
        classes: { add: Array.from({ length: 3500 }, () => meeting({ notes: 'x'.repeat(2000) })) },
      },
      message:
        'The timetable would take 7.3 MB; at most 6 MB are allowed. Shorten the notes, or remove old classes.',
    },
  ] satisfies { edits: TimetableEdits; message: string }[]) {
    it(`refuses an edit whole: ${message}`, async () => {
      await change(everything)
      const before = await store.getTimetable('g')
      const edit = { ...edits, holidays: { remove: [2], ...edits.holidays } }
      await assert.rejects(change(edit), { message })
      await assert.rejects(store.propose({ guildId: 'g', origin, edits: edit, report }), {
        message,
      })
      assert.deepEqual(await store.getTimetable('g'), before)
    })
  }

  it('takes changes back, one after the other, to the row', async () => {
    await change(everything)
    const first = await contents()
    await change({
      timeZone: 'UTC',
      classes: { remove: [3], update: [{ id: 4, notes: 'moved' }], add: [meeting()] },
      assignments: { remove: [5] },
    })
    const second = await contents()
    await change({ terms: { remove: [1] } })
    const undone = await store.undo('g', '9')
    assert.deepEqual(
      [undone?.kind, undone?.by, undone?.undoes, undone?.revision],
      ['undo', '9', 3, 4],
    )
    assert.deepEqual(await contents(), second)
    await store.undo('g', '9')
    assert.deepEqual(await contents(), first)
    await store.undo('g', '9')
    assert.equal(await store.getTimetable('g'), null, 'before its first change it had none')
    assert.equal(await store.undo('g', '9'), null)
    const made = await change({ classes: { add: [meeting()] } })
    assert.equal(made?.revision, 7)
    assert.deepEqual((await store.getTimetable('g'))?.classes, [{ id: 7, ...meeting() }])
  })

  it('goes on taking back what was changed after an undo', async () => {
    await change(everything)
    await change({ timeZone: 'UTC' })
    await store.undo('g', '7')
    await change({ timeZone: 'Asia/Tokyo' })
    assert.equal((await store.undo('g', '7'))?.undoes, 4)
    assert.equal((await store.getTimetable('g'))?.timeZone, 'Europe/Berlin')
    assert.equal((await store.undo('g', '7'))?.undoes, 1)
  })

  it('takes nothing back after a day', async () => {
    await change(everything)
    now += dayMs + 1
    assert.equal(await store.undo('g', '7'), null)
    now -= 1
    assert.equal((await store.undo('g', '7'))?.undoes, 1)
  })

  it('makes a random history undone to nothing', async () => {
    const edit = fc.record({
      add: fc.integer({ min: 0, max: 3 }),
      remove: fc.integer({ min: 0, max: 2 }),
      rename: fc.string({ unit: 'grapheme', maxLength: 20 }),
    })
    let guild = 0
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 6 }), async (edits) => {
        guild += 1
        const guildId = `random ${guild}`
        const states = [await contents(guildId)]
        for (const { add, remove, rename } of edits) {
          const ids = ((await store.getTimetable(guildId))?.classes ?? []).map(({ id }) => id)
          const made = await change(
            {
              classes: {
                add: Array.from({ length: add }, () => meeting()),
                remove: ids.slice(0, remove),
                update: ids.slice(remove, remove + 1).map((id) => ({ id, room: rename })),
              },
            },
            guildId,
          ).catch(() => null)
          if (made) states.push(await contents(guildId))
        }
        while (states.length > 1) {
          assert.deepEqual(await contents(guildId), states.pop())
          assert.ok(await store.undo(guildId, '7'))
        }
        assert.equal(await store.undo(guildId, '7'), null)
        assert.equal(await contents(guildId), null)
      }),
      { numRuns: 30 },
    )
  })

  it('refuses a change that was made for an earlier revision', async () => {
    const request = { guildId: 'g', origin, edits: everything }
    await store.change({ ...request, revision: 0 })
    await assert.rejects(store.change({ ...request, revision: 0 }), { name: 'StaleRevisionError' })
    await assert.rejects(store.change({ ...request, revision: 2 }), { name: 'StaleRevisionError' })
    assert.equal((await store.change({ ...request, revision: 1 }))?.revision, 2)
  })

  it('makes one of two changes for the same revision', async () => {
    await change(everything)
    const both = await Promise.allSettled(
      ['UTC', 'Asia/Tokyo'].map((timeZone) =>
        store.change({ guildId: 'g', origin, edits: { timeZone }, revision: 1 }),
      ),
    )
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  })

  it('applies a proposal as it was shown, once', async () => {
    const edits = { ...everything, timeZone: 'UTC' }
    const proposal = await store.propose({ guildId: 'g', origin, edits, revision: 0, report })
    const { id, difference } = proposal ?? assert.fail()
    assert.equal(await store.getTimetable('g'), null)
    await store.close()
    store = await open()
    assert.deepEqual(await store.getProposal('g', id), proposal)
    assert.equal(await store.getProposal('other', id), null)
    await assert.rejects(store.apply('other', id), { name: 'NotFoundError' })
    const applied = await Promise.allSettled([store.apply('g', id), store.apply('g', id)])
    assert.deepEqual(applied.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    assert.deepEqual(await store.getDifference('g', 1), difference)
    assert.deepEqual(
      (await store.getTimetable('g'))?.classes,
      difference.classes.added.toReversed(),
    )
    assert.equal(await store.getProposal('g', id), null)
    assert.equal((await store.undo('g', '7'))?.undoes, 1)
  })

  it('applies no proposal to another timetable than it was made for', async () => {
    const proposal = await store.propose({ guildId: 'g', origin, edits: everything, report })
    const { id } = proposal ?? assert.fail()
    await change({ timeZone: 'UTC' })
    await assert.rejects(store.apply('g', id), { name: 'StaleRevisionError' })
    await store.undo('g', '7')
    await assert.rejects(store.apply('g', id), { name: 'StaleRevisionError' })
    assert.notEqual(await store.getProposal('g', id), null)
    assert.equal(await store.drop('other', id), false)
    assert.equal(await store.drop('g', id), true)
    assert.equal(await store.drop('g', id), false)
  })

  it('keeps the five newest proposals, for a day', async () => {
    const ids: string[] = []
    for (let count = 0; count < 6; count += 1) {
      const proposal = await store.propose({ guildId: 'g', origin, edits: everything, report })
      ids.push(proposal?.id ?? '')
    }
    const found = await Promise.all(ids.map((id) => store.getProposal('g', id)))
    assert.deepEqual(
      found.map((proposal) => proposal !== null),
      [false, true, true, true, true, true],
    )
    now += dayMs + 1
    assert.equal(await store.getProposal('g', ids[5] ?? ''), null)
    await assert.rejects(store.apply('g', ids[5] ?? ''), { name: 'NotFoundError' })
  })

  it('holds 10 000 classes and takes their import back', async () => {
    const add = Array.from({ length: 10_000 }, (_, index) => meeting({ room: `${index}` }))
    const proposal = await store.propose({
      guildId: 'g',
      origin,
      edits: { classes: { add } },
      report,
    })
    await store.apply('g', proposal?.id ?? '')
    assert.equal((await store.getOutline('g'))?.classCount, 10_000)
    await assert.rejects(change({ classes: { add: [meeting()] } }), { code: 'invalid_request' })
    await store.undo('g', '7')
    assert.equal(await store.getTimetable('g'), null)
  })

  it('follows at most five calendars and remembers what came of it', async () => {
    const url = (index: number) => `https://example.com/${index}.ics`
    const added = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => store.addSubscription('g', url(n), '7')),
    )
    assert.deepEqual(await store.addSubscription('g', url(1), '8'), added[0])
    await assert.rejects(store.addSubscription('g', url(6), '7'), { code: 'invalid_request' })
    await assert.rejects(store.addSubscription('h', 'file:///etc/passwd', '7'), {
      code: 'invalid_request',
    })
    const [one, two] = added
    const check = {
      etag: '"x"',
      lastModified: null,
      checkedAt: now,
      result: 'changed',
      error: null,
    } as const
    await store.recordCheck(one?.id ?? 0, check)
    await store.recordCheck(two?.id ?? 0, { ...check, checkedAt: now - 5, error: 'x'.repeat(900) })
    assert.deepEqual((await store.listSubscriptions('g'))[0], { ...one, ...check })
    assert.equal((await store.listSubscriptions('g'))[1]?.error?.length, 500)
    const due = await store.dueSubscriptions(now + 1, 10)
    assert.deepEqual(
      due.map((each) => each.url),
      [3, 4, 5, 2, 1].map(url),
    )
    assert.equal((await store.dueSubscriptions(now, 10)).length, 4)
    assert.equal(await store.removeSubscription('h', one?.id ?? 0), null)
    assert.deepEqual(await store.removeSubscription('g', one?.id ?? 0), { made: null })
    await store.recordCheck(one?.id ?? 0, check)
    assert.equal((await store.listSubscriptions('g')).length, 4)
  })

  it('knows each feed by its secret until it is revoked', async () => {
    const token = await store.feedToken('g', '7')
    assert.match(token, /^[\w-]{43}$/)
    assert.equal(await store.feedToken('g', '7'), token)
    assert.notEqual(await store.feedToken('g', '8'), token)
    assert.deepEqual(await store.findFeed(token), { guildId: 'g', userId: '7' })
    assert.equal(await store.findFeed('x'), null)
    assert.equal(await store.revokeFeed('g', '7'), true)
    assert.equal(await store.findFeed(token), null)
    assert.equal(await store.revokeFeed('g', '7'), false)
    assert.notEqual(await store.feedToken('g', '7'), token)
  })

  it('forgets a guild and no other', async () => {
    for (const guildId of ['g', 'h']) {
      await change(everything, guildId)
      await store.propose({ guildId, origin, edits: { timeZone: 'UTC' }, report })
      await store.addSubscription(guildId, 'https://example.com/', '7')
      await store.feedToken(guildId, '7')
    }
    const other = await store.getTimetable('h')
    const before = await store.getOutline('g')
    await store.forgetGuild('g')
    assert.equal(await store.getOutline('g'), null)
    assert.equal(await store.getTimetable('g'), null)
    assert.deepEqual(await store.listRevisions('g', 10), [])
    assert.deepEqual(await store.listSubscriptions('g'), [])
    assert.deepEqual(await store.getTimetable('h'), other)
    assert.equal((await store.listSubscriptions('h')).length, 1)
    assert.equal((await change(everything))?.revision, 1)
    const after = await store.getOutline('g')
    assert.equal(after?.revision, before?.revision)
    assert.notEqual(after?.version, before?.version)
    const db = await openScheduleDatabase(path)
    for (const table of ['revisions', 'proposals', 'feeds', 'classes'] as const) {
      const rows = await db.selectFrom(table).select('guild_id').execute()
      assert.ok(
        rows.some((row) => row.guild_id === 'h'),
        table,
      )
    }
    await db.destroy()
  })

  it('brings a file of the first version to the present one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guagua-schedules-'))
    const path = join(folder, 'schedules.sqlite')
    const open = async () => {
      const db = await openScheduleDatabase(path)
      return { db, store: createScheduleStore({ db, now: () => 0, timeZone: 'UTC' }) }
    }
    try {
      const old = await open()
      const plain = { ...assignment, source_id: null }
      await old.store.change({ guildId: 'g', origin, edits: { assignments: { add: [plain] } } })
      const sized = sql<{ bytes: number }>`select bytes from timetables`
      const before = (await sized.execute(old.db)).rows
      // What the third migration did, taken back.
      await sql`alter table assignments drop column source_id`.execute(old.db)
      await sql`update timetables set bytes = bytes - ${',"source_id":null'.length}`.execute(old.db)
      await sql`delete from kysely_migration where name > '0003'`.execute(old.db)
      const cut = `json_remove(difference, '$.assignments.added[0].source_id')`
      await sql`update revisions set difference = ${sql.raw(cut)}`.execute(old.db)
      await old.store.close()

      const { db, store: now } = await open()
      assert.deepEqual((await now.getTimetable('g'))?.assignments, [{ id: 1, ...plain }])
      assert.deepEqual((await sized.execute(db)).rows, before)
      assert.equal((await now.undo('g', '7'))?.counts.removed, 1)
      await now.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('keeps whole changes of a process that is killed, and nothing of others', async () => {
    const program = `
      import { openScheduleDatabase } from ${JSON.stringify(new URL('../../../src/schedule/store/open-database.ts', import.meta.url))}
      import { createScheduleStore } from ${JSON.stringify(new URL('../../../src/schedule/store/sql-schedule-store.ts', import.meta.url))}
      const db = await openScheduleDatabase(${JSON.stringify(path)})
      const store = createScheduleStore({ db, now: Date.now, timeZone: 'UTC' })
      const row = ${JSON.stringify(meeting())}
      for (let count = 1; ; count += 1) {
        const ids = ((await store.getTimetable('g'))?.classes ?? []).map(({ id }) => id)
        const add = Array.from({ length: 200 }, () => ({ ...row, room: String(count) }))
        await store.change({ guildId: 'g', origin: { by: '7', kind: 'edit', note: null }, edits: { classes: { add, remove: ids } } })
        console.log(count)
      }`
    let told = 0
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
      const wanted = 3 + round * 2
      let lines = ''
      child.stdout.on('data', (chunk: Buffer) => {
        lines += String(chunk)
        if (lines.split('\n').length > wanted) child.kill('SIGKILL')
      })
      await new Promise((resolve) => child.on('close', resolve))
      told += lines.split('\n').length - 1
      const timetable = (await store.getTimetable('g')) ?? assert.fail()
      assert.ok(timetable.revision >= told, 'what was told is kept')
      told = timetable.revision
      assert.equal(timetable.classes.length, 200)
      assert.equal(new Set(timetable.classes.map(({ room }) => room)).size, 1)
      const newest = await store.getDifference('g', timetable.revision)
      assert.deepEqual(newest?.classes.added, timetable.classes)
    }
  })
})

function withoutRevision(timetable: StoredTimetable | null) {
  if (timetable === null) return null
  const { revision, ...rest } = timetable
  assert.ok(revision > 0)
  return rest
}
