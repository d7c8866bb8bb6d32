import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import {
  collect,
  createRig,
  functions,
  lastRun,
  names,
  readUntil,
  type Rig,
  eventsOf,
} from './rig.ts'

const opening = ['run.created', 'run.queued', 'run.in_progress']
const messageOpens = [
  'run.step.created',
  'run.step.in_progress',
  'message.created',
  'message.in_progress',
]
const messageCloses = ['message.completed', 'run.step.completed', 'run.completed']

describe('events of a run', () => {
  let rig: Rig
  before(async () => (rig = await createRig()))
  after(() => rig.close())

  async function start(settings: Parameters<Rig['assistant']>[0] = {}) {
    const { id: assistant_id } = await rig.assistant(settings)
    const threadId = await rig.thread('Hello')
    const started = await rig.runs.createRun(threadId, { assistant_id }, { stream: true })
    return { threadId, started, runId: started.run.id }
  }

  it('are those of 4.2 for a plain answer', async () => {
    rig.server.script({ text: ['Hel', 'lo'] })
    const { started } = await start()
    const events = await collect(started)
    const deltas = ['message.delta', 'message.delta']
    assert.deepEqual(names(events), [...opening, ...messageOpens, ...deltas, ...messageCloses])

    const data = (name: string) => events.find(({ event }) => event === name)?.data
    assert.partialDeepStrictEqual(data('thread.run.created'), { status: 'queued', usage: null })
    assert.partialDeepStrictEqual(data('thread.message.created'), {
      status: 'in_progress',
      content: [],
    })
    const contents = events.flatMap(({ data: delta }) =>
      delta.object === 'thread.message.delta' ? delta.delta.content : [],
    )
    assert.deepEqual(contents, [
      { index: 0, type: 'text', text: { value: 'Hel', annotations: [] } },
      { index: 0, type: 'text', text: { value: 'lo' } },
    ])
    assert.partialDeepStrictEqual(data('thread.message.completed'), {
      status: 'completed',
      content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
    })
    const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }
    assert.partialDeepStrictEqual(data('thread.run.step.completed'), { usage, expires_at: null })
    assert.partialDeepStrictEqual(lastRun(events), { status: 'completed', usage, expires_at: null })
  })

  it('begin with the thread for createThreadAndRun', async () => {
    const { id: assistant_id } = await rig.assistant()
    const started = await rig.runs.createThreadAndRun(
      { assistant_id, thread: { messages: [{ role: 'user', content: 'Hi' }] } },
      { stream: true },
    )
    const events = await collect(started)
    assert.equal(names(events)[0], 'created')
    assert.deepEqual(names(events).slice(1, 4), opening)
    assert.equal(events[0]?.data.id, started.run.thread_id)
  })

  it('are those of 4.3 and 4.4 for a function call and its output', async () => {
    rig.server.script({ toolCalls: [{ name: 'first', arguments: ['{"a":', '1}'] }] }, 'Done')
    const { started, threadId, runId } = await start({ tools: functions })
    const events = await collect(started)
    assert.deepEqual(names(events), [
      ...opening,
      'run.step.created',
      'run.step.in_progress',
      'run.step.delta',
      'run.step.delta',
      'run.step.delta',
      'run.requires_action',
    ])
    const deltas = events.flatMap(({ data }) => {
      if (data.object !== 'thread.run.step.delta') return []
      assert.ok(!('id' in data.delta))
      const details = data.delta.step_details
      return details?.type === 'tool_calls' ? details.tool_calls : []
    })
    assert.deepEqual(deltas, [
      {
        index: 0,
        id: 'call_1',
        type: 'function',
        function: { name: 'first', arguments: '', output: null },
      },
      { index: 0, type: 'function', function: { arguments: '{"a":' } },
      { index: 0, type: 'function', function: { arguments: '1}' } },
    ])
    assert.deepEqual(lastRun(events).required_action?.submit_tool_outputs.tool_calls, [
      { id: 'call_1', type: 'function', function: { name: 'first', arguments: '{"a":1}' } },
    ])
    const open = await rig.store.listSteps(threadId, runId, { limit: 1, order: 'desc' })
    assert.partialDeepStrictEqual(open.data[0], { status: 'in_progress', usage: null })

    const second = await rig.runs.submitToolOutputs(
      { threadId, runId },
      [{ tool_call_id: 'call_1', output: '42' }],
      { stream: true },
    )
    const rest = await collect(second)
    assert.deepEqual(names(rest), [
      'run.step.completed',
      'run.queued',
      'run.in_progress',
      ...messageOpens,
      'message.delta',
      ...messageCloses,
    ])
    assert.partialDeepStrictEqual(rest[0]?.data, {
      usage: { total_tokens: 25 },
      step_details: { tool_calls: [{ function: { output: '42' } }] },
    })
    assert.equal(lastRun(rest).usage?.total_tokens, 50)
  })

  it('show parallel calls one after the other (4.5), whatever their order of arrival', async () => {
    rig.server.script({
      interleave: true,
      toolCalls: [
        { name: 'first', arguments: ['{"a":', '1', '}'] },
        { name: 'second', arguments: ['{"b"', ':2}'] },
      ],
    })
    const { started } = await start({ tools: functions })
    const events = await collect(started)
    const indices = events.flatMap(({ data }) => {
      if (data.object !== 'thread.run.step.delta') return []
      const details = data.delta.step_details
      return details?.type === 'tool_calls' ? (details.tool_calls ?? []).map((c) => c.index) : []
    })
    assert.deepEqual(
      indices,
      indices.toSorted((a, b) => a - b),
    )
    const calls = lastRun(events).required_action?.submit_tool_outputs.tool_calls
    assert.deepEqual(
      calls?.map((call) => call.function),
      [
        { name: 'first', arguments: '{"a":1}' },
        { name: 'second', arguments: '{"b":2}' },
      ],
    )
  })

  it('close the message step before the tool step when text comes with calls', async () => {
    rig.server.script({ text: 'Let me see', toolCalls: [{ name: 'first', arguments: '{}' }] })
    const { started } = await start({ tools: functions })
    assert.deepEqual(names(await collect(started)), [
      ...opening,
      ...messageOpens,
      'message.delta',
      'message.completed',
      'run.step.completed',
      'run.step.created',
      'run.step.in_progress',
      'run.step.delta',
      'run.step.delta',
      'run.requires_action',
    ])
  })

  it('open no message for white space before calls', async () => {
    rig.server.script({ text: '\n\n', toolCalls: [{ name: 'first', arguments: '{}' }] })
    const { started } = await start({ tools: functions })
    assert.ok(!names(await collect(started)).some((name) => name.startsWith('message')))
  })

  it('are those of 4.8 for a failure in the middle', async () => {
    rig.server.script({ text: ['Half', ' an answer'], breakAfterChunks: 2 })
    const { started } = await start()
    const events = await collect(started)
    assert.deepEqual(names(events), [
      ...opening,
      ...messageOpens,
      'message.delta',
      'message.incomplete',
      'run.step.failed',
      'run.failed',
    ])
    const incomplete = events.find(({ event }) => event === 'thread.message.incomplete')?.data
    assert.partialDeepStrictEqual(incomplete, {
      incomplete_details: { reason: 'run_failed' },
      content: [{ text: { value: 'Half' } }],
    })
    assert.deepEqual(lastRun(events).last_error, {
      code: 'server_error',
      message: 'The model endpoint broke off its answer.',
    })
  })

  it('are those of 4.8 for a cancel in the middle, and the model request is aborted', async () => {
    const never = new Promise(() => {})
    rig.server.script({ text: ['Half', 'more'], pause: { afterChunks: 2, until: never } })
    const { started, threadId, runId } = await start()
    const iterator = eventsOf(started)
    await readUntil(iterator, 'thread.message.delta')
    const cancelling = await rig.runs.cancelRun(threadId, runId)
    assert.partialDeepStrictEqual(cancelling, { status: 'cancelling', cancelled_at: null })
    assert.deepEqual(names(await readUntil(iterator, 'thread.run.cancelled')), [
      'run.cancelling',
      'message.incomplete',
      'run.step.cancelled',
      'run.cancelled',
    ])
    assert.equal((await iterator.next()).done, true)
    assert.equal(await rig.server.requests.at(-1)?.closed, true)
  })

  it('are those of 4.8 for an expiry in the middle', async () => {
    const never = new Promise(() => {})
    rig.server.script({ text: ['Half', 'more'], pause: { afterChunks: 2, until: never } })
    const { started } = await start()
    const iterator = eventsOf(started)
    await readUntil(iterator, 'thread.message.delta')
    rig.clock.now += 600_000
    rig.sweep()
    assert.deepEqual(names(await readUntil(iterator, 'thread.run.expired')), [
      'message.incomplete',
      'run.step.expired',
      'run.expired',
    ])
  })

  it('are those of 4.9 for an answer cut at its length', async () => {
    rig.server.script({ text: ['Half'], finishReason: 'length' })
    const { started } = await start()
    const events = await collect(started)
    assert.deepEqual(names(events).slice(-3), [
      'message.incomplete',
      'run.step.completed',
      'run.incomplete',
    ])
    assert.deepEqual(lastRun(events).incomplete_details, { reason: 'max_completion_tokens' })
  })

  it('come only after what they show was written, and with the thread free', async () => {
    rig.server.script({ text: ['a', 'b'] })
    const { started, threadId, runId } = await start()
    for await (const { event, data } of eventsOf(started)) {
      if (data.object === 'thread.message') {
        const stored = await rig.store.getMessage(threadId, data.id)
        assert.ok(stored, event)
      }
      if (data.object === 'thread.run' && data.status === 'completed') {
        assert.equal((await rig.store.getRun(threadId, runId))?.status, 'completed')
        await rig.runs.createMessage(threadId, { role: 'user', content: 'next' })
      }
    }
  })

  it('never mix between the readers of two runs', async () => {
    rig.server.script({ toolCalls: [{ name: 'first', arguments: '{}' }] }, 'One', 'Two')
    const [a, b] = [await start({ tools: functions }), await start()]
    const [first, other] = await Promise.all([collect(a.started), collect(b.started)])
    const idsOf = (events: typeof first) =>
      new Set(events.flatMap(({ data }) => (data.object === 'thread.run' ? data.id : [])))
    assert.deepEqual([...idsOf(first)], [a.runId])
    assert.deepEqual([...idsOf(other)], [b.runId])
  })

  it('go on without a reader: a closed stream does not cancel', async () => {
    let go = () => {}
    const gate = new Promise<void>((resolve) => (go = resolve))
    rig.server.script({ text: ['a', 'b'], pause: { afterChunks: 2, until: gate } })
    const { started, threadId, runId } = await start()
    const iterator = eventsOf(started)
    await readUntil(iterator, 'thread.message.delta')
    await iterator.return?.()
    go()
    await untilOver(rig, { threadId, runId })
    assert.equal((await rig.runs.getRun(threadId, runId)).status, 'completed')
  })
})

async function untilOver(rig: Rig, { threadId, runId }: { threadId: string; runId: string }) {
  while ((await rig.runs.getRun(threadId, runId)).status !== 'completed') {
    await new Promise(setImmediate)
  }
}
