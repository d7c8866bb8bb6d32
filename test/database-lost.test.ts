import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

import OpenAI from 'openai'

import { parseConfig } from '../src/config.ts'
import { startHttpServer } from '../src/http-server.ts'
import { createLogger } from '../src/log.ts'
import { startRuntime } from '../src/runtime.ts'
import { createTestDatabase, withoutServer } from './helpers/postgres.ts'
import { createTcpProxy, type TcpProxy } from './helpers/tcp-proxy.ts'

const parts = new AsyncDisposableStack()
after(() => parts.disposeAsync())

/** The API over HTTP as `npm run serve` has it, on a database behind the proxy. */
async function serveBehind(proxy: TcpProxy, databaseUrl: string) {
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const folder = await mkdtemp(join(tmpdir(), 'guagua-lost-'))
  parts.defer(() => rm(folder, { recursive: true }))
  const log = createLogger({ level: 'silent', pretty: false })
  const config = parseConfig({ DATA_DIR: folder, DATABASE_URL: url.href, PORT: '0' })
  const runtime = await startRuntime(config, { log, parts })
  const http = await startHttpServer({
    ...config.http,
    authenticated: false,
    mount: (app) => void app.route('/', runtime.outside),
    healthCheck: () => runtime.healthCheck(),
    log,
  })
  parts.defer(() => http.close(0))
  return { origin: http.origin, ready: runtime.ready }
}

async function health(origin: string) {
  const answer = await fetch(`${origin}/healthz`)
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}

async function assertUnavailable(origin: string): Promise<void> {
  const headers = { 'openai-beta': 'assistants=v2' }
  const answer = await fetch(`${origin}/v1/threads/thread_1`, { headers })
  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('retry-after'), '2')
  assert.deepEqual(await answer.json(), {
    error: {
      message: 'The database cannot be reached at the moment. Please try again soon.',
      type: 'server_error',
      param: null,
      code: null,
    },
  })
  const { status, body } = await health(origin)
  assert.equal(status, 503)
  assert.match(body['reason'] ?? '', /database cannot be reached/)
}

describe('a server whose database', () => {
  it('is not there yet answers that it is unavailable', async () => {
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: 1 })
    const { origin } = await serveBehind(proxy, 'postgres://teacher:swordfish@127.0.0.1/class')
    await assertUnavailable(origin)
  })

  it(
    'is lost answers 503, and works again as soon as it is back',
    { skip: withoutServer },
    async () => {
      const database = await createTestDatabase()
      parts.defer(() => database.drop())
      const direct = new URL(database.url)
      const port = Number(direct.port || '5432')
      const proxy = await createTcpProxy({ host: direct.hostname, port })
      await proxy.open()
      parts.defer(() => proxy.cut())
      const { origin, ready } = await serveBehind(proxy, database.url)
      await ready
      assert.equal((await health(origin)).status, 200)
      const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'any', maxRetries: 0 })
      const thread = await client.beta.threads.create()

      await proxy.cut()
      await assertUnavailable(origin)

      await proxy.open()
      assert.equal((await health(origin)).status, 200)
      assert.deepEqual(await client.beta.threads.retrieve(thread.id), thread)
      const { id } = await client.beta.assistants.create({ model: 'guagua-demo' })
      await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'hello' })
      const run = await client.beta.threads.runs.createAndPoll(thread.id, { assistant_id: id })
      assert.equal(run.status, 'completed')
    },
  )
})
