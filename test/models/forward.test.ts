import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'

import { ProviderError } from '../../src/errors.ts'
import { createLogger } from '../../src/log.ts'
import { createForward, type ForwardOptions } from '../../src/models/forward.ts'
import type { ForwardedRequest } from '../../src/models/models.ts'

const apiKey = 'sk-secret-of-the-endpoint'
const { signal } = new AbortController()
const never = new Promise(() => {})

interface Asked {
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
  /** Settles when the answer is out (false) or the caller has gone away before (true). */
  closed: Promise<boolean>
}

describe('forward', () => {
  const asked: Asked[] = []
  const lines: string[] = []
  const log = createLogger({
    level: 'warn',
    pretty: false,
    destination: { write: (line) => void lines.push(line) },
  })
  let answer: (response: ServerResponse, request: Asked) => unknown = () => {}
  const server = createServer((incoming, response) => {
    void handle(incoming, response)
  })
  let baseURL: string
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` // it listens on TCP
  })
  afterEach(() => {
    asked.length = 0
    lines.length = 0
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  async function handle(incoming: IncomingMessage, response: ServerResponse) {
    const text = Buffer.concat(await incoming.toArray()).toString('utf8')
    const closed = once(response, 'close').then(() => !response.writableFinished)
    const { url: path = '', headers } = incoming
    const request: Asked = { path, headers, body: JSON.parse(text) as Asked['body'], closed }
    asked.push(request)
    await answer(response, request)
  }

  const forward = (
    body: Record<string, unknown> = {},
    { path = '/chat/completions', ...options }: Partial<ForwardOptions & ForwardedRequest> = {},
  ) =>
    createForward({ baseURL, apiKey, log, ...options })(
      { path, body: { model: 'm', ...body }, headers: options.headers ?? {} },
      { signal },
    )

  function answerJson(body: unknown, status = 200, headers: Record<string, string> = {}) {
    answer = (response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
  }

  function answerEvents(...events: unknown[]) {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('') + done)
    }
  }
  const done = 'data: [DONE]\n\n'
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
  const chunk = (content: string, rest: object = {}) => ({
    choices: [{ index: 0, delta: { content } }],
    ...rest,
  })

  it('sends what the client wrote, with our key and none of its own', async () => {
    answerJson({ choices: [], usage })
    const body = { messages: [{ role: 'user', content: 'hi' }], never_heard_of: { deep: [1] } }
    const { response } = await forward(body, {
      baseURL: `${baseURL}/`,
      headers: { 'x-kept': '1', authorization: 'Bearer of-the-client' },
    })
    assert.deepEqual(await response.json(), { choices: [], usage })
    const [request] = asked
    assert.equal(request?.path, '/v1/chat/completions')
    assert.deepEqual(request.body, { model: 'm', ...body })
    assert.equal(request.headers.authorization, `Bearer ${apiKey}`)
    assert.equal(request.headers['x-kept'], '1')
  })

  it('passes the answer without headers that are about the endpoint', async () => {
    answerJson({ object: 'list' }, 200, { 'set-cookie': 'a=b', server: 'x', 'x-ratelimit-a': '1' })
    const { response } = await forward()
    assert.deepEqual([...response.headers], [['content-type', 'application/json']])
    await response.text()
  })

  describe('the count of tokens', () => {
    it('is read from an answer, with its details', async () => {
      const details = { prompt_tokens_details: { cached_tokens: 2 } }
      answerJson({
        choices: [{ message: { content: '"usage": {' } }],
        usage: { ...usage, ...details },
      })
      const { response, usage: counted } = await forward()
      await response.text()
      assert.deepEqual(await counted, { ...usage, cached_tokens: 2 })
    })

    it('is read from an answer of any length, at its end or its beginning', async () => {
      const data = Array.from({ length: 40_000 }, () => ({ embedding: [0.25, -0.5] }))
      const count = { prompt_tokens: 9, total_tokens: 9 }
      for (const body of [
        { data, usage: count },
        { usage: count, data },
      ]) {
        answerJson(body)
        const { response, usage: counted } = await forward({ input: 'x' }, { path: '/embeddings' })
        assert.deepEqual(await response.json(), body)
        assert.deepEqual(await counted, { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 })
      }
      assert.equal(asked[0]?.path, '/v1/embeddings')
    })

    it('is null where the endpoint does not count', async () => {
      for (const body of [{ choices: [] }, 'no JSON at all', { usage: 'much' }]) {
        answerJson(body)
        const { response, usage: counted } = await forward()
        await response.text()
        assert.equal(await counted, null)
      }
    })

    it('is asked of streams, and not shown to a client that did not ask', async () => {
      answerEvents(chunk('a', { usage: null }), chunk('"usage":null', { usage: null }), {
        choices: [],
        usage,
      })
      const options = { include_obfuscation: false }
      const { response, usage: counted } = await forward({ stream: true, stream_options: options })
      const expected = [chunk('a'), chunk('"usage":null')]
      const text = expected.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')
      assert.equal(await response.text(), text + done)
      assert.deepEqual(await counted, usage)
      assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
      assert.deepEqual(asked[0]?.body['stream_options'], { ...options, include_usage: true })
    })

    it('is shown to a client that asked, byte for byte', async () => {
      const text = `: comment\r\n\r\ndata: {"choices":[],\r\ndata: "usage":${JSON.stringify(usage)}}\r\n\r\nid: 7\r\n`
      answer = (response) => response.setHeader('content-type', 'text/event-stream').end(text)
      const options = { include_usage: true }
      const { response, usage: counted } = await forward({ stream: true, stream_options: options })
      assert.equal(await response.text(), text)
      assert.deepEqual(await counted, usage)
    })

    it('stays where it comes with the last piece of text', async () => {
      answerEvents(chunk('all', { usage }))
      const { response, usage: counted } = await forward({ stream: true })
      assert.match(await response.text(), /"total_tokens":7/)
      assert.deepEqual(await counted, usage)
    })

    it('is found wherever the network cuts', async () => {
      const text = `data: ${JSON.stringify(chunk('你好'))}\n\ndata: ${JSON.stringify({ choices: [], usage })}\n\n${done}`
      answer = async (response) => {
        response.setHeader('content-type', 'text/event-stream')
        for (const byte of Buffer.from(text)) {
          response.write(Buffer.of(byte))
          await new Promise(setImmediate)
        }
        response.end()
      }
      const { response, usage: counted } = await forward({ stream: true })
      assert.equal(await response.text(), `data: ${JSON.stringify(chunk('你好'))}\n\n${done}`)
      assert.deepEqual(await counted, usage)
    })
  })

  describe('an endpoint that refuses stream_options', () => {
    function refuse(message: string) {
      answer = (response, { body }) => {
        if ('stream_options' in body) {
          response.writeHead(400, { 'content-type': 'application/json' })
          return response.end(JSON.stringify({ error: { message } }))
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        return response.end(done)
      }
    }

    it('is asked without them, and remembered', async () => {
      for (const message of ['Unknown parameter: stream_options', 'Bad Request']) {
        asked.length = 0
        refuse(message)
        const send = createForward({ baseURL, apiKey, log })
        const request = {
          path: '/chat/completions',
          body: { model: 'm', stream: true },
          headers: {},
        } as const
        for (let count = 0; count < 2; count += 1) {
          const { response } = await send(request, { signal })
          assert.equal(await response.text(), done)
        }
        const wishes = asked.map(({ body }) => 'stream_options' in body)
        assert.deepEqual(wishes, [true, false, false])
      }
    })

    it('tells a client that asked for them itself', async () => {
      refuse('Unknown parameter: stream_options')
      const options = { include_usage: true }
      const { response } = await forward({ stream: true, stream_options: options })
      assert.equal(response.status, 400)
      assert.equal(asked.length, 1)
    })
  })

  describe('a refusal', () => {
    it("that is the client's business is passed on in the envelope", async () => {
      const error = { message: 'No such thing', type: 'some_error', param: 'n', code: 'bad' }
      const cases: [unknown, object][] = [
        [{ error: { ...error, extra: 1 } }, error],
        [{ error: 'in short' }, { message: 'in short' }],
        [
          { object: 'error', message: 'flat', code: 400 },
          { message: 'flat', code: '400' },
        ],
        [{ detail: 'of FastAPI' }, { message: 'of FastAPI' }],
        ['some text', { message: 'The model endpoint refused the request (422): some text' }],
        ['<html>a page</html>', { message: 'The model endpoint refused the request (422).' }],
        ['', { message: 'The model endpoint refused the request (422).' }],
      ]
      const rest = { type: 'invalid_request_error', param: null, code: null }
      for (const [body, expected] of cases) {
        answerJson(body, 422)
        const { response, usage: counted } = await forward()
        assert.equal(response.status, 422)
        assert.deepEqual(await response.json(), { error: { ...rest, ...expected } })
        assert.equal(await counted, null)
      }
    })

    it('says how long to wait', async () => {
      answerJson('', 429, { 'retry-after': '7' })
      const { response } = await forward()
      assert.equal(response.status, 429)
      assert.equal(response.headers.get('retry-after'), '7')
      assert.equal(response.headers.get('retry-after-ms'), '7000')
      assert.deepEqual(await response.json(), {
        error: {
          message: 'The model endpoint refused the request (429).',
          type: 'requests',
          param: null,
          code: 'rate_limit_exceeded',
        },
      })
    })

    it('shows neither key, address nor account', async () => {
      const message = `${apiKey} at ${baseURL} of org-abcdef123456 is over its limit`
      answerJson({ error: { message } }, 429)
      const { response } = await forward()
      const { error } = (await response.json()) as { error: { message: string } }
      assert.equal(error.message, '[key] at [address] of [account] is over its limit')
    })

    it('of any length is read no further than needed', async () => {
      answer = async (response, { closed }) => {
        response.writeHead(400, { 'content-type': 'application/json' })
        let gone = false
        void closed.then(() => (gone = true))
        while (!gone) {
          response.write('x'.repeat(100_000))
          await new Promise(setImmediate)
        }
      }
      const { response } = await forward()
      assert.equal(response.status, 400)
      assert.ok((await response.text()).length < 1000)
    })
  })

  describe('a failure', () => {
    const failsWith = (work: Promise<unknown>, message: RegExp) =>
      assert.rejects(work, (error) => {
        assert.ok(error instanceof ProviderError)
        assert.match(error.message, message)
        assert.doesNotMatch(error.message + lines.join(), /127\.0\.0\.1|sk-secret/)
        assert.equal(lines.length, 1)
        lines.length = 0
        return true
      })

    it("of the endpoint is no business of the client's", async () => {
      for (const status of [401, 403]) {
        answerJson({ error: { message: `bad key ${apiKey}` } }, status)
        await failsWith(forward(), /refused the API key/)
      }
      for (const status of [402, 405, 500, 503]) {
        answerJson('<html>nginx</html>', status)
        await failsWith(forward(), new RegExp(`failed \\(${status}\\)`))
      }
      answerJson('<html>sign in</html>', 200, { 'content-type': 'text/html' })
      await failsWith(forward(), /no answer/)
    })

    it('says how long the endpoint wants to be left alone', async () => {
      answerJson('', 503, { 'retry-after': '3' })
      await assert.rejects(forward(), { retryAfterMs: 3000 })
    })

    it('is a way to another address, which nothing of the request goes to', async () => {
      for (const status of [301, 303, 307, 308]) {
        answer = (response, { path }) => {
          const location = `${new URL(baseURL).origin}/elsewhere`
          response.writeHead(path === '/elsewhere' ? 200 : status, { location }).end('{}')
        }
        const message = `The model endpoint redirects to another address (${status}), which is not followed. Ask the operator of this server to correct its address.`
        await assert.rejects(forward(), { name: 'ProviderError', message })
        assert.deepEqual(
          asked.splice(0).map(({ path }) => path),
          ['/v1/chat/completions'],
        )
      }
    })

    it('is an answer in one piece that never begins', async () => {
      const breaks: (typeof answer)[] = [
        (response) => {
          response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
          setImmediate(() => response.destroy())
        },
        (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(),
        (response) => response.writeHead(204).end(),
      ]
      for (answer of breaks) {
        await assert.rejects(forward(), { message: 'The model endpoint broke off its answer.' })
      }
    })

    it('may name no time to wait that makes sense', async () => {
      for (const value of ['1e308', '-1', 'Infinity', 'soon', '0x10']) {
        answerJson('', 429, { 'retry-after': value, 'retry-after-ms': value })
        const { response } = await forward()
        assert.equal(response.headers.get('retry-after'), null, value)
        assert.equal(response.headers.get('retry-after-ms'), null, value)
      }
    })

    it('is also an endpoint that is not there, or says nothing', async () => {
      await failsWith(forward({}, { baseURL: 'http://127.0.0.1:1/v1' }), /cannot be reached/)
      answer = () => never
      await failsWith(forward({}, { answerTimeoutMs: 1 }), /took too long/)
      answer = (response) => response.destroy()
      await failsWith(forward(), /cannot be reached/)
    })

    it('in the middle of a stream is told in the stream', async () => {
      answer = async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(`data: ${JSON.stringify(chunk('a'))}\n\ndata: {"choi`)
        await new Promise(setImmediate)
        response.destroy()
      }
      const { response, usage: counted } = await forward({ stream: true })
      const text = await response.text()
      assert.match(text, /"content":"a"/)
      assert.match(text, /\n\ndata: {"error":{"message":"The model endpoint broke off its answer."/)
      assert.equal(await counted, null)
    })

    it('is a stream that stops', async () => {
      let closed: Promise<boolean> | undefined
      answer = (response, request) => {
        closed = request.closed
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(`data: ${JSON.stringify(chunk('a'))}\n\n`)
      }
      const { response } = await forward({ stream: true }, { gapTimeoutMs: 50 })
      assert.match(await response.text(), /took too long to answer/)
      assert.equal(await closed, true)
    })

    it('is an answer without end', async () => {
      for (const type of ['application/json', 'text/event-stream']) {
        answer = (response) => {
          response.writeHead(200, { 'content-type': type })
          response.end('x'.repeat(200_000))
        }
        const { response } = await forward({ stream: true }, { maxBytes: 100_000 })
        const body = response.text()
        if (type === 'application/json') await assert.rejects(body)
        else assert.match(await body, /broke off/)
      }
    })
  })

  describe('a client that goes', () => {
    it('ends the answer at the endpoint', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(`data: ${JSON.stringify(chunk('a', { usage }))}\n\n`)
      }
      const { response, usage: counted } = await forward({ stream: true })
      assert.ok(response.body)
      const reader = response.body.getReader()
      await reader.read()
      await reader.cancel()
      assert.equal(await asked[0]?.closed, true)
      assert.deepEqual(await counted, usage)
    })

    it('ends the waiting too', async () => {
      const gone = new AbortController()
      answer = () => gone.abort(new Error('gone'))
      const send = createForward({ baseURL, apiKey, log })
      const request = { path: '/embeddings', body: { model: 'm' }, headers: {} } as const
      await assert.rejects(send(request, { signal: gone.signal }), /gone/)
      assert.equal(await asked[0]?.closed, true)
      assert.deepEqual(lines, [])
    })

    it('or is there and never reads, is not waited for', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(`data: ${JSON.stringify(chunk('a'))}\n\n`)
      }
      const { response, usage: counted } = await forward({ stream: true }, { clientTimeoutMs: 1 })
      assert.equal(await counted, null)
      assert.equal(await asked[0]?.closed, true)
      await assert.rejects(response.text(), /read nothing/)
    })

    it('and does not read holds the endpoint back', async () => {
      let pulled = 0
      const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled += 1
          controller.enqueue(Buffer.from(`data: ${JSON.stringify(chunk('a'))}\n\n`))
        },
      })
      const headers = { 'content-type': 'text/event-stream' }
      const { response } = await forward(
        { stream: true },
        { fetch: async () => new Response(endless, { headers }) },
      )
      const reader = response.body?.getReader()
      for (let count = 1; count <= 3; count += 1) {
        await reader?.read()
        await new Promise(setImmediate)
        // One ahead, which the stream itself keeps.
        assert.equal(pulled, count + 1)
      }
      await reader?.cancel()
    })
  })
})
