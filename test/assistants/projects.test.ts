import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { refusal } from './routes/refusal.ts'
import { createTestClient, createTestRuntime, type TestRuntime } from './runtime.ts'

const keys = {
  ours: 'sk-ours-0123456789',
  second: 'sk-second-0123456789',
  theirs: 'sk-theirs-01234',
}
const polling = { pollIntervalMs: 5 }

/** Everything that the first key made: a run that waits for the output of a function, and its like. */
interface Objects {
  assistant_id: string
  thread_id: string
  message_id: string
  run_id: string
  step_id: string
  call_id: string
}

let runtime: TestRuntime
let ours: OpenAI
let second: OpenAI
let theirs: OpenAI
let made: Objects
before(async () => {
  runtime = await createTestRuntime()
  const app = runtime.createApp({
    apiKeys: [
      { project: 'class_3', key: keys.ours },
      { project: 'class_3', key: keys.second },
      { project: 'class_4', key: keys.theirs },
    ],
  })
  ours = createTestClient(app, keys.ours)
  second = createTestClient(app, keys.second)
  theirs = createTestClient(app, keys.theirs)
  made = await makeObjects(ours)
})
after(() => runtime.close())

async function makeObjects(client: OpenAI): Promise<Objects> {
  const { assistants, threads } = client.beta
  const tools: OpenAI.Beta.FunctionTool[] = [{ type: 'function', function: { name: 'now' } }]
  const { id: assistant_id } = await assistants.create({ model: 'scripted', tools })
  const { id: thread_id } = await threads.create()
  const message = await threads.messages.create(thread_id, { role: 'user', content: 'Hello' })
  runtime.model.script({ toolCalls: [{ name: 'now', arguments: '{}' }] })
  const run = await threads.runs.createAndPoll(thread_id, { assistant_id }, polling)
  const [step] = (await threads.runs.steps.list(run.id, { thread_id })).data
  const [call] = run.required_action?.submit_tool_outputs.tool_calls ?? []
  assert.ok(step && call)
  const ids = { assistant_id, thread_id, message_id: message.id, run_id: run.id }
  return { ...ids, step_id: step.id, call_id: call.id }
}

/** Every operation on objects that exist. What is missing first decides the answer. */
const operations: Record<string, (client: OpenAI, ids: Objects) => PromiseLike<unknown>> = {
  'assistant: retrieve': ({ beta }, { assistant_id }) => beta.assistants.retrieve(assistant_id),
  'assistant: update': ({ beta }, { assistant_id }) =>
    beta.assistants.update(assistant_id, { name: 'taken' }),
  'assistant: delete': ({ beta }, { assistant_id }) => beta.assistants.delete(assistant_id),
  'assistant: createAndRun': ({ beta }, { assistant_id }) =>
    beta.threads.createAndRun({ assistant_id }),
  'assistant: createAndRun, streamed': ({ beta }, { assistant_id }) =>
    beta.threads.createAndRun({ assistant_id, stream: true }),
  'thread: retrieve': ({ beta }, { thread_id }) => beta.threads.retrieve(thread_id),
  'thread: update': ({ beta }, { thread_id }) =>
    beta.threads.update(thread_id, { metadata: { a: 'b' } }),
  'thread: update nothing': ({ beta }, { thread_id }) => beta.threads.update(thread_id, {}),
  'thread: delete': ({ beta }, { thread_id }) => beta.threads.delete(thread_id),
  'thread: messages.create': ({ beta }, { thread_id }) =>
    beta.threads.messages.create(thread_id, { role: 'user', content: 'Hi' }),
  'thread: messages.list': ({ beta }, { thread_id }) => beta.threads.messages.list(thread_id),
  'thread: messages.list of a run': ({ beta }, { thread_id, run_id }) =>
    beta.threads.messages.list(thread_id, { run_id }),
  'thread: messages.retrieve': ({ beta }, { thread_id, message_id }) =>
    beta.threads.messages.retrieve(message_id, { thread_id }),
  'thread: messages.update': ({ beta }, { thread_id, message_id }) =>
    beta.threads.messages.update(message_id, { thread_id, metadata: { a: 'b' } }),
  'thread: messages.update nothing': ({ beta }, { thread_id, message_id }) =>
    beta.threads.messages.update(message_id, { thread_id }),
  'thread: messages.delete': ({ beta }, { thread_id, message_id }) =>
    beta.threads.messages.delete(message_id, { thread_id }),
  'thread: runs.create': ({ beta }, { thread_id, assistant_id }) =>
    beta.threads.runs.create(thread_id, { assistant_id }),
  'thread: runs.create, streamed': ({ beta }, { thread_id, assistant_id }) =>
    beta.threads.runs.create(thread_id, { assistant_id, stream: true }),
  'thread: runs.list': ({ beta }, { thread_id }) => beta.threads.runs.list(thread_id),
  'thread: runs.retrieve': ({ beta }, { thread_id, run_id }) =>
    beta.threads.runs.retrieve(run_id, { thread_id }),
  'thread: runs.update': ({ beta }, { thread_id, run_id }) =>
    beta.threads.runs.update(run_id, { thread_id, metadata: { a: 'b' } }),
  'thread: runs.update nothing': ({ beta }, { thread_id, run_id }) =>
    beta.threads.runs.update(run_id, { thread_id }),
  'thread: runs.submitToolOutputs': ({ beta }, { thread_id, run_id, call_id }) =>
    beta.threads.runs.submitToolOutputs(run_id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call_id, output: 'taken' }],
    }),
  'thread: runs.submitToolOutputs, streamed': ({ beta }, { thread_id, run_id, call_id }) =>
    beta.threads.runs.submitToolOutputs(run_id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call_id, output: 'taken' }],
      stream: true,
    }),
  'thread: runs.cancel': ({ beta }, { thread_id, run_id }) =>
    beta.threads.runs.cancel(run_id, { thread_id }),
  'thread: steps.list': ({ beta }, { thread_id, run_id }) =>
    beta.threads.runs.steps.list(run_id, { thread_id }),
  'thread: steps.retrieve': ({ beta }, { thread_id, run_id, step_id }) =>
    beta.threads.runs.steps.retrieve(step_id, { thread_id, run_id }),
}

describe('an object of another project', () => {
  for (const [name, operation] of Object.entries(operations)) {
    it(`is as good as missing, ${name}`, async () => {
      const kind = name.startsWith('assistant') ? 'assistant' : 'thread'
      const before = await snapshot()
      const { status, message, code, type } = await refusal(operation(theirs, made))
      const id = made[`${kind}_id`]
      assert.deepEqual([status, message], [404, `No ${kind} found with id '${id}'.`])
      // The same as an id that nobody has.
      const nobody = { ...made, [`${kind}_id`]: `${id}x` }
      const missing = await refusal(operation(theirs, nobody))
      assert.deepEqual(missing, {
        ...missing,
        status,
        code,
        type,
        message: `No ${kind} found with id '${id}x'.`,
      })
      assert.deepEqual(await snapshot(), before)
    })
  }

  /** Everything there is, as its owner sees it. */
  async function snapshot(): Promise<unknown[]> {
    const { thread_id, run_id } = made
    const { assistants, threads } = ours.beta
    return [
      (await assistants.list()).data,
      await threads.retrieve(thread_id),
      (await threads.messages.list(thread_id)).data,
      (await threads.runs.list(thread_id)).data,
      (await threads.runs.steps.list(run_id, { thread_id })).data,
    ]
  }

  it('serves no list as a cursor, and is in none', async () => {
    const other = await makeObjects(theirs)
    const { assistants, threads } = theirs.beta
    const { thread_id, run_id } = other
    assert.deepEqual(
      (await assistants.list()).data.map(({ id }) => id),
      [other.assistant_id],
    )
    const lists: [noun: string, cursor: string, list: (page: object) => PromiseLike<unknown>][] = [
      ['assistant', made.assistant_id, (page) => assistants.list(page)],
      ['message', made.message_id, (page) => threads.messages.list(thread_id, page)],
      ['run', made.run_id, (page) => threads.runs.list(thread_id, page)],
      ['run step', made.step_id, (page) => threads.runs.steps.list(run_id, { thread_id, ...page })],
    ]
    for (const [noun, cursor, list] of lists) {
      for (const param of ['after', 'before']) {
        const { status, message, param: named } = await refusal(list({ [param]: cursor }))
        assert.deepEqual([status, message], [400, `No ${noun} found with id '${cursor}'.`])
        assert.equal(named, param)
      }
    }
  })

  it('is not reached through a thread of one’s own', async () => {
    const other = await makeObjects(theirs)
    const { threads } = theirs.beta
    const { thread_id } = other
    const wishes: [noun: string, id: string, wish: PromiseLike<unknown>][] = [
      ['message', made.message_id, threads.messages.retrieve(made.message_id, { thread_id })],
      ['message', made.message_id, threads.messages.delete(made.message_id, { thread_id })],
      ['run', made.run_id, threads.runs.retrieve(made.run_id, { thread_id })],
      ['run', made.run_id, threads.runs.cancel(made.run_id, { thread_id })],
      ['run', made.run_id, threads.runs.steps.list(made.run_id, { thread_id })],
      [
        'run step',
        made.step_id,
        threads.runs.steps.retrieve(made.step_id, { thread_id, run_id: other.run_id }),
      ],
      [
        'assistant',
        made.assistant_id,
        theirs.beta.threads
          .create()
          .then(({ id }) => threads.runs.create(id, { assistant_id: made.assistant_id })),
      ],
    ]
    for (const [noun, id, wish] of wishes) {
      const { status, message } = await refusal(wish)
      assert.deepEqual([status, message], [404, `No ${noun} found with id '${id}'.`])
    }
  })
})

describe('the objects of a project', () => {
  it('are those of each of its keys', async () => {
    const objects = await makeObjects(ours)
    // Those that end something come last.
    const isEnd = (name: string) => /delete|cancel|submit|create/.test(name)
    for (const [name, operation] of Object.entries(operations)) {
      if (!isEnd(name)) await operation(second, objects)
    }
    const { thread_id } = objects
    const output = { tool_call_id: objects.call_id, output: 'noon' }
    const run = await second.beta.threads.runs.submitToolOutputsAndPoll(
      objects.run_id,
      { thread_id, tool_outputs: [output] },
      polling,
    )
    assert.equal(run.status, 'completed')
    await second.beta.threads.delete(thread_id)
    await assert.rejects(ours.beta.threads.retrieve(thread_id), { status: 404 })
  })

  it('are not those of `default`, where requests without keys are', async () => {
    const { beta } = runtime.client
    const { status } = await refusal(beta.threads.retrieve(made.thread_id))
    assert.equal(status, 404)
    assert.deepEqual((await beta.assistants.list()).data, [])
    const { id } = await beta.assistants.create({ model: 'scripted' })
    assert.equal((await refusal(ours.beta.assistants.retrieve(id))).status, 404)
    assert.deepEqual((await runtime.store.project('default').getAssistant(id))?.id, id)
  })

  it('are the engine’s, all of them', async () => {
    assert.equal((await runtime.store.getThread(made.thread_id))?.id, made.thread_id)
    const active = (await runtime.store.listActiveRuns()).map(({ id }) => id)
    assert.ok(active.includes(made.run_id))
  })
})

describe('usage records', () => {
  it('name the project and the id of the key that asked for the run', async () => {
    runtime.model.script('Done')
    const { id: assistant_id } = await second.beta.assistants.create({ model: 'scripted' })
    const thread = { messages: [{ role: 'user' as const, content: 'Hello' }] }
    await second.beta.threads.createAndRunPoll({ assistant_id, thread }, polling)
    const query = { start: 0, end: 4_000_000_000, bucketWidth: '1d' } as const
    const sums = await runtime.store.sumUsage({
      ...query,
      groupBy: ['project_id', 'api_key_id'],
      only: { assistant_id: [assistant_id] },
    })
    const hash = createHash('sha256').update(keys.second).digest('hex')
    const expected = { project_id: 'class_3', api_key_id: `key_${hash.slice(0, 16)}`, requests: 1 }
    assert.partialDeepStrictEqual(sums, [expected])
  })
})
