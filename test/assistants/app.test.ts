import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { Hono } from 'hono'
import OpenAI, { AzureOpenAI } from 'openai'

import { operations } from './conformance/document.ts'
import { createTestRuntime, type TestRuntime } from './runtime.ts'

const beta = { 'openai-beta': 'assistants=v2' }

let runtime: TestRuntime
before(async () => {
  runtime = await createTestRuntime()
})
after(() => runtime.close())

async function answerOf(response: Response | Promise<Response>) {
  const { status, headers } = await response
  return { status, body: (await (await response).json()) as unknown, headers }
}

/** Answers status and whole body; a body that is not a string is sent as JSON. */
async function request(path: string, init: { method?: string; body?: unknown } = {}) {
  const { method = 'GET', body } = init
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const response = await runtime.app.request(path, {
    method,
    headers: beta,
    ...(text !== undefined && { body: text }),
  })
  const { status, body: answer } = await answerOf(response)
  return { status, body: answer }
}

function invalid(message: string, code: string | null = null, param: string | null = null) {
  return { error: { message, type: 'invalid_request_error', param, code } }
}

describe('the routes', () => {
  /** Operations of the document that this version refuses, and why. */
  for (const { name: operation } of operations) {
    const [method = '', path = ''] = operation.split(' ')
    const isStoredCompletion =
      path.startsWith('/chat/completions') && operation !== 'POST /chat/completions'
    const isRefused = isStoredCompletion || operation === 'DELETE /models/{model}'
    it(`${isRefused ? 'say of' : 'do not say of'} ${operation} that it is unavailable`, async () => {
      const { status, body } = await request(`/v1${path}`, { method })
      const text = JSON.stringify(body)
      assert.equal(text.includes('not available in this version'), isRefused, text)
      if (isRefused) assert.equal(status, 400)
    })
  }

  it('answer 404 for everything else', async () => {
    for (const path of ['/v1/x', '/v1/threads/thread_1/x', '/openai/x', '/openai/v1/x/y']) {
      assert.deepEqual(await request(path, { method: 'POST' }), {
        status: 404,
        body: invalid(`Invalid URL (POST ${path})`),
      })
    }
    assert.deepEqual(await request('/v1/assistants', { method: 'PUT' }), {
      status: 404,
      body: invalid('Invalid URL (PUT /v1/assistants)'),
    })
  })
})

describe('the request body', () => {
  it('must be JSON', async () => {
    const { status, body } = await request('/v1/assistants', { method: 'POST', body: '{"model":' })
    assert.equal(status, 400)
    assert.deepEqual(
      body,
      invalid(
        'We could not parse the JSON body of your request. (HINT: This likely means you aren\'t using your HTTP library correctly. The body must be JSON in UTF-8, such as {"model": "..."}.)',
      ),
    )
  })

  it('may be missing where nothing is required', async () => {
    const { status, body } = await request('/v1/threads', { method: 'POST' })
    assert.equal(status, 200)
    assert.equal((body as OpenAI.Beta.Thread).object, 'thread')
  })

  it('may not be larger than 8 MiB, announced or not', async () => {
    const expected = {
      status: 413,
      body: invalid(
        'The request body is too large: at most 8388608 bytes are accepted. Send long conversations as several messages, each in a request of its own.',
        'request_too_large',
      ),
    }
    const large = 'x'.repeat(8 * 1024 * 1024 + 1)
    assert.deepEqual(await request('/v1/threads', { method: 'POST', body: large }), expected)
    const announced = await runtime.app.request('/v1/threads', {
      method: 'POST',
      headers: { ...beta, 'content-length': '9000000' },
      body: '{}',
    })
    assert.deepEqual(await announced.json(), expected.body)
  })

  it('is not read to its end when it is too large', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1024 * 1024
        controller.enqueue(new Uint8Array(1024 * 1024).fill(32))
      },
    })
    const response = await runtime.app.request('/v1/threads', {
      method: 'POST',
      headers: beta,
      body: endless,
      duplex: 'half',
    })
    assert.equal(response.status, 413)
    assert.ok(sent <= 12 * 1024 * 1024, `${sent} bytes were taken`)
  })

  it('may be nested as deeply as it likes without harm', async () => {
    const deep = '['.repeat(40_000) + ']'.repeat(40_000)
    const { status, body } = await request('/v1/threads', {
      method: 'POST',
      body: `{"metadata":{"a":${deep}}}`,
    })
    assert.equal(status, 400)
    assert.deepEqual(
      body,
      invalid(
        "Invalid type for 'metadata.a': expected a string, but got an array instead.",
        'invalid_type',
        'metadata.a',
      ),
    )
  })

  it('may not hold more than 50 000 values, wide or deep', async () => {
    const expected = {
      status: 413,
      body: invalid(
        'The request body is too large: at most 50000 values, such as objects, strings and numbers, are accepted. Send long conversations as several messages, each in a request of its own.',
        'request_too_large',
      ),
    }
    const bodies = [
      `{"messages":[${'{},'.repeat(50_000)}{}]}`,
      `{"messages":[${'[{},1],'.repeat(20_000)}{}]}`,
      `{"metadata":{"a":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}}`,
    ]
    for (const body of bodies) {
      assert.deepEqual(await request('/v1/threads', { method: 'POST', body }), expected)
    }
  })

  it('may hold any number of separators in its texts', async () => {
    const content = String.raw`{"[,\"],`.repeat(20_000)
    const body = JSON.stringify({ messages: [{ role: 'user', content }] })
    assert.equal((await request('/v1/threads', { method: 'POST', body })).status, 200)
  })

  it("may break off, which is nobody else's concern", async () => {
    const before = runtime.logged.length
    for (const announced of [{}, { 'content-length': '100' }]) {
      const body = new ReadableStream({
        pull(controller) {
          controller.error(new Error('aborted'))
        },
      })
      const answer = await answerOf(
        runtime.app.request('/v1/threads', {
          method: 'POST',
          headers: { ...beta, ...announced },
          body,
          duplex: 'half',
        }),
      )
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, invalid('The request body broke off.'))
    }
    assert.deepEqual(runtime.logged.slice(before), [])
  })

  it('cannot reach the prototype of anything', async () => {
    const { body } = await request('/v1/threads', {
      method: 'POST',
      body: '{"metadata":{"__proto__":"x","constructor":"y"}}',
    })
    assert.deepEqual((body as OpenAI.Beta.Thread).metadata, { constructor: 'y' })
    assert.equal({}.constructor, Object)
  })
})

describe('the headers of an answer', () => {
  it('are those that clients know', async () => {
    const response = await runtime.app.request('/v1/models', {
      headers: { 'openai-organization': 'org-1', 'openai-project': 'proj_1' },
    })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.match(response.headers.get('x-request-id') ?? '', /^req_\w{24}$/)
    assert.match(response.headers.get('openai-processing-ms') ?? '', /^\d+$/)
    assert.equal(response.headers.get('openai-version'), '2020-10-01')
    assert.equal(response.headers.get('openai-organization'), 'org-1')
    assert.equal(response.headers.get('openai-project'), 'default')
  })

  it('come with errors as well', async () => {
    await assert.rejects(runtime.client.beta.threads.retrieve('thread_x'), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError)
      assert.match(error.requestID ?? '', /^req_\w{24}$/)
      return true
    })
  })
})

describe('API keys', () => {
  const keys = ['sk-first-0123456789', 'sk-second-0123456789']
  const apiKeys = keys.map((key) => ({ project: 'class', key }))
  const send = (headers: Record<string, string>) =>
    answerOf(runtime.createApp({ apiKeys }).request('/v1/models', { headers }))

  it('let in as a bearer token or as api-key', async () => {
    for (const key of keys) {
      assert.equal((await send({ authorization: `Bearer ${key}` })).status, 200)
      assert.equal((await send({ 'api-key': key })).status, 200)
    }
  })

  it('decide which project an answer is about', async () => {
    const wish = { 'openai-project': 'proj_1' }
    const { headers } = await send({ ...wish, 'api-key': keys[0] ?? '' })
    assert.equal(headers.get('openai-project'), 'class')
    const refused = await send({ ...wish, 'api-key': 'sk-wrong' })
    assert.equal(refused.headers.get('openai-project'), 'default')
  })

  it('are asked for', async () => {
    const headers: Record<string, string>[] = [{}, { authorization: 'Basic abc' }]
    for (const each of headers) {
      const { status, body } = await send(each)
      assert.equal(status, 401)
      assert.deepEqual(
        body,
        invalid(
          "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). The operator of this server sets its keys in API_KEYS.",
        ),
      )
    }
  })

  it('must be right, and are not shown whole', async () => {
    const { status, body } = await send({ authorization: 'Bearer sk-wrong-0123456789' })
    assert.equal(status, 401)
    assert.deepEqual(
      body,
      invalid(
        'Incorrect API key provided: sk-***6789. The operator of this server sets its keys in API_KEYS.',
        'invalid_api_key',
      ),
    )
  })

  it('guard unknown routes and Azure paths too', async () => {
    const app = runtime.createApp({ apiKeys })
    for (const path of ['/v1/x', '/openai/models', '/openai/v1/models']) {
      assert.equal((await app.request(path)).status, 401)
    }
  })
})

describe('the beta header', () => {
  const send = (path: string, headers: Record<string, string> = {}) =>
    answerOf(runtime.app.request(path, { headers }))

  it('is required for assistants and threads', async () => {
    for (const path of ['/v1/assistants', '/v1/assistants/asst_1', '/v1/threads/thread_1/runs']) {
      const { status, body } = await send(path)
      assert.equal(status, 400)
      assert.deepEqual(
        body,
        invalid(
          "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
          'invalid_beta',
        ),
      )
    }
  })

  it('may name several betas', async () => {
    const headers = { 'openai-beta': 'realtime=v1, assistants=v2' }
    assert.equal((await send('/v1/assistants', headers)).status, 200)
  })

  it('is not required elsewhere, nor on Azure paths, nor if switched off', async () => {
    assert.equal((await send('/v1/models')).status, 200)
    assert.equal((await send('/openai/assistants?api-version=2024-05-01-preview')).status, 200)
    assert.equal((await send('/openai/v1/assistants')).status, 200)
    const app = runtime.createApp({ requireBetaHeader: false })
    assert.equal((await app.request('/v1/assistants')).status, 200)
  })
})

describe("Azure's form of the paths", () => {
  it('serves the AzureOpenAI client', async () => {
    const client = new AzureOpenAI({
      endpoint: 'http://runtime.test',
      apiKey: 'any',
      apiVersion: '2024-05-01-preview',
      maxRetries: 0,
      fetch: async (url, init) =>
        runtime.app.request(url instanceof Request ? url : String(url), init),
    })
    const assistant = await client.beta.assistants.create({ model: 'scripted' })
    assert.equal((await client.beta.assistants.retrieve(assistant.id)).id, assistant.id)
  })
})

describe('the app', () => {
  it('can be mounted beside other pages, and leaves them alone', async () => {
    const root = new Hono().get('/', (context) => context.text('page'))
    root.route('/', runtime.createApp({ apiKeys: [{ project: 'default', key: 'sk-1' }] }))
    assert.equal(await (await root.request('/')).text(), 'page')
    assert.equal((await root.request('/other')).headers.get('x-request-id'), null)
    const headers = { 'api-key': 'sk-1' }
    assert.equal((await root.request('/v1/models')).status, 401)
    assert.equal((await root.request('/v1/models', { headers })).status, 200)
    const { status, body } = await answerOf(root.request('/openai/x', { headers }))
    assert.equal(status, 404)
    assert.deepEqual(body, invalid('Invalid URL (GET /openai/x)'))
  })
})

describe('an error that nobody foresaw', () => {
  it('is logged whole and shown as a fixed text', async () => {
    const app = runtime.createApp({
      models: {
        ...runtime.models,
        listModels: () => Promise.reject(new TypeError('secret of the inside')),
      },
    })
    const { status, body, headers } = await answerOf(app.request('/v1/models'))
    const requestId = headers.get('x-request-id')
    assert.equal(status, 500)
    assert.deepEqual(body, {
      error: {
        message: `The server had an error while processing your request. Sorry about that! Please quote the request ID ${requestId} when you ask the operator of this server about it.`,
        type: 'server_error',
        param: null,
        code: null,
      },
    })
    const line = runtime.logged.find((each) => each.includes('secret of the inside'))
    assert.ok(line?.includes(requestId ?? 'none'))
  })
})
