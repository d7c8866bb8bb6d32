import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import OpenAI from 'openai'
import type { AssistantStream } from 'openai/lib/AssistantStream'

import { createTestRuntime, type TestRuntime } from './runtime.ts'

const pollIntervalMs = 5
const tools: OpenAI.Beta.FunctionTool[] = [{ type: 'function', function: { name: 'ask_database' } }]

let runtime: TestRuntime
let threads: OpenAI.Beta.Threads
let runs: OpenAI.Beta.Threads.Runs
let assistant_id: string
let thread_id: string
before(async () => {
  runtime = await createTestRuntime()
  threads = runtime.client.beta.threads
  runs = threads.runs
  assistant_id = (await runtime.client.beta.assistants.create({ model: 'scripted', tools })).id
})
after(() => runtime.close())
beforeEach(async () => {
  thread_id = (await threads.create({ messages: [{ role: 'user', content: '你好' }] })).id
})

async function eventNames(stream: AsyncIterable<OpenAI.Beta.AssistantStreamEvent>) {
  const names: string[] = []
  for await (const { event } of stream) names.push(event)
  return names
}

const messageTurn = [
  'thread.run.step.created',
  'thread.run.step.in_progress',
  'thread.message.created',
  'thread.message.in_progress',
  'thread.message.delta',
  'thread.message.delta',
  'thread.message.completed',
  'thread.run.step.completed',
  'thread.run.completed',
]

describe('a streamed run', () => {
  it('is a stream of events in the documented order', async () => {
    runtime.model.script({ text: ['我是', '瓜瓜'] })
    const stream = await runs.create(thread_id, { assistant_id, stream: true })
    assert.deepEqual(await eventNames(stream), [
      'thread.run.created',
      'thread.run.queued',
      'thread.run.in_progress',
      ...messageTurn,
    ])
  })

  it('starts with the thread when it comes with one', async () => {
    runtime.model.script({ text: ['a', 'b'] })
    const stream = threads.createAndRunStream({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'x' }] },
    })
    const names = await eventNames(stream)
    assert.deepEqual(names.slice(0, 2), ['thread.created', 'thread.run.created'])
    assert.equal((await stream.finalRun()).status, 'completed')
  })

  it('satisfies the helper of the SDK', async () => {
    runtime.model.script({ text: ['你', '好', '！'] })
    const seen: string[] = []
    const stream = runs
      .stream(thread_id, { assistant_id })
      .on('runStepCreated', ({ type }) => seen.push(type))
      .on('messageCreated', ({ role }) => seen.push(role))
      .on('textCreated', () => seen.push('text'))
      .on('textDelta', ({ value }) => seen.push(value ?? ''))
      .on('textDone', ({ value }) => seen.push(`done: ${value}`))
    const run = await stream.finalRun()
    const [message] = await stream.finalMessages()
    assert.deepEqual(seen, [
      'message_creation',
      'assistant',
      'text',
      '你',
      '好',
      '！',
      'done: 你好！',
    ])
    assert.deepEqual(message, await threads.messages.retrieve(message?.id ?? '', { thread_id }))
    assert.deepEqual(run, await runs.retrieve(run.id, { thread_id }))
  })

  it('ends with done on the wire, whatever Accept says', async () => {
    runtime.model.script('hi')
    const response = await runtime.app.request(`/v1/threads/${thread_id}/runs`, {
      method: 'POST',
      headers: { 'openai-beta': 'assistants=v2', accept: 'application/json' },
      body: JSON.stringify({ assistant_id, stream: true }),
    })
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    assert.match(response.headers.get('x-request-id') ?? '', /^req_/)
    const text = await response.text()
    assert.match(text, /^event: thread\.run\.created\ndata: \{"id":"run_/)
    assert.ok(text.endsWith('\n\nevent: done\ndata: [DONE]\n\n'))
  })

  it('shows a failed run as one', async () => {
    runtime.model.script({ error: { status: 500 } })
    const stream = runs.stream(thread_id, { assistant_id })
    assert.equal((await stream.finalRun()).status, 'failed')
  })

  it('is refused with an ordinary error', async () => {
    const request = runs.create(thread_id, { assistant_id: 'asst_none', stream: true })
    await assert.rejects(request, OpenAI.NotFoundError)
  })
})

describe('streamed tool outputs', () => {
  const call = { toolCalls: [{ name: 'ask_database', arguments: ['{"query":', '"SELECT 1"}'] }] }

  it('can be submitted while the first stream is still open', async () => {
    runtime.model.script(call, { text: ['one ', 'class'] })
    const { promise: submitted, resolve } = Promise.withResolvers<AssistantStream>()
    const first = runs.stream(thread_id, { assistant_id })
    for await (const { event, data } of first) {
      if (event !== 'thread.run.requires_action') continue
      const calls = data.required_action?.submit_tool_outputs.tool_calls ?? []
      assert.equal(calls[0]?.function.arguments, '{"query":"SELECT 1"}')
      const tool_outputs = calls.map(({ id }) => ({ tool_call_id: id, output: '[1]' }))
      resolve(runs.submitToolOutputsStream(data.id, { thread_id, tool_outputs }))
      const names = await eventNames(await submitted)
      assert.deepEqual(names, [
        'thread.run.step.completed',
        'thread.run.queued',
        'thread.run.in_progress',
        ...messageTurn,
      ])
    }
    assert.equal((await first.finalRun()).status, 'requires_action')
    assert.equal((await (await submitted).finalRun()).status, 'completed')
    assert.equal((await (await submitted).finalMessages()).length, 1)
  })

  it('reach the helper as tool calls', async () => {
    runtime.model.script(call)
    const seen: string[] = []
    const stream = runs
      .stream(thread_id, { assistant_id })
      .on('toolCallCreated', ({ type }) => seen.push(type))
      .on('toolCallDone', (done) => {
        if (done.type === 'function') seen.push(done.function.arguments)
      })
    assert.equal((await stream.finalRun()).status, 'requires_action')
    assert.deepEqual(seen, ['function', '{"query":"SELECT 1"}'])
  })
})

describe('a client that goes away', () => {
  it('does not cancel the run', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    runtime.model.script({ text: ['a', 'b', 'c'], pause: { afterChunks: 2, until: promise } })
    const stream = runs.stream(thread_id, { assistant_id })
    const { promise: aborted, resolve: abort } = Promise.withResolvers<string>()
    stream.on('textDelta', () => {
      abort(stream.currentRun()?.id ?? '')
      stream.abort()
    })
    await assert.rejects(stream.done(), OpenAI.APIUserAbortError)
    resolve()
    const run = await runs.poll(await aborted, { thread_id }, { pollIntervalMs })
    assert.equal(run.status, 'completed')
    const [answer] = (await threads.messages.list(thread_id)).data
    assert.deepEqual(answer?.content, [{ type: 'text', text: { value: 'abc', annotations: [] } }])
  })

  it('may also just stop reading', async () => {
    runtime.model.script({ text: ['a', 'b', 'c'] })
    const stream = await runs.create(thread_id, { assistant_id, stream: true })
    let id = ''
    for await (const { event, data } of stream) {
      if (event === 'thread.run.created') id = data.id
      if (event === 'thread.message.delta') break
    }
    const run = await runs.poll(id, { thread_id }, { pollIntervalMs })
    assert.equal(run.status, 'completed')
  })
})
