import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import { createLogger } from '../../src/log.ts'
import { createChatCompletionsDriver } from '../../src/models/chat-completions.ts'
import type { ModelEvent, ModelRequest } from '../../src/models/driver.ts'
import type { EndpointOptions } from '../../src/models/endpoint.ts'
import { createModelServer, type ModelServer, type Reply } from '../helpers/model-server.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const never = new Promise(() => {})
const request: ModelRequest = { model: 'some-model', messages: [{ role: 'user', content: 'Hi' }] }

describe('Chat Completions driver', () => {
  let server: ModelServer
  before(async () => (server = await createModelServer()))
  after(() => server.close())

  const driver = (options: Partial<EndpointOptions> = {}) =>
    createChatCompletionsDriver({
      baseURL: server.baseURL,
      apiKey: 'sk-secret-of-the-test',
      log,
      ...options,
    })

  async function answer(reply: Reply, options: Partial<EndpointOptions> = {}) {
    server.script(reply)
    return Array.fromAsync(driver(options).stream(request, { signal }))
  }
  const chunk = (delta: object, rest: object = {}) => ({
    choices: [{ index: 0, delta, finish_reason: null }],
    ...rest,
  })
  const calls = (events: ModelEvent[]) => events.filter(({ type }) => type === 'tool_call')
  const finish = (events: ModelEvent[]) => {
    assert.equal(events.filter(({ type }) => type === 'finish').length, 1)
    return events.at(-1)
  }

  it('streams text, then how it ended and what it cost', async () => {
    assert.deepEqual(await answer({ text: ['你', '好'] }), [
      { type: 'text', text: '你' },
      { type: 'text', text: '好' },
      {
        type: 'finish',
        reason: 'stop',
        usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
      },
    ])
    assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer sk-secret-of-the-test')
  })

  it('streams several tool calls', async () => {
    const events = await answer({
      toolCalls: [
        { name: 'a', arguments: ['{', '}'], id: 'x' },
        { name: 'b', arguments: '{}', id: 'y' },
      ],
    })
    assert.deepEqual(calls(events), [
      { type: 'tool_call', index: 0, id: 'x', name: 'a', arguments: '{' },
      { type: 'tool_call', index: 0, arguments: '}' },
      { type: 'tool_call', index: 1, id: 'y', name: 'b', arguments: '{}' },
    ])
    assert.partialDeepStrictEqual(finish(events), { reason: 'tool_calls' })
  })

  describe('with the habits of other endpoints', () => {
    it('tells calls apart without index, by id', async () => {
      const toolCalls = [
        { name: 'a', arguments: '{}', id: 'x', index: null },
        { name: 'b', arguments: '{}', id: 'y', index: null },
      ]
      const events = calls(await answer({ toolCalls }))
      assert.deepEqual(
        events.map((event) => event.type === 'tool_call' && event.index),
        [0, 1],
      )
    })

    it('tells calls apart without index and id, by name', async () => {
      const toolCalls = [
        { name: 'a', arguments: ['{', '}'], id: null, index: null },
        { name: 'a', arguments: '{}', id: null, index: null },
      ]
      assert.deepEqual(calls(await answer({ toolCalls })), [
        { type: 'tool_call', index: 0, name: 'a', arguments: '{' },
        { type: 'tool_call', index: 0, arguments: '}' },
        { type: 'tool_call', index: 1, name: 'a', arguments: '{}' },
      ])
    })

    it('tells calls apart that all say index 0', async () => {
      const toolCalls = [
        { name: 'a', arguments: '{}', id: 'x', index: 0 },
        { name: 'b', arguments: '{}', id: 'y', index: 0 },
      ]
      const events = calls(await answer({ toolCalls }))
      assert.deepEqual(
        events.map((event) => event.type === 'tool_call' && event.index),
        [0, 1],
      )
    })

    it('says id and name once where they come with every fragment, takes object arguments', async () => {
      const call = (args: unknown) =>
        chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'a', arguments: args } }] })
      assert.deepEqual(calls(await answer({ chunks: [call('{"a":'), call('1}')] })), [
        { type: 'tool_call', index: 0, id: 'x', name: 'a', arguments: '{"a":' },
        { type: 'tool_call', index: 0, arguments: '1}' },
      ])
      const [object] = calls(await answer({ chunks: [call({ a: 1 })] }))
      assert.partialDeepStrictEqual(object, { arguments: '{"a":1}' })
    })

    it('takes `stop` after tool calls for tool calls, and a missing reason for the natural one', async () => {
      const toolCalls = [{ name: 'a', arguments: '{}' }]
      for (const finishReason of ['stop', null]) {
        const events = await answer({ toolCalls, finishReason })
        assert.partialDeepStrictEqual(finish(events), { reason: 'tool_calls' })
      }
      const text = await answer({ text: 'Hi', finishReason: null })
      assert.partialDeepStrictEqual(finish(text), { reason: 'stop' })
    })

    it('passes over chunks without choices, delta or content', async () => {
      const chunks = [
        {},
        { choices: [] },
        { choices: [{}] },
        chunk({ content: null }),
        chunk({ content: 'Hi' }),
      ]
      assert.deepEqual(await answer({ chunks }), [
        { type: 'text', text: 'Hi' },
        { type: 'finish', reason: 'stop', usage: null },
      ])
    })

    it('takes usage from wherever it comes, with its details', async () => {
      const usage = {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 2 },
      }
      const chunks = [chunk({ content: 'H' }, { usage: null }), chunk({ content: 'i' }, { usage })]
      assert.partialDeepStrictEqual(finish(await answer({ chunks })), {
        usage: { prompt_tokens: 3, cached_tokens: 1, reasoning_tokens: 2 },
      })
      assert.partialDeepStrictEqual(finish(await answer({ text: 'Hi', usage: null })), {
        usage: null,
      })
    })
  })

  describe('when the endpoint fails', () => {
    const cases: [string, Reply, { runErrorCode: string; message: string }][] = [
      [
        'the key is refused',
        { error: { status: 401, code: 'invalid_api_key' } },
        { runErrorCode: 'server_error', message: 'The model endpoint refused the API key (401).' },
      ],
      [
        'it is over its rate limit',
        { error: { status: 429, code: 'rate_limit_exceeded' } },
        {
          runErrorCode: 'rate_limit_exceeded',
          message: 'The model endpoint is over its rate limit (429).',
        },
      ],
      [
        'the quota is used up',
        { error: { status: 429, code: 'insufficient_quota' } },
        {
          runErrorCode: 'rate_limit_exceeded',
          message: "The model endpoint's quota is used up (429).",
        },
      ],
      [
        'the model is unknown',
        { error: { status: 404, message: 'model "some-model" not found, try pulling it first' } },
        {
          runErrorCode: 'server_error',
          message: "The model endpoint does not know the model 'some-model' (404).",
        },
      ],
      [
        'the request is refused',
        {
          error: {
            status: 400,
            message: 'too long for sk-secret-of-the-test at http://10.0.0.1/x',
          },
        },
        {
          runErrorCode: 'invalid_prompt',
          message: 'The model endpoint refused the request (400): too long for [key] at [address]',
        },
      ],
      [
        'it breaks',
        { error: { status: 503 } },
        { runErrorCode: 'server_error', message: 'The model endpoint failed (503).' },
      ],
      [
        'the connection breaks',
        { text: ['Half', 'more'], breakAfterChunks: 2 },
        { runErrorCode: 'server_error', message: 'The model endpoint broke off its answer.' },
      ],
      [
        'it sends something else',
        { garbage: '<html>502 Bad Gateway</html>' },
        { runErrorCode: 'server_error', message: 'The model endpoint broke off its answer.' },
      ],
      [
        'it sends broken JSON',
        { garbage: 'data: {"choices": [\n\n' },
        { runErrorCode: 'server_error', message: 'The model endpoint broke off its answer.' },
      ],
      [
        'it reports an error in the stream',
        {
          chunks: [
            chunk({ content: 'Hi' }),
            { error: { message: 'no money', code: 'insufficient_quota' } },
          ],
        },
        {
          runErrorCode: 'rate_limit_exceeded',
          message: "The model endpoint's quota is used up (429).",
        },
      ],
    ]
    for (const [name, reply, expected] of cases) {
      it(`says so: ${name}`, () =>
        assert.rejects(answer(reply), { name: 'ProviderError', ...expected }))
    }

    it('cuts a long refusal', async () => {
      const long = answer({ error: { status: 400, message: 'x'.repeat(5000) } })
      await assert.rejects(long, (error: Error) => error.message.length < 400)
    })

    it('logs what the endpoint said, but neither the key nor whole pages', async () => {
      const lines: string[] = []
      const destination = { write: (line: string) => void lines.push(line) }
      const kept = createLogger({ level: 'debug', pretty: false, destination })
      const message = `no such plan for sk-secret-of-the-test ${'x'.repeat(50_000)}`
      for (const reply of [
        { error: { status: 401, message } },
        { chunks: [{ error: { message, code: 'insufficient_quota' } }] },
        { chunks: [{ error: { message } }] },
      ]) {
        await assert.rejects(answer(reply, { log: kept }))
        const line = lines.pop() ?? ''
        assert.match(line, /no such plan for \[key\]/)
        assert.doesNotMatch(line, /sk-secret-of-the-test/)
        assert.ok(line.length < 5000, `${line.length} characters`)
      }
    })

    it('says how long to wait', () =>
      assert.rejects(answer({ error: { status: 429, headers: { 'retry-after': '7' } } }), {
        retryAfterMs: 7000,
      }))

    it('follows no redirect', async () => {
      const headers = { location: `${server.baseURL}/elsewhere` }
      const seen = server.requests.length
      await assert.rejects(answer({ raw: { status: 307, headers, body: '' } }), {
        runErrorCode: 'server_error',
        isTransient: false,
        message: /redirects to another address \(307\), which is not followed/,
      })
      assert.equal(server.requests.length, seen + 1)
    })

    it('says that it cannot be reached', async () => {
      const gone = await createModelServer()
      await gone.close()
      await assert.rejects(
        Array.fromAsync(driver({ baseURL: gone.baseURL }).stream(request, { signal })),
        { runErrorCode: 'server_error', message: 'The model endpoint cannot be reached.' },
      )
    })
  })

  it('gives up on an endpoint that does not begin, or does not go on', async () => {
    const tooLong = { message: 'The model endpoint took too long to answer.' }
    const first = server.requests.length
    await assert.rejects(answer({ hold: never }, { firstTokenTimeoutMs: 50 }), tooLong)
    assert.equal(await (await server.request(first)).closed, true)
    const stuck = { text: ['a', 'b'], pause: { afterChunks: 2, until: never } }
    await assert.rejects(answer(stuck, { gapTimeoutMs: 20 }), tooLong)
    assert.equal(await server.requests.at(-1)?.closed, true)
  })

  it('does not take whoever is slow to read for a slow endpoint', async () => {
    const { promise, resolve: goOn } = Promise.withResolvers<void>()
    server.script({ text: ['a', 'b'], pause: { afterChunks: 2, until: promise } })
    const within = { firstTokenTimeoutMs: 250, gapTimeoutMs: 250 }
    const said: string[] = []
    for await (const event of driver(within).stream(request, { signal })) {
      if (event.type !== 'text') continue
      said.push(event.text)
      if (said.length > 1) continue
      // As long as this one takes to be given up, and then some.
      const stuck = { text: 'a', pause: { afterChunks: 2, until: never } }
      await assert.rejects(answer(stuck, { gapTimeoutMs: 260 }), /took too long/)
      goOn()
    }
    assert.deepEqual(said, ['a', 'b'])
  })

  it('ends the request at once when aborted, with the reason of the signal', async () => {
    const reason = new Error('cancelled')
    for (const reply of [
      { hold: never },
      { text: ['a'], pause: { afterChunks: 2, until: never } },
    ]) {
      const controller = new AbortController()
      server.script(reply)
      const count = server.requests.length
      const stream = driver().stream(request, { signal: controller.signal })
      const read = assert.rejects(Array.fromAsync(stream), reason)
      const asked = await server.request(count)
      controller.abort(reason)
      await read
      assert.equal(await asked.closed, true)
    }
  })

  it('asks for a token limit in the words that the endpoint knows', async () => {
    server.script('Hi', 'Hi')
    const limited = { ...request, max_completion_tokens: 9 }
    await Array.fromAsync(driver().stream(limited, { signal }))
    assert.partialDeepStrictEqual(server.requests.at(-1)?.body, { max_tokens: 9 })
    const toServer: typeof fetch = (_, init) => fetch(`${server.baseURL}/chat/completions`, init)
    const openAi = driver({ baseURL: undefined, fetch: toServer })
    await Array.fromAsync(openAi.stream(limited, { signal }))
    const { body } = server.requests.at(-1) ?? {}
    assert.deepEqual([body?.max_completion_tokens, body?.max_tokens], [9, undefined])
  })

  it('lists the models of the endpoint', async () => {
    const [model] = await driver().listModels({ signal })
    assert.equal(model?.id, 'scripted')
  })

  describe('contextWindow', () => {
    it('goes by the name, whatever gateway is in front', () => {
      const contextWindow = (model: string) => driver().contextWindow(model)
      assert.equal(contextWindow('gpt-4o-mini'), 128_000)
      assert.equal(contextWindow('gpt-4'), 8192)
      assert.equal(contextWindow('openai/gpt-4.1-nano'), 1_047_576)
      assert.equal(contextWindow('qwen3:8b'), 32_768)
      assert.equal(contextWindow('something-else'), 128_000)
    })

    it('is what the operator says', () => {
      assert.equal(driver({ contextWindow: 5000 }).contextWindow('gpt-4o'), 5000)
    })
  })

  afterEach(() => server.respond(() => 'OK'))
})
