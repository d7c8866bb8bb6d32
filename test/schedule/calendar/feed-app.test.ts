import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import { Hono } from 'hono'
import ICAL from 'ical.js'

import { AppError } from '../../../src/errors.ts'
import { createFeedApp, type FeedAppDeps } from '../../../src/schedule/calendar/feed-app.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import type { ScheduleStore } from '../../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import type { ClassMeeting } from '../../../src/schedule/timetable.ts'

const origin = { by: '7', kind: 'edit', note: null } as const
const day = 24 * 60 * 60 * 1000

function meeting(changes: Partial<ClassMeeting> = {}): ClassMeeting {
  return {
    course_date: '2026-09-07',
    start_time: '19:00:00',
    end_time: '20:30:00',
    course_name: '高等数学',
    instructor: '王卓然',
    room: null,
    online_url: null,
    notes: null,
    source_id: null,
    ...changes,
  }
}

describe('createFeedApp', () => {
  let store: ScheduleStore
  let now: number
  let reads: number

  beforeEach(async () => {
    now = Date.parse('2026-09-01T08:00:00Z')
    reads = 0
    const db = await openScheduleDatabase(':memory:')
    store = createScheduleStore({ db, now: () => now, timeZone: 'Asia/Shanghai' })
    await store.change({
      guildId: 'g',
      origin,
      edits: { timeZone: 'Asia/Shanghai', classes: { add: [meeting()] } },
    })
  })
  afterEach(() => store.close())

  /** Mounted as in the program, where another part answers what nobody knows. */
  function mount(deps: Partial<FeedAppDeps> = {}) {
    const counted: FeedAppDeps['store'] = {
      findFeed: (token) => store.findFeed(token),
      getOutline: (guildId) => store.getOutline(guildId),
      listRevisions: (guildId, limit) => store.listRevisions(guildId, limit),
      getTimetable(guildId) {
        reads += 1
        return store.getTimetable(guildId)
      },
    }
    const app = new Hono().route('/', createFeedApp({ store: counted, now: () => now, ...deps }))
    return app.notFound((context) => context.text('nothing here', 404))
  }
  const pathOf = async (guildId = 'g', userId = 'u') =>
    `/calendar/${await store.feedToken(guildId, userId)}.ics`
  const titles = (text: string) =>
    ICAL.Component.fromString(text)
      .getAllSubcomponents('vevent')
      .map((event) => event.getFirstPropertyValue('summary'))

  it('answers the calendar of the guild to the holder of a token', async () => {
    const response = await mount().request(await pathOf())
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'text/calendar; charset=utf-8')
    assert.match(response.headers.get('cache-control') ?? '', /^private/)
    assert.deepEqual(titles(await response.text()), ['高等数学'])
  })

  it('answers 304 until something changes, without reading the timetable', async () => {
    const app = mount()
    const path = await pathOf()
    const etag = (await app.request(path)).headers.get('etag') ?? ''
    const again = await app.request(path, {
      headers: { 'If-None-Match': `"other", W/${etag}` },
    })
    assert.equal(again.status, 304)
    assert.equal(await again.text(), '')
    assert.equal(again.headers.get('etag'), etag)
    assert.equal(reads, 1)
    await store.change({ guildId: 'g', origin, edits: { classes: { remove: [1] } } })
    const changed = await app.request(path, { headers: { 'If-None-Match': etag } })
    assert.equal(changed.status, 200)
    assert.notEqual(changed.headers.get('etag'), etag)
    assert.deepEqual(titles(await changed.text()), [])
  })

  it('writes the same calendar once for many who ask', async () => {
    const app = mount()
    const paths = await Promise.all(['a', 'b', 'c'].map((user) => pathOf('g', user)))
    const answers = await Promise.all(paths.map(async (path) => await app.request(path)))
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    assert.equal(new Set(texts).size, 1)
    assert.equal((await app.request(paths[0] ?? '')).status, 200)
    assert.equal(reads, 1)
  })

  it('answers the same 404 to a revoked token, a guessed one, and to any other path', async () => {
    const app = mount()
    const path = await pathOf()
    assert.equal((await app.request(path)).status, 200)
    await store.revokeFeed('g', 'u')
    const guessed = `/calendar/${'A'.repeat(43)}.ics`
    const others = [
      '/calendar',
      '/calendar/',
      '/calendar/.ics',
      `${path}x`,
      `/calendar/${'x'.repeat(9_999)}.ics`,
      '/calendar/%00.ics',
      "/calendar/' or 1=1.ics",
    ]
    for (const each of [path, guessed, ...others]) {
      const response = await app.request(each)
      assert.equal(response.status, 404, each)
      assert.equal(await response.text(), 'nothing here')
    }
    const renewed = await pathOf()
    assert.notEqual(renewed, path)
    assert.equal((await app.request(renewed)).status, 200)
  })

  it('answers HEAD, and takes nothing', async () => {
    const app = mount()
    const path = await pathOf()
    const head = await app.request(path, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
    for (const method of ['POST', 'PUT', 'DELETE']) {
      assert.equal((await app.request(path, { method })).status, 404)
    }
  })

  it('shows a guild nothing of another', async () => {
    await store.change({
      guildId: 'h',
      origin,
      edits: { classes: { add: [meeting({ course_name: 'secret' })] } },
    })
    const app = mount()
    const ours = await (await app.request(await pathOf('g'))).text()
    const theirs = await (await app.request(await pathOf('h'))).text()
    assert.deepEqual([titles(ours), titles(theirs)], [['高等数学'], ['secret']])
    assert.doesNotMatch(ours, /secret/)
  })

  it('says its name in the language of its owner, if he may still read it', async () => {
    const app = mount({
      describe: async ({ userId }) =>
        userId === 'gone' ? null : { name: 'AGI课堂', locale: 'zh-CN' },
    })
    const text = await (await app.request(await pathOf())).text()
    assert.match(text, /X-WR-CALNAME:AGI课堂\r\n/)
    assert.match(text, /DESCRIPTION:教师：王卓然\r\n/)
    assert.equal((await app.request(await pathOf('g', 'gone'))).status, 404)
  })

  it('answers 503 while nobody can say who its owner is: on 404, programs forget a calendar', async () => {
    const app = mount({
      describe: async () => {
        throw new AppError('unavailable', 'Discord does not answer.')
      },
    })
    const response = await app.request(await pathOf())
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '60')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal((await app.request(`/calendar/${'A'.repeat(43)}.ics`)).status, 404)
  })

  it('is empty for a guild without a timetable', async () => {
    const response = await mount().request(await pathOf('new'))
    assert.equal(response.status, 200)
    assert.deepEqual(titles(await response.text()), [])
  })

  it('leaves out what is long over', async () => {
    const app = mount()
    const path = await pathOf()
    now += 40 * 7 * day
    assert.deepEqual(titles(await (await app.request(path)).text()), [])
  })
})
