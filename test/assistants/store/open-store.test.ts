import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { openStore, type OpenedStore } from '../../../src/assistants/store/open-store.ts'
import { createLogger } from '../../../src/log.ts'
import { createTestDatabase, withoutServer, type TestDatabase } from '../../helpers/postgres.ts'
import { createTcpProxy } from '../../helpers/tcp-proxy.ts'
import { newMessage, newThread } from './objects.ts'

const cleanUps: (() => Promise<unknown>)[] = []
after(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

/** A log that keeps its lines. */
function recordLog() {
  const lines: { level: number; msg: string }[] = []
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  }
  return { lines, log: createLogger({ level: 'info', pretty: false, destination }) }
}

/** Waits that end when the test says so. */
function manualWait() {
  const waits: { ms: number; end: () => void }[] = []
  const wanted: (() => void)[] = []
  return {
    wait: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        waits.push({ ms, end: resolve })
        wanted.shift()?.()
      }),
    next: async () => {
      if (waits.length === 0) await new Promise<void>((resolve) => wanted.push(resolve))
      const [wait] = waits.splice(0, 1)
      assert.ok(wait)
      return wait
    },
  }
}

async function open(url: string) {
  const timer = manualWait()
  const { lines, log } = recordLog()
  const opened = await openStore({ type: 'postgres', url }, { log, wait: timer.wait })
  cleanUps.push(() => opened.close())
  return { ...opened, ...timer, lines }
}

/** A server that answers whoever connects with one error, then hangs up. */
async function refusingServer(code: string, message: string): Promise<string> {
  const fields = ['SFATAL', 'VFATAL', `C${code}`, `M${message}`].map((field) => `${field}\0`)
  const body = Buffer.from(`${fields.join('')}\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(body.length + 4, 1)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.concat([head, body])))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(async () => server.close())
  // It listens on a port, so its address is not the path of a pipe.
  return `postgres://teacher:swordfish@127.0.0.1:${(server.address() as AddressInfo).port}/class`
}

describe('openStore on SQLite', () => {
  it('keeps the file to itself until it is closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guagua-open-'))
    cleanUps.push(() => rm(folder, { recursive: true }))
    const database = { type: 'sqlite', path: join(folder, 'a.sqlite') } as const
    const deps = { log: recordLog().log, wait: () => assert.fail('nothing to wait for') }
    const opened = await openStore(database, deps)
    await opened.ready
    await opened.store.ping()
    await assert.rejects(openStore(database, deps), { code: 'DATABASE_IN_USE' })
    await opened.close()
    await (await openStore(database, deps)).close()
  })
})

describe('openStore on a Postgres that cannot be reached', () => {
  it('says so in one line without the password, and tries again ever more rarely', async () => {
    const { port } = await createTcpProxy({ host: '127.0.0.1', port: 1 })
    const url = `postgres://teacher:swordfish@127.0.0.1:${port}/class`
    const { next, lines } = await open(url)
    const waits: number[] = []
    for (let count = 0; count < 7; count += 1) {
      const { ms, end } = await next()
      waits.push(ms)
      end()
    }
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    assert.equal(lines.length, 1)
    assert.match(lines[0]?.msg ?? '', /^DATABASE_URL: cannot be reached \(connect ECONNREFUSED /)
    assert.doesNotMatch(JSON.stringify(lines), /swordfish|stack|teacher/)
  })

  it('refuses what is asked of the store meanwhile as something to ask again', async () => {
    const { port } = await createTcpProxy({ host: '127.0.0.1', port: 1 })
    const { store } = await open(`postgres://127.0.0.1:${port}/class`)
    const refused = { name: 'DatabaseUnavailableError', code: 'unavailable' }
    await assert.rejects(store.ping(), refused)
    await assert.rejects(store.getThread('thread_1'), refused)
    await assert.rejects(store.insertThread(newThread(), []), refused)
  })

  it('stops trying when it is closed', async () => {
    const { port } = await createTcpProxy({ host: '127.0.0.1', port: 1 })
    const opened = await open(`postgres://127.0.0.1:${port}/class`)
    await opened.next()
    await opened.close()
    await assert.rejects(opened.ready, { name: 'AbortError' })
    assert.equal(opened.lines.length, 1)
  })

  it('waits for a server that is still starting', async () => {
    const url = await refusingServer('57P03', 'the database system is starting up')
    const { next, lines } = await open(url)
    await next()
    assert.match(lines[0]?.msg ?? '', /cannot be reached \(the database system is starting up\)/)
  })

  const refusals: [code: string, message: string, expected: RegExp][] = [
    [
      '28P01',
      'password authentication failed for user "teacher"',
      /correct the user or the password/,
    ],
    ['28000', 'no pg_hba.conf entry for host', /correct the user or the password/],
    ['3D000', 'database "class" does not exist', /^database "class" does not exist; create it/],
    ['42501', 'permission denied for schema public', /\?schema=/],
  ]
  for (const [code, message, expected] of refusals) {
    it(`says what to change rather than wait: ${message}`, async () => {
      const { ready, lines } = await open(await refusingServer(code, message))
      await assert.rejects(ready, (error) => {
        assert.ok(error instanceof Error && 'code' in error)
        assert.equal(error.code, 'DATABASE_REFUSED')
        assert.match(error.message, expected)
        assert.ok(error.message.includes(message))
        assert.doesNotMatch(error.message, /swordfish/)
        return true
      })
      assert.deepEqual(lines, [])
    })
  }

  it('refuses an address that makes no sense', async () => {
    const addresses = [
      'postgres://127.0.0.1/class?schema=a-b',
      'postgres://127.0.0.1/class?sslmode=verify-ca',
      'postgres://127.0.0.1/class?sslmode=verify-full&sslrootcert=/none.pem',
    ]
    for (const url of addresses) await assert.rejects(open(url), { code: 'DATABASE_REFUSED' }, url)
  })
})

describe('openStore on a Postgres', { skip: withoutServer }, () => {
  let database: TestDatabase
  before(async () => (database = await createTestDatabase()))
  after(() => database.drop())

  /** The database behind a proxy, which is cut. */
  async function openBehindProxy() {
    const direct = new URL(database.url)
    const target = { host: direct.hostname, port: Number(direct.port || '5432') }
    const proxy = await createTcpProxy(target)
    cleanUps.push(() => proxy.cut())
    const url = new URL(database.url)
    url.hostname = '127.0.0.1'
    url.port = String(proxy.port)
    return { proxy, ...(await open(url.href)) }
  }

  it('is ready as soon as the server is there', async () => {
    const { proxy, next, ready, store, lines } = await openBehindProxy()
    const { end } = await next()
    await proxy.open()
    end()
    await ready
    await store.ping()
    assert.deepEqual(
      lines.map(({ level }) => level),
      [50, 30],
    )
  })

  it('comes back by itself after the connection was lost, also in the middle of a change', async () => {
    const { proxy, ready, next, store } = await openBehindProxy()
    const { end } = await next()
    await proxy.open()
    end()
    await ready
    const thread = newThread()
    await store.insertThread(thread, [])
    const message = newMessage(thread.id)
    // The transaction waits for another's lock while its connection breaks.
    await whileLocked(thread.id, async () => {
      const waiting = store.insertMessage(message)
      const outcome = assert.rejects(waiting, { name: 'DatabaseUnavailableError' })
      await untilSomebodyWaits()
      await proxy.cut()
      await outcome
    })
    await assert.rejects(store.ping(), { name: 'DatabaseUnavailableError' })
    await proxy.open()
    assert.equal(await store.getMessage(thread.id, message.id), undefined)
    await store.insertMessage(message)
  })

  it('outlives a server that ends every connection', async () => {
    const { store, ready } = await open(database.url)
    await ready
    await Promise.all([1, 2, 3].map(() => store.ping()))
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await untilItAnswers(store)
  })

  it('refuses tables that a newer version made', async () => {
    const opened = await open(database.url)
    await opened.ready
    await opened.close()
    await database.query(
      `insert into kysely_migration values ('9999_from_the_future', '2030-01-01T00:00:00.000Z')`,
    )
    const { ready: refused } = await open(database.url)
    await assert.rejects(refused, { code: 'DATABASE_REFUSED', message: /newer version/ })
    await database.query(`delete from kysely_migration where name like '9999%'`)
  })

  async function whileLocked(threadId: string, work: () => Promise<void>): Promise<void> {
    const { postgres, ready } = await open(database.url)
    await ready
    assert.ok(postgres)
    await postgres.db.transaction().execute(async (trx) => {
      await trx.selectFrom('threads').select('id').where('id', '=', threadId).forUpdate().execute()
      await work()
    })
  }

  async function untilSomebodyWaits(): Promise<void> {
    let waiting: unknown[] = []
    while (waiting.length === 0) {
      waiting = await database.query(
        `select pid from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
      )
    }
  }

  async function untilItAnswers(store: OpenedStore['store']): Promise<void> {
    // How many of its connections the pool still takes for alive depends on the moment.
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const answered = await store.ping().then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof Error)
          assert.equal(error.name, 'DatabaseUnavailableError')
          return false
        },
      )
      if (answered) return
    }
    assert.fail('it never came back')
  }
})
