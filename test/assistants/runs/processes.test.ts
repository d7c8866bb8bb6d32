import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

import OpenAI from 'openai'

import { createApp } from '../../../src/assistants/app.ts'
import { createPostgresJobQueue } from '../../../src/assistants/runs/job-queue.ts'
import { createStoreOnPostgres, openPostgres } from '../../../src/assistants/store/postgres.ts'
import { newId } from '../../../src/ids.ts'
import { createChatCompletionsDriver } from '../../../src/models/chat-completions.ts'
import { createTestFiles } from '../../helpers/files.ts'
import { createModelServer, type ModelServer, type Reply } from '../../helpers/model-server.ts'
import { modelsOf } from '../../helpers/models.ts'
import { createTestDatabase, withoutServer, type TestDatabase } from '../../helpers/postgres.ts'
import { createTestVectorStores } from '../../helpers/vector-stores.ts'
import { createTestClient } from '../runtime.ts'
import { createLeases, type Leases } from './leases.ts'
import { createRig, eventsOf, functions, names, readUntil, silent, type Rig } from './rig.ts'
import { startServed, type ServedProcess } from './served-process.ts'

const never = new Promise(() => {})
const half: Reply = { text: ['Half', 'more'], pause: { afterChunks: 2, until: never } }
const halfCall: Reply = {
  toolCalls: [{ name: 'first', arguments: ['{', '}'] }],
  pause: { afterChunks: 2, until: never },
}

describe('processes at one Postgres server', { skip: withoutServer, timeout: 60_000 }, () => {
  let database: TestDatabase
  let leases: Leases
  let folder: string
  let server: ModelServer
  const processes: ServedProcess[] = []
  const rigs: Rig[] = []
  before(async () => {
    database = await createTestDatabase()
    folder = await mkdtemp(join(tmpdir(), 'guagua-processes-'))
    leases = createLeases(database)
  })
  after(async () => {
    await leases.close()
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => (server = await createModelServer()))
  afterEach(async () => {
    const ended = processes.splice(0)
    await Promise.all(ended.map((each) => each.end()))
    await server.close()
    await Promise.all(rigs.splice(0).map((rig) => rig.close()))
    assert.deepEqual(
      ended.flatMap(({ errors }) => errors),
      [],
    )
  })

  async function serve(): Promise<ServedProcess> {
    const started = await startServed({
      OPENAI_BASE_URL: server.baseURL,
      OPENAI_MODEL: 'scripted',
      OPENAI_API_KEY: 'any',
      DATA_DIR: folder,
      DATABASE_URL: database.url,
    })
    processes.push(started)
    return started
  }

  /** A process that takes requests but executes nothing: the one of the test. */
  async function openReader(): Promise<Rig> {
    const postgres = openPostgres({ url: database.url, log: silent })
    await postgres.migrate()
    const queue = createPostgresJobQueue({ postgres, log: silent })
    const store = createStoreOnPostgres({
      postgres,
      insertJob: (job) => queue.insertion(job),
      log: silent,
    })
    const clock = { now: Date.now() }
    const rig = await createRig({ server, store, queue, clock, maxConcurrent: 0 })
    const close = async () => {
      await rig.close()
      await queue.close()
    }
    rigs.push({ ...rig, close })
    return rig
  }

  async function start({ client }: ServedProcess) {
    const assistant = await client.beta.assistants.create({ model: 'scripted', tools: functions })
    const thread = await client.beta.threads.create({
      messages: [{ role: 'user', content: 'Hello' }],
    })
    const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
    // Its process may die under it.
    const ended = stream.finalRun().then(
      () => undefined,
      (error: unknown) => error,
    )
    return { stream, ended, threadId: thread.id }
  }

  async function stopped({ client }: ServedProcess, threadId: string) {
    for (;;) {
      const { data: runs } = await client.beta.threads.runs.list(threadId)
      assert.equal(runs.length, 1)
      const [run] = runs
      if (run && !['queued', 'in_progress', 'cancelling'].includes(run.status)) return run
      await wait(10)
    }
  }

  async function textsOf({ client }: ServedProcess, threadId: string): Promise<unknown[]> {
    const { data } = await client.beta.threads.messages.list(threadId, { order: 'asc' })
    return data.map(({ content: [block] }) => block?.type === 'text' && block.text.value)
  }

  it('take over a text from one that is killed', async () => {
    server.script(half, 'Whole')
    const [first, second] = [await serve(), await serve()]
    const { stream, ended, threadId } = await start(first)
    await new Promise((seen) => stream.once('textDelta', seen))
    await first.end()
    assert.ok(await ended)
    await leases.end()
    assert.equal((await stopped(second, threadId)).status, 'completed')
    assert.deepEqual(await textsOf(second, threadId), ['Hello', 'Whole'])
    await second.client.beta.threads.messages.create(threadId, { role: 'user', content: 'next' })
  })

  it('take over a tool call from one that is killed', async () => {
    server.script(halfCall, { toolCalls: [{ name: 'second', arguments: '{}' }] }, 'Done')
    const [first, second] = [await serve(), await serve()]
    const { stream, ended, threadId } = await start(first)
    await new Promise((seen) => stream.once('toolCallCreated', seen))
    await first.end()
    assert.ok(await ended)
    await leases.end()
    const run = await stopped(second, threadId)
    const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
    assert.deepEqual(
      calls.map((call) => call.function.name),
      ['second'],
    )
    await second.client.beta.threads.runs.submitToolOutputsAndPoll(run.id, {
      thread_id: threadId,
      tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: '42' })),
    })
    assert.deepEqual(await textsOf(second, threadId), ['Hello', 'Done'])
    const { data: steps } = await second.client.beta.threads.runs.steps.list(run.id, {
      thread_id: threadId,
    })
    assert.equal(steps.length, 2)
  })

  it('take over what a killed one waited for, before its first step', async () => {
    server.script({ hold: never }, 'Whole')
    const [first, second] = [await serve(), await serve()]
    const { ended, threadId } = await start(first)
    await server.request(0)
    await first.end()
    assert.ok(await ended)
    await leases.end()
    assert.equal((await stopped(second, threadId)).status, 'completed')
    assert.deepEqual(await textsOf(second, threadId), ['Hello', 'Whole'])
  })

  it('write nothing for a run that they lost while they stood still', async () => {
    const { promise: paused, resolve: go } = Promise.withResolvers<void>()
    server.script({ text: ['Half', 'more'], pause: { afterChunks: 2, until: paused } }, 'Whole')
    const [first, second] = [await serve(), await serve()]
    const { stream, ended, threadId } = await start(first)
    await new Promise((seen) => stream.once('textDelta', seen))
    first.kill('SIGSTOP')
    await leases.end()
    assert.equal((await stopped(second, threadId)).status, 'completed')
    go()
    first.kill('SIGCONT')
    assert.ok((await ended) instanceof OpenAI.OpenAIError)
    assert.deepEqual(await textsOf(first, threadId), ['Hello', 'Whole'])
    assert.equal((await stopped(first, threadId)).status, 'completed')
  })

  it('show the SDK a run that another one executes, and take its outputs anywhere', async () => {
    server.script({ text: 'Let me see', toolCalls: [{ name: 'first', arguments: '{}' }] }, 'Done')
    const reader = await openReader()
    const second = await serve()
    const driver = createChatCompletionsDriver({ baseURL: server.baseURL, log: silent })
    const models = modelsOf(driver, { baseURL: server.baseURL, log: silent })
    const every = () => () => {}
    const common = { ...reader, newId, now: Date.now, log: silent }
    const files = createTestFiles({ ...common, every })
    const unused = () => Promise.reject(new Error('not needed here'))
    const parts = { blobs: { open: unused }, tokens: { count: unused } }
    const vectorStores = createTestVectorStores({ ...common, ...parts, every })
    rigs.push({
      ...reader,
      close: async () => void (await Promise.all([files.close(), vectorStores.close()])),
    })
    const app = createApp({ ...common, files, vectorStores, models, apiKeys: null })
    const client = createTestClient(app)
    const assistant = await client.beta.assistants.create({ model: 'scripted', tools: functions })
    const thread = await client.beta.threads.create({
      messages: [{ role: 'user', content: 'Hello' }],
    })
    const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
    const run = await stream.finalRun()
    assert.equal(run.status, 'requires_action')
    assert.equal((await stream.finalMessages()).length, 1)
    const steps = await stream.finalRunSteps()
    assert.equal(steps.length, 2)
    const outputs = { tool_outputs: [{ tool_call_id: 'call_1', output: '42' }] }
    const { threads } = second.client.beta
    const resumed = threads.runs.submitToolOutputsStream(run.id, {
      thread_id: thread.id,
      ...outputs,
    })
    assert.equal((await resumed.finalRun()).status, 'completed')
    assert.deepEqual(await textsOf(second, thread.id), ['Hello', 'Let me see', 'Done'])
  })

  it('end a stream whose events may be lost, and hear of a cancel all the same', async () => {
    server.script(half)
    const reader = await openReader()
    const first = await serve()
    const { id: assistant_id } = await reader.assistant()
    const threadId = await reader.thread('Hello')
    const started = await reader.runs.createRun(threadId, { assistant_id }, { stream: true })
    const events = eventsOf(started)
    await readUntil(events, 'thread.message.delta')
    const rest = assert.rejects(Array.fromAsync(events), { code: 'unavailable' })
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and query like 'LISTEN%'`,
    )
    // Nobody hears of it.
    await reader.runs.cancelRun(threadId, started.run.id)
    const run = await stopped(first, threadId)
    assert.equal(run.status, 'cancelled')
    assert.equal(await server.requests[0]?.closed, true)
    await rest.catch(() => {})
  })

  it('tell a reader elsewhere the truth when they are killed', async () => {
    server.script(half, 'Whole')
    const reader = await openReader()
    const first = await serve()
    const { id: assistant_id } = await reader.assistant()
    const threadId = await reader.thread('Hello')
    const started = await reader.runs.createRun(threadId, { assistant_id }, { stream: true })
    const events = eventsOf(started)
    const seen = await readUntil(events, 'thread.message.delta')
    assert.deepEqual(names(seen).slice(0, 3), ['run.created', 'run.queued', 'run.in_progress'])
    const rest = assert.rejects(Array.fromAsync(events), { code: 'unavailable' })
    const second = await serve()
    await first.end()
    await leases.end()
    await rest
    assert.equal((await stopped(second, threadId)).status, 'completed')
    assert.deepEqual(await textsOf(second, threadId), ['Hello', 'Whole'])
  })
})
