import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { createLogger } from '../../../src/log.ts'
import {
  createSandbox,
  type SandboxDatabase,
  type SandboxQuery,
} from '../../../src/schedule/sandbox/sandbox.ts'
import { createManualTimers } from '../manual-timers.ts'

const timeLimitMs = 1500
const slowMs = 100
const spareIdleMs = 30_000
/** After the second time that a query was stopped, the third and all others. */
const restsMs = [2, 4, 8].map((times) => times * timeLimitMs)
const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT count(*) FROM c'
/** Some hundred milliseconds of work. */
const long =
  "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1500000) SELECT 'long', count(*) FROM c"

/** A database whose only row names it. */
function named(key: string, version = '1'): SandboxDatabase {
  return {
    key,
    version,
    load: async () => ({
      schema: 'CREATE TABLE Name (key TEXT, version TEXT);',
      tables: [{ name: 'Name', columns: ['key', 'version'], rows: [[key, version]] }],
    }),
  }
}

describe('createSandbox', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })

  function open() {
    const timers = createManualTimers()
    const sandbox = createSandbox({
      log: createLogger({ level: 'silent', pretty: false }),
      startTimer: timers.startTimer,
      timeLimitMs,
    })
    closing.push(() => sandbox.close())
    const ask = (query: Partial<SandboxQuery> & Pick<SandboxQuery, 'key'>) =>
      sandbox.query({
        database: named(query.key),
        sql: 'SELECT * FROM Name',
        wallClockMs: 0,
        signal: new AbortController().signal,
        ...query,
      })
    const rows = async (query: Parameters<typeof ask>[0]) => (await ask(query)).rows
    /** Lets the time of all queries that run be over. */
    const stop = () => {
      timers.fire(slowMs)
      timers.fire(timeLimitMs / 2)
      timers.fire(timeLimitMs)
    }
    const endRests = () => {
      for (const restMs of restsMs) timers.fire(restMs)
    }
    const runEndless = async (key: string) => {
      const failed = assert.rejects(ask({ key, sql: endless }), { reason: 'time' })
      await timers.running(timeLimitMs)
      stop()
      await failed
    }
    /** One after the other: once they were stopped they are offenders. */
    const offend = async (...keys: string[]) => {
      for (const key of keys) await runEndless(key)
    }
    return { sandbox, timers, ask, rows, stop, endRests, offend }
  }

  it('keeps the databases of different keys apart', async () => {
    const { rows } = open()
    const keys = Array.from({ length: 100 }, (_, index) => `guild ${index}`)
    for (const round of ['1', '2']) {
      const answers = await Promise.all(
        keys.map((key) => rows({ key, database: named(key, round) })),
      )
      assert.deepEqual(
        answers,
        keys.map((key) => [[key, round]]),
      )
    }
  })

  it('loads a database once per version', async () => {
    const { rows } = open()
    let loads = 0
    const count = (version: string) => ({
      key: 'a',
      database: {
        ...named('a', version),
        async load() {
          loads += 1
          return await named('a', version).load()
        },
      },
    })
    await rows(count('1'))
    await rows(count('1'))
    assert.equal(loads, 1)
    assert.deepEqual(await rows(count('2')), [['a', '2']])
    assert.equal(loads, 2)
  })

  it('stops a query at the time limit and tells how long it may run', async () => {
    const { ask, timers } = open()
    const failed = assert.rejects(ask({ key: 'a', sql: endless }), {
      name: 'QueryError',
      reason: 'time',
      message:
        'The query ran longer than 1.5 s and was stopped. Write a simpler one: fewer joins, no endless recursion, a LIMIT.',
    })
    await timers.running(timeLimitMs)
    timers.fire(timeLimitMs)
    await failed
  })

  it('answers others while two keys run endless queries, and afterwards those two', async () => {
    const { ask, rows, timers } = open()
    const attacks = ['a', 'b'].map((key) => assert.rejects(ask({ key, sql: endless })))
    while (timers.count(timeLimitMs) < 2) await rows({ key: 'c' })
    const waiting = ['a', 'b'].map((key) => rows({ key }))
    assert.deepEqual(await rows({ key: 'd' }), [['d', '1']])
    timers.fire(timeLimitMs)
    await Promise.all(attacks)
    assert.deepEqual(await Promise.all(waiting), [[['a', '1']], [['b', '1']]])
  })

  it('starts a spare thread beside a slow query and goes on with it', async () => {
    const { ask, rows, timers } = open()
    const failed = assert.rejects(ask({ key: 'a', sql: endless }))
    await timers.running(slowMs)
    timers.fire(slowMs)
    await timers.running(spareIdleMs)
    timers.fire(timeLimitMs)
    await failed
    assert.deepEqual(await rows({ key: 'a' }), [['a', '1']])
  })

  it('keeps one of its idle threads and answers as before', async () => {
    const { ask, rows, timers } = open()
    const attacks = ['a', 'b'].map((key) => assert.rejects(ask({ key, sql: endless })))
    while (timers.count(timeLimitMs) < 2) await rows({ key: 'c' })
    await timers.running(spareIdleMs)
    timers.fire(spareIdleMs)
    timers.fire(timeLimitMs)
    await Promise.all(attacks)
    timers.fire(spareIdleMs)
    const keys = ['a', 'b', 'c']
    const answers = await Promise.all(keys.map((key) => rows({ key })))
    assert.deepEqual(
      answers,
      keys.map((key) => [[key, '1']]),
    )
  })

  it('drops a query whose signal aborts, running or waiting, and goes on', async () => {
    const { ask, rows, timers } = open()
    const [running, waiting] = [new AbortController(), new AbortController()]
    const reason = new Error('the turn was stopped')
    const first = assert.rejects(ask({ key: 'a', sql: endless, signal: running.signal }), reason)
    const second = assert.rejects(ask({ key: 'a', signal: waiting.signal }), reason)
    const third = rows({ key: 'a' })
    await timers.running(timeLimitMs)
    waiting.abort(reason)
    running.abort(reason)
    await Promise.all([first, second])
    assert.deepEqual(await third, [['a', '1']])
    await assert.rejects(ask({ key: 'a', signal: running.signal }), reason)
  })

  it('refuses more waiting queries than it can hold', async () => {
    const { ask, timers } = open()
    const attack = assert.rejects(ask({ key: 'a', sql: endless }))
    await timers.running(timeLimitMs)
    const waiting = Array.from({ length: 32 }, () => ask({ key: 'a' }))
    await assert.rejects(ask({ key: 'a' }), {
      reason: 'busy',
      message: 'Too many queries are waiting. Try again in a few seconds.',
    })
    timers.fire(timeLimitMs)
    await attack
    assert.equal((await Promise.all(waiting)).length, 32)
  })

  it('reports a database that cannot be loaded and serves the others', async () => {
    const { ask, rows } = open()
    const load = async () => ({ schema: 'CREATE nonsense', tables: [] })
    const broken = { key: 'a', version: '1', load }
    await assert.rejects(ask({ key: 'a', database: broken }), { code: 'unavailable' })
    assert.deepEqual(await rows({ key: 'b' }), [['b', '1']])
  })

  it('passes on why a content could not be read and serves the others', async () => {
    const { ask, rows } = open()
    const load = async () => Promise.reject(new Error('the disk is gone'))
    const broken = { key: 'a', version: '1', load }
    await assert.rejects(ask({ key: 'a', database: broken }), { message: 'the disk is gone' })
    assert.deepEqual(await Promise.all([rows({ key: 'a' }), rows({ key: 'b' })]), [
      [['a', '1']],
      [['b', '1']],
    ])
  })

  it('lets different people ask one database, each in their own turn', async () => {
    const { ask, rows, timers } = open()
    const database = named('shared')
    const attack = assert.rejects(ask({ key: 'a', database, sql: endless }))
    await timers.running(timeLimitMs)
    assert.deepEqual(await rows({ key: 'b', database }), [['shared', '1']])
    timers.fire(timeLimitMs)
    await attack
  })

  it('keeps threads for the others, however many keys run endless queries', async () => {
    const { ask, rows, timers, stop } = open()
    const attacks = ['a', 'b', 'c', 'd', 'e'].map((key) =>
      assert.rejects(ask({ key, sql: endless }), { reason: 'time' }),
    )
    // All but the first are put behind it once they are slow.
    for (const running of [3, 3]) {
      while (timers.count(timeLimitMs) < running) await setImmediate()
      timers.fire(slowMs)
    }
    for (let left = 5; left > 0; left -= 1) {
      await timers.running(timeLimitMs)
      for (let others = 0; others < 3; others += 1) {
        assert.equal(timers.count(timeLimitMs), 1)
        assert.deepEqual(await rows({ key: 'other' }), [['other', '1']])
      }
      stop()
    }
    await Promise.all(attacks)
  })

  it('gives a key that was slow no second thread, until it was quick', async () => {
    const { ask, rows, timers, stop, offend } = open()
    await offend('a', 'b')
    const attack = assert.rejects(ask({ key: 'a', sql: endless }))
    await timers.running(timeLimitMs)
    let isAnswered = false
    const second = rows({ key: 'b' }).finally(() => (isAnswered = true))
    assert.deepEqual(await rows({ key: 'other' }), [['other', '1']])
    assert.equal(isAnswered, false, 'it waits for the thread of the slow ones')
    stop()
    await attack
    assert.deepEqual(await second, [['b', '1']])
    const again = assert.rejects(ask({ key: 'c', sql: endless }))
    await timers.running(timeLimitMs)
    timers.fire(slowMs)
    assert.deepEqual(await rows({ key: 'b' }), [['b', '1']])
    stop()
    await again
  })

  it('lets a slow query of anybody else run to its end before those of offenders', async () => {
    const { ask, rows, timers, stop, offend } = open()
    await offend('a', 'b')
    const attacks = ['a', 'b', 'a'].map((key) =>
      assert.rejects(ask({ key, sql: endless }), { reason: 'time' }),
    )
    await timers.running(timeLimitMs)
    const slow = rows({ key: 'honest', sql: long })
    while (timers.count(timeLimitMs) < 2) await setImmediate()
    timers.fire(slowMs)
    assert.equal(timers.count(timeLimitMs), 1, 'it goes on, and the offender does not')
    assert.deepEqual(await rows({ key: 'other' }), [['other', '1']])
    assert.deepEqual(await slow, [['long', 1_500_000]])
    for (let times = 0; times < 2; times += 1) {
      await timers.running(timeLimitMs)
      assert.deepEqual(await rows({ key: 'honest' }), [['honest', '1']], 'also while it is slow')
    }
    for (let left = 3; left > 0; left -= 1) {
      await timers.running(timeLimitMs)
      stop()
      for (const restMs of restsMs) timers.fire(restMs)
    }
    await Promise.all(attacks)
  })

  it('puts a query of an offender back twice at most', async () => {
    const { ask, rows, timers, offend } = open()
    await offend('a')
    const attack = assert.rejects(ask({ key: 'a', sql: endless }), { reason: 'time' })
    for (let times = 0; times < 3; times += 1) {
      await timers.running(timeLimitMs)
      const slow = rows({ key: `honest ${times}`, sql: long })
      while (timers.count(timeLimitMs) < 2) await setImmediate()
      timers.fire(slowMs)
      assert.deepEqual(await slow, [['long', 1_500_000]])
    }
    await attack
  })

  it('lets a slow query wait for one query of each other slow key at most', async () => {
    const { sandbox, ask, rows, timers, stop } = open()
    const attacks = ['a', 'b', 'a', 'b', 'a', 'b'].map((key) =>
      ask({ key, sql: endless }).catch((error: unknown) => error),
    )
    while (timers.count(timeLimitMs) < 2) await setImmediate()
    timers.fire(slowMs)
    const slow = rows({ key: 'honest', sql: long })
    while (timers.count(timeLimitMs) < 2) await setImmediate()
    timers.fire(slowMs)
    for (let times = 0; times < 2; times += 1) {
      await timers.running(timeLimitMs / 2)
      stop()
    }
    assert.deepEqual(await slow, [['long', 1_500_000]])
    await sandbox.close()
    await Promise.all(attacks)
  })

  it('lets an offender wait longer and longer after it was stopped', async () => {
    const { ask, rows, timers, stop, offend } = open()
    await offend('a')
    for (const restMs of [...restsMs, restsMs.at(-1) ?? 0]) {
      const attack = assert.rejects(ask({ key: 'a', sql: endless }), { reason: 'time' })
      await timers.running(timeLimitMs)
      stop()
      await attack
      let isAnswered = false
      const waiting = rows({ key: 'a' }).finally(() => (isAnswered = true))
      for (let others = 0; others < 5; others += 1) await rows({ key: 'other' })
      assert.equal(isAnswered, false)
      timers.fire(restMs)
      assert.deepEqual(await waiting, [['a', '1']])
    }
  })

  it('takes an offender for an ordinary key again once a query was quick', async () => {
    const { ask, rows, timers, offend } = open()
    await offend('a', 'b')
    assert.deepEqual(await rows({ key: 'b' }), [['b', '1']])
    const attacks = ['a', 'b'].map((key) =>
      assert.rejects(ask({ key, sql: endless }), { reason: 'time' }),
    )
    while (timers.count(timeLimitMs) < 2) await setImmediate()
    timers.fire(timeLimitMs)
    await Promise.all(attacks)
  })

  it('takes those for offenders whose queries wear out one thread after the other', async () => {
    const { ask, rows, timers, stop, offend } = open()
    await offend('a')
    const wear = () => rows({ key: 'b', sql: 'SELECT length(hex(zeroblob(12000000)))' })
    for (let times = 0; times < 2; times += 1) assert.deepEqual(await wear(), [[24_000_000]])
    const attack = assert.rejects(ask({ key: 'a', sql: endless }), { reason: 'time' })
    await timers.running(timeLimitMs)
    let isAnswered = false
    const third = wear().finally(() => (isAnswered = true))
    for (let others = 0; others < 5; others += 1) await rows({ key: 'other' })
    assert.equal(isAnswered, false, 'it waits for the thread of the offenders')
    stop()
    await attack
    assert.deepEqual(await third, [[24_000_000]])
  })

  it("keeps the others' databases loaded while one key attacks again and again", async () => {
    const { ask, rows, timers, endRests } = open()
    let loads = 0
    const other = {
      key: 'other',
      database: {
        ...named('other'),
        async load() {
          loads += 1
          return await named('other').load()
        },
      },
    }
    const attack = async () => {
      const failed = assert.rejects(ask({ key: 'a', sql: endless }), { reason: 'time' })
      await timers.running(timeLimitMs)
      assert.deepEqual(await rows(other), [['other', '1']])
      timers.fire(timeLimitMs)
      await failed
      endRests()
      assert.deepEqual(await rows(other), [['other', '1']])
    }
    await attack()
    const before = loads
    for (let count = 0; count < 3; count += 1) await attack()
    assert.equal(loads, before)
  })

  it('unloads databases that take too much together', async () => {
    const { rows } = open()
    const text = 'x'.repeat(1_000_000)
    const loads: string[] = []
    const large = (key: string) => ({
      key,
      sql: 'SELECT count(*) FROM Large',
      database: {
        key,
        version: '1',
        async load() {
          loads.push(key)
          return {
            schema: 'CREATE TABLE Large (x TEXT);',
            tables: [
              { name: 'Large', columns: ['x'], rows: Array.from({ length: 5 }, () => [text]) },
            ],
          }
        },
      },
    })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b'])
      assert.deepEqual(await rows(large(key)), [[5]])
    assert.deepEqual(loads, ['a', 'b', 'c', 'b'])
  })

  it('fails what runs and waits when it closes, and whatever comes later', async () => {
    const { ask, sandbox, timers } = open()
    const error = { code: 'unavailable', message: 'the schedule sandbox is closed' }
    const running = assert.rejects(ask({ key: 'a', sql: endless }), error)
    const waiting = assert.rejects(ask({ key: 'a' }), error)
    await timers.running(timeLimitMs)
    await sandbox.close()
    await Promise.all([running, waiting])
    await assert.rejects(ask({ key: 'a' }), error)
  })
})
