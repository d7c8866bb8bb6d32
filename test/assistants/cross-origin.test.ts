import assert from 'node:assert/strict'
import { request, type IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'

import OpenAI from 'openai'

import { startHttpServer, type HttpServer } from '../../src/http-server.ts'
import { createLogger } from '../../src/log.ts'
import { createTestRuntime, type TestRuntime } from './runtime.ts'

const site = 'https://app.example.com'
const key = 'sk-page-0123456789'

let runtime: TestRuntime
const servers: HttpServer[] = []
before(async () => {
  runtime = await createTestRuntime()
})
after(async () => {
  await Promise.all(servers.map((server) => server.close(0)))
  await runtime.close()
})

async function listen({ origins, hasKey }: { origins: string[]; hasKey: boolean }) {
  const apiKeys = hasKey ? [{ project: 'default', key }] : null
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    authenticated: hasKey,
    corsOrigins: origins,
    mount: (app) => void app.route('/', runtime.createApp({ apiKeys, corsOrigins: origins })),
    healthCheck: async () => {},
    log: createLogger({ level: 'silent', pretty: false }),
  })
  servers.push(server)
  return server.origin
}

/** fetch() does not let a caller choose the Origin, so this speaks plain HTTP. */
function send(
  url: string,
  method: string,
  headers: Record<string, string>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (incoming) => {
      incoming.resume()
      resolve(incoming)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** What a browser asks before the SDK's request, with the headers that the SDK would send. */
async function preflight(origin: string, from: string): Promise<IncomingMessage> {
  return send(`${origin}/v1/threads`, 'OPTIONS', {
    origin: from,
    'access-control-request-method': 'POST',
    'access-control-request-headers': (await sdkHeaders()).join(','),
  })
}

async function sdkHeaders(): Promise<string[]> {
  let names: string[] = []
  const client = new OpenAI({
    apiKey: key,
    baseURL: 'http://server.test/v1',
    dangerouslyAllowBrowser: true,
    fetch: async (url, init) => {
      names = [...new Request(url, init).headers.keys()]
      return Response.json({ id: 'thread_1' })
    },
  })
  await client.beta.threads.create({})
  assert.ok(names.includes('openai-beta'))
  return names
}

describe('pages of other origins', () => {
  it('are told by the preflight what they may send, without a key', async () => {
    for (const hasKey of [true, false]) {
      const origin = await listen({ origins: [site], hasKey })
      const { statusCode, headers } = await preflight(origin, site)
      assert.equal(statusCode, 204)
      assert.equal(headers['access-control-allow-origin'], site)
      const allowed = headers['access-control-allow-headers']?.split(',')
      assert.deepEqual(allowed, await sdkHeaders())
      assert.match(headers['access-control-allow-methods'] ?? '', /POST/)
      assert.equal(headers['access-control-max-age'], '7200')
      assert.match(headers.vary ?? '', /Origin/)
    }
  })

  it('may read the answers, errors among them, and the headers that count', async () => {
    const origin = await listen({ origins: [site], hasKey: true })
    const authorization = `Bearer ${key}`
    const cases: [string, Record<string, string>, number][] = [
      ['/v1/models', { authorization }, 200],
      ['/v1/models', {}, 401],
      ['/v1/nothing', { authorization }, 404],
      ['/openai/v1/models', { authorization }, 200],
    ]
    for (const [path, headers, status] of cases) {
      const answer = await send(origin + path, 'GET', { ...headers, origin: site })
      assert.equal(answer.statusCode, status)
      assert.equal(answer.headers['access-control-allow-origin'], site)
      const exposed = answer.headers['access-control-expose-headers']?.split(',') ?? []
      for (const name of ['x-request-id', 'retry-after', 'openai-poll-after-ms']) {
        assert.ok(exposed.includes(name))
      }
    }
  })

  it('that are not named are refused', async () => {
    const evil = 'https://evil.example'
    const open = await listen({ origins: [site], hasKey: true })
    assert.equal((await preflight(open, evil)).headers['access-control-allow-origin'], undefined)
    const local = await listen({ origins: [site], hasKey: false })
    assert.equal((await preflight(local, evil)).statusCode, 403)
    assert.equal((await send(`${local}/v1/models`, 'GET', { origin: evil })).statusCode, 403)
    assert.equal((await send(`${local}/v1/models`, 'GET', { origin: site })).statusCode, 200)
  })

  it('may all call where the operator says so', async () => {
    const origin = await listen({ origins: ['*'], hasKey: true })
    const { headers } = await preflight(origin, 'https://any.example')
    assert.equal(headers['access-control-allow-origin'], '*')
  })

  it('get nothing by default', async () => {
    const origin = await listen({ origins: [], hasKey: true })
    const { statusCode, headers } = await preflight(origin, site)
    assert.equal(statusCode, 401)
    assert.equal(headers['access-control-allow-origin'], undefined)
  })
})
