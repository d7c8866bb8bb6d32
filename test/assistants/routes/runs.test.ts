import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'
import { refusal } from './refusal.ts'

const pollIntervalMs = 5
const tools: OpenAI.Beta.FunctionTool[] = [
  {
    type: 'function',
    function: {
      name: 'ask_database',
      parameters: { type: 'object', properties: { query: { type: 'string' } } },
    },
  },
]
const query = '{"query":"SELECT 1"}'

let runtime: TestRuntime
let threads: OpenAI.Beta.Threads
let runs: OpenAI.Beta.Threads.Runs
let assistant_id: string
let thread_id: string
before(async () => {
  runtime = await createTestRuntime()
  threads = runtime.client.beta.threads
  runs = threads.runs
  const assistants = runtime.client.beta.assistants
  assistant_id = (await assistants.create({ model: 'scripted', instructions: '瓜瓜', tools })).id
})
after(() => runtime.close())
beforeEach(async () => {
  thread_id = (await threads.create({ messages: [{ role: 'user', content: '你是谁?' }] })).id
})

/** A run that waits for the outputs of two calls. */
async function waitingRun(): Promise<OpenAI.Beta.Threads.Run> {
  runtime.model.script({
    toolCalls: [
      { name: 'ask_database', arguments: query },
      { name: 'ask_database', arguments: '{}' },
    ],
  })
  return runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs })
}

function outputsFor(run: OpenAI.Beta.Threads.Run) {
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
  return calls.map(({ id }) => ({ tool_call_id: id, output: `output of ${id}` }))
}

/** A run that the model keeps waiting until `finish` is called. */
async function runningRun() {
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.model.script({ text: 'late', hold: promise })
  const arrived = runtime.model.request(runtime.model.requests.length)
  const run = await runs.create(thread_id, { assistant_id })
  await arrived
  return { run, finish: resolve }
}

describe('POST /threads/{thread_id}/runs', () => {
  it('answers the queued run, whose answer follows', async () => {
    runtime.model.script('我是瓜瓜。')
    const run = await runs.create(thread_id, { assistant_id, metadata: { a: '1' } })
    assert.match(run.id, /^run_\w{24}$/)
    assert.deepEqual([run.status, run.model, run.instructions], ['queued', 'scripted', '瓜瓜'])
    assert.equal(run.expires_at, run.created_at + 600)
    const done = await runs.poll(run.id, { thread_id }, { pollIntervalMs })
    assert.equal(done.status, 'completed')
    assert.ok((done.usage?.total_tokens ?? 0) > 0)
    const [answer] = (await threads.messages.list(thread_id)).data
    assert.equal(answer?.run_id, run.id)
    assert.deepEqual(answer?.content, [
      { type: 'text', text: { value: '我是瓜瓜。', annotations: [] } },
    ])
  })

  it('tells how soon to look again', async () => {
    runtime.model.script('hi')
    const { id } = await runs.create(thread_id, { assistant_id })
    const response = await runs.retrieve(id, { thread_id }).asResponse()
    const afterMs = Number(response.headers.get('openai-poll-after-ms'))
    assert.ok(afterMs >= 200 && afterMs <= 500, `${afterMs}`)
    await runs.poll(id, { thread_id }, { pollIntervalMs })
  })

  it('takes messages along, all or none', async () => {
    runtime.model.script('hi')
    const additional_messages = [{ role: 'user' as const, content: 'one more' }]
    await runs.createAndPoll(
      thread_id,
      { assistant_id, additional_messages, additional_instructions: 'be brief' },
      { pollIntervalMs },
    )
    assert.equal((await threads.messages.list(thread_id)).data.length, 3)
    const create = runs.create(thread_id, { assistant_id: 'asst_none', additional_messages })
    const { status, message } = await refusal(create)
    assert.deepEqual([status, message], [404, "No assistant found with id 'asst_none'."])
    assert.equal((await threads.messages.list(thread_id)).data.length, 3)
  })

  it('refuses a thread and an assistant that leave nothing to answer', async () => {
    const { id } = await runtime.client.beta.assistants.create({ model: 'scripted' })
    const empty = await threads.create()
    assert.deepEqual(await refusal(runs.create(empty.id, { assistant_id: id })), {
      status: 400,
      message:
        'Run creation requires a Thread with a user message or an assistant with instructions.',
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_thread',
    })
  })

  it('locks the thread until the run is over', async () => {
    const { run, finish } = await runningRun()
    const conflict = { status: 400, type: 'invalid_request_error', param: null, code: null }
    assert.deepEqual(await refusal(runs.create(thread_id, { assistant_id })), {
      ...conflict,
      message: `Thread ${thread_id} already has an active run ${run.id}.`,
    })
    const message = threads.messages.create(thread_id, { role: 'user', content: 'x' })
    assert.deepEqual(await refusal(message), {
      ...conflict,
      message: `Can't add messages to ${thread_id} while a run ${run.id} is active.`,
    })
    assert.deepEqual(await refusal(runs.update(run.id, { thread_id, metadata: {} })), {
      ...conflict,
      message: "Cannot update run with status 'in_progress'.",
    })
    const submit = runs.submitToolOutputs(run.id, { thread_id, tool_outputs: [] })
    assert.deepEqual(await refusal(submit), {
      ...conflict,
      message: 'Runs in status "in_progress" do not accept tool outputs.',
    })
    finish()
    await runs.poll(run.id, { thread_id }, { pollIntervalMs })
    await threads.messages.create(thread_id, { role: 'user', content: 'x' })
  })
})

describe('POST /threads/runs', () => {
  it('creates the thread and the run at once', async () => {
    runtime.model.script('hi')
    const run = await threads.createAndRunPoll(
      {
        assistant_id,
        thread: { messages: [{ role: 'user', content: 'a' }], metadata: { b: 'c' } },
      },
      { pollIntervalMs },
    )
    assert.equal(run.status, 'completed')
    assert.deepEqual((await threads.retrieve(run.thread_id)).metadata, { b: 'c' })
    assert.equal((await threads.messages.list(run.thread_id)).data.length, 2)
  })

  it('leaves no thread behind when it is refused', async () => {
    const thread = { messages: [{ role: 'user' as const, content: 'a' }] }
    const create = threads.createAndRun({ assistant_id: 'asst_none', thread })
    assert.equal((await refusal(create)).message, "No assistant found with id 'asst_none'.")
    const resources = { file_search: { vector_store_ids: ['vs_1'] } }
    const { status, message } = await refusal(
      threads.createAndRun({ assistant_id, thread: { tool_resources: resources } }),
    )
    assert.deepEqual([status, message], [404, "Vector store with id 'vs_1' not found."])
  })
})

describe('POST …/submit_tool_outputs', () => {
  it('goes on with the outputs', async () => {
    const run = await waitingRun()
    assert.equal(run.status, 'requires_action')
    assert.equal(run.required_action?.type, 'submit_tool_outputs')
    const tool_outputs = outputsFor(run)
    assert.equal(tool_outputs.length, 2)
    runtime.model.script('there is one class')
    const done = await runs.submitToolOutputsAndPoll(
      run.id,
      { thread_id, tool_outputs: tool_outputs.toReversed() },
      { pollIntervalMs },
    )
    assert.equal(done.status, 'completed')
    assert.equal(done.required_action, null)
    const roles = runtime.model.requests.at(-1)?.body.messages.map(({ role }) => role)
    assert.deepEqual(roles?.slice(-3), ['assistant', 'tool', 'tool'])
  })

  it('wants exactly the outputs that were asked for, and once', async () => {
    const run = await waitingRun()
    const tool_outputs = outputsFor(run)
    const ids = tool_outputs.map(({ tool_call_id }) => `'${tool_call_id}'`)
    const some = runs.submitToolOutputs(run.id, {
      thread_id,
      tool_outputs: tool_outputs.slice(0, 1),
    })
    assert.deepEqual(await refusal(some), {
      status: 400,
      message: `Expected tool outputs for call_ids [${ids.join(', ')}], got [${ids[0]}]`,
      type: 'invalid_request_error',
      param: null,
      code: null,
    })
    assert.equal((await runs.retrieve(run.id, { thread_id })).status, 'requires_action')
    const accepted = await runs.submitToolOutputs(run.id, { thread_id, tool_outputs })
    assert.equal(accepted.status, 'queued')
    const done = await runs.poll(run.id, { thread_id }, { pollIntervalMs })
    const again = await refusal(runs.submitToolOutputs(run.id, { thread_id, tool_outputs }))
    assert.equal(again.message, `Runs in status "${done.status}" do not accept tool outputs.`)
  })
})

describe('POST …/cancel', () => {
  it('cancels a run that is going on', async () => {
    const { run } = await runningRun()
    const cancelling = await runs.cancel(run.id, { thread_id })
    assert.equal(cancelling.status, 'cancelling')
    const done = await runs.poll(run.id, { thread_id }, { pollIntervalMs })
    assert.equal(done.status, 'cancelled')
    assert.ok(done.cancelled_at)
    const { status, message } = await refusal(runs.cancel(run.id, { thread_id }))
    assert.deepEqual([status, message], [400, "Cannot cancel run with status 'cancelled'."])
  })

  it('cancels a run that waits for outputs', async () => {
    const run = await waitingRun()
    await runs.cancel(run.id, { thread_id })
    const done = await runs.poll(run.id, { thread_id }, { pollIntervalMs })
    assert.deepEqual([done.status, done.required_action], ['cancelled', null])
  })
})

describe('GET and POST …/runs/{run_id}', () => {
  it('lists, retrieves and modifies', async () => {
    runtime.model.script('one', 'two')
    const first = await runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs })
    const second = await runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs })
    const listed = await runs.list(thread_id)
    assert.deepEqual(
      listed.data.map(({ id }) => id),
      [second.id, first.id],
    )
    assert.deepEqual(await runs.retrieve(first.id, { thread_id }), first)
    const changed = await runs.update(first.id, { thread_id, metadata: { seen: 'yes' } })
    assert.deepEqual(changed, { ...first, metadata: { seen: 'yes' } })
    assert.deepEqual(await runs.update(first.id, { thread_id }), changed)
  })

  it('answers 404 for a run of another thread', async () => {
    runtime.model.script('one')
    const { id } = await runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs })
    const other = await threads.create()
    const { status, message } = await refusal(runs.retrieve(id, { thread_id: other.id }))
    assert.deepEqual([status, message], [404, `No run found with id '${id}'.`])
  })

  it('shows a failure of the model in the run, not as an error', async () => {
    runtime.model.script({ error: { status: 429, message: 'quota', code: 'rate_limit_exceeded' } })
    const run = await runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs })
    assert.equal(run.status, 'failed')
    assert.equal(run.last_error?.code, 'rate_limit_exceeded')
  })
})
