import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'

import BetterSqlite from 'better-sqlite3'

import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import type { Message, Run } from '../../../src/assistants/store/store.ts'
import { collect, createRig, lastRun, silent, type Rig } from '../runs/rig.ts'

const asc = { limit: 20, order: 'asc' } as const

describe('the file of the first release, killed at work', () => {
  let folder: string
  let files = 0
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-releases-'))))
  after(() => rm(folder, { recursive: true }))

  async function firstRelease(): Promise<string> {
    const path = join(folder, `${(files += 1)}.sqlite`)
    const file = new BetterSqlite(path)
    file.pragma('journal_mode = WAL')
    file.exec(await readFile(new URL('releases/first.sql', import.meta.url), 'utf8'))
    file.close()
    return path
  }

  describe('opened by this version', () => {
    let path: string
    let rig: Rig
    before(async () => {
      path = await firstRelease()
      // When it was killed, to the minute.
      rig = await createRig({ path, clock: { now: 1_790_000_060_000 } })
    })
    after(() => rig.close())

    it('has everything in the project `default`', async () => {
      const objects = rig.store.project('default')
      const assistants = await objects.listAssistants(asc)
      assert.deepEqual(
        assistants.data.map(({ id, name, metadata }) => [id, name, metadata]),
        [
          ['asst_first', '瓜瓜', { class: '三班' }],
          ['asst_second', 'Second', {}],
        ],
      )
      assert.deepEqual((await objects.getThread('thread_done'))?.metadata, { class: '三班' })
      const { data: messages } = await objects.listMessages('thread_done', asc)
      assert.deepEqual(messages.map(textOf), [
        'Is room 301 free?',
        'I do not know.',
        'Now?',
        'Let me look.',
        'It is free.',
      ])
      const { data: runs } = await objects.listRuns('thread_done', asc)
      assert.partialDeepStrictEqual(runs, [
        { id: 'run_done', status: 'completed', metadata: { lesson: '1' } },
      ])
      assert.partialDeepStrictEqual(runs, [{ usage: { total_tokens: 50 } }])
      const { data: steps } = await objects.listSteps('thread_done', 'run_done', asc)
      assert.deepEqual(
        steps.map(({ id, type, status }) => [id, type, status]),
        [
          ['step_1', 'message_creation', 'completed'],
          ['step_2', 'tool_calls', 'completed'],
          ['step_3', 'message_creation', 'completed'],
        ],
      )
      const after = await objects.listMessages('thread_done', { ...asc, after: 'msg_4' })
      assert.deepEqual(
        after.data.map(({ id }) => id),
        ['msg_5'],
      )
    })

    it('has nothing in another project', async () => {
      const objects = rig.store.project('class_3')
      assert.deepEqual((await objects.listAssistants(asc)).data, [])
      assert.equal(await objects.getThread('thread_done'), undefined)
      assert.equal(await objects.getRun('thread_waiting', 'run_waiting'), undefined)
    })

    it('goes on with what was in the middle of an answer', async () => {
      const run = await ended('thread_broken', 'run_broken')
      assert.equal(run.status, 'completed')
      const { data } = await rig.store.listMessages('thread_broken', asc)
      assert.deepEqual(data.map(textOf), ['Tell me more', 'OK'])
    })

    it('takes the outputs that a run waits for, and counts what it cost', async () => {
      const target = { threadId: 'thread_waiting', runId: 'run_waiting' }
      const requests = rig.runs.project('default')
      rig.server.script('It is taken.')
      const outputs = [{ tool_call_id: 'call_1', output: 'taken' }]
      const resumed = await requests.submitToolOutputs(target, outputs, { stream: true })
      assert.equal(lastRun(await collect(resumed)).status, 'completed')
      const { data } = await rig.store.listMessages('thread_waiting', asc)
      assert.deepEqual(data.map(textOf), ['And room 302?', 'Let me look.', 'It is taken.'])
      const sums = await rig.store.sumUsage({
        start: 0,
        end: 4_000_000_000,
        bucketWidth: '1d',
        groupBy: ['project_id', 'api_key_id'],
        only: { thread_id: ['thread_waiting'] },
      })
      const turns = { requests: 2, prompt_tokens: 40, cost: null }
      assert.partialDeepStrictEqual(sums, [{ project_id: 'default', api_key_id: null, ...turns }])
    })

    it('adds after what is there', async () => {
      const requests = rig.runs.project('default')
      const { id } = await requests.createMessage('thread_done', {
        role: 'user',
        content: 'Thanks',
      })
      const { data } = await rig.store.listMessages('thread_done', { limit: 2, order: 'desc' })
      assert.deepEqual(
        data.map((message) => message.id),
        [id, 'msg_5'],
      )
      const body = { assistant_id: 'asst_first' }
      const started = await requests.createRun('thread_done', body, { stream: true })
      assert.equal(lastRun(await collect(started)).status, 'completed')
    })

    it('removes what was being deleted', async () => {
      const reader = new BetterSqlite(path, { readonly: true })
      const left = reader.prepare(
        `select count(*) from messages where thread_id = 'thread_deleted'`,
      )
      while (left.pluck().get() !== 0) await new Promise(setImmediate)
      assert.equal(await rig.store.getThread('thread_deleted'), undefined)
      assert.deepEqual(reader.pragma('foreign_key_check'), [])
      assert.equal(reader.pragma('integrity_check', { simple: true }), 'ok')
      reader.close()
    })

    async function ended(threadId: string, runId: string): Promise<Run> {
      for (;;) {
        const run = await rig.runs.getRun(threadId, runId)
        if (!['queued', 'in_progress'].includes(run.status)) return run
        await new Promise(setImmediate)
      }
    }
  })

  it('is as it was when a migration breaks off, and is migrated by the next attempt', async () => {
    const path = await firstRelease()
    const file = new BetterSqlite(path)
    const tables = file.prepare(`select name, sql from sqlite_master order by name`)
    // In the way of what comes last.
    file.exec('create table obstacle (x); create index usage_records_created on obstacle (x)')
    const before = tables.all()
    await assert.rejects(createSqliteStore({ path, log: silent }), /usage_records_created/)
    assert.deepEqual(tables.all(), before)
    file.exec('drop table obstacle')
    const store = await createSqliteStore({ path, log: silent })
    assert.equal((await store.getAssistant('asst_first'))?.name, '瓜瓜')
    await store.close()
    file.close()
  })

  it('is migrated once by two processes that open it at the same time', async () => {
    const path = await firstRelease()
    const file = new BetterSqlite(path)
    file.exec('begin immediate')
    const module = new URL('../../../src/assistants/store/sqlite.ts', import.meta.url)
    const script = `
      import { createSqliteStore } from ${JSON.stringify(module.href)}
      process.stdout.write('opening ')
      const store = await createSqliteStore({ path: ${JSON.stringify(path)}, log: { child: () => {} } })
      process.stdout.write((await store.getAssistant('asst_first')).name)
      await store.close()`
    const children = [1, 2].map(() => {
      const args = ['--input-type=module', '--eval', script]
      return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    })
    const outputs = children.map((child) => text(child.stdout))
    await Promise.all(children.map((child) => once(child.stdout, 'readable')))
    // Both are about to find out what there is to do.
    file.exec('commit')
    assert.deepEqual(await Promise.all(outputs), ['opening 瓜瓜', 'opening 瓜瓜'])
    const applied = file.prepare('select count(*) from kysely_migration').pluck().get()
    const names = file.prepare('select count(distinct name) from kysely_migration').pluck().get()
    assert.equal(applied, names)
    file.close()
  })
})

function textOf({ content: [block] }: Message): string | undefined {
  return block?.type === 'text' ? block.text.value : undefined
}
