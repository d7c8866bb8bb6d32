import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, mock } from 'node:test'

import BetterSqlite from 'better-sqlite3'

import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import { createLogger } from '../../../src/log.ts'
import { describeStore } from './contract.ts'
import { newAssistant, newMessage, newMessageStep, newRun, newThread } from './objects.ts'

const log = createLogger({ level: 'silent', pretty: false })

describeStore('SQLite', () => createSqliteStore({ path: ':memory:', log }))

describe('createSqliteStore', () => {
  let folder: string
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-store-'))))
  after(() => rm(folder, { recursive: true }))

  async function withThread(path: string, length: number) {
    const store = await createSqliteStore({ path, log })
    const thread = newThread()
    const messages = Array.from({ length }, () => newMessage(thread.id))
    await store.insertThread(thread, messages)
    return { store, threadId: thread.id, messages }
  }

  it('finds everything again when it is opened again', async () => {
    const path = join(folder, 'new', 'again.db')
    const { store, threadId, messages } = await withThread(path, 3)
    await store.close()
    const again = await createSqliteStore({ path, log })
    const { data } = await again.listMessages(threadId, { limit: 5, order: 'asc' })
    await again.close()
    assert.deepEqual(data, messages)
  })

  it('uses WAL', async () => {
    const path = join(folder, 'wal.db')
    const { store } = await withThread(path, 1)
    const reader = new BetterSqlite(path, { readonly: true })
    const mode = reader.pragma('journal_mode', { simple: true })
    reader.close()
    await store.close()
    assert.equal(mode, 'wal')
  })

  it('refuses a file that is no database', async () => {
    const path = join(folder, 'text.db')
    await import('node:fs/promises').then(({ writeFile }) => writeFile(path, 'x'.repeat(5000)))
    await assert.rejects(createSqliteStore({ path, log }), /not a database/)
  })

  it('frees a deleted thread a little at a time, and goes on after a restart', async () => {
    const path = join(folder, 'purge.db')
    const { store, threadId } = await withThread(path, 2000)
    await addRun(store, threadId)
    const reader = new BetterSqlite(path, { readonly: true })
    const left = () => reader.prepare('select count(*) from messages').pluck().get() as number
    await store.deleteThread(threadId)
    assert.ok(left() > 1000, 'the caller does not wait for it')
    // Others get their turn in between.
    await store.insertThread(newThread(), [])
    assert.ok(left() > 0)
    await store.close()
    assert.ok(left() > 0, 'closing does not wait for it either')

    const again = await createSqliteStore({ path, log })
    const threads = () =>
      reader.prepare('select count(*) from threads where id = ?').pluck().get(threadId)
    while (threads() !== 0) await new Promise(setImmediate)
    assert.equal(left(), 0)
    for (const table of ['runs', 'run_settings', 'run_steps']) {
      assert.equal(reader.prepare(`select count(*) from ${table}`).pluck().get(), 0, table)
    }
    await again.close()
    reader.close()
  })

  it('answers every query from an index', async () => {
    const path = join(folder, 'plans.db')
    const prepare = mock.method(BetterSqlite.prototype, 'prepare')
    const { store, threadId, messages } = await withThread(path, 3)
    await useEverything(store, { threadId, messageId: messages[0]?.id ?? '' })
    const thread = newThread()
    const message = newMessage(thread.id)
    await store.insertThread(thread, [message])
    const ofProject = { ...store, ...store.project('default') }
    await useEverything(ofProject, { threadId: thread.id, messageId: message.id })
    const queries = prepare.mock.calls.map(({ arguments: [sql] }) => String(sql))
    prepare.mock.restore()
    await store.close()

    const planner = new BetterSqlite(path)
    const used = new Set(queries.filter((sql) => /^(select|update|delete)/.test(sql)))
    const ours = [...used].filter((sql) => !/kysely_|pragma_|sqlite_master|select 1$/.test(sql))
    assert.ok(ours.length > 25, `${ours.length} different queries`)
    for (const sql of ours) {
      const values = Array.from(sql.matchAll(/\?/g), () => 1)
      const plan = planner.prepare(`explain query plan ${sql}`).all(values) as { detail: string }[]
      for (const { detail } of plan) {
        assert.doesNotMatch(detail, /TEMP B-TREE/, sql)
        // Walking an index is right for the list of assistants, and for the short partial indexes.
        const isShort = /SCAN (\w+) USING (COVERING )?INDEX (runs_active|threads_deleted)/
        if (!isShort.test(detail)) assert.doesNotMatch(detail, /^SCAN/, `${sql}: ${detail}`)
      }
    }
    planner.close()
  })
})

async function addRun(store: Store, thread: string) {
  const assistant = newAssistant()
  await store.insertAssistant(assistant)
  const toRun = () => newRun(thread, assistant)
  const run = await store.insertRun({ thread, assistantId: assistant.id, messages: [], toRun })
  await store.changeRun({ run, from: ['queued'], opened: [newMessageStep(run)] })
}

async function useEverything(
  store: Store,
  { threadId, messageId }: { threadId: string; messageId: string },
) {
  const assistant = newAssistant()
  await store.insertAssistant(assistant)
  const query = { limit: 2, order: 'desc', after: messageId } as const
  const plain = { limit: 2, order: 'asc' } as const
  await store.getAssistant(assistant.id)
  await store.updateAssistant(assistant.id, { name: 'a' })
  await store.listAssistants({ ...plain, after: assistant.id })
  await store.getThread(threadId)
  await store.updateThread(threadId, { metadata: {} })
  await store.getMessage(threadId, messageId)
  await store.updateMessage(threadId, messageId, { metadata: {} })
  await store.listMessages(threadId, query)
  await store.listMessages(threadId, { ...plain, before: messageId })
  await store.insertMessage(newMessage(threadId))
  const run = await store.insertRun({
    thread: threadId,
    assistantId: assistant.id,
    messages: [],
    toRun: (found) => ({ ...newRun(threadId, found), instructions: '' }),
  })
  await store.insertMessage(newMessage(threadId)).catch(() => {})
  const record = newMessageStep(run)
  await store.changeRun({ run, from: ['queued'], opened: [record] })
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  const closed = [{ ...record, usage }]
  await store.changeRun({ run, from: ['queued', 'in_progress'], closed })
  await store.listMessages(threadId, { ...query, runId: run.id })
  await store.updateRun(threadId, run.id, { metadata: {} })
  await store.getRun(threadId, run.id)
  await store.getActiveRun(threadId)
  await store.listRuns(threadId, { ...plain, after: run.id })
  await store.getStep(threadId, run.id, record.step.id)
  await store.listSteps(threadId, run.id, { ...plain, after: record.step.id })
  await store.getStepRecords(run)
  await store.readMessages(threadId, { limit: 2 })
  await store.readMessages(threadId, { limit: 2, below: 3 })
  await store.listActiveRuns()
  await store.listActiveRuns(run.id)
  await store.listEndingRuns(1)
  await store.changeRun({ run, from: ['queued'], undone: [record] })
  await store.deleteMessage(threadId, messageId)
  await store.deleteAssistant(assistant.id)
  await store.deleteThread(threadId)
}
