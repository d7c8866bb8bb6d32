import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createLogger } from '../../../src/log.ts'
import { readCalendarFailure } from '../../../src/schedule/import/calendar-failure.ts'
import type { FetchedCalendar } from '../../../src/schedule/import/fetch-calendar.ts'
import { createSubscriptions, refreshMs } from '../../../src/schedule/import/subscriptions.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'

const log = createLogger({ level: 'silent', pretty: false })

async function bench(answers: (FetchedCalendar | Error)[]) {
  let clock = 0
  const now = () => clock
  const db = await openScheduleDatabase(':memory:')
  const store = createScheduleStore({ db, now, timeZone: 'UTC' })
  await store.addSubscription('1', 'https://example.org/a.ics', 'me')
  const asked: (string | null)[] = []
  const applied: string[] = []
  const subscriptions = createSubscriptions({
    store,
    now,
    log,
    every: () => () => {},
    async fetchCalendar({ etag }) {
      asked.push(etag)
      const answer = answers.shift()
      if (!answer || answer instanceof Error) throw answer ?? new Error('no more answers')
      return answer
    },
    async applyCalendar({ guildId }, bytes) {
      applied.push(`${guildId} ${Buffer.from(bytes).toString()}`)
      return true
    },
  })
  return {
    asked,
    applied,
    after: async (ms: number) => {
      clock += ms
      await subscriptions.refresh()
      return (await store.listSubscriptions('1'))[0]
    },
    close: async () => {
      await subscriptions.close()
      await store.close()
    },
  }
}

const changed = {
  type: 'changed',
  bytes: Buffer.from('one'),
  etag: '"1"',
  lastModified: null,
} as const

describe('subscriptions to calendars', () => {
  it('are refreshed every hour, with what the server said', async () => {
    const { after, asked, applied, close } = await bench([changed, { type: 'unchanged' }])
    assert.equal((await after(1))?.result, 'changed')
    await after(refreshMs - 1)
    assert.deepEqual(asked, [null])
    assert.equal((await after(1))?.result, 'unchanged')
    assert.deepEqual(asked, [null, '"1"'])
    assert.deepEqual(applied, ['1 one'])
    await close()
  })

  it('are asked for less and less often while they fail, and say why', async () => {
    const { after, asked, close } = await bench([
      new Error('down'),
      new Error('down'),
      changed,
      changed,
    ])
    const failed = await after(1)
    assert.equal(failed?.result, 'failed')
    // What it is that is down is nothing for people.
    assert.deepEqual(readCalendarFailure(failed?.error ?? ''), { reason: 'unknown', values: {} })
    await after(refreshMs)
    assert.equal(asked.length, 1)
    await after(refreshMs)
    assert.equal(asked.length, 2)
    await after(3 * refreshMs)
    assert.equal(asked.length, 2)
    const back = await after(refreshMs)
    assert.deepEqual([back?.result, back?.error], ['changed', null])
    await after(refreshMs)
    assert.equal(asked.length, 4)
    await close()
  })

  it('are asked for although they were once asked for by a clock that went wrong', async () => {
    const { after, asked, close } = await bench([changed, changed])
    await after(1000 * refreshMs)
    const late = await after(-999 * refreshMs)
    assert.equal(asked.length, 2)
    assert.equal(late?.checkedAt, refreshMs)
    await after(1)
    assert.equal(asked.length, 2)
    await close()
  })

  it('hold nobody up: three are asked at once, servers in turn, and read one by one', async () => {
    const db = await openScheduleDatabase(':memory:')
    const store = createScheduleStore({ db, now: () => 1, timeZone: 'UTC' })
    for (const path of ['a', 'b', 'c', 'd']) {
      await store.addSubscription('slow', `https://slow.example/${path}`, 'me')
    }
    await store.addSubscription('quick', 'https://quick.example/', 'me')
    const answer = Promise.withResolvers<void>()
    const quickIsDone = Promise.withResolvers<void>()
    const asked: string[] = []
    let reading = 0
    const subscriptions = createSubscriptions({
      store,
      now: () => 1,
      log,
      every: () => () => {},
      async fetchCalendar({ url }) {
        asked.push(url)
        if (url.includes('slow')) await answer.promise
        return changed
      },
      async applyCalendar({ guildId }) {
        reading += 1
        assert.equal(reading, 1)
        await new Promise(setImmediate)
        reading -= 1
        if (guildId === 'quick') quickIsDone.resolve()
        return true
      },
    })
    const refreshed = subscriptions.refresh()
    await quickIsDone.promise
    assert.deepEqual(asked.slice(0, 3), [
      'https://slow.example/a',
      'https://quick.example/',
      'https://slow.example/b',
    ])
    assert.ok(asked.length <= 4)
    answer.resolve()
    await refreshed
    assert.equal(asked.length, 5)
    const results = await store.listSubscriptions('slow')
    assert.deepEqual(
      results.map(({ result }) => result),
      ['changed', 'changed', 'changed', 'changed'],
    )
    await subscriptions.close()
    await store.close()
  })
})
