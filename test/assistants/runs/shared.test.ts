import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import type { HostedTools } from '../../../src/assistants/runs/hosted-tools.ts'
import type { Run } from '../../../src/assistants/store/store.ts'
import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'
import {
  collect,
  eventsOf,
  functions,
  lastRun,
  names,
  readUntil,
  silent,
  type Rig,
  type RigOptions,
} from './rig.ts'
import { createSharedDatabase, type SharedDatabase } from './shared-pglite.ts'
import { createFakeTools } from './tool-fakes.ts'

const never = new Promise(() => {})
const half = { text: ['Half', 'more'], pause: { afterChunks: 2, until: never } }
const asc = { limit: 20, order: 'asc' } as const

const plainAnswer = [
  'run.created',
  'run.queued',
  'run.in_progress',
  'run.step.created',
  'run.step.in_progress',
  'message.created',
  'message.in_progress',
  'message.delta',
  'message.completed',
  'run.step.completed',
  'run.completed',
]

describe('runs of several processes', { timeout: 60_000 }, () => {
  let database: SharedDatabase
  let server: ModelServer
  const rigs: Rig[] = []
  before(async () => (database = await createSharedDatabase()))
  after(() => database.close())
  beforeEach(async () => (server = await createModelServer()))
  afterEach(async () => {
    await server.close()
    await Promise.all(rigs.splice(0).map((rig) => rig.close()))
    assert.deepEqual(database.complaints(), [])
  })

  async function open(
    maxConcurrent?: number,
    options: Pick<RigOptions, 'createTools'> = {},
  ): Promise<Rig> {
    const rig = await database.open({
      server,
      ...options,
      ...(maxConcurrent !== undefined && { maxConcurrent }),
    })
    rigs.push(rig)
    return rig
  }

  async function start(rig: Rig) {
    const { id: assistant_id } = await rig.assistant({ tools: functions })
    const threadId = await rig.thread('Hello')
    const started = await rig.runs.createRun(threadId, { assistant_id }, { stream: true })
    return { iterator: eventsOf(started), started, threadId, runId: started.run.id }
  }

  async function until(rig: Rig, target: Target, statuses: Run['status'][]): Promise<Run> {
    for (;;) {
      const run = await rig.runs.getRun(target.threadId, target.runId)
      if (statuses.includes(run.status)) return run
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async function textsOf(rig: Rig, threadId: string): Promise<unknown[]> {
    const { data } = await rig.store.listMessages(threadId, asc)
    return data.map(({ content }) => content[0]?.type === 'text' && content[0].text.value)
  }

  interface Timer {
    delayMs: number
    onEnd: () => void
  }

  interface Target {
    threadId: string
    runId: string
  }

  it('are executed by one process, read in another', async () => {
    const [reader] = [await open(0), await open()]
    const { started } = await start(reader)
    assert.deepEqual(names(await collect(started)), plainAnswer)
  })

  it('are shown whole however long their objects are', async () => {
    const [reader] = [await open(0), await open()]
    const long = `${'十个字😀'.repeat(5_000)}.`
    server.script(long)
    const { id: assistant_id } = await reader.assistant({ instructions: long })
    const threadId = await reader.thread('Hello')
    const started = await reader.runs.createRun(threadId, { assistant_id }, { stream: true })
    const events = await collect(started)
    assert.deepEqual(names(events), plainAnswer)
    assert.equal(lastRun(events).instructions, long)
    assert.deepEqual(await textsOf(reader, threadId), ['Hello', long])
  })

  it('take outputs in another process than the one that asked for them', async () => {
    server.script({ toolCalls: [{ name: 'first', arguments: '{}' }] }, 'Done')
    const [reader, worker] = [await open(0), await open()]
    const target = await start(reader)
    assert.equal(lastRun(await collect(target.started)).status, 'requires_action')
    const outputs = [{ tool_call_id: 'call_1', output: '42' }]
    const resumed = await worker.runs.submitToolOutputs(target, outputs, { stream: true })
    assert.equal(lastRun(await collect(resumed)).status, 'completed')
  })

  it('are cancelled by one process while another streams what a third executes', async () => {
    server.script(half)
    const [reader, worker, canceller] = [await open(0), await open(), await open(0)]
    const target = await start(reader)
    const seen = await readUntil(target.iterator, 'thread.message.delta')
    const stopping = await canceller.runs.cancelRun(target.threadId, target.runId)
    assert.equal(stopping.status, 'cancelling')
    const rest = await Array.fromAsync(target.iterator)
    assert.deepEqual(names([...seen, ...rest]), [
      ...plainAnswer.slice(0, 8),
      'run.cancelling',
      'message.incomplete',
      'run.step.cancelled',
      'run.cancelled',
    ])
    // What had come until then is kept.
    assert.deepEqual(await textsOf(worker, target.threadId), ['Hello', 'Half'])
    assert.equal(await server.requests[0]?.closed, true)
  })

  it('are cancelled before anybody takes them', async () => {
    const [reader, canceller] = [await open(0), await open(0)]
    const target = await start(reader)
    await canceller.runs.cancelRun(target.threadId, target.runId)
    assert.deepEqual(names(await collect(target.started)), [
      'run.created',
      'run.queued',
      'run.cancelling',
      'run.cancelled',
    ])
    // Whoever takes the job finds nothing to do.
    const worker = await open()
    await jobsGone()
    assert.equal((await worker.runs.getRun(target.threadId, target.runId)).status, 'cancelled')
    assert.equal(server.requests.length, 0)
  })

  it('end where their thread is deleted elsewhere', async () => {
    server.script(half)
    const [reader, , deleter] = [await open(0), await open(), await open(0)]
    const target = await start(reader)
    await readUntil(target.iterator, 'thread.message.delta')
    await deleter.store.deleteThread(target.threadId)
    assert.deepEqual(names(await Array.fromAsync(target.iterator)), [])
    assert.equal(await server.requests[0]?.closed, true)
  })

  it('leave nothing of their tools behind where their thread is deleted, here or elsewhere', async () => {
    const forgotten: string[] = []
    const { promise: all, resolve } = Promise.withResolvers<void>()
    const createTools = (): HostedTools => ({
      prepare: async () => {},
      open: () => Promise.reject(new Error('no run asks for tools')),
      forgetThread(threadId) {
        if (forgotten.push(threadId) === 2) resolve()
      },
    })
    const deleter = await open(0, { createTools })
    await open(0, { createTools })
    const threadId = await deleter.thread('Hello')
    await deleter.store.deleteThread(threadId)
    await all
    assert.deepEqual(forgotten, [threadId, threadId])
  })

  it('are taken over from a worker that lost its lease, which writes nothing any more', async () => {
    const { promise: paused, resolve: go } = Promise.withResolvers<void>()
    server.script({ text: ['Half', 'more'], pause: { afterChunks: 2, until: paused } }, 'Whole')
    const zombie = await open()
    const target = await start(zombie)
    await readUntil(target.iterator, 'thread.message.delta')
    const rest = assert.rejects(Array.fromAsync(target.iterator), { code: 'unavailable' })
    await database.endLeases()
    const heir = await open()
    assert.equal((await until(heir, target, ['completed'])).status, 'completed')
    go()
    await rest
    assert.deepEqual(await textsOf(heir, target.threadId), ['Hello', 'Whole'])
    const { data: steps } = await heir.store.listSteps(target.threadId, target.runId, asc)
    assert.deepEqual(
      steps.map(({ status }) => status),
      ['completed'],
    )
    await heir.runs.createMessage(target.threadId, { role: 'user', content: 'next' })
  })

  it('have their tools executed again by the heir of a worker that lost its lease', async () => {
    const python = { name: 'python', arguments: '{"code":"1"}' }
    server.script({ toolCalls: [python] }, { toolCalls: [python] }, 'Done')
    const { promise: atWork, resolve: begin } = Promise.withResolvers<void>()
    const { promise: late, resolve: go } = Promise.withResolvers<void>()
    const openWith = async (logs: string, wait: () => Promise<void>) => {
      const fake = createFakeTools()
      fake.run = async () => {
        await wait()
        return [{ type: 'logs', logs }]
      }
      const files = { project: () => assert.fail('no files here') }
      const rig = await database.open({
        server,
        createTools: (store) => fake.create({ store, files, log: silent }),
      })
      rigs.push(rig)
      return rig
    }
    const zombie = await openWith('zombie', () => {
      begin()
      return late
    })
    const { id: assistant_id } = await zombie.assistant({ tools: [{ type: 'code_interpreter' }] })
    const threadId = await zombie.thread('Hello')
    const started = await zombie.runs.createRun(threadId, { assistant_id }, { stream: false })
    const target = { threadId, runId: started.run.id }
    await atWork
    await database.endLeases()
    const heir = await openWith('heir', async () => {})
    assert.equal((await until(heir, target, ['completed'])).status, 'completed')
    go()
    await rigs.splice(rigs.indexOf(zombie), 1)[0]?.close()
    const { data: steps } = await heir.store.listSteps(threadId, target.runId, asc)
    const outputs = steps.map(({ step_details: details }) =>
      details.type === 'tool_calls'
        ? details.tool_calls.map(
            (call) => call.type === 'code_interpreter' && call.code_interpreter,
          )
        : details.type,
    )
    const kept = { input: '1', outputs: [{ type: 'logs', logs: 'heir' }] }
    assert.deepEqual(outputs, [[kept], 'message_creation'])
  })

  it('tell their reader when the worker is lost in the middle of a message', async () => {
    server.script(half, 'Whole')
    const [reader] = [await open(0), await open()]
    const target = await start(reader)
    await readUntil(target.iterator, 'thread.message.delta')
    const rest = assert.rejects(Array.fromAsync(target.iterator), { code: 'unavailable' })
    await database.endLeases()
    const heir = await open()
    await until(heir, target, ['completed'])
    await rest
  })

  it('go on at once elsewhere when their process closes', async () => {
    server.script(half, 'Whole')
    const [reader, worker, heir] = [await open(0), await open(), await open(0)]
    const target = await start(reader)
    await readUntil(target.iterator, 'thread.message.delta')
    const rest = assert.rejects(Array.fromAsync(target.iterator), { code: 'unavailable' })
    await rigs.splice(rigs.indexOf(worker), 1)[0]?.close()
    await rest
    assert.equal((await reader.runs.getRun(target.threadId, target.runId)).status, 'queued')
    await heir.close()
    rigs.splice(rigs.indexOf(heir), 1)
    const next = await open()
    await until(next, target, ['completed'])
    assert.deepEqual(await textsOf(next, target.threadId), ['Hello', 'Whole'])
  })

  it('end when their time is over, though their worker is lost', async () => {
    server.script(half)
    const worker = await open()
    const target = await start(worker)
    await readUntil(target.iterator, 'thread.message.delta')
    const later = await database.open({ server, clock: { now: worker.clock.now + 600_000 } })
    rigs.push(later)
    assert.equal((await later.runs.getRun(target.threadId, target.runId)).status, 'expired')
    assert.equal(lastRun(await Array.fromAsync(target.iterator)).status, 'expired')
    assert.deepEqual(await textsOf(worker, target.threadId), ['Hello', 'Half'])
  })

  it('are cancelled though the process that cancelled them died over it', async () => {
    server.script({ toolCalls: [{ name: 'first', arguments: '{}' }] })
    const [reader, worker] = [await open(0), await open()]
    const waiting = await start(worker)
    const { id, thread_id } = lastRun(await collect(waiting.started))
    await rigs.splice(rigs.indexOf(worker), 1)[0]?.close()
    const queued = await start(reader)
    for (const key of [{ id, thread_id }, queued.started.run]) {
      await reader.store.changeFoundRun(key, ({ run }) => ({
        run: { ...run, status: 'cancelling' },
        from: [run.status],
      }))
    }
    // The job of the one that was queued; the other has none.
    const heir = await open()
    assert.equal(lastRun(await collect(queued.started)).status, 'cancelled')
    await jobsGone()
    heir.sweep()
    await until(heir, waiting, ['cancelled'])
    await heir.runs.createMessage(thread_id, { role: 'user', content: 'next' })
  })

  it('are kept from who asks too often, wherever they are executed', async () => {
    const { promise: paused, resolve: go } = Promise.withResolvers<void>()
    server.script({ text: ['Half', 'more'], pause: { afterChunks: 2, until: paused } })
    const { promise: timer, resolve: started } = Promise.withResolvers<Timer>()
    const other = await database.open({
      server,
      maxConcurrent: 0,
      startTimer: (delayMs, onEnd) => {
        started({ delayMs, onEnd })
        return () => {}
      },
    })
    rigs.push(other)
    const target = await start(await open())
    await readUntil(target.iterator, 'thread.message.delta')
    const { signal } = new AbortController()
    const first = other.runs.awaitRun(target.threadId, target.runId, { signal })
    const { delayMs, onEnd } = await timer
    assert.equal(delayMs, 250)
    onEnd()
    assert.equal((await first).status, 'in_progress')
    go()
    await collect(target.started)
    const second = await other.runs.awaitRun(target.threadId, target.runId, { signal })
    assert.equal(second.status, 'completed')
  })

  it('leave no jobs behind', async () => {
    const worker = await open()
    const targets = await Promise.all(Array.from({ length: 20 }, () => start(worker)))
    await Promise.all(targets.map(({ started }) => collect(started)))
    await jobsGone()
  })

  async function jobsGone(): Promise<void> {
    for (;;) {
      const jobs = await database.query('select id from guagua_jobs.job')
      if (jobs.length === 0) return
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
})
