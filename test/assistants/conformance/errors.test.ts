import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createConformanceServer, type ConformanceServer, type SendOptions } from './server.ts'

interface Refused {
  status: number
  code: string | null
  param?: string | null
  message: string
}

type Case = [title: string, method: string, path: string, options: SendOptions, refused: Refused]

const key = 'sk-first-0123456789'
const user = { role: 'user' as const, content: 'hi' }
const never = new Promise<never>(() => {})
const tools: OpenAI.Beta.AssistantTool[] = [{ type: 'function', function: { name: 'f' } }]

let server: ConformanceServer
let guarded: ConformanceServer
let assistant_id: string
let bare: string
before(async () => {
  server = await createConformanceServer()
  guarded = await createConformanceServer({
    apiKeys: [{ key, project: 'default' }],
  })
  const { assistants } = server.sdk.beta
  assistant_id = (await assistants.create({ model: 'scripted', instructions: 'i', tools })).id
  bare = (await assistants.create({ model: 'scripted' })).id
})
after(() => Promise.all([server.close(), guarded.close()]))
afterEach(async () => {
  assert.deepEqual(await server.problems(), [])
  assert.deepEqual(await guarded.problems(), [])
})

async function check(response: Response, refused: Refused): Promise<void> {
  const { status, code, param = null, message } = refused
  assert.deepEqual(
    { status: response.status, body: await response.json() },
    { status, body: { error: { message, type: 'invalid_request_error', param, code } } },
  )
}

const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)

/** Reference 8, row by row, as far as a row needs no state. */
const cases: Case[] = [
  [
    'beta header missing',
    'GET',
    '/assistants',
    { headers: { 'openai-beta': '' } },
    {
      status: 400,
      code: 'invalid_beta',
      message:
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
    },
  ],
  ...(
    [
      ['assistant', '/assistants/asst_x', 'asst_x'],
      ['thread', '/threads/thread_x', 'thread_x'],
      ['thread', '/threads/thread_x/messages', 'thread_x'],
      ['thread', '/threads/thread_x/runs', 'thread_x'],
      ['thread', '/threads/thread_x/runs/run_x', 'thread_x'],
      ['message', '/threads/{thread}/messages/msg_x', 'msg_x'],
      ['run', '/threads/{thread}/runs/run_x', 'run_x'],
      ['run', '/threads/{thread}/runs/run_x/steps', 'run_x'],
      ['run step', '/threads/{thread}/runs/{run}/steps/step_x', 'step_x'],
    ] as const
  ).map(([kind, path, id]): Case => [
    `${kind} missing: ${path}`,
    'GET',
    path,
    {},
    { status: 404, code: null, message: `No ${kind} found with id '${id}'.` },
  ]),
  [
    'assistant of a run missing',
    'POST',
    '/threads/{thread}/runs',
    { body: { assistant_id: 'asst_x' } },
    { status: 404, code: null, message: "No assistant found with id 'asst_x'." },
  ],
  ...(
    [
      ['assistant_id', 'asst', '/assistants/x'],
      ['thread_id', 'thread', '/threads/x'],
      ['message_id', 'msg', '/threads/{thread}/messages/x'],
      ['run_id', 'run', '/threads/{thread}/runs/x'],
      ['step_id', 'step', '/threads/{thread}/runs/{run}/steps/x'],
    ] as const
  ).map(([param, prefix, path]): Case => [
    `wrong shape of ${param}`,
    'GET',
    path,
    {},
    {
      status: 400,
      code: 'invalid_value',
      param,
      message: `Invalid '${param}': 'x'. Expected an ID that begins with '${prefix}'.`,
    },
  ]),
  [
    'wrong shape of an id in a body',
    'POST',
    '/threads/runs',
    { body: { assistant_id: 'x' } },
    {
      status: 400,
      code: 'invalid_value',
      param: 'assistant_id',
      message: "Invalid 'assistant_id': 'x'. Expected an ID that begins with 'asst'.",
    },
  ],
  [
    'unknown route',
    'POST',
    '/x',
    {},
    { status: 404, code: null, message: 'Invalid URL (POST /v1/x)' },
  ],
  [
    'bad JSON',
    'POST',
    '/assistants',
    { body: '{"model": ' },
    {
      status: 400,
      code: null,
      message:
        'We could not parse the JSON body of your request. (HINT: This likely means you aren\'t using your HTTP library correctly. The body must be JSON in UTF-8, such as {"model": "..."}.)',
    },
  ],
  [
    'missing member',
    'POST',
    '/assistants',
    { body: {} },
    {
      status: 400,
      code: 'missing_required_parameter',
      param: 'model',
      message: "Missing required parameter: 'model'.",
    },
  ],
  [
    'extra member',
    'POST',
    '/threads',
    { body: { foo: 1 } },
    {
      status: 400,
      code: 'unknown_parameter',
      param: 'foo',
      message: "Unknown parameter: 'foo'.",
    },
  ],
  [
    'wrong type',
    'POST',
    '/threads',
    { body: { metadata: { modified: true } } },
    {
      status: 400,
      code: 'invalid_type',
      param: 'metadata.modified',
      message:
        "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
    },
  ],
  [
    'bad enum',
    'POST',
    '/threads/{thread}/messages',
    { body: { role: 'x', content: 'hi' } },
    {
      status: 400,
      code: 'invalid_value',
      param: 'role',
      message: "Invalid value: 'x'. Supported values are: 'user' and 'assistant'.",
    },
  ],
  [
    'too long string',
    'POST',
    '/assistants',
    { body: { model: 'm', name: 'x'.repeat(300) } },
    {
      status: 400,
      code: 'string_above_max_length',
      param: 'name',
      message:
        "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 300 instead.",
    },
  ],
  [
    'too many items',
    'POST',
    '/assistants',
    { body: { model: 'm', tools: many(130, { type: 'code_interpreter' }) } },
    {
      status: 400,
      code: 'array_above_max_length',
      param: 'tools',
      message:
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 130 instead.",
    },
  ],
  [
    'too many messages of a thread',
    'POST',
    '/threads',
    { body: { messages: many(33, user) } },
    {
      status: 400,
      code: 'array_above_max_length',
      param: 'messages',
      message:
        "Invalid 'messages': array too long. Expected an array with maximum length 32, but got an array with length 33 instead.",
    },
  ],
  [
    'too much metadata',
    'POST',
    '/threads',
    { body: { metadata: pairs(17) } },
    {
      status: 400,
      code: 'object_above_max_properties',
      param: 'metadata',
      message:
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    },
  ],
  [
    'limit above',
    'GET',
    '/assistants?limit=101',
    {},
    {
      status: 400,
      code: 'integer_above_max_value',
      param: 'limit',
      message:
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
    },
  ],
  [
    'limit below',
    'GET',
    '/assistants?limit=0',
    {},
    {
      status: 400,
      code: 'integer_below_min_value',
      param: 'limit',
      message:
        "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    },
  ],
  [
    'temperature above',
    'POST',
    '/assistants',
    { body: { model: 'm', temperature: 2.5 } },
    {
      status: 400,
      code: 'decimal_above_max_value',
      param: 'temperature',
      message:
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
    },
  ],
  [
    'top_p below',
    'POST',
    '/assistants',
    { body: { model: 'm', top_p: -0.1 } },
    {
      status: 400,
      code: 'decimal_below_min_value',
      param: 'top_p',
      message:
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.",
    },
  ],
  [
    'nothing to answer',
    'POST',
    '/threads/runs',
    { body: { assistant_id: '{bare}' } },
    {
      status: 400,
      code: 'invalid_thread',
      message:
        'Run creation requires a Thread with a user message or an assistant with instructions.',
    },
  ],
]

describe('the error table', () => {
  for (const [title, method, path, options, refused] of cases) {
    it(title, async () => {
      const thread = await server.sdk.beta.threads.create({ messages: [user] })
      const run = path.includes('{run}')
        ? await server.sdk.beta.threads.runs.createAndPoll(thread.id, { assistant_id })
        : undefined
      const url = path.replace('{thread}', thread.id).replace('{run}', run?.id ?? '')
      const body =
        typeof options.body === 'object'
          ? JSON.stringify(options.body).replace('{bare}', bare)
          : options.body
      await check(await server.send(method, url, { ...options, body }), refused)
    })
  }

  it('no key', async () => {
    const response = await guarded.send('GET', '/assistants')
    assert.equal(response.status, 401)
    const { error } = (await response.json()) as { error: OpenAI.ErrorObject }
    assert.match(error.message, /^You didn't provide an API key\. /)
    assert.equal(error.code, null)
  })

  it('wrong key', async () => {
    const headers = { authorization: 'Bearer sk-wrong-0123456789' }
    const response = await guarded.send('GET', '/assistants', { headers })
    assert.equal(response.status, 401)
    const { error } = (await response.json()) as { error: OpenAI.ErrorObject }
    assert.match(error.message, /^Incorrect API key provided: sk-\S+\. /)
    assert.doesNotMatch(error.message, /wrong/)
    assert.equal(error.code, 'invalid_api_key')
  })
})

describe('what the state of a run forbids', () => {
  const invalid = (message: string): Refused => ({ status: 400, code: null, message })

  async function start(model: Parameters<ConformanceServer['model']['script']>[0]) {
    const { threads } = server.sdk.beta
    server.model.script(model)
    const thread = await threads.create({ messages: [user] })
    const run = await threads.runs.create(thread.id, { assistant_id })
    const path = `/threads/${thread.id}`
    return { thread, run, path, runPath: `${path}/runs/${run.id}` }
  }

  it('while it is going on', async () => {
    const asked = server.model.requests.length
    const { thread, run, path, runPath } = await start({ hold: never })
    await server.model.request(asked)
    const current = await server.sdk.beta.threads.runs.retrieve(run.id, { thread_id: thread.id })
    assert.equal(current.status, 'in_progress')
    const active = `Thread ${thread.id} already has an active run ${run.id}.`
    await check(
      await server.send('POST', `${path}/runs`, { body: { assistant_id } }),
      invalid(active),
    )
    await check(
      await server.send('POST', `${path}/messages`, { body: user }),
      invalid(`Can't add messages to ${thread.id} while a run ${run.id} is active.`),
    )
    await check(
      await server.send('POST', `${runPath}/submit_tool_outputs`, { body: { tool_outputs: [] } }),
      invalid('Runs in status "in_progress" do not accept tool outputs.'),
    )
    await check(
      await server.send('POST', runPath, { body: { metadata: { a: 'b' } } }),
      invalid("Cannot update run with status 'in_progress'."),
    )
    // What stays allowed (3.3).
    const [message] = (await server.sdk.beta.threads.messages.list(thread.id)).data
    const edit = `${path}/messages/${message?.id}`
    assert.equal((await server.send('POST', edit, { body: { metadata: {} } })).status, 200)
    assert.equal((await server.send('POST', `${runPath}/cancel`)).status, 200)
  })

  it('while it waits for outputs', async () => {
    const call = { name: 'f', arguments: '{}' }
    const { thread, run, runPath } = await start({ toolCalls: [call, call] })
    const { runs } = server.sdk.beta.threads
    const of = { thread_id: thread.id }
    assert.equal((await runs.poll(run.id, of)).status, 'requires_action')
    const wrong: [string[], string][] = [
      [['call_1'], "Expected tool outputs for call_ids ['call_1', 'call_2'], got ['call_1']"],
      [[], "Expected tool outputs for call_ids ['call_1', 'call_2'], got []"],
      [
        ['call_1', 'call_1'],
        "Expected tool outputs for call_ids ['call_1', 'call_2'], got ['call_1', 'call_1']",
      ],
      [
        ['call_1', 'call_2', 'x'],
        "Expected tool outputs for call_ids ['call_1', 'call_2'], got ['call_1', 'call_2', 'x']",
      ],
    ]
    for (const [ids, message] of wrong) {
      const tool_outputs = ids.map((tool_call_id) => ({ tool_call_id, output: 'x' }))
      await check(
        await server.send('POST', `${runPath}/submit_tool_outputs`, { body: { tool_outputs } }),
        invalid(message),
      )
    }
    assert.equal((await runs.retrieve(run.id, of)).status, 'requires_action')
    await runs.cancel(run.id, of)
    await runs.poll(run.id, of)
  })

  it('once it is over', async () => {
    const { thread, run, runPath } = await start('done')
    const of = { thread_id: thread.id }
    assert.equal((await server.sdk.beta.threads.runs.poll(run.id, of)).status, 'completed')
    await check(
      await server.send('POST', `${runPath}/cancel`),
      invalid("Cannot cancel run with status 'completed'."),
    )
    await check(
      await server.send('POST', `${runPath}/submit_tool_outputs`, { body: { tool_outputs: [] } }),
      invalid('Runs in status "completed" do not accept tool outputs.'),
    )
  })

  it('right after its outputs came', async () => {
    const { thread, run, runPath } = await start({ toolCalls: [{ name: 'f', arguments: '{}' }] })
    const { runs } = server.sdk.beta.threads
    await runs.poll(run.id, { thread_id: thread.id })
    const body = { tool_outputs: [{ tool_call_id: 'call_1', output: '' }] }
    const asked = server.model.requests.length
    server.model.script({ hold: never })
    assert.equal(
      (await server.send('POST', `${runPath}/submit_tool_outputs`, { body })).status,
      200,
    )
    await server.model.request(asked)
    // A repetition by the SDK, whose answer was lost.
    await check(
      await server.send('POST', `${runPath}/submit_tool_outputs`, { body }),
      invalid('Runs in status "in_progress" do not accept tool outputs.'),
    )
  })
})
