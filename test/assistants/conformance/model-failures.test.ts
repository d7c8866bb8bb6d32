import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createChatCompletionsDriver } from '../../../src/models/chat-completions.ts'
import { createConformanceServer, type ConformanceServer } from './server.ts'

type Answer = (response: ServerResponse) => void

const sse = { 'content-type': 'text/event-stream' }
const json = { 'content-type': 'application/json' }
const chunk = (delta: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
const failure = (code: string) => JSON.stringify({ error: { message: 'no', type: code, code } })

/** Writes for as long as anybody reads. */
function endlessly(response: ServerResponse, piece: string): void {
  response.writeHead(200, sse)
  const write = () => {
    if (response.destroyed) return
    if (response.write(piece)) setImmediate(write)
    else response.once('drain', write)
  }
  write()
}

interface Case {
  answer: Answer
  code: NonNullable<OpenAI.Beta.Threads.Run['last_error']>['code']
  /** What stays of the message. */
  text?: string
}

/** What an endpoint may do instead of answering; none of it is worth another try. */
const cases: Record<string, Case> = {
  'refuses for the quota': {
    answer: (response) => response.writeHead(429, json).end(failure('insufficient_quota')),
    code: 'rate_limit_exceeded',
  },
  'is over its rate limit': {
    answer: (response) => response.writeHead(429, json).end(failure('rate_limit_exceeded')),
    code: 'rate_limit_exceeded',
  },
  fails: { answer: (response) => response.writeHead(500).end(), code: 'server_error' },
  'refuses the prompt': {
    answer: (response) => response.writeHead(400, json).end(failure('bad')),
    code: 'invalid_prompt',
  },
  'refuses the key': {
    answer: (response) => response.writeHead(401, json).end(failure('bad')),
    code: 'server_error',
  },
  'sends garbage': {
    answer: (response) => response.writeHead(200, sse).end('data: {"choices":[{\n\n'),
    code: 'server_error',
  },
  'sends bytes': {
    answer: (response) => response.writeHead(200, sse).end(Buffer.alloc(1000, 0xff)),
    code: 'server_error',
  },
  'sends a page': {
    answer: (response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
    code: 'server_error',
  },
  'sends nothing': {
    answer: (response) => response.writeHead(200, sse).end(),
    code: 'server_error',
  },
  'hangs up': { answer: (response) => response.destroy(), code: 'server_error' },
  'sends no choice': {
    answer: (response) =>
      response.writeHead(200, sse).end('data: {"choices":[]}\n\ndata: [DONE]\n\n'),
    code: 'server_error',
  },
  'hangs up in the middle': {
    answer(response) {
      response.writeHead(200, sse).write(chunk({ content: 'Hel' }), () => response.destroy())
    },
    code: 'server_error',
    text: 'Hel',
  },
  'tells of an error in the middle': {
    answer: (response) =>
      response.writeHead(200, sse).end(`${chunk({ content: 'Hel' })}data: ${failure('x')}\n\n`),
    code: 'server_error',
    text: 'Hel',
  },
  'never stops': {
    answer: (response) => endlessly(response, chunk({ content: 'x'.repeat(100_000) })),
    code: 'server_error',
  },
  'never stops a call': {
    answer: (response) => {
      const call = { index: 0, id: 'c', function: { name: 'f', arguments: '1'.repeat(100_000) } }
      endlessly(response, chunk({ tool_calls: [call] }))
    },
    code: 'server_error',
  },
  'never ends an event': {
    answer: (response) => endlessly(response, `data: ${'x'.repeat(100_000)}\n`),
    code: 'server_error',
  },
  'never ends a line': {
    answer: (response) => endlessly(response, `data: ${'x'.repeat(100_000)}`),
    code: 'server_error',
  },
}

let endpoint: Server
let answer: Answer = () => {}
let server: ConformanceServer
before(async () => {
  endpoint = createServer((request, response) => {
    request.resume()
    answer(response)
  })
  endpoint.listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  const { port } = endpoint.address() as AddressInfo // it listens on TCP
  const baseURL = `http://127.0.0.1:${port}/v1`
  const createDriver = ({ log }: Parameters<typeof createChatCompletionsDriver>[0]) =>
    createChatCompletionsDriver({ baseURL, log })
  server = await createConformanceServer({}, { createDriver })
})
after(async () => {
  await server.close()
  endpoint.close()
  endpoint.closeAllConnections()
})
afterEach(async () => assert.deepEqual(await server.problems(), []))

describe('a run whose endpoint', () => {
  for (const [what, { answer: given, code, text }] of Object.entries(cases)) {
    it(`${what} says so, and leaves the thread free`, { timeout: 20_000 }, async () => {
      answer = given
      const { beta } = server.sdk
      const { id: assistant_id } = await beta.assistants.create({
        model: 'm',
        tools: [{ type: 'function', function: { name: 'f' } }],
      })
      const { id: thread_id } = await beta.threads.create({
        messages: [{ role: 'user', content: 'hi' }],
      })
      const stream = beta.threads.runs.stream(thread_id, { assistant_id })
      const run = await stream.finalRun()
      await stream.done()
      assert.equal(run.status, 'failed')
      assert.equal(run.last_error?.code, code)
      assert.notEqual(run.last_error.message, '')
      assert.deepEqual(await beta.threads.runs.retrieve(run.id, { thread_id }), run)
      const { data: steps } = await beta.threads.runs.steps.list(run.id, { thread_id })
      assert.ok(steps.every(({ status }) => status === 'failed'))
      if (text !== undefined) {
        const [message] = (await beta.threads.messages.list(thread_id)).data
        assert.partialDeepStrictEqual(message, {
          status: 'incomplete',
          content: [{ text: { value: text } }],
        })
      }
      await beta.threads.messages.create(thread_id, { role: 'user', content: 'again' })
    })
  }
})
