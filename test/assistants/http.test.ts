import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { after, before, describe, it } from 'node:test'

import { startHttpServer, type HttpServer } from '../../src/http-server.ts'
import { createTestRuntime, type TestRuntime } from './runtime.ts'

const beta = { 'openai-beta': 'assistants=v2' }

let runtime: TestRuntime
let server: HttpServer
let port: number
let assistant_id: string
const ticks = new Set<() => void>()
before(async () => {
  runtime = await createTestRuntime()
  const app = runtime.createApp({
    every: (_intervalMs, tick) => {
      ticks.add(tick)
      return () => ticks.delete(tick)
    },
  })
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    authenticated: false,
    mount: (root) => void root.route('/', app),
    healthCheck: async () => {},
    log: runtime.log,
  })
  port = Number(new URL(server.origin).port)
  assistant_id = (await runtime.client.beta.assistants.create({ model: 'scripted' })).id
})
after(async () => {
  await server.close(0)
  await runtime.close()
})

/** Sends a POST over a socket of its own, and answers as soon as the headers are there. */
async function post(path: string, body: string): Promise<IncomingMessage> {
  const outgoing = httpRequest({ port, path, method: 'POST', headers: beta, agent: false })
  const response = once(outgoing, 'response')
  // Without a length, as some clients send: in chunks.
  outgoing.write(body)
  outgoing.end()
  const [incoming] = (await response) as [IncomingMessage]
  // A server that has answered need not take the rest of the body.
  outgoing.on('error', () => {})
  return incoming.setEncoding('utf8')
}

/** Reads until the text has come; fails if the answer ends before. */
async function readUntil(incoming: IncomingMessage, text: string): Promise<string> {
  let seen = ''
  // Leaving the loop must not end the connection.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    seen += String(chunk)
    if (seen.includes(text)) return seen
  }
  assert.fail(`the answer ended without ${text}: ${seen}`)
}

async function streamedRun() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const thread = await runtime.client.beta.threads.create({
    messages: [{ role: 'user', content: 'hi' }],
  })
  runtime.model.script({ text: ['first', 'second'], pause: { afterChunks: 2, until: promise } })
  const body = JSON.stringify({ assistant_id, stream: true })
  const incoming = await post(`/v1/threads/${thread.id}/runs`, body)
  return { thread_id: thread.id, incoming, finish: resolve }
}

describe('a stream over HTTP', () => {
  it('brings its headers and each event at once', async () => {
    const { incoming, finish } = await streamedRun()
    assert.equal(incoming.statusCode, 200)
    assert.equal(incoming.headers['content-type'], 'text/event-stream; charset=utf-8')
    assert.equal(incoming.headers['content-encoding'], undefined)
    const begin = await readUntil(incoming, 'first')
    assert.doesNotMatch(begin, /second/)
    finish()
    assert.match(await readUntil(incoming, '[DONE]'), /second/)
    await incoming.toArray()
  })

  it('is kept alive while nothing happens', async () => {
    const { incoming, finish } = await streamedRun()
    await readUntil(incoming, 'first')
    for (const tick of ticks) tick()
    assert.equal(await readUntil(incoming, '\n\n'), ': ping\n\n')
    finish()
    await readUntil(incoming, '[DONE]')
    await incoming.toArray()
    assert.equal(ticks.size, 0)
  })

  it('may be cut by the client without harm to the run, or a word beside the log', async (test) => {
    const printed = test.mock.method(console, 'error', () => {})
    const { thread_id, incoming, finish } = await streamedRun()
    await readUntil(incoming, 'first')
    incoming.destroy()
    while (ticks.size > 0) await new Promise(setImmediate)
    finish()
    const { runs, messages } = runtime.client.beta.threads
    const [run] = (await runs.list(thread_id)).data
    assert.ok(run)
    const done = await runs.poll(run.id, { thread_id }, { pollIntervalMs: 5 })
    assert.equal(done.status, 'completed')
    const [answer] = (await messages.list(thread_id)).data
    assert.match(JSON.stringify(answer?.content), /firstsecond/)
    assert.deepEqual(
      printed.mock.calls.map((call) => call.arguments),
      [],
    )
  })
})

describe('a body over HTTP', () => {
  it('is refused when it is too large, in chunks or announced', async () => {
    const large = 'x'.repeat(9 * 1024 * 1024)
    const chunked = await post('/v1/threads', large)
    assert.equal(chunked.statusCode, 413)
    chunked.destroy()
    const response = await fetch(`http://127.0.0.1:${port}/v1/threads`, {
      method: 'POST',
      headers: { ...beta, connection: 'close' },
      body: large,
    })
    assert.equal(response.status, 413)
    assert.match(await response.text(), /request_too_large/)
  })

  it('is read whole, in chunks as well', async () => {
    const fullname = '王卓然'.repeat(100)
    const incoming = await post('/v1/threads', JSON.stringify({ metadata: { fullname } }))
    const text = (await incoming.toArray()).join('')
    assert.equal(JSON.parse(text).metadata.fullname, fullname)
  })
})
