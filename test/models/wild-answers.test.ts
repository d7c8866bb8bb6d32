import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

import fc from 'fast-check'
import type OpenAI from 'openai'

import { createLogger } from '../../src/log.ts'
import { createChatCompletionsDriver } from '../../src/models/chat-completions.ts'
import type { ModelEvent } from '../../src/models/driver.ts'
import type { EndpointOptions } from '../../src/models/endpoint.ts'
import { createResponsesDriver } from '../../src/models/responses.ts'
import { createTestRuntime, type TestRuntime } from '../assistants/runtime.ts'

type Answer = (response: ServerResponse) => void

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const sse = { 'content-type': 'text/event-stream' }
const chunk = (delta: object, rest: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason: null, ...rest }],
})
const frame = (value: unknown, newline = '\n') =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}${newline}${newline}`
const stop = frame(chunk({}, { finish_reason: 'stop' }))
const whole = `${frame(chunk({ content: '你好 👋' }))}${stop}${frame('[DONE]')}`

let server: Server
let baseURL = ''
let answer: Answer = () => {}
before(async () => {
  server = createServer((request, response) => {
    request.resume()
    response.on('error', () => {})
    answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  baseURL = `http://127.0.0.1:${port}/v1`
})
after(() => {
  server.close()
  server.closeAllConnections()
})

/** Each piece in a packet of its own, as far as the machine lets it. */
async function write(response: ServerResponse, pieces: Iterable<Uint8Array>): Promise<void> {
  response.socket?.setNoDelay(true)
  for (const piece of pieces) {
    if (response.destroyed) return
    response.write(piece)
    await new Promise(setImmediate)
  }
}

describe('an answer over a bad line', () => {
  const ask = (options: Partial<EndpointOptions> = {}) =>
    Array.fromAsync(
      createChatCompletionsDriver({ baseURL, log, ...options }).stream(
        { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
        { signal },
      ),
    )
  const said = (events: ModelEvent[]) =>
    events.map((event) => (event.type === 'text' ? event.text : '')).join('')

  it('is the same wherever its bytes are cut', async () => {
    for (const newline of ['\n', '\r\n', '\r']) {
      for (const prefix of ['', '\uFEFF', `: ping${newline}${newline}`]) {
        const bytes = Buffer.from(prefix + whole.replaceAll('\n', newline))
        answer = (response) => {
          response.writeHead(200, sse)
          void write(
            response,
            Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
          ).then(() => response.end())
        }
        assert.equal(said(await ask()), '你好 👋', JSON.stringify([newline, prefix]))
      }
    }
  })

  it('is whole or broken off, never something between', async () => {
    const bytes = Buffer.from(whole)
    const end = Buffer.from(whole.slice(0, whole.indexOf(stop) + stop.length)).length
    for (let at = 0; at <= bytes.length; at += 7) {
      answer = (response) => {
        response.writeHead(200, sse)
        void write(response, [bytes.subarray(0, at)]).then(() => response.destroy())
      }
      if (at >= end) assert.equal(said(await ask()), '你好 👋', `cut at ${at}`)
      else await assert.rejects(ask(), { name: 'ProviderError', isTransient: true }, `cut at ${at}`)
    }
  })

  it('is over with [DONE], whatever follows', async () => {
    const body = whole + frame(chunk({ content: ' more' }))
    for (const cut of [0, whole.length - 3, whole.length]) {
      answer = (response) => {
        response.writeHead(200, sse)
        void write(response, [Buffer.from(body.slice(0, cut)), Buffer.from(body.slice(cut))]).then(
          () => response.end(),
        )
      }
      assert.equal(said(await ask()), '你好 👋')
    }
  })

  it('is one choice of several', async () => {
    const other = (delta: object) => frame({ choices: [{ index: 1, delta }] })
    const both = {
      choices: [null, { index: 1, delta: { content: 'x' } }, { delta: { content: 'a' } }],
    }
    answer = (response) =>
      response
        .writeHead(200, sse)
        .end(other({ content: 'x' }) + frame(both) + other({ content: 'y' }) + stop)
    assert.equal(said(await ask()), 'a')
  })

  it('may take as long as somebody says that it will come', async () => {
    answer = (response) => {
      response.writeHead(200, sse)
      let pings = 0
      const timer = setInterval(() => {
        pings += 1
        if (pings < 15) return void response.write(': PROCESSING\n\n')
        clearInterval(timer)
        response.end(whole)
      }, 100)
    }
    assert.equal(said(await ask({ firstTokenTimeoutMs: 1000, gapTimeoutMs: 1000 })), '你好 👋')
  })

  it('is an answer in whatever wrapping', async () => {
    const cases: [string, Answer, boolean][] = [
      [
        'gzip',
        (to) => to.writeHead(200, { ...sse, 'content-encoding': 'gzip' }).end(gzipSync(whole)),
        true,
      ],
      ['no type', (to) => to.writeHead(200).end(whole), true],
      ['no content', (to) => to.writeHead(204).end(), false],
      ['headers only', (to) => to.writeHead(200, sse).end(), false],
      ['elsewhere', (to) => to.writeHead(302, { location: '/elsewhere' }).end(), false],
      ['not modified', (to) => to.writeHead(304).end(), false],
      [
        'too long a length',
        (to) =>
          void to
            .writeHead(200, { ...sse, 'content-length': '9999' })
            .write(stop.slice(0, 9), () => to.destroy()),
        false,
      ],
      [
        'another protocol',
        (to) =>
          to.socket?.end(
            'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
          ),
        false,
      ],
      ['no protocol', (to) => to.socket?.end('hello\r\n'), false],
      [
        'half a gzip',
        (to) =>
          to
            .writeHead(200, { ...sse, 'content-encoding': 'gzip' })
            .end(gzipSync(whole).subarray(0, 20)),
        false,
      ],
    ]
    for (const [what, given, isAnswer] of cases) {
      answer = given
      if (isAnswer) assert.equal(said(await ask()), '你好 👋', what)
      else await assert.rejects(ask(), { name: 'ProviderError' }, what)
    }
  })

  it('counts what can be', async () => {
    for (const [prompt_tokens, isCount] of [
      [3, true],
      [-1, false],
      [1.5, false],
      [1e300, false],
      ['3', false],
      [Number.MAX_SAFE_INTEGER, false],
    ] as const) {
      const usage = {
        prompt_tokens,
        completion_tokens: 2,
        prompt_tokens_details: { cached_tokens: 99 },
      }
      answer = (response) => response.writeHead(200, sse).end(frame({ choices: [], usage }) + whole)
      const finish = (await ask()).at(-1)
      const expected = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, cached_tokens: 3 }
      assert.deepEqual(finish?.type === 'finish' && finish.usage, isCount ? expected : null)
    }
  })

  it('is one body although events were asked for, in the Responses API as well', async () => {
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }]
    const driver = createResponsesDriver({ baseURL, log })
    const request = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] }
    for (const [status, reason] of [
      ['completed', 'stop'],
      ['incomplete', 'length'],
    ]) {
      const incomplete_details = { reason: 'max_output_tokens' }
      answer = (response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ status, output, incomplete_details, error: null }))
      const events = await Array.fromAsync(driver.stream(request, { signal }))
      assert.equal(said(events), 'Hi')
      assert.partialDeepStrictEqual(events.at(-1), { type: 'finish', reason })
    }
  })

  it('may have arguments of megabytes in small pieces', { timeout: 20_000 }, async () => {
    const text = JSON.stringify({ a: 'x'.repeat(2_000_000) })
    const call = (args: string) =>
      frame(
        chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: args } }] }),
      )
    const pieces = text.match(/.{1,100}/g) ?? []
    answer = (response) => response.writeHead(200, sse).end(pieces.map(call).join('') + stop)
    const events = await ask()
    const args = events.map((event) => (event.type === 'tool_call' ? event.arguments : '')).join('')
    assert.equal(args, text)
  })
})

const words = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\n',
    'Hi',
    '<think>',
    '</think>',
    '```',
    '\0',
    '\uD83D',
    '\uDC4B',
    '你好',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const argumentPieces = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    '}',
    '{}',
    '{"a":1}',
    '{"a":',
    '"\\u0000"',
    '\0',
    '[1]',
    'null',
    '\uD800',
  ),
  words,
)
const fragment = fc.record(
  {
    index: fc.constantFrom(0, 1, 2, 7, -1, null),
    id: fc.constantFrom('a', 'b', '', null, 'x'.repeat(300), '\0'),
    function: fc.record(
      { name: fc.constantFrom('f', 'g', 'get_', '', null), arguments: argumentPieces },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)
const count = fc.constantFrom(0, 7, -1, 1.5, 1e300, null, '7')
const anyChunk = fc.oneof(
  { weight: 4, arbitrary: words.map((content) => chunk({ content })) },
  { weight: 2, arbitrary: words.map((reasoning) => chunk({ reasoning })) },
  words.map((refusal) => chunk({ refusal })),
  {
    weight: 4,
    arbitrary: fc.array(fragment, { maxLength: 3 }).map((tool_calls) => chunk({ tool_calls })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('stop', 'length', 'tool_calls', 'content_filter', 'error', '')
      .map((finish_reason) => chunk({}, { finish_reason })),
  },
  fc
    .record({ prompt_tokens: count, completion_tokens: count })
    .map((usage) => ({ choices: [], usage })),
  fc.constantFrom({}, { choices: null }, { choices: [null] }, { error: { message: 'no' } }),
)
const anyFrame = fc.oneof(
  { weight: 12, arbitrary: anyChunk.map((value) => frame(value)) },
  fc.constantFrom(': ping\n\n', frame('null'), frame('[DONE]'), frame('{"choices":'), 'junk\n\n'),
)
const wild = fc.record({
  frames: fc.array(anyFrame, { maxLength: 12 }),
  ends: fc.constantFrom('done', 'stop', 'close', 'reset'),
  step: fc.integer({ min: 1, max: 400 }),
  oneCall: fc.boolean(),
})

/** The helper of the SDK keeps the indexes of the deltas. */
const bare = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member: unknown) => (key === 'index' ? undefined : member)),
  )

describe('a run whose endpoint says anything at all', () => {
  let runtime: TestRuntime
  before(async () => {
    runtime = await createTestRuntime({
      createDriver: (options) => createChatCompletionsDriver({ ...options, baseURL }),
    })
  })
  after(() => runtime.close())

  it('ends truthfully, and what was streamed is what is stored', { timeout: 60_000 }, async () => {
    const { threads, assistants } = runtime.client.beta
    const tools: OpenAI.Beta.FunctionTool[] = [{ type: 'function', function: { name: 'f' } }]
    const { id: assistant_id } = await assistants.create({ model: 'm', tools })
    const property = fc.asyncProperty(wild, async ({ frames, ends, step, oneCall }) => {
      const last = { done: stop + frame('[DONE]'), stop, close: '', reset: '' }[ends]
      const bytes = Buffer.from(frames.join('') + last)
      const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
        bytes.subarray(at * step, (at + 1) * step),
      )
      answer = (response) => {
        response.writeHead(200, sse)
        void write(response, pieces).then(() =>
          ends === 'reset' ? response.socket?.resetAndDestroy() : response.end(),
        )
      }
      const thread = await threads.create({ messages: [{ role: 'user', content: 'Hi' }] })
      const asked = { assistant_id, parallel_tool_calls: !oneCall }
      const stream = threads.runs.stream(thread.id, asked)
      const names: string[] = []
      stream.on('event', ({ event }) => names.push(event))
      const run = await stream.finalRun()
      const where = { thread_id: thread.id }
      assert.deepEqual(await threads.runs.retrieve(run.id, where), run)
      assert.ok(['completed', 'incomplete', 'failed', 'requires_action'].includes(run.status))
      assert.equal(run.last_error === null, run.status !== 'failed')
      assert.equal(names.filter((name) => name === `thread.run.${run.status}`).length, 1)
      const { data: steps } = await threads.runs.steps.list(run.id, { ...where, order: 'asc' })
      assert.deepEqual(
        (await stream.finalRunSteps()).map(({ id, step_details }) => [id, bare(step_details)]),
        steps.map(({ id, step_details }) => [id, bare(step_details)]),
      )
      const { data: messages } = await threads.messages.list(thread.id, { run_id: run.id })
      assert.deepEqual(
        (await stream.finalMessages()).map(({ id, content }) => [id, bare(content)]),
        messages.map(({ id, content }) => [id, bare(content)]),
      )
      if (run.status === 'requires_action') await threads.runs.cancel(run.id, where)
      await threads.messages.create(thread.id, { role: 'user', content: 'again' })
    })
    await fc.assert(property, { numRuns: 150, endOnFailure: true })
    assert.doesNotMatch(runtime.logged.join(''), /run broke/)
  })
})
