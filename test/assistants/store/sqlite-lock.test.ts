import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { lockSqlite } from '../../../src/assistants/store/sqlite-lock.ts'

const module = new URL('../../../src/assistants/store/sqlite-lock.ts', import.meta.url)

describe('the lock on a SQLite file', () => {
  let folder: string
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-lock-'))))
  after(() => rm(folder, { recursive: true }))

  it('is held by one at a time, and by nobody after its release', () => {
    const path = join(folder, 'new', 'a.sqlite')
    const release = lockSqlite(path)
    assert.throws(() => lockSqlite(path), { code: 'DATABASE_IN_USE' })
    lockSqlite(join(folder, 'b.sqlite'))()
    release()
    lockSqlite(path)()
  })

  it('does not outlive its process', async () => {
    const path = join(folder, 'c.sqlite')
    const script = `
      const { lockSqlite } = await import(${JSON.stringify(module.href)})
      globalThis.release = lockSqlite(${JSON.stringify(path)})
      process.stdout.write('locked')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    after(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    assert.throws(() => lockSqlite(path), { code: 'DATABASE_IN_USE' })
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    lockSqlite(path)()
  })

  it('is not needed in memory', () => {
    lockSqlite(':memory:')
    lockSqlite(':memory:')
  })
})
