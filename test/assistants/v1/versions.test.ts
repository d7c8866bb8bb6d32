import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'

const v1 = { 'openai-beta': 'assistants=v1' }
const v2 = { 'openai-beta': 'assistants=v2' }
const oldAzure = '/openai/assistants?api-version=2024-02-15-preview'

let runtime: TestRuntime
let assistantId: string
let threadId: string
before(async () => {
  runtime = await createTestRuntime()
  const { assistants, threads } = runtime.client.beta
  const tools = [{ type: 'file_search' as const, file_search: { max_num_results: 5 } }]
  assistantId = (await assistants.create({ model: 'scripted', tools })).id
  threadId = (await threads.create({ messages: [{ role: 'user', content: 'hi' }] })).id
})
after(() => runtime.close())

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await runtime.app.request(path, { headers })
  return { status: response.status, body: JSON.stringify(await response.json()) }
}

/** Posts as a client of version 1; a string is sent as it is. */
async function post(path: string, body: unknown) {
  const response = await runtime.app.request(path, {
    method: 'POST',
    headers: v1,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

async function refusal(path: string, body: unknown) {
  const { status, body: answer } = await post(path, body)
  assert.equal(status, 400, JSON.stringify(answer))
  // The envelope of every error.
  const { error } = answer as { error: Record<string, unknown> }
  return { message: error['message'], param: error['param'], code: error['code'] }
}

describe('the version', () => {
  const shows = { v1: /"tools":\[\{"type":"retrieval"\}\]/, v2: /"max_num_results":5/ }

  it('is 1 with the header of version 1 or an old api-version', async () => {
    for (const answer of [
      await get('/v1/assistants', v1),
      await get('/v1/assistants', { 'openai-beta': 'realtime=v1, assistants=v1' }),
      await get('/openai/v1/assistants', v1),
      await get(oldAzure),
      await get('/openai/assistants?api-version=2024-04-30'),
    ]) {
      assert.equal(answer.status, 200)
      assert.match(answer.body, shows.v1)
      assert.match(answer.body, /"file_ids":\[\]/)
    }
  })

  it('is 2 for everybody else', async () => {
    for (const answer of [
      await get('/v1/assistants', v2),
      await get('/v1/assistants', { 'openai-beta': 'assistants=v1, assistants=v2' }),
      await get('/openai/assistants'),
      await get('/openai/assistants?api-version=2024-05-01-preview'),
      await get('/openai/assistants?api-version=2025-03-01-preview'),
      await get('/openai/assistants?api-version=preview'),
      await get(oldAzure, v2),
    ]) {
      assert.equal(answer.status, 200)
      assert.match(answer.body, shows.v2)
      assert.doesNotMatch(answer.body, /file_ids/)
    }
  })

  it('is only 1 or 2', async () => {
    const { status, body } = await get('/v1/assistants', { 'openai-beta': 'assistants=v3' })
    assert.equal(status, 400)
    assert.match(body, /invalid_beta/)
  })

  it('decides whether files are listed below assistants and messages', async () => {
    for (const path of [
      `assistants/${assistantId}/files`,
      `threads/${threadId}/messages/m/files`,
    ]) {
      const { status, body } = await get(`/v1/${path}`, v2)
      assert.equal(status, 404)
      assert.match(body, /Invalid URL/)
    }
  })
})

describe('a request of version 1', () => {
  const runs = () => `/v1/threads/${threadId}/runs`

  it('knows the tools of version 1', async () => {
    const tools = [{ type: 'retrieval' }, { type: 'file_search' }]
    assert.deepEqual(await refusal('/v1/assistants', { model: 'scripted', tools }), {
      message:
        "Invalid value: 'file_search'. Supported values are: 'code_interpreter', 'retrieval', and 'function'.",
      param: 'tools[1].type',
      code: 'invalid_value',
    })
    const extra = [{ type: 'retrieval', file_search: {} }]
    assert.deepEqual(await refusal('/v1/assistants', { model: 'scripted', tools: extra }), {
      message: "Unknown parameter: 'tools[0].file_search'.",
      param: 'tools[0].file_search',
      code: 'unknown_parameter',
    })
  })

  it('may insist on retrieval', async () => {
    const { status, body } = await post(runs(), {
      assistant_id: assistantId,
      tool_choice: { type: 'retrieval' },
      additional_messages: [{ role: 'user', content: 'more', file_ids: [] }],
      stream: false,
    })
    assert.equal(status, 200)
    // What the route promises.
    const run = body as { id: string; tool_choice: unknown }
    assert.deepEqual(run.tool_choice, { type: 'retrieval' })
    await runtime.client.beta.threads.runs.poll(
      run.id,
      { thread_id: threadId },
      { pollIntervalMs: 1 },
    )
    const { data } = await runtime.client.beta.threads.messages.list(threadId)
    assert.equal(data.length, 3)
  })

  it('gets no stream', async () => {
    const { message, ...rest } = await refusal(runs(), { assistant_id: assistantId, stream: true })
    assert.match(String(message), /^Streaming is not available to clients of version 1/)
    assert.deepEqual(rest, { param: 'stream', code: 'unsupported' })
    const again = await refusal('/v1/threads/runs', { assistant_id: assistantId, stream: true })
    assert.equal(again.param, 'stream')
  })

  it('can name no file, wherever it tries', async () => {
    const file_ids = ['file-1']
    const messages = [{ role: 'user', content: 'hi', file_ids }]
    const attempts = [
      { path: '/v1/assistants', body: { file_ids }, param: 'file_ids' },
      { path: '/v1/threads', body: { messages }, param: 'messages[0].file_ids' },
      {
        path: '/v1/threads/runs',
        body: { assistant_id: assistantId, thread: { messages } },
        param: 'thread.messages[0].file_ids',
      },
      {
        path: runs(),
        body: { assistant_id: assistantId, additional_messages: messages },
        param: 'additional_messages[0].file_ids',
      },
    ]
    for (const { path, body, param } of attempts) {
      assert.deepEqual(await refusal(path, body), {
        message:
          'Files of assistants and messages in version 1 of the Assistants API are not available in this version of the server.',
        param,
        code: 'unsupported',
      })
    }
  })

  it('is checked like any other', async () => {
    const code = async (path: string, body: unknown) => (await refusal(path, body)).code
    assert.equal(await code('/v1/assistants', {}), 'missing_required_parameter')
    assert.equal(await code('/v1/assistants', []), 'invalid_type')
    assert.equal(await code('/v1/assistants', { model: 'x', foo: 1 }), 'unknown_parameter')
    assert.equal(await code('/v1/assistants', { model: 'x', tools: {} }), 'invalid_type')
    assert.equal(await code('/v1/assistants', { model: 'x', tools: null }), 'invalid_type')
    assert.equal(await code('/v1/threads', { messages: [1] }), 'invalid_type')
    assert.equal(await code('/v1/threads', '{"messages":'), null)
    const large = await post('/v1/threads', 'x'.repeat(8 * 1024 * 1024 + 1))
    assert.equal(large.status, 413)
  })

  it('may be nested as deeply as it likes without harm', async () => {
    const deep = '['.repeat(40_000) + ']'.repeat(40_000)
    for (const body of [`{"metadata":{"a":${deep}}}`, `{"messages":${deep}}`, deep]) {
      const { status } = await post('/v1/threads', body)
      assert.equal(status, 400)
    }
    assert.deepEqual(runtime.logged, [])
  })

  it('is answered with the headers of version 2', async () => {
    const { status, headers } = await post('/v1/threads', '')
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'application/json')
    assert.match(headers.get('x-request-id') ?? '', /^req_\w{24}$/)
    assert.equal(headers.get('openai-version'), '2020-10-01')
  })
})
