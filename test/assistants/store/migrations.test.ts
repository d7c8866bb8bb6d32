import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import BetterSqlite from 'better-sqlite3'

import { createPostgresStore } from '../../../src/assistants/store/postgres.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import { createLogger } from '../../../src/log.ts'
import { createTestDatabase, withoutServer, type TestDatabase } from '../../helpers/postgres.ts'
import { newThread } from './objects.ts'

const log = createLogger({ level: 'silent', pretty: false })
const page = { limit: 20, order: 'asc' } as const

describe('a database of the first release', () => {
  let folder: string
  let path: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guagua-first-'))
    path = join(folder, 'first.sqlite')
    const file = new BetterSqlite(path)
    file.exec(await readFile(new URL('releases/first.sql', import.meta.url), 'utf8'))
    file.close()
  })
  after(() => rm(folder, { recursive: true }))

  it('goes on where it was', async () => {
    const store = await createSqliteStore({ path, log })
    const objects = store.project('default')
    assert.equal((await objects.getAssistant('asst_first'))?.name, '瓜瓜')
    assert.deepEqual((await objects.getThread('thread_done'))?.metadata, { class: '三班' })
    const { data } = await objects.listMessages('thread_broken', page)
    assert.deepEqual(
      data.map(({ id }) => id),
      ['msg_10', 'msg_11'],
    )
    const [waiting, run, ...others] = await store.listActiveRuns()
    assert.equal(waiting?.id, 'run_waiting')
    assert.ok(run?.id === 'run_broken' && others.length === 0)
    assert.equal(run.started_at, 1_790_000_000)
    const [record] = await store.getStepRecords(run)
    assert.equal(record?.message?.id, 'msg_11')
    assert.ok(await store.changeRun({ run: { ...run, status: 'failed' }, from: ['in_progress'] }))
    await store.close()
  })

  it('is not changed again by the same version', async () => {
    await (await createSqliteStore({ path, log })).close()
    const file = new BetterSqlite(path)
    const applied = file.prepare('select name, timestamp from kysely_migration').all()
    file.close()
    await (await createSqliteStore({ path, log })).close()
    const again = new BetterSqlite(path)
    assert.deepEqual(again.prepare('select name, timestamp from kysely_migration').all(), applied)
    again.close()
  })

  it('is refused by an older version than the one that changed it', async () => {
    const newer = join(folder, 'newer.sqlite')
    await (await createSqliteStore({ path: newer, log })).close()
    const file = new BetterSqlite(newer)
    file.exec(`insert into kysely_migration values ('9999_future', '2030-01-01T00:00:00.000Z')`)
    file.close()
    await assert.rejects(createSqliteStore({ path: newer, log }), {
      code: 'DATABASE_REFUSED',
      message: /newer version .*9999_future/,
    })
  })
})

describe('migrations on a Postgres server', { skip: withoutServer }, () => {
  let database: TestDatabase
  before(async () => (database = await createTestDatabase()))
  after(() => database.drop())

  const inSchema = (schema: string) => `${database.url}?schema=${schema}`

  it('are done once by many who start at the same time', async () => {
    const url = inSchema('together')
    const stores = await Promise.all([1, 2, 3, 4].map(() => createPostgresStore({ url, log })))
    for (const store of stores) await store.insertThread(newThread(), [])
    for (const store of stores) await store.close()
    const [row] = await database.query('select count(*)::int as threads from together.threads')
    assert.deepEqual(row, { threads: 4 })
  })

  it('are done once by processes that start at the same time', async () => {
    const url = inSchema('processes')
    const module = new URL('../../../src/assistants/store/postgres.ts', import.meta.url)
    const logModule = new URL('../../../src/log.ts', import.meta.url)
    const script = `
      const { createPostgresStore } = await import(${JSON.stringify(module.href)})
      const { createLogger } = await import(${JSON.stringify(logModule.href)})
      const log = createLogger({ level: 'silent', pretty: false })
      const store = await createPostgresStore({ url: ${JSON.stringify(url)}, log })
      await store.ping()
      await store.close()`
    const codes = await Promise.all(
      [1, 2].map(async () => {
        const args = ['--input-type=module', '--eval', script]
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
        const [code] = await once(child, 'exit')
        return code as number | null
      }),
    )
    assert.deepEqual(codes, [0, 0])
  })

  it('keep schemas apart', async () => {
    const [one, other] = [inSchema('class_one'), inSchema('class_two')]
    const store = await createPostgresStore({ url: one, log })
    const thread = newThread()
    await store.insertThread(thread, [])
    const stranger = await createPostgresStore({ url: other, log })
    assert.equal(await stranger.getThread(thread.id), undefined)
    assert.deepEqual(await store.getThread(thread.id), thread)
    await store.close()
    await stranger.close()
  })
})
