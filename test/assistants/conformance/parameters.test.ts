import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import type OpenAI from 'openai'

import type { ChatBody } from '../../helpers/model-server.ts'
import { schemas } from './document.ts'
import { createConformanceServer, type ConformanceServer } from './server.ts'

const tools = [
  { type: 'function' as const, function: { name: 'first', parameters: { type: 'object' } } },
  { type: 'function' as const, function: { name: 'second', strict: true } },
]
const shownTools = [
  {
    type: 'function',
    function: { name: 'first', parameters: { type: 'object' }, strict: false },
  },
  {
    type: 'function',
    function: { name: 'second', parameters: { type: 'object', properties: {} }, strict: true },
  },
]
const jsonSchema = {
  type: 'json_schema' as const,
  json_schema: { name: 'n', description: 'd', schema: { type: 'object' }, strict: true },
}
const user = { role: 'user' as const, content: 'hi' }

let server: ConformanceServer
let threads: OpenAI.Beta.Threads
let thread_id: string
before(async () => {
  server = await createConformanceServer()
  threads = server.sdk.beta.threads
})
after(() => server.close())
beforeEach(async () => {
  server.model.requests.splice(0)
  thread_id = (await threads.create({ messages: [user] })).id
})
afterEach(async () => assert.deepEqual(await server.problems(), []))

/** What the model server got for the last turn. */
function lastAsked(): ChatBody {
  const request = server.model.requests.at(-1)
  assert.ok(request)
  return request.body
}

type AssistantBody = Partial<OpenAI.Beta.AssistantCreateParams>

async function assistant(body: AssistantBody = {}): Promise<string> {
  const { id } = await server.sdk.beta.assistants.create({
    model: 'scripted',
    instructions: 'Be kind.',
    ...body,
  })
  return id
}

/** An effect that a parameter has in the object and at the model; undefined: none there. */
interface Effect {
  value: unknown
  shown?: unknown
  asked?: object
}

/** Members of an assistant that a run takes over, and may replace. */
const settings: Record<string, Effect> = {
  model: { value: 'other', asked: { model: 'other' } },
  instructions: {
    value: 'Be short.',
    asked: { messages: [{ role: 'system', content: 'Be short.' }, user] },
  },
  tools: { value: tools, shown: shownTools, asked: { tools: shownTools } },
  temperature: { value: 0.3, asked: { temperature: 0.3 } },
  top_p: { value: 0.4, asked: { top_p: 0.4 } },
  reasoning_effort: { value: 'xhigh', asked: { reasoning_effort: 'xhigh' } },
  response_format: { value: jsonSchema, asked: { response_format: jsonSchema } },
}

describe('an assistant (1.4.1)', () => {
  for (const [name, { value, shown = value, asked }] of Object.entries(settings)) {
    it(`hands ${name} on to its runs, which keep it whatever becomes of it`, async () => {
      const assistant_id = await assistant({ [name]: value })
      const { promise: hold, resolve } = Promise.withResolvers<void>()
      server.model.script({ toolCalls: [{ name: 'first', arguments: '{}' }], hold })
      const run = await threads.runs.create(thread_id, { assistant_id })
      assert.partialDeepStrictEqual(run, { [name]: shown })
      await server.sdk.beta.assistants.update(assistant_id, {
        model: 'changed',
        instructions: 'changed',
        tools: [],
        temperature: 1.9,
        top_p: 0.9,
        reasoning_effort: 'none',
        response_format: { type: 'json_object' },
      })
      resolve()
      const waiting = await threads.runs.poll(run.id, { thread_id })
      assert.partialDeepStrictEqual(waiting, { status: 'requires_action', [name]: shown })
      await threads.runs.submitToolOutputsAndPoll(run.id, {
        thread_id,
        tool_outputs: [{ tool_call_id: 'call_1', output: '' }],
      })
      assert.equal(server.model.requests.length, 2)
      for (const { body } of server.model.requests) {
        assert.partialDeepStrictEqual(body, asked)
        assert.doesNotMatch(JSON.stringify(body), /changed/)
      }
    })

    it(`lets a run replace ${name}`, async () => {
      const assistant_id = await assistant()
      const body = { assistant_id, [name]: value }
      const run = await threads.runs.createAndPoll(thread_id, body)
      assert.partialDeepStrictEqual(run, { status: 'completed', [name]: shown })
      assert.partialDeepStrictEqual(lastAsked(), asked)
      const both = await threads.createAndRunPoll({ ...body, thread: { messages: [user] } })
      assert.partialDeepStrictEqual(both, { [name]: shown })
      assert.partialDeepStrictEqual(lastAsked(), asked)
    })

    it(`lets a run inherit ${name} with null`, async () => {
      const assistant_id = await assistant({ [name]: value })
      const body = { assistant_id, [name]: null }
      const run = await threads.runs.createAndPoll(thread_id, body)
      assert.partialDeepStrictEqual(run, { status: 'completed', [name]: shown })
      assert.partialDeepStrictEqual(lastAsked(), asked)
    })
  }

  it('shows name, description and metadata, and clears them with null', async () => {
    const body = { name: 'n', description: 'd', metadata: { a: 'b' } }
    const id = await assistant(body)
    const { assistants } = server.sdk.beta
    assert.partialDeepStrictEqual(await assistants.retrieve(id), body)
    const cleared = await assistants.update(id, { name: null, description: null, metadata: null })
    assert.partialDeepStrictEqual(cleared, { name: null, description: null, metadata: {} })
  })
})

describe('a run (1.4.4)', () => {
  it('adds instructions to those in force', async () => {
    const assistant_id = await assistant()
    const run = await threads.runs.createAndPoll(thread_id, {
      assistant_id,
      additional_instructions: 'In Chinese.',
    })
    assert.equal(run.instructions, 'Be kind.\n\nIn Chinese.')
    assert.deepEqual(lastAsked().messages[0], { role: 'system', content: run.instructions })
  })

  it('adds messages before it begins', async () => {
    const assistant_id = await assistant()
    const additional_messages = [
      { role: 'assistant' as const, content: 'Yes?' },
      { role: 'user' as const, content: 'Tell me.', metadata: { a: 'b' } },
    ]
    await threads.runs.createAndPoll(thread_id, { assistant_id, additional_messages })
    assert.deepEqual(
      lastAsked()
        .messages.slice(1)
        .map(({ role, content }) => [role, content]),
      [
        ['user', 'hi'],
        ['assistant', 'Yes?'],
        ['user', 'Tell me.'],
      ],
    )
    const { data } = await threads.messages.list(thread_id, { order: 'asc' })
    assert.deepEqual(data[2]?.metadata, { a: 'b' })
    assert.deepEqual(data[2].run_id, null)
  })

  it('shows its metadata, which is not the assistant’s', async () => {
    const assistant_id = await assistant({ metadata: { of: 'assistant' } })
    const metadata = { of: 'run' }
    assert.deepEqual(
      (await threads.runs.createAndPoll(thread_id, { assistant_id, metadata })).metadata,
      metadata,
    )
    const plain = await threads.runs.createAndPoll(thread_id, { assistant_id })
    assert.deepEqual(plain.metadata, {})
  })

  const forced = [
    'required',
    { type: 'function', function: { name: 'second' } },
  ] satisfies OpenAI.Beta.AssistantToolChoiceOption[]
  for (const tool_choice of forced) {
    it(`forces ${JSON.stringify(tool_choice)} on its first turn only`, async () => {
      const assistant_id = await assistant({ tools })
      server.model.script({ toolCalls: [{ name: 'second', arguments: '{}' }] }, 'done')
      const run = await threads.runs.createAndPoll(thread_id, { assistant_id, tool_choice })
      assert.deepEqual(run.tool_choice, tool_choice)
      assert.deepEqual(lastAsked().tool_choice, tool_choice)
      const done = await threads.runs.submitToolOutputsAndPoll(run.id, {
        thread_id,
        tool_outputs: [{ tool_call_id: 'call_1', output: '' }],
      })
      assert.deepEqual(done.tool_choice, tool_choice)
      assert.ok([undefined, 'auto'].includes(lastAsked().tool_choice as undefined))
    })
  }

  it('forbids tools on every turn', async () => {
    const assistant_id = await assistant({ tools })
    await threads.runs.createAndPoll(thread_id, { assistant_id, tool_choice: 'none' })
    assert.equal(lastAsked().tool_choice, 'none')
  })

  it('asks for one call at a time', async () => {
    const assistant_id = await assistant({ tools })
    const body = { assistant_id, parallel_tool_calls: false }
    const run = await threads.runs.createAndPoll(thread_id, body)
    assert.equal(run.parallel_tool_calls, false)
    assert.equal(lastAsked().parallel_tool_calls, false)
  })

  it('has token budgets for all of its turns together', async () => {
    const assistant_id = await assistant({ tools })
    // Each turn takes 20 for its prompt and 5 for its answer.
    for (const [name, budget, reason] of [
      ['max_completion_tokens', 10, 'max_completion_tokens'],
      ['max_prompt_tokens', 400, 'max_prompt_tokens'],
    ] as const) {
      const call = {
        toolCalls: [{ name: 'first', arguments: '{}' }],
        usage: { prompt_tokens: 200, completion_tokens: 5, total_tokens: 205 },
      }
      server.model.script(call, call)
      let run = await threads.runs.createAndPoll(thread_id, { assistant_id, [name]: budget })
      assert.equal(run[name], budget)
      let turns = 1
      while (run.status === 'requires_action') {
        run = await threads.runs.submitToolOutputsAndPoll(run.id, {
          thread_id,
          tool_outputs: [{ tool_call_id: 'call_1', output: '' }],
        })
        turns += 1
      }
      assert.equal(run.status, 'incomplete')
      assert.deepEqual(run.incomplete_details, { reason })
      assert.equal(turns, 3)
    }
    const limits = server.model.requests.map(({ body }) => body.max_tokens)
    assert.deepEqual(limits.slice(0, 2), [10, 5])
  })

  it('shows the model only the newest messages', async () => {
    const assistant_id = await assistant()
    for (const content of ['one', 'two', 'three']) {
      await threads.messages.create(thread_id, { role: 'user', content })
    }
    const truncation_strategy = { type: 'last_messages' as const, last_messages: 2 }
    const body = { assistant_id, truncation_strategy }
    const run = await threads.runs.createAndPoll(thread_id, body)
    assert.deepEqual(run.truncation_strategy, truncation_strategy)
    assert.deepEqual(
      lastAsked()
        .messages.slice(1)
        .map(({ content }) => content),
      ['two', 'three'],
    )
  })

  it('takes the resources of a new thread', async () => {
    const assistant_id = await assistant()
    const file_search = { vector_store_ids: [] }
    const run = await threads.createAndRunPoll({ assistant_id, tool_resources: { file_search } })
    assert.deepEqual((await threads.retrieve(run.thread_id)).tool_resources, { file_search })
  })

  it('is empty where nothing was said', async () => {
    const id = await assistant({ instructions: null })
    const run = await threads.runs.createAndPoll(thread_id, { assistant_id: id })
    assert.partialDeepStrictEqual(run, {
      instructions: null,
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      response_format: 'auto',
      truncation_strategy: { type: 'auto', last_messages: null },
      temperature: 1,
      top_p: 1,
      max_prompt_tokens: null,
      max_completion_tokens: null,
    })
    assert.deepEqual(Object.keys(lastAsked()).toSorted(), [
      'messages',
      'model',
      'stream',
      'stream_options',
    ])
  })
})

describe('every member that the document names', () => {
  type Place = [schema: string, method: string, path: string, required: object]
  const places: Place[] = [
    ['CreateAssistantRequest', 'POST', '/assistants', { model: 'm' }],
    ['ModifyAssistantRequest', 'POST', '/assistants/{assistant}', {}],
    ['CreateThreadRequest', 'POST', '/threads', {}],
    ['ModifyThreadRequest', 'POST', '/threads/{thread}', {}],
    ['CreateMessageRequest', 'POST', '/threads/{thread}/messages', user],
    ['ModifyMessageRequest', 'POST', '/threads/{thread}/messages/{message}', {}],
    ['CreateRunRequest', 'POST', '/threads/{thread}/runs', { assistant_id: '{assistant}' }],
    ['CreateThreadAndRunRequest', 'POST', '/threads/runs', { assistant_id: '{assistant}' }],
    [
      'SubmitToolOutputsRunRequest',
      'POST',
      '/threads/{thread}/runs/run_x/submit_tool_outputs',
      { tool_outputs: [] },
    ],
  ]
  // No value of any member has this type.
  const odd = [[['x']]]
  for (const [schema, method, path, required] of places) {
    it(`is looked at: ${schema}`, async () => {
      const assistant_id = await assistant()
      const [message] = (await threads.messages.list(thread_id)).data
      const fill = (text: string) =>
        text
          .replace('{assistant}', assistant_id)
          .replace('{thread}', thread_id)
          .replace('{message}', message?.id ?? '')
      const { properties } = schemas[schema] as { properties: object }
      for (const name of Object.keys(properties)) {
        const body = fill(JSON.stringify({ ...required, [name]: odd }))
        const response = await server.send(method, fill(path), { body })
        const { error } = (await response.json()) as { error?: OpenAI.ErrorObject }
        assert.equal(response.status, 400, name)
        assert.ok(error?.param?.startsWith(name), `${name}: ${JSON.stringify(error)}`)
        assert.notEqual(error?.code, 'unknown_parameter', name)
      }
      const extra = fill(JSON.stringify({ ...required, extra: 1 }))
      const response = await server.send(method, fill(path), { body: extra })
      assert.equal(response.status, 400)
    })
  }
})
