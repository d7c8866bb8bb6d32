import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'

import { serve, type ServerType } from '@hono/node-server'
import OpenAI, { AzureOpenAI } from 'openai'

import type { UsageRecord } from '../../src/assistants/store/store.ts'
import { newId } from '../../src/ids.ts'
import { createDemoDriver, demoModel } from '../../src/models/demo.ts'
import { createDriverForward } from '../../src/models/driver-forward.ts'
import { createForward } from '../../src/models/forward.ts'
import { createTestRuntime, type TestRuntime } from './runtime.ts'

const messages = [{ role: 'user' as const, content: 'hi' }]
/** What the model server counts. */
const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 }

let runtime: TestRuntime
const servers: ServerType[] = []
const recorded: UsageRecord[] = []
let client: OpenAI
let origin: string

/** The app on a port of its own, with all that `options` change. */
async function listen(options: Parameters<TestRuntime['createApp']>[0] = {}): Promise<string> {
  const app = runtime.createApp({
    apiKeys: [{ project: 'class', key: 'sk-client-0123456789' }],
    now: () => 1_800_000_000_999,
    ...options,
  })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

function sdk(baseURL: string): OpenAI {
  return new OpenAI({ apiKey: 'sk-client-0123456789', baseURL, maxRetries: 0 })
}

before(async () => {
  runtime = await createTestRuntime()
  const recordUsage = async (record: UsageRecord) => void recorded.push(record)
  origin = await listen({
    store: { ...runtime.store, recordUsage },
    models: { ...runtime.models, costOf: (model) => (model === 'priced' ? 0.5 : null) },
  })
  client = sdk(`${origin}/v1`)
})
beforeEach(() => {
  recorded.length = 0
})
after(async () => {
  for (const server of servers) {
    const closed = once(server, 'close')
    server.close()
    await closed
  }
  await runtime.close()
})

/** The request that arrives next at the model endpoint. */
const nextRequest = () => runtime.model.request(runtime.model.requests.length)

describe('POST /chat/completions', () => {
  it("answers with the endpoint's answer, and records what it cost", async () => {
    runtime.model.script('你好')
    const { data, response } = await client.chat.completions
      .create({ model: 'priced', messages, seed: 7, metadata: { a: 'b' } })
      .withResponse()
    assert.equal(data.choices[0]?.message.content, '你好')
    assert.match(response.headers.get('x-request-id') ?? '', /^req_/)
    assert.equal(response.headers.get('content-type'), 'application/json')
    const { body, headers } = runtime.model.requests.at(-1) ?? assert.fail('nothing was sent')
    assert.deepEqual(body, { model: 'priced', messages, seed: 7, metadata: { a: 'b' } })
    assert.deepEqual(
      Object.keys(headers).filter((name) => /stainless|user-agent|organization|cookie/.test(name)),
      ['user-agent'],
    )
    assert.doesNotMatch(JSON.stringify(headers), /sk-client|OpenAI\/JS/)
    const [record, ...others] = recorded
    assert.deepEqual(others, [])
    assert.match(record?.apiKeyId ?? '', /^key_/)
    assert.deepEqual(record, {
      createdAt: 1_800_000_000,
      kind: 'completions',
      project: 'class',
      apiKeyId: record?.apiKeyId,
      model: 'priced',
      usage: { ...usage, cost: 0.5 },
    })
  })

  it('streams, and counts what the client did not ask to see', async () => {
    runtime.model.script({ text: ['a', 'b'] })
    const stream = await client.chat.completions.create({ model: 'm', messages, stream: true })
    const chunks = await Array.fromAsync(stream)
    const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '')
    assert.equal(texts.join(''), 'ab')
    assert.ok(chunks.every(({ choices }) => choices.length === 1))
    assert.deepEqual(
      recorded.map((record) => record.usage),
      [{ ...usage, cost: null }],
    )
  })

  it('shows the count to a client that asks', async () => {
    const stream = await client.chat.completions.create({
      model: 'm',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await Array.fromAsync(stream)
    assert.deepEqual(chunks.at(-1)?.usage, usage)
    assert.equal(recorded.length, 1)
  })

  it('brings each piece of a stream at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    runtime.model.script({ text: ['first', 'second'], pause: { afterChunks: 2, until: promise } })
    const stream = client.chat.completions.stream({ model: 'm', messages })
    const seen: string[] = []
    for await (const chunk of stream) {
      seen.push(chunk.choices[0]?.delta.content ?? '')
      if (seen.includes('first')) resolve()
    }
    assert.equal(seen.join(''), 'firstsecond')
  })

  it('ends at the endpoint when the client goes', async () => {
    const arriving = nextRequest()
    runtime.model.script({
      text: ['a', 'b'],
      pause: { afterChunks: 2, until: new Promise(() => {}) },
    })
    const stream = await client.chat.completions.create({ model: 'm', messages, stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'a') break
    assert.equal(await (await arriving).closed, true)
  })

  it('ends there too while nothing has come', async () => {
    const arriving = nextRequest()
    runtime.model.script({ hold: new Promise(() => {}) })
    const gone = new AbortController()
    const work = client.chat.completions.create({ model: 'm', messages }, { signal: gone.signal })
    const request = await arriving
    gone.abort()
    await assert.rejects(work, OpenAI.APIUserAbortError)
    assert.equal(await request.closed, true)
    assert.deepEqual(runtime.logged, [])
  })

  it('passes on what the endpoint refuses', async () => {
    runtime.model.script({
      error: { status: 429, message: 'slow down', headers: { 'retry-after': '7' } },
    })
    await assert.rejects(client.chat.completions.create({ model: 'm', messages }), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError)
      assert.match(error.message, /slow down/)
      assert.equal(error.headers.get('retry-after'), '7')
      return true
    })
    assert.deepEqual(recorded, [])
  })

  it("keeps the endpoint's own troubles to itself", async () => {
    const { models } = runtime
    const dead = createForward({
      baseURL: 'http://127.0.0.1:1/v1',
      apiKey: 'sk-endpoint',
      log: runtime.log,
    })
    const away = sdk(`${await listen({ models: { ...models, forward: dead } })}/v1`)
    runtime.model.script({ error: { status: 401, message: 'bad key sk-endpoint' } })
    for (const each of [client, away]) {
      await assert.rejects(each.chat.completions.create({ model: 'm', messages }), (error) => {
        assert.ok(error instanceof OpenAI.InternalServerError)
        assert.equal(error.status, 502)
        assert.equal(error.type, 'server_error')
        assert.doesNotMatch(error.message, /sk-endpoint|127\.0\.0\.1/)
        return true
      })
    }
  })

  it('is cut where the endpoint breaks off, which only the log tells', async (test) => {
    const printed = test.mock.method(console, 'error', () => {})
    const before = runtime.logged.length
    runtime.model.script({
      raw: {
        headers: {
          'content-type': 'application/json',
          'content-length': '500',
          connection: 'close',
        },
        body: '{"choices":[',
      },
    })
    const body = JSON.stringify({ model: 'm', messages })
    const headers = { authorization: 'Bearer sk-client-0123456789' }
    const cut = await fetch(`${origin}/v1/chat/completions`, { method: 'POST', headers, body })
    assert.equal(cut.status, 200)
    await assert.rejects(cut.text())
    assert.match(runtime.logged.slice(before).join(), /broke off its answer/)
    assert.equal(printed.mock.callCount(), 0)
  })

  it('takes pictures and long histories, within bounds', async () => {
    const send = (body: string) =>
      fetch(`${origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk-client-0123456789', connection: 'close' },
        body,
      })
    const padded = (bytes: number) => JSON.stringify({ model: 'm', messages, x: 'x'.repeat(bytes) })
    const fits = await send(padded(20 * 1024 * 1024))
    assert.equal(fits.status, 200)
    await fits.text()
    const large = await send(padded(33 * 1024 * 1024))
    assert.equal(large.status, 413)
    assert.match(await large.text(), /request_too_large/)
    for (const body of ['[]', '"x"', '{"model":7}', '{"model":""}']) {
      assert.equal((await send(body)).status, 400)
    }
  })

  it('passes numbers on that no double can hold', async () => {
    const sent: string[] = []
    const forward = createForward({
      baseURL: 'http://endpoint.test/v1',
      fetch: async (url, init) => {
        sent.push(await new Request(url, init).text())
        return Response.json({})
      },
      log: runtime.log,
    })
    const app = runtime.createApp({ models: { ...runtime.models, forward } })
    const send = async (path: string, body: string) => {
      const response = await app.request(path, { method: 'POST', body })
      assert.equal(response.status, 200)
      await response.text()
    }
    const body = `{"model":"m","seed":9007199254740993,"a":[-12345678901234567890,0.1],"b":1e400,"c":"9007199254740993"}`
    await send('/v1/chat/completions', body)
    await send('/openai/deployments/d/chat/completions', '{"model":"m","n":9007199254740993}')
    assert.deepEqual(sent, [body, '{"model":"d","n":9007199254740993}'])
  })

  it('takes a stream for one only where it is asked for in the words of the API', async () => {
    const send = (stream: unknown) =>
      runtime.app.request('/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages, stream }),
      })
    const seen = runtime.model.requests.length
    for (const stream of [1, 'true', {}]) {
      const response = await send(stream)
      assert.equal(response.status, 400)
      assert.match(await response.text(), /"param":"stream"/)
    }
    assert.equal(runtime.model.requests.length, seen)
    const answered = await send(null)
    assert.equal(answered.status, 200)
    await answered.text()
  })

  it('keeps the idempotency keys of projects apart', async () => {
    const keys: unknown[] = []
    for (const project of ['a', 'b', 'a']) {
      const app = runtime.createApp({ apiKeys: [{ project, key: 'sk-of-a-project' }] })
      const index = runtime.model.requests.length
      const response = await app.request('/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: 'Bearer sk-of-a-project', 'idempotency-key': 'once' },
        body: JSON.stringify({ model: 'm', messages }),
      })
      await response.text()
      keys.push((await runtime.model.request(index)).headers['idempotency-key'])
    }
    assert.equal(keys[0], keys[2])
    assert.notEqual(keys[0], keys[1])
    assert.ok(keys.every((key) => typeof key === 'string' && key.length > 20))
  })

  it('is found on the paths of Azure, where the path names the model', async () => {
    for (const model of ['deployed', 'qwen/qwen3-8b']) {
      const azure = new AzureOpenAI({
        endpoint: origin,
        apiKey: 'sk-client-0123456789',
        apiVersion: '2024-10-21',
        deployment: model,
        maxRetries: 0,
      })
      await azure.chat.completions.create({ model: '', messages })
      assert.equal(runtime.model.requests.at(-1)?.body.model, model)
    }
    await sdk(`${origin}/openai/v1`).chat.completions.create({ model: 'm', messages })
    assert.deepEqual(
      recorded.map(({ model }) => model),
      ['deployed', 'qwen/qwen3-8b', 'm'],
    )
  })

  it('keeps no answers, and says so', async () => {
    const { completions } = client.chat
    const works = [
      () => completions.list(),
      () => completions.retrieve('chatcmpl-1'),
      () => completions.update('chatcmpl-1', { metadata: {} }),
      () => completions.delete('chatcmpl-1'),
      () => completions.messages.list('chatcmpl-1'),
    ]
    for (const work of works) {
      await assert.rejects(work, (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError)
        assert.equal(error.code, 'unsupported')
        assert.match(error.message, /Stored chat completions are not available.*Keep the answers/)
        return true
      })
    }
  })
})

describe('POST /embeddings', () => {
  it('answers with the vectors of the endpoint, and records what they cost', async () => {
    const body = {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }],
      model: 'e',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }
    const sent: unknown[] = []
    const forward = createForward({
      baseURL: 'http://endpoint.test/v1',
      fetch: async (url, init) => {
        const request = new Request(url, init)
        sent.push([request.url, await request.json()])
        return Response.json(body)
      },
      log: runtime.log,
    })
    const recordUsage = async (record: UsageRecord) => void recorded.push(record)
    const store = { ...runtime.store, recordUsage }
    const other = await listen({ store, models: { ...runtime.models, forward } })
    const input = ['a', 'b']
    const vectors = await sdk(`${other}/v1`).embeddings.create({
      model: 'e',
      input,
      encoding_format: 'float',
    })
    assert.deepEqual(vectors.data[0]?.embedding, [0.5, -1])
    assert.deepEqual(sent, [
      ['http://endpoint.test/v1/embeddings', { model: 'e', input, encoding_format: 'float' }],
    ])
    assert.equal(recorded[0]?.kind, 'embeddings')
    assert.deepEqual(recorded[0]?.usage, {
      prompt_tokens: 8,
      completion_tokens: 0,
      total_tokens: 8,
      cost: null,
    })
  })

  it("passes on that the endpoint has none, on Azure's path too", async () => {
    await assert.rejects(client.embeddings.create({ model: 'm', input: 'x' }), OpenAI.NotFoundError)
    const response = await fetch(`${origin}/openai/deployments/m/embeddings?api-version=1`, {
      method: 'POST',
      headers: { 'api-key': 'sk-client-0123456789' },
      body: '{"input":"x"}',
    })
    assert.equal(response.status, 404)
    assert.match(await response.text(), /no \/v1\/embeddings/)
  })
})

describe('an answer whose usage cannot be recorded', () => {
  it('is still an answer', async () => {
    const recordUsage = () => Promise.reject(new Error('disk full'))
    const other = await listen({ store: { ...runtime.store, recordUsage } })
    const answer = await sdk(`${other}/v1`).chat.completions.create({ model: 'm', messages })
    assert.equal(answer.choices[0]?.message.content, 'OK')
    const line = runtime.logged.pop()
    assert.match(line ?? '', /usage could not be recorded/)
  })
})

describe('the demo', () => {
  let demo: OpenAI
  before(async () => {
    const driver = createDemoDriver({ sleep: async () => {}, pace: { firstMs: 0, tokenMs: 0 } })
    const forward = createDriverForward({ driver, newId, now: Date.now })
    demo = sdk(`${await listen({ models: { ...runtime.models, forward } })}/v1`)
  })

  it('answers, streaming and not, the same', async () => {
    const asked = { model: demoModel, messages }
    const whole = await demo.chat.completions.create(asked)
    const text = whole.choices[0]?.message.content ?? ''
    assert.notEqual(text, '')
    assert.ok((whole.usage?.completion_tokens ?? 0) > 0)
    const stream = demo.chat.completions.stream({
      ...asked,
      stream_options: { include_usage: true },
    })
    const final = await stream.finalChatCompletion()
    assert.equal(final.choices[0]?.message.content, text)
    assert.deepEqual(final.usage, whole.usage)
  })

  it('calls functions', async () => {
    const asked = {
      model: demoModel,
      messages,
      tools: [{ type: 'function' as const, function: { name: 'f', parameters: {} } }],
      tool_choice: 'required' as const,
    }
    const whole = await demo.chat.completions.create(asked)
    assert.equal(whole.choices[0]?.finish_reason, 'tool_calls')
    const [call] = whole.choices[0]?.message.tool_calls ?? []
    assert.deepEqual(call?.type === 'function' && call.function, { name: 'f', arguments: '{}' })
    const final = await demo.chat.completions.stream(asked).finalChatCompletion()
    assert.deepEqual(final.choices[0]?.message.tool_calls?.[0]?.id, call?.id)
  })

  it('refuses what it cannot do, by name', async () => {
    const cases: [Record<string, unknown>, string][] = [
      [{}, 'messages'],
      [{ messages: [] }, 'messages'],
      [{ messages: 'hi' }, 'messages'],
      [{ messages: [{ role: 'nobody', content: 'x' }] }, 'messages[0].role'],
      [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
      [{ messages, n: 2 }, 'n'],
      [{ messages, logprobs: true }, 'logprobs'],
      [{ messages, max_tokens: 0 }, 'max_tokens'],
      [{ messages, tools: [{ type: 'function' }] }, 'tools[0].function'],
      [{ messages, functions: [] }, 'functions'],
    ]
    for (const [body, param] of cases) {
      await assert.rejects(
        demo.post('/chat/completions', { body: { model: demoModel, ...body } }),
        (error) => error instanceof OpenAI.BadRequestError && error.param === param,
        param,
      )
    }
    await assert.rejects(demo.embeddings.create({ model: demoModel, input: 'x' }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError)
      assert.equal(error.code, 'unsupported')
      return true
    })
  })
})
