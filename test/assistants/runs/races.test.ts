import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

import fc from 'fast-check'

import type { StartedRun } from '../../../src/assistants/runs/run-service.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import {
  activeStatuses,
  type ObjectStore,
  type Run,
  type Store,
} from '../../../src/assistants/store/store.ts'
import type { RunEvent } from '../../../src/assistants/wire/events.ts'
import { AppError, RunConflictError } from '../../../src/errors.ts'
import type { StartTimer } from '../../../src/timer.ts'
import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'
import { createRig, eventsOf, functions, names, silent, type Rig } from './rig.ts'
import { createSharedDatabase, type SharedDatabase } from './shared-pglite.ts'

const kinds = [
  'create',
  'message',
  'submit',
  'cancel',
  'update',
  'poll',
  'sweep',
  'expire',
  'lose',
  'delete',
  'wait',
] as const

interface Operation {
  kind: (typeof kinds)[number]
  /** Which process is asked. */
  process: number
}

/** Those of one burst happen at the same time. */
type Program = Operation[][]

const processCount = 3
const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('create' as const, 'submit' as const) },
    { weight: 4, arbitrary: fc.constant('wait' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...kinds) },
  ),
  process: fc.nat(processCount - 1),
})
const burst = fc.array(operation, { minLength: 1, maxLength: 4 })
const program: fc.Arbitrary<Program> = fc
  .array(burst, { minLength: 1, maxLength: 8 })
  .map((bursts) => [[{ kind: 'create', process: 0 }], ...bursts])

/** What the store does for runs; the order in which it is done is the scheduler's. */
const gated = [
  'insertRun',
  'insertMessage',
  'getRun',
  'updateRun',
  'changeRun',
  'changeFoundRun',
  'getHeldRun',
  'getActiveRun',
  'getStepRecords',
  'listEndingRuns',
] as const satisfies (keyof Store)[]

interface Gate {
  pass(label: string): Promise<void>
}

function behind(gate: Gate, store: Store): Store {
  const wrapped = { ...store }
  for (const name of gated) {
    const method = store[name] as (...given: unknown[]) => Promise<unknown>
    const slow = async (...given: unknown[]) => {
      await gate.pass(name)
      try {
        return await method(...given)
      } finally {
        await gate.pass(`${name} done`)
      }
    }
    Object.assign(wrapped, { [name]: slow })
  }
  return wrapped
}

interface World {
  rigs: Rig[]
  clock: { now: number }
  gate: Gate
  /** The store without gates, of all. */
  store: Store & ObjectStore
  lose: () => Promise<void>
}

describe('whatever happens to the runs of a thread at the same time', { timeout: 120_000 }, () => {
  let server: ModelServer
  beforeEach(async () => {
    server = await createModelServer()
    let count = 0
    // Some runs end with their first turn, some ask for outputs, in one turn or in two.
    server.respond(() => {
      count += 1
      return count % 3 === 0
        ? { text: ['It is ', 'so'] }
        : {
            text: count % 2 ? 'Let me see' : '',
            toolCalls: [{ name: 'first', arguments: ['{', '}'] }],
          }
    })
  })
  afterEach(() => server.close())

  it('in one process on SQLite, it ends well', async () => {
    const store = await createSqliteStore({ path: ':memory:', log: silent })
    const gate: Gate = { pass: async () => {} }
    const clock = { now: 1_790_000_000_000 }
    const rig = await createRig({ server, clock, store: behind(gate, store) })
    try {
      await check({ rigs: [rig], clock, gate, store, lose: async () => {} }, 60)
    } finally {
      await rig.close()
    }
  })

  describe('in several processes', () => {
    let database: SharedDatabase
    before(async () => (database = await createSharedDatabase()))
    after(() => database.close())

    it('on Postgres, it ends well', async () => {
      const gate: Gate = { pass: async () => {} }
      const clock = { now: 1_790_000_000_000 }
      const rigs: Rig[] = []
      let bare: Store | undefined
      // Workers elsewhere are given up at once, and may be at work all the same.
      const startTimer: StartTimer = (_, onEnd) => {
        queueMicrotask(onEnd)
        return () => {}
      }
      for (let index = 0; index < processCount; index += 1) {
        const wrap = (store: Store) => behind(gate, (bare = store))
        // The first one only takes requests.
        const maxConcurrent = index === 0 ? 0 : 4
        rigs.push(await database.open({ server, clock, wrap, startTimer, maxConcurrent }))
      }
      assert.ok(bare)
      try {
        await check({ rigs, clock, gate, store: bare, lose: () => database.endLeases() }, 40)
      } finally {
        gate.pass = async () => {}
        await Promise.all(rigs.map((rig) => rig.close()))
      }
    })
  })

  async function check(world: World, numRuns: number): Promise<void> {
    await fc.assert(
      fc.asyncProperty(program, fc.scheduler(), async (bursts, scheduler) => {
        world.gate.pass = (label) => scheduler.schedule(Promise.resolve(), label)
        try {
          await scheduler.waitFor(play(world, bursts))
        } finally {
          world.gate.pass = async () => {}
          await scheduler.waitIdle()
        }
      }),
      { numRuns, endOnFailure: true },
    )
  }
})

interface Stream {
  runId: string
  events: RunEvent[]
  failure: unknown
  ended: Promise<void>
}

async function play(world: World, bursts: Program): Promise<void> {
  const { rigs, store, clock } = world
  const rig = first(rigs)
  const { id: assistant_id } = await rig.assistant({ tools: functions })
  const threadId = await rig.thread('Hello')
  const usedBefore = await tokensUsed(store)
  const streams: Stream[] = []
  let isDeleted = false

  const runs = async () => (await store.listRuns(threadId, { limit: 100, order: 'asc' })).data
  const latest = async () => (await runs()).at(-1)

  function read(started: StartedRun): void {
    const stream: Stream = {
      runId: started.run.id,
      events: [],
      failure: undefined,
      ended: Promise.resolve(),
    }
    stream.ended = (async () => {
      try {
        for await (const event of eventsOf(started)) stream.events.push(event)
      } catch (error) {
        stream.failure = error
      }
    })()
    streams.push(stream)
  }

  async function perform({ kind, process }: Operation): Promise<void> {
    const asked = rigs[process % rigs.length] ?? rig
    const service = asked.runs
    switch (kind) {
      case 'create':
        return read(await service.createRun(threadId, { assistant_id }, { stream: true }))
      case 'message':
        return void (await service.createMessage(threadId, { role: 'user', content: 'And?' }))
      case 'sweep':
        return asked.sweep()
      case 'expire':
        clock.now += 600_000
        return asked.sweep()
      case 'wait':
        // The model goes on meanwhile.
        return wait(3)
      case 'lose':
        return world.lose()
      case 'delete':
        isDeleted = (await store.deleteThread(threadId)) || isDeleted
        return
      case 'submit':
      case 'cancel':
      case 'update':
      case 'poll':
        return performOnRun(asked, kind)
      default:
        return kind satisfies never
    }
  }

  async function performOnRun(
    { runs: service }: Rig,
    kind: 'submit' | 'cancel' | 'update' | 'poll',
  ): Promise<void> {
    const run = await latest()
    if (!run) return
    const key = { threadId, runId: run.id }
    switch (kind) {
      case 'submit': {
        const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
        const outputs = calls.map(({ id }) => ({ tool_call_id: id, output: '42' }))
        return read(await service.submitToolOutputs(key, outputs, { stream: true }))
      }
      case 'cancel':
        return void (await service.cancelRun(threadId, run.id))
      case 'update':
        return void (await service.updateRun(threadId, run.id, { metadata: { mine: '1' } }))
      case 'poll':
        return void (await service.getRun(threadId, run.id))
      default:
        return kind satisfies never
    }
  }

  for (const burst of bursts) {
    for (const outcome of await Promise.allSettled(burst.map(perform))) {
      if (outcome.status === 'fulfilled') continue
      // Refused by name: nothing that a client would be shown as our fault.
      const reason: unknown = outcome.reason
      if (!(reason instanceof AppError) || reason.code === 'internal') throw reason
      assert.ok(['run_conflict', 'not_found'].includes(reason.code), reason.message)
    }
  }
  const isGoingOn = ({ status }: Run) => ['queued', 'in_progress', 'cancelling'].includes(status)
  for (let looks = 0; (await runs()).some(isGoingOn); looks += 1) {
    assert.ok(looks < 1_000, `a run goes on: ${(await runs()).map(({ status }) => status).join()}`)
    for (const each of rigs) each.sweep()
    await wait(2)
  }
  for (const run of await runs()) await checkRun(store, run)
  if (!isDeleted) {
    const used = (await tokensUsed(store)) - usedBefore
    const counted = (await runs()).reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0)
    const waiting = (await runs()).find(({ status }) => status === 'requires_action')
    if (!waiting) assert.equal(used, counted, 'the usage of a turn is recorded once')
  }
  for (let looks = 0; looks < 4; looks += 1) {
    // Readers that nobody could tell anything see for themselves.
    for (const each of rigs) each.sweep()
    await wait(2)
  }
  for (const stream of streams) await checkStream(store, { threadId, stream })
  if (isDeleted) return
  const active = (await runs()).filter(({ status }) =>
    activeStatuses.some((each) => each === status),
  )
  assert.ok(active.length <= 1)
  for (const { id } of active) {
    // Its time may be over, and somebody about to say so.
    await rig.runs.cancelRun(threadId, id).catch((error: unknown) => {
      assert.ok(error instanceof RunConflictError, String(error))
    })
  }
  while ((await runs()).some(isGoingOn)) await wait(2)
  await rig.runs.createMessage(threadId, { role: 'user', content: 'next' })
}

function first(rigs: Rig[]): Rig {
  const [rig] = rigs
  assert.ok(rig)
  return rig
}

async function tokensUsed(store: Store): Promise<number> {
  const sums = await store.sumUsage({ start: 0, end: 9e9, bucketWidth: '1d', groupBy: [] })
  return sums.reduce((sum, each) => sum + each.prompt_tokens + each.completion_tokens, 0)
}

/** Nothing of a run contradicts how it ended. */
async function checkRun(store: Store, run: Run): Promise<void> {
  const records = await store.getStepRecords(run)
  const statuses = records.map(({ step }) => step.status)
  const open = statuses.filter((status) => status === 'in_progress').length
  const told = `${run.status}: ${statuses.join()}`
  assert.equal(open, run.status === 'requires_action' ? 1 : 0, told)
  const last = ['completed', 'requires_action'].includes(run.status) ? [] : [run.status]
  for (const status of statuses) {
    assert.ok(['completed', 'in_progress', ...last].includes(status), told)
  }
  for (const { step, message } of records) {
    if (step.type !== 'message_creation') continue
    const isWhole = step.status === 'completed'
    assert.equal(message?.status, isWhole ? 'completed' : 'incomplete', told)
  }
  const ends = [run.completed_at, run.failed_at, run.cancelled_at].filter((at) => at !== null)
  const hasTime = ['completed', 'failed', 'cancelled'].includes(run.status)
  assert.equal(ends.length, hasTime ? 1 : 0, told)
  assert.notEqual(run.status, 'failed', JSON.stringify(run.last_error))
}

/** A stream shows a true story, or says that it cannot. */
async function checkStream(
  store: Store,
  { threadId, stream }: { threadId: string; stream: Stream },
): Promise<void> {
  const { events, failure, runId } = stream
  const told = names(events).join()
  await Promise.race([
    stream.ended,
    wait(3_000).then(() => {
      throw new Error(`a stream does not end: ${told}`)
    }),
  ])
  const opened = new Set<string>()
  const closed = new Set<string>()
  let isOver = false
  for (const { event, data } of events) {
    assert.ok(!isOver, `an event after the end: ${told}`)
    if (/(message|step)\.created$/.test(event)) opened.add(data.id)
    if (/(message|step)\.(delta|in_progress)$/.test(event)) assert.ok(opened.has(data.id), told)
    if (data.object === 'thread.message' || data.object === 'thread.run.step') {
      assert.ok(!closed.has(data.id), `an event of what is closed: ${told}`)
      if (data.status !== 'in_progress') closed.add(data.id)
    }
    isOver =
      data.object === 'thread.run' && !['queued', 'in_progress', 'cancelling'].includes(data.status)
  }
  if (failure) {
    if (!(failure instanceof AppError)) throw failure
    assert.equal(failure.code, 'unavailable')
    return
  }
  const run = await store.getRun(threadId, runId)
  if (!run) return
  assert.ok(isOver, `a stream that ends before its run: ${told}`)
  const last = events.at(-1)?.data
  if (last?.object === 'thread.run' && last.status !== 'requires_action') {
    assert.equal(last.status, run.status, told)
  }
}
