import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'
import {
  collect,
  silent,
  createRig,
  functions,
  lastRun,
  readUntil,
  type Rig,
  eventsOf,
} from './rig.ts'

const never = new Promise(() => {})
const half = { text: ['Half', 'more'], pause: { afterChunks: 2, until: never } }
const asc = { limit: 20, order: 'asc' } as const

describe('runs that a process left behind', () => {
  let folder: string
  let server: ModelServer
  let path: string
  let files = 0
  const rigs: Rig[] = []
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-runs-'))))
  after(() => rm(folder, { recursive: true }))
  beforeEach(async () => {
    server = await createModelServer()
    path = join(folder, `${(files += 1)}.db`)
  })
  afterEach(async () => {
    await server.close()
    await Promise.all(rigs.splice(0).map((rig) => rig.close()))
  })

  async function open(clock = { now: 1_790_000_000_000 }): Promise<Rig> {
    const rig = await createRig({ path, server, clock })
    rigs.push(rig)
    return rig
  }

  async function start(rig: Rig) {
    const { id: assistant_id } = await rig.assistant({ tools: functions })
    const threadId = await rig.thread('Hello')
    const started = await rig.runs.createRun(threadId, { assistant_id }, { stream: true })
    const iterator = eventsOf(started)
    return { iterator, started, threadId, runId: started.run.id }
  }

  async function ended(rig: Rig, { threadId, runId }: { threadId: string; runId: string }) {
    for (;;) {
      const run = await rig.runs.getRun(threadId, runId)
      if (!['queued', 'in_progress', 'cancelling'].includes(run.status)) return run
      await new Promise(setImmediate)
    }
  }

  it('go on from before the half-done turn', async () => {
    server.script(half, 'Whole')
    const first = await open()
    const target = await start(first)
    await readUntil(target.iterator, 'thread.message.delta')
    // The first process is abandoned in the middle of the answer.
    const second = await open()
    assert.equal((await ended(second, target)).status, 'completed')
    const { data: messages } = await second.store.listMessages(target.threadId, asc)
    assert.deepEqual(
      messages.map(({ content }) => content[0]?.type === 'text' && content[0].text.value),
      ['Hello', 'Whole'],
    )
    const { data: steps } = await second.store.listSteps(target.threadId, target.runId, asc)
    assert.deepEqual(
      steps.map(({ status }) => status),
      ['completed'],
    )
  })

  it('go on from the last completed step', async () => {
    server.script({ toolCalls: [{ name: 'first', arguments: '{}' }] }, half, 'Whole')
    const first = await open()
    const target = await start(first)
    await collect(target.started)
    const outputs = [{ tool_call_id: 'call_1', output: '42' }]
    const resumed = await first.runs.submitToolOutputs(target, outputs, { stream: true })
    await readUntil(eventsOf(resumed), 'thread.message.delta')
    const second = await open()
    assert.partialDeepStrictEqual(await ended(second, target), {
      status: 'completed',
      usage: { total_tokens: 50 },
    })
    assert.deepEqual(server.requests[2]?.body.messages.at(-1), {
      role: 'tool',
      tool_call_id: 'call_1',
      content: '42',
    })
  })

  it('must call the function that they were told to call, although their text is there', async () => {
    const text = 'Let me look.'
    const call = { toolCalls: [{ name: 'first', arguments: ['{', '}'] }] }
    server.script({ text, ...call, pause: { afterChunks: 3, until: never } }, call, 'Done')
    const first = await open()
    const { id: assistant_id } = await first.assistant({ tools: functions })
    const threadId = await first.thread('Hello')
    const body = { assistant_id, tool_choice: 'required' as const }
    const started = await first.runs.createRun(threadId, body, { stream: true })
    const target = { threadId, runId: started.run.id }
    await readUntil(eventsOf(started), 'thread.run.step.delta')
    const second = await open()
    assert.equal((await ended(second, target)).status, 'requires_action')
    const outputs = [{ tool_call_id: 'call_1', output: '42' }]
    await collect(await second.runs.submitToolOutputs(target, outputs, { stream: true }))
    assert.deepEqual(
      server.requests.map((request) => request.body.tool_choice),
      ['required', 'required', undefined],
    )
  })

  it('go on waiting for tool outputs', async () => {
    server.script({ toolCalls: [{ name: 'first', arguments: '{}' }] }, 'Done')
    const first = await open()
    const target = await start(first)
    await collect(target.started)
    const second = await open()
    assert.equal(
      (await second.runs.getRun(target.threadId, target.runId)).status,
      'requires_action',
    )
    const outputs = [{ tool_call_id: 'call_1', output: '42' }]
    const resumed = await second.runs.submitToolOutputs(target, outputs, { stream: true })
    assert.equal(lastRun(await collect(resumed)).status, 'completed')
  })

  it('are cancelled where somebody had asked for it', async () => {
    server.script(half)
    const first = await open()
    const target = await start(first)
    await readUntil(target.iterator, 'thread.message.delta')
    const run = await first.store.getRun(target.threadId, target.runId)
    assert.ok(run)
    await first.store.changeRun({ run: { ...run, status: 'cancelling' }, from: ['in_progress'] })
    const second = await open()
    assert.equal((await ended(second, target)).status, 'cancelled')
    const { data } = await second.store.listSteps(target.threadId, target.runId, asc)
    assert.equal(data[0]?.status, 'cancelled')
  })

  it('are expired when their time was over meanwhile', async () => {
    server.script(half)
    const first = await open()
    const target = await start(first)
    await readUntil(target.iterator, 'thread.message.delta')
    const second = await open({ now: first.clock.now + 600_000 })
    assert.equal((await ended(second, target)).status, 'expired')
    const { data } = await second.store.listMessages(target.threadId, asc)
    assert.deepEqual(data[1]?.incomplete_details, { reason: 'run_expired' })
  })

  it('are put back by a process that closes, and its readers are told', async () => {
    server.script(half, 'Whole')
    const first = await createRig({ path, server })
    const target = await start(first)
    await readUntil(target.iterator, 'thread.message.delta')
    const asked = server.requests[0]
    const rest = assert.rejects(target.iterator.next(), { code: 'unavailable' })
    await first.close()
    await rest
    assert.equal(await asked?.closed, true)
    const second = await open()
    assert.equal((await ended(second, target)).status, 'completed')
    assert.equal((await second.store.listMessages(target.threadId, asc)).data.length, 2)
  })

  it('survive SIGKILL', async () => {
    server.script(half, 'Whole')
    const script = new URL('killed-process.ts', import.meta.url)
    const child = spawn(process.execPath, [script.pathname, path, server.baseURL], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    after(() => child.kill('SIGKILL'))
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    const target = JSON.parse(line) as { threadId: string; runId: string }
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    const rig = await open()
    assert.equal((await ended(rig, target)).status, 'completed')
    const { data } = await rig.store.listMessages(target.threadId, asc)
    assert.deepEqual(
      data.map(({ status }) => status),
      ['completed', 'completed'],
    )
    await rig.runs.createMessage(target.threadId, { role: 'user', content: 'next' })
  })

  it('end when the database takes what is written again, though their worker could not say so', async () => {
    const store = await createSqliteStore({ path, log: silent })
    let isFull = false
    const whileRoom = async <T>(task: () => Promise<T>): Promise<T> => {
      if (isFull) throw new Error('database or disk is full')
      return task()
    }
    const rig = await createRig({
      server,
      store: {
        ...store,
        changeRun: (change) => whileRoom(() => store.changeRun(change)),
        changeFoundRun: (key, plan) => whileRoom(() => store.changeFoundRun(key, plan)),
      },
    })
    rigs.push(rig)
    const { promise: paused, resolve: go } = Promise.withResolvers<void>()
    server.script({ text: ['Half', 'more'], pause: { afterChunks: 2, until: paused } })
    const target = await start(rig)
    await readUntil(target.iterator, 'thread.message.delta')
    isFull = true
    go()
    await assert.rejects(Array.fromAsync(target.iterator), { message: 'database or disk is full' })
    rig.sweep()
    await new Promise(setImmediate)
    const { status } = await rig.runs.getRun(target.threadId, target.runId)
    assert.equal(status, 'in_progress')
    isFull = false
    const swept = async () => {
      rig.sweep()
      await new Promise(setImmediate)
      return rig.runs.getRun(target.threadId, target.runId)
    }
    let run = await swept()
    while (run.status === 'in_progress') run = await swept()
    assert.equal(run.status, 'failed')
    assert.equal(run.last_error?.code, 'server_error')
    const { data: steps } = await store.listSteps(target.threadId, target.runId, asc)
    assert.deepEqual(
      steps.map((step) => step.status),
      ['failed'],
    )
    await rig.runs.createMessage(target.threadId, { role: 'user', content: 'next' })
  })

  it('are cancelled by the next look if whoever cancelled them could not', async () => {
    server.script({ toolCalls: [{ name: 'first', arguments: '{}' }] })
    const rig = await open()
    const target = await start(rig)
    const waiting = lastRun(await collect(target.started))
    await rig.store.changeRun({ run: { ...waiting, status: 'cancelling' }, from: [waiting.status] })
    rig.sweep()
    assert.equal((await ended(rig, target)).status, 'cancelled')
  })
})
