import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import type OpenAI from 'openai'

import type { Reply } from '../../helpers/model-server.ts'
import { readStream, toEvents, type OpenStream, type WireEvent } from './events.ts'
import { streamHelpers } from './sdks.ts'
import { createConformanceServer, type ConformanceServer } from './server.ts'

const tools: OpenAI.Beta.AssistantTool[] = [
  { type: 'function', function: { name: 'first' } },
  { type: 'function', function: { name: 'second' } },
]
const call = (name: string, ...pieces: string[]) => ({ name, arguments: pieces })
const never = new Promise<never>(() => {})

const opening = ['run.created', 'run.queued', 'run.in_progress']
const stepOpens = ['run.step.created', 'run.step.in_progress']
const messageOpens = [...stepOpens, 'message.created', 'message.in_progress']
const messageCloses = ['message.completed', 'run.step.completed', 'run.completed', 'done']

let server: ConformanceServer
let assistant_id: string
let thread_id: string
let nowMs = Date.now()
before(async () => {
  server = await createConformanceServer({ now: () => nowMs })
  const { assistants } = server.sdk.beta
  assistant_id = (await assistants.create({ model: 'scripted', tools, instructions: 'i' })).id
})
after(() => server.close())
beforeEach(async () => {
  const messages = [{ role: 'user' as const, content: 'hi' }]
  thread_id = (await server.sdk.beta.threads.create({ messages })).id
})
afterEach(async () => assert.deepEqual(await server.problems(), []))

/** Starts a streamed run of what the model will answer. */
async function open(reply: Reply, settings: object = {}): Promise<OpenStream> {
  server.model.script(reply)
  const body = { assistant_id, stream: true, ...settings }
  const response = await server.send('POST', `/threads/${thread_id}/runs`, { body })
  assert.equal(response.status, 200)
  return readStream(response)
}

/** The stream taken apart, after the helpers of every version have read the same bytes. */
async function eventsOf(stream: OpenStream): Promise<WireEvent[]> {
  const text = await stream.whole()
  const events = toEvents(text)
  const last = runOf(events)
  const messages = events.flatMap(({ event, data }) =>
    /^thread\.message\.(completed|incomplete)$/.test(event) ? [data as Message] : [],
  )
  for (const [version, read] of Object.entries(streamHelpers)) {
    if (last.status === 'incomplete' && version === 'openai 4.104') {
      // It never learnt that event, whoever sends it.
      await assert.rejects(read(text), /Final run has not been received/)
      continue
    }
    const result = await read(text)
    assert.equal(result.run.id, last.id, version)
    assert.equal(result.run.status, last.status, version)
    assert.deepEqual(
      // Old versions put messages together from their deltas, which have an index (4.11).
      result.messages.map(({ content }) => content.map((block, index) => ({ ...block, index }))),
      messages.map(({ content }) => content.map((block, index) => ({ ...block, index }))),
      version,
    )
  }
  const { runs, messages: stored } = server.sdk.beta.threads
  assert.deepEqual(await runs.retrieve(last.id, { thread_id: last.thread_id }), last)
  for (const message of messages) {
    const { id, thread_id: of } = message
    assert.deepEqual(await stored.retrieve(id, { thread_id: of }), message)
  }
  return events
}

type Run = OpenAI.Beta.Threads.Run
type Step = OpenAI.Beta.Threads.Runs.RunStep
type Message = OpenAI.Beta.Threads.Message

const names = (events: WireEvent[]) => events.map(({ event }) => event.replace(/^thread\./, ''))

function dataOf<T>(events: WireEvent[], name: string): T[] {
  // The server has held every event against its schema.
  return events.flatMap(({ event, data }) => (event === `thread.${name}` ? [data as T] : []))
}

/** The run as the last event of it shows it. */
function runOf(events: WireEvent[]): Run {
  const last = events.findLast(({ event }) => /^thread\.run\.[a-z_]+$/.test(event))
  assert.ok(last)
  return last.data as Run
}

function toolDeltas(events: WireEvent[]): unknown[] {
  return dataOf<OpenAI.Beta.Threads.Runs.RunStepDeltaEvent>(events, 'run.step.delta').flatMap(
    ({ delta: { step_details } }) => {
      assert.equal(step_details?.type, 'tool_calls')
      return step_details.tool_calls ?? []
    },
  )
}

function textDeltas(events: WireEvent[]): unknown[] {
  const deltas = dataOf<OpenAI.Beta.Threads.MessageDeltaEvent>(events, 'message.delta')
  return deltas.flatMap(({ delta }) => delta.content ?? [])
}

async function submit(run: Run, outputs: Record<string, string>): Promise<OpenStream> {
  const tool_outputs = Object.entries(outputs).map(([tool_call_id, output]) => ({
    tool_call_id,
    output,
  }))
  const path = `/threads/${run.thread_id}/runs/${run.id}/submit_tool_outputs`
  return readStream(await server.send('POST', path, { body: { tool_outputs, stream: true } }))
}

describe('the events on the wire', () => {
  it('of a plain text run (4.2)', async () => {
    const events = await eventsOf(await open({ text: ['Hel', 'lo'] }))
    const deltas = ['message.delta', 'message.delta']
    assert.deepEqual(names(events), [...opening, ...messageOpens, ...deltas, ...messageCloses])
    assert.equal(events.at(-1)?.data, '[DONE]')
    // Every payload is what was true at that instant.
    const runs = events.filter(({ event }) => /^thread\.run\.[a-z_]+$/.test(event))
    assert.deepEqual(
      runs.map(({ data }) => (data as Run).status),
      ['queued', 'queued', 'in_progress', 'completed'],
    )
    const [created] = dataOf<Run>(events, 'run.created')
    assert.equal(created?.expires_at, (created?.created_at ?? 0) + 600)
    assert.equal(created.started_at, null)
    const [opened] = dataOf<Step>(events, 'run.step.created')
    const [message] = dataOf<Message>(events, 'message.created')
    assert.partialDeepStrictEqual(opened, {
      status: 'in_progress',
      type: 'message_creation',
      usage: null,
      step_details: { message_creation: { message_id: message?.id } },
    })
    assert.deepEqual(dataOf<Step>(events, 'run.step.in_progress'), [opened])
    assert.partialDeepStrictEqual(message, { status: 'in_progress', content: [] })
    assert.deepEqual(dataOf<Message>(events, 'message.in_progress'), [message])
    assert.deepEqual(textDeltas(events), [
      { index: 0, type: 'text', text: { value: 'Hel', annotations: [] } },
      { index: 0, type: 'text', text: { value: 'lo' } },
    ])
    const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }
    assert.partialDeepStrictEqual(dataOf<Step>(events, 'run.step.completed'), [{ usage }])
    assert.partialDeepStrictEqual(runOf(events), { usage, expires_at: null })
  })

  it('of a run that comes with its thread (4.2)', async () => {
    server.model.script('Hello')
    const body = { assistant_id, stream: true, thread: { messages: [] } }
    const events = await eventsOf(readStream(await server.send('POST', '/threads/runs', { body })))
    assert.deepEqual(names(events), [
      'created',
      ...opening,
      ...messageOpens,
      'message.delta',
      ...messageCloses,
    ])
  })

  it('of a function call and of its outputs, while the first stream is open (4.3, 4.4)', async () => {
    const first = await open({ toolCalls: [call('first', '{"ci', 'ty":"x"}')] })
    await first.until('thread.run.requires_action')
    // Not read to its end: whatever the submit needs must be free by now.
    const [waiting] = (await server.sdk.beta.threads.runs.list(thread_id)).data
    assert.ok(waiting)
    server.model.script({ text: ['It is', ' fine'] })
    const second = await submit(waiting, { call_1: '' })
    const rest = await eventsOf(second)
    const events = toEvents(await first.whole())
    assert.deepEqual(names(events), [
      ...opening,
      ...stepOpens,
      ...Array<string>(3).fill('run.step.delta'),
      'run.requires_action',
      'done',
    ])
    assert.deepEqual(toolDeltas(events), [
      {
        index: 0,
        id: 'call_1',
        type: 'function',
        function: { name: 'first', arguments: '', output: null },
      },
      { index: 0, type: 'function', function: { arguments: '{"ci' } },
      { index: 0, type: 'function', function: { arguments: 'ty":"x"}' } },
    ])
    const [opened] = dataOf<Step>(events, 'run.step.created')
    assert.deepEqual(opened?.step_details, { type: 'tool_calls', tool_calls: [] })
    const required = runOf(events)
    assert.equal(required.usage, null)
    assert.deepEqual(required.required_action?.submit_tool_outputs.tool_calls, [
      { id: 'call_1', type: 'function', function: { name: 'first', arguments: '{"city":"x"}' } },
    ])

    assert.deepEqual(names(rest), [
      'run.step.completed',
      'run.queued',
      'run.in_progress',
      ...messageOpens,
      'message.delta',
      'message.delta',
      ...messageCloses,
    ])
    assert.partialDeepStrictEqual(rest[0]?.data, {
      id: opened.id,
      usage: { total_tokens: 25 },
      step_details: { tool_calls: [{ id: 'call_1', function: { output: '' } }] },
    })
    assert.partialDeepStrictEqual(rest[1]?.data, {
      required_action: null,
      expires_at: required.expires_at,
      started_at: required.started_at,
    })
    assert.equal(runOf(rest).usage?.total_tokens, 50)
  })

  it('of parallel calls, one after the other (4.5)', async () => {
    const events = await eventsOf(
      await open({
        interleave: true,
        toolCalls: [call('first', '{"a":', '1', '}'), call('second', '{"b"', ':2}')],
      }),
    )
    const indices = toolDeltas(events).map((delta) => (delta as { index: number }).index)
    assert.deepEqual(
      indices,
      indices.toSorted((a, b) => a - b),
    )
    assert.deepEqual(new Set(indices), new Set([0, 1]))
    const calls = runOf(events).required_action?.submit_tool_outputs.tool_calls
    assert.deepEqual(
      calls?.map((each) => each.function.arguments),
      ['{"a":1}', '{"b":2}'],
    )
    server.model.script('ok')
    // In any order; stored in the order of the calls.
    const rest = await eventsOf(await submit(runOf(events), { call_2: 'two', call_1: 'one' }))
    const [step] = dataOf<Step>(rest, 'run.step.completed')
    assert.partialDeepStrictEqual(step?.step_details, {
      tool_calls: [{ function: { output: 'one' } }, { function: { output: 'two' } }],
    })
  })

  it('of text and calls in one turn: the message first (3.5)', async () => {
    const events = await eventsOf(
      await open({ text: ['Let me', ' see'], toolCalls: [call('first', '{}')] }),
    )
    assert.deepEqual(names(events), [
      ...opening,
      ...messageOpens,
      'message.delta',
      'message.delta',
      'message.completed',
      'run.step.completed',
      ...stepOpens,
      'run.step.delta',
      'run.step.delta',
      'run.requires_action',
      'done',
    ])
    server.model.script('Done')
    const rest = await eventsOf(await submit(runOf(events), { call_1: '1' }))
    assert.equal(names(rest)[0], 'run.step.completed')
  })

  it('of a text and a refusal: two blocks', async () => {
    const events = await eventsOf(await open({ text: 'Well. ', refusal: 'No.' }))
    assert.deepEqual(textDeltas(events), [
      { index: 0, type: 'text', text: { value: 'Well. ', annotations: [] } },
      { index: 1, type: 'refusal', refusal: 'No.' },
    ])
  })

  it('of a run that fails at once (4.8)', async () => {
    const events = await eventsOf(await open({ error: { status: 500 } }))
    assert.deepEqual(names(events), [...opening, 'run.failed', 'done'])
    assert.partialDeepStrictEqual(runOf(events), { last_error: { code: 'server_error' } })
    assert.notEqual(runOf(events).failed_at, null)
  })

  it('of a run that fails in the middle of its message (4.8)', async () => {
    const events = await eventsOf(await open({ text: ['Hel', 'lo'], breakAfterChunks: 2 }))
    assert.deepEqual(names(events), [
      ...opening,
      ...messageOpens,
      'message.delta',
      'message.incomplete',
      'run.step.failed',
      'run.failed',
      'done',
    ])
    const [message] = dataOf<Message>(events, 'message.incomplete')
    assert.partialDeepStrictEqual(message, {
      status: 'incomplete',
      incomplete_details: { reason: 'run_failed' },
      completed_at: null,
      content: [{ text: { value: 'Hel' } }],
    })
    assert.notEqual(message?.incomplete_at, null)
    const [step] = dataOf<Step>(events, 'run.step.failed')
    assert.partialDeepStrictEqual(step, { last_error: { code: 'server_error' } })
  })

  it('of a run that is cancelled in the middle of its message (4.8)', async () => {
    const stream = await open({ text: ['Hel', 'lo'], pause: { afterChunks: 2, until: never } })
    await stream.until('Hel')
    const { runs } = server.sdk.beta.threads
    const [running] = (await runs.list(thread_id)).data
    const stopping = await runs.cancel(running?.id ?? '', { thread_id })
    assert.partialDeepStrictEqual(stopping, { status: 'cancelling', cancelled_at: null })
    assert.equal(stopping.expires_at, running?.expires_at)
    const events = await eventsOf(stream)
    assert.deepEqual(names(events), [
      ...opening,
      ...messageOpens,
      'message.delta',
      'run.cancelling',
      'message.incomplete',
      'run.step.cancelled',
      'run.cancelled',
      'done',
    ])
    const [message] = dataOf<Message>(events, 'message.incomplete')
    assert.deepEqual(message?.incomplete_details, { reason: 'run_cancelled' })
  })

  it('of a run whose time is over (4.8)', async () => {
    const stream = await open({ text: ['Hel', 'lo'], pause: { afterChunks: 2, until: never } })
    await stream.until('Hel')
    nowMs += 601_000
    const { runs } = server.sdk.beta.threads
    const [running] = (await runs.list(thread_id)).data
    await runs.retrieve(running?.id ?? '', { thread_id })
    const events = await eventsOf(stream)
    assert.deepEqual(names(events), [
      ...opening,
      ...messageOpens,
      'message.delta',
      'message.incomplete',
      'run.step.expired',
      'run.expired',
      'done',
    ])
    const [message] = dataOf<Message>(events, 'message.incomplete')
    assert.deepEqual(message?.incomplete_details, { reason: 'run_expired' })
    assert.notEqual(dataOf<Step>(events, 'run.step.expired')[0]?.expired_at, null)
  })

  it('of a run that is cut short (4.9)', async () => {
    for (const [finishReason, reason] of [
      ['length', 'max_tokens'],
      ['content_filter', 'content_filter'],
    ] as const) {
      const messages = [{ role: 'user' as const, content: 'hi' }]
      thread_id = (await server.sdk.beta.threads.create({ messages })).id
      const events = await eventsOf(await open({ text: 'Hel', finishReason }))
      assert.deepEqual(names(events), [
        ...opening,
        ...messageOpens,
        'message.delta',
        'message.incomplete',
        'run.step.completed',
        'run.incomplete',
        'done',
      ])
      const [message] = dataOf<Message>(events, 'message.incomplete')
      assert.deepEqual(message?.incomplete_details, { reason })
      assert.deepEqual(
        runOf(events).incomplete_details,
        reason === 'max_tokens' ? { reason: 'max_completion_tokens' } : {},
      )
    }
  })

  it('of a stream that itself goes wrong: an error, then done (4.10)', async () => {
    const other = await createConformanceServer()
    try {
      const assistant = await other.sdk.beta.assistants.create({ model: 'm', instructions: 'i' })
      other.model.script({ text: ['Hel', 'lo'], pause: { afterChunks: 2, until: never } })
      const body = { assistant_id: assistant.id, stream: true }
      const stream = readStream(await other.send('POST', '/threads/runs', { body }))
      await stream.until('Hel')
      await other.runs.close()
      const text = await stream.whole()
      const events = toEvents(text)
      assert.deepEqual(names(events).slice(-2), ['error', 'done'])
      const error = {
        message: 'The server is shutting down.',
        type: 'server_error',
        param: null,
        code: null,
      }
      assert.deepEqual(events.at(-2)?.data, { error, ...error })
      for (const [version, read] of Object.entries(streamHelpers)) {
        await assert.rejects(read(text), /The server is shutting down/, version)
      }
      assert.deepEqual(await other.problems(), [])
    } finally {
      await other.close()
    }
  })
})
