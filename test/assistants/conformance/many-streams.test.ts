import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'

import { serve, type ServerType } from '@hono/node-server'
import type OpenAI from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'
import { readStream, toEvents, type OpenStream } from './events.ts'

const count = 1000

let runtime: TestRuntime
let server: ServerType
let origin: string
let assistant_id: string
before(async () => {
  runtime = await createTestRuntime()
  server = serve({ fetch: runtime.app.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
  assistant_id = (await runtime.client.beta.assistants.create({ model: 'scripted' })).id
})
after(async () => {
  const closed = once(server, 'close')
  server.close()
  if ('closeAllConnections' in server) server.closeAllConnections()
  await closed
  await runtime.close()
})

async function open(content: string): Promise<OpenStream> {
  const messages = [{ role: 'user', content }]
  const response = await fetch(`${origin}/v1/threads/runs`, {
    method: 'POST',
    headers: { 'openai-beta': 'assistants=v2' },
    body: JSON.stringify({ assistant_id, stream: true, thread: { messages } }),
  })
  assert.equal(response.status, 200)
  return readStream(response)
}

/** All the text of a stream, and its last two events. */
function summaryOf(stream: string): { text: string; last: string[] } {
  const events = toEvents(stream)
  const deltas = events.flatMap(({ event, data }) => {
    if (event !== 'thread.message.delta') return []
    const { delta } = data as OpenAI.Beta.Threads.MessageDeltaEvent
    return (delta.content ?? []).map((block) => (block.type === 'text' ? block.text?.value : ''))
  })
  return { text: deltas.join(''), last: events.slice(-2).map(({ event }) => event) }
}

describe('open streams', () => {
  it(`may be ${count} at once, and each brings its own text`, { timeout: 60_000 }, async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<void>()
    runtime.model.respond(({ messages }) => {
      const { content } = messages.at(-1) ?? {}
      return { text: ['Answer to ', typeof content === 'string' ? content : ''], hold }
    })
    const streams: OpenStream[] = []
    while (streams.length < count) {
      // Fewer than the system lets wait for a connection at once.
      const numbers = Array.from({ length: 200 }, (_, index) => streams.length + index)
      streams.push(...(await Promise.all(numbers.map((number) => open(`question ${number}`)))))
    }
    await Promise.all(streams.map((stream) => stream.until('thread.run.queued')))
    release()
    const wholes = await Promise.all(streams.map((stream) => stream.whole()))
    const expected = wholes.map((_, number) => ({
      text: `Answer to question ${number}`,
      last: ['thread.run.completed', 'done'],
    }))
    assert.deepEqual(wholes.map(summaryOf), expected)
  })

  it('that nobody reads hold up neither the run nor the others', { timeout: 30_000 }, async () => {
    const pieces = Array.from({ length: 8000 }, (_, number) => `${number} ${'x'.repeat(300)};`)
    runtime.model.respond(() => ({ text: pieces }))
    const idle = await open('long')
    await idle.until('thread.run.created')
    const eager = summaryOf(await (await open('long')).whole())
    assert.equal(eager.text, pieces.join(''))
    assert.deepEqual(eager.last, ['thread.run.completed', 'done'])

    // Its run was over without it; what is left for it is whole, or says that it is not.
    const late = summaryOf(await idle.whole())
    assert.ok(pieces.join('').startsWith(late.text))
    assert.equal(late.last[1], 'done')
    assert.equal(late.last[0], late.text === eager.text ? 'thread.run.completed' : 'error')
  })

  it('that are left let their run go on', async () => {
    const { promise: until, resolve } = Promise.withResolvers<void>()
    runtime.model.respond(() => ({ text: ['one', 'two'], pause: { afterChunks: 2, until } }))
    const stream = await open('hi')
    const seen = await stream.until('one')
    await stream.leave()
    resolve()
    const [id = ''] = /run_\w+/.exec(seen) ?? []
    const [thread_id = ''] = /thread_\w+/.exec(seen) ?? []
    const run = await runtime.client.beta.threads.runs.poll(id, { thread_id })
    assert.equal(run.status, 'completed')
  })
})
