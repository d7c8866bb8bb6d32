import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { createChatCompletionsDriver } from '../../../src/models/chat-completions.ts'
import { createResponsesDriver } from '../../../src/models/responses.ts'
import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'
import { responsesBody } from '../../helpers/responses-frames.ts'
import { createTestRuntime } from '../runtime.ts'
import { collect, createRig, eventsOf, functions, lastRun, readUntil, type Rig } from './rig.ts'

const never = new Promise(() => {})
const asc = { limit: 20, order: 'asc' } as const
const call = (id: string, reasoning: string) => ({
  reasoning,
  toolCalls: [{ name: 'first', arguments: '{}', id }],
})
const outputsOf = (id: string) => [{ tool_call_id: id, output: '42' }]
/** What the model gets back of a turn. */
const turn = (id: string, reasoning: string) => [
  { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: reasoning },
  { id: 'fc_1', type: 'function_call', status: 'completed', call_id: id, ...firstCall },
  { type: 'function_call_output', call_id: id, output: '42' },
]
const firstCall = { name: 'first', arguments: '{}' }

describe('the state of a turn', () => {
  let folder: string
  let server: ModelServer
  let path: string
  let files = 0
  const rigs: Rig[] = []
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-state-'))))
  after(() => rm(folder, { recursive: true }))
  beforeEach(async () => {
    server = await createModelServer()
    path = join(folder, `${(files += 1)}.db`)
  })
  afterEach(async () => {
    await server.close()
    await Promise.all(rigs.splice(0).map((rig) => rig.close()))
  })

  async function open(createDriver = createResponsesDriver): Promise<Rig> {
    const rig = await createRig({ path, server, createDriver })
    rigs.push(rig)
    return rig
  }

  /** A run that waits for the output of its first call. */
  async function start(rig: Rig) {
    const { id: assistant_id } = await rig.assistant({ tools: functions, instructions: null })
    const threadId = await rig.thread('Hello')
    const started = await rig.runs.createRun(threadId, { assistant_id }, { stream: true })
    assert.equal(lastRun(await collect(started)).status, 'requires_action')
    return { threadId, runId: started.run.id }
  }

  async function ended(rig: Rig, { threadId, runId }: { threadId: string; runId: string }) {
    for (;;) {
      const run = await rig.runs.getRun(threadId, runId)
      if (!['queued', 'in_progress', 'cancelling'].includes(run.status)) return run
      await new Promise(setImmediate)
    }
  }

  const answerCall = (rig: Rig, target: { threadId: string; runId: string }, id: string) =>
    rig.runs.submitToolOutputs(target, outputsOf(id), { stream: true })

  /** The input of a request, less the user's message. */
  function inputOf(index: number) {
    const { input } = responsesBody(server.requests[index])
    assert.ok(Array.isArray(input))
    return input.slice(1)
  }

  it('comes back with every later turn of the run, and is gone at its end', async () => {
    server.script(call('x', 'gAAAA1'), call('y', 'gAAAA2'), 'Done')
    const rig = await open()
    const target = await start(rig)
    await collect(await answerCall(rig, target, 'x'))
    assert.deepEqual(inputOf(1), turn('x', 'gAAAA1'))
    const run = await rig.runs.getRun(target.threadId, target.runId)
    const records = await rig.store.getStepRecords(run)
    assert.deepEqual(
      records.map(({ state }) => state?.driver),
      ['responses', 'responses'],
    )
    const last = lastRun(await collect(await answerCall(rig, target, 'y')))
    assert.equal(last.status, 'completed')
    assert.deepEqual(inputOf(2), [...turn('x', 'gAAAA1'), ...turn('y', 'gAAAA2')])
    for (const { state } of await rig.store.getStepRecords(run)) assert.equal(state, undefined)
  })

  it('is gone as well when the run is cancelled', async () => {
    server.script(call('x', 'gAAAA1'), call('y', 'gAAAA2'))
    const rig = await open()
    const target = await start(rig)
    await collect(await answerCall(rig, target, 'x'))
    await rig.runs.cancelRun(target.threadId, target.runId)
    const run = await ended(rig, target)
    assert.equal(run.status, 'cancelled')
    const records = await rig.store.getStepRecords(run)
    assert.deepEqual(
      records.map(({ state }) => state),
      [undefined, undefined],
    )
  })

  it('is no part of any object', async () => {
    server.script(call('x', 'gAAAA1'))
    const rig = await open()
    const { threadId, runId } = await start(rig)
    const seen = [
      await rig.runs.getRun(threadId, runId),
      await rig.store.listSteps(threadId, runId, asc),
      await rig.store.listMessages(threadId, asc),
    ]
    assert.doesNotMatch(JSON.stringify(seen), /gAAAA1|encrypted|state/)
  })

  it('is there for the process that takes the run over', async () => {
    const half = { text: ['Half', 'more'], pause: { afterChunks: 5, until: never } }
    server.script(call('x', 'gAAAA1'), half, 'Whole')
    const first = await open()
    const target = await start(first)
    const resumed = await answerCall(first, target, 'x')
    await readUntil(eventsOf(resumed), 'thread.message.delta')
    // The first process is abandoned in the middle of its second turn.
    assert.equal((await ended(await open(), target)).status, 'completed')
    assert.deepEqual(inputOf(2), turn('x', 'gAAAA1'))
  })

  it('survives SIGKILL', async () => {
    server.script(call('x', 'gAAAA1'), 'Done')
    const script = new URL('killed-while-waiting.ts', import.meta.url)
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
    assert.equal(lastRun(await collect(await answerCall(rig, target, 'x'))).status, 'completed')
    assert.deepEqual(inputOf(1), turn('x', 'gAAAA1'))
  })

  it('means nothing to another driver', async () => {
    server.script(call('x', 'gAAAA1'), 'Done')
    const target = await start(await open())
    const other = await open(createChatCompletionsDriver)
    await collect(await answerCall(other, target, 'x'))
    assert.deepEqual(server.requests[1]?.body.messages.slice(1), [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'x', type: 'function', function: firstCall }],
      },
      { role: 'tool', tool_call_id: 'x', content: '42' },
    ])
  })

  it('does not count as text against the budget of the prompt', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 50, total_tokens: 60 }
    const counted = { ...usage, completion_tokens_details: { reasoning_tokens: 40 } }
    server.script({ ...call('x', 'gAAAA'.repeat(10_000)), usage: counted }, 'Done')
    const rig = await open()
    const { id: assistant_id } = await rig.assistant({ tools: functions })
    const threadId = await rig.thread('Hello')
    const body = { assistant_id, max_prompt_tokens: 1000 }
    const started = await rig.runs.createRun(threadId, body, { stream: true })
    await collect(started)
    const target = { threadId, runId: started.run.id }
    assert.equal(lastRun(await collect(await answerCall(rig, target, 'x'))).status, 'completed')
    assert.equal(inputOf(1).length, 3)
  })
})

it('a state that is too large is left out, which the log says', async () => {
  const runtime = await createTestRuntime({ createDriver: createResponsesDriver })
  after(() => runtime.close())
  runtime.model.script(call('x', 'g'.repeat(1024 * 1024)), 'Done')
  const { assistants, threads } = runtime.client.beta
  const { id: assistant_id } = await assistants.create({ model: 'scripted', tools: functions })
  const thread = { messages: [{ role: 'user' as const, content: 'Hello' }] }
  const waiting = await threads.createAndRunPoll({ assistant_id, thread })
  assert.equal(waiting.status, 'requires_action')
  const { id, thread_id } = waiting
  const tool_outputs = outputsOf('x')
  const run = await threads.runs.submitToolOutputsAndPoll(id, { thread_id, tool_outputs })
  assert.equal(run.status, 'completed')
  const { input } = responsesBody(runtime.model.requests[1])
  assert.deepEqual(input?.slice(1), [
    { type: 'function_call', call_id: 'x', ...firstCall },
    { type: 'function_call_output', call_id: 'x', output: '42' },
  ])
  assert.match(runtime.logged.join(''), /state of a turn dropped: it is too large/)
})
