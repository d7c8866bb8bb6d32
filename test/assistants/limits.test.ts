import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, describe, it, mock } from 'node:test'

import { serve, type ServerType } from '@hono/node-server'
import OpenAI from 'openai'

import { createLimits, toDuration, type LimitOptions } from '../../src/assistants/limits.ts'
import { createTestRuntime, type TestRuntime } from './runtime.ts'

const apiKeys = [
  { project: 'a', key: 'sk-first-0123456789' },
  { project: 'b', key: 'sk-second-0123456789' },
]
const never = new Promise<void>(() => {})

let runtime: TestRuntime
const servers: ServerType[] = []
before(async () => {
  runtime = await createTestRuntime()
})
afterEach(async () => {
  mock.timers.reset()
  for (const server of servers.splice(0)) {
    const closed = once(server, 'close')
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
    await closed
  }
})
after(() => runtime.close())

async function listen(
  limits: Partial<LimitOptions>,
  keys: typeof apiKeys | null = apiKeys,
): Promise<string> {
  const app = runtime.createApp({
    apiKeys: keys,
    limits: createLimits({ requestsPerMinute: 0, maxStreams: 1000, ...limits }),
  })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` // it listens on TCP
}

const bearer = (key: string | undefined) => ({ authorization: `Bearer ${key}` })
const first = bearer(apiKeys[0]?.key)
const second = bearer(apiKeys[1]?.key)

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(url, { headers })
  await response.text()
  return response.status
}

describe('requests per minute', () => {
  it('are counted per key, and the headers say what is left', async () => {
    mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
    const baseURL = await listen({ requestsPerMinute: 2 })
    const client = new OpenAI({ baseURL, apiKey: apiKeys[0]?.key ?? '', maxRetries: 0 })
    const headersOf = async () => {
      const { headers } = await client.models.list().asResponse()
      return ['limit', 'remaining', 'reset'].map((n) => headers.get(`x-ratelimit-${n}-requests`))
    }
    assert.deepEqual(await headersOf(), ['2', '1', '1m0s'])
    mock.timers.setTime(1_800_000_001_500)
    assert.deepEqual(await headersOf(), ['2', '0', '58.5s'])
    await assert.rejects(client.models.list(), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError)
      assert.equal(error.type, 'requests')
      assert.equal(error.code, 'rate_limit_exceeded')
      assert.match(error.message, /Limit 2, Used 2, Requested 1. Please try again in 58.5s./)
      assert.equal(error.headers.get('retry-after'), '59')
      assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0')
      assert.match(error.requestID ?? '', /^req_/)
      return true
    })
    assert.equal(await statusOf(`${baseURL}/models`, second), 200)
    mock.timers.setTime(1_800_000_060_001)
    assert.deepEqual(await headersOf(), ['2', '1', '1m0s'])
  })

  it('are counted whatever is asked for, but not of strangers', async () => {
    const baseURL = await listen({ requestsPerMinute: 2 })
    assert.equal(await statusOf(`${baseURL}/models`), 401)
    assert.equal(await statusOf(`${baseURL}/nothing`, first), 404)
    assert.equal(await statusOf(baseURL.replace('v1', 'openai/models'), first), 200)
    assert.equal(await statusOf(`${baseURL}/models`, first), 429)
  })

  it('are counted per address where there are no keys', async () => {
    const baseURL = await listen({ requestsPerMinute: 1 }, null)
    const from = (address: string) =>
      statusOf(`${baseURL}/models`, { 'x-forwarded-for': `10.0.0.1, ${address}` })
    assert.equal(await from('192.0.2.1'), 200)
    assert.equal(await from('192.0.2.1'), 429)
    assert.equal(await from('192.0.2.2'), 200)
    assert.equal(await from('2001:db8:1:2:3::4'), 200)
    assert.equal(await from('2001:db8:1:2::'), 429)
    assert.equal(await from('2001:db8:1:3::'), 200)
    assert.equal(await statusOf(`${baseURL}/models`), 200)
    assert.equal(await from('no address'), 429)
  })

  it('are without number by default', async () => {
    const baseURL = await listen({})
    const response = await fetch(`${baseURL}/models`, { headers: first })
    await response.text()
    assert.equal(response.headers.get('x-ratelimit-limit-requests'), null)
  })
})

describe('wrong keys', () => {
  it('make an address wait, but not those there whose key is right', async () => {
    const baseURL = await listen({})
    const url = `${baseURL}/models`
    assert.equal(await statusOf(url, first), 200)
    for (let count = 0; count < 30; count += 1) {
      assert.equal(await statusOf(url), 401)
      assert.equal(await statusOf(url, bearer(`sk-wrong-${count}`)), 401)
    }
    const response = await fetch(url, { headers: bearer('sk-wrong-30') })
    assert.equal(response.status, 429)
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    assert.match(await response.text(), /rate_limit_exceeded/)
    assert.equal(await statusOf(url, first), 200)
    // A guess that is right looks like any other.
    assert.equal(await statusOf(url, second), 429)
    assert.equal(await statusOf(url, { ...second, 'x-forwarded-for': '192.0.2.1' }), 200)
  })
})

describe('who has had its share', () => {
  it('cannot fill the log', async () => {
    const url = `${await listen({ requestsPerMinute: 1 })}/models`
    const before = runtime.logged.length
    await statusOf(url, first)
    assert.equal(await statusOf(url, first), 429)
    for (let count = 0; count < 31; count += 1) await statusOf(url, bearer(`sk-wrong-${count}`))
    assert.deepEqual(runtime.logged.slice(before), [])
  })
})

describe('open streams', () => {
  async function open(url: string, body: object): Promise<IncomingMessage> {
    const headers = { ...first, 'openai-beta': 'assistants=v2' }
    const outgoing = request(url, { method: 'POST', headers, agent: false })
    outgoing.on('error', () => {})
    outgoing.end(JSON.stringify(body))
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    return incoming
  }

  /** Asks until there is a place again. */
  async function openAtLast(url: string, body: object): Promise<IncomingMessage> {
    for (;;) {
      const incoming = await open(url, body)
      if (incoming.statusCode !== 429) return incoming
      incoming.destroy()
    }
  }

  const completion = {
    model: 'm',
    stream: true,
    messages: [{ role: 'user', content: 'hi' }],
  }

  it('are bounded per key, until the client closes or leaves them', async () => {
    const baseURL = await listen({ maxStreams: 2 })
    const url = `${baseURL}/chat/completions`
    const held = { text: 'a', pause: { afterChunks: 1, until: never } }
    runtime.model.script(held, held, held)
    const streams = [await open(url, completion), await open(url, completion)]
    const refused = await open(url, completion)
    assert.equal(refused.statusCode, 429)
    assert.equal(refused.headers['retry-after'], '1')
    assert.match((await refused.toArray()).join(''), /Too many open streams: at most 2/)
    // Without a stream there is no limit.
    assert.equal(await statusOf(`${baseURL}/models`, first), 200)
    streams[0]?.destroy()
    const third = await openAtLast(url, completion)
    assert.equal(third.statusCode, 200)
    for (const stream of [...streams, third]) stream.destroy()
  })

  it('of runs count as well, and a refused one leaves nothing behind', async () => {
    const baseURL = await listen({ maxStreams: 1 })
    const project = runtime.store.project('a')
    const client = new OpenAI({ baseURL, apiKey: apiKeys[0]?.key ?? '', maxRetries: 0 })
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'm' })
    const threads = await Promise.all(
      [1, 2].map(() => client.beta.threads.create({ messages: [{ role: 'user', content: 'hi' }] })),
    )
    const [busy = '', other = ''] = threads.map(({ id }) => id)
    const url = (thread: string) => `${baseURL}/threads/${thread}/runs`
    const run = { assistant_id, stream: true }
    const { promise, resolve } = Promise.withResolvers<void>()
    runtime.model.script({ text: 'a', hold: promise })
    const stream = await open(url(busy), run)
    assert.equal(stream.statusCode, 200)
    assert.equal((await open(url(other), run)).statusCode, 429)
    const page = { limit: 20, order: 'desc' as const }
    assert.deepEqual((await project.listRuns(other, page)).data, [])
    resolve()
    assert.match((await stream.toArray()).join(''), /\[DONE\]/)
    const next = await openAtLast(url(other), run)
    assert.match((await next.toArray()).join(''), /thread.run.completed/)
  })

  it('that were refused for another reason do not count', async () => {
    const baseURL = await listen({ maxStreams: 1 })
    const url = `${baseURL}/threads/thread_x/runs`
    for (let count = 0; count < 3; count += 1) {
      const incoming = await openAtLast(url, { assistant_id: 'asst_x', stream: true })
      assert.equal(incoming.statusCode, 404)
      await incoming.toArray()
    }
  })
})

describe('toDuration', () => {
  it('writes what the hosted API writes', () => {
    const expected: [number, string][] = [
      [0, '0ms'],
      [0.2, '1ms'],
      [120, '120ms'],
      [1000, '1s'],
      [8640, '8.64s'],
      [59_999, '59.999s'],
      [60_000, '1m0s'],
      [360_000, '6m0s'],
      [3_605_000, '1h0m5s'],
    ]
    for (const [ms, text] of expected) assert.equal(toDuration(ms), text)
  })
})
