import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'

import { createLogger } from '../../src/log.ts'
import { createChatCompletionsDriver } from '../../src/models/chat-completions.ts'
import type { ModelDriver, ModelEvent, ModelRequest } from '../../src/models/driver.ts'
import { createModelServer, type ModelServer, type Reply } from '../helpers/model-server.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const request: ModelRequest = { model: 'some-model', messages: [{ role: 'user', content: 'Hi' }] }

const chunk = (delta: object, rest: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason: null }],
  ...rest,
})
const end = (finish_reason: unknown, rest: object = {}) => ({
  choices: [{ index: 0, delta: {}, finish_reason, ...rest }],
})
const call = (args: unknown, rest: object = {}) =>
  chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'a', arguments: args }, ...rest }] })
const said = (events: ModelEvent[]) =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('')
const argumentsOf = (events: ModelEvent[], index = 0) =>
  events
    .map((event) => (event.type === 'tool_call' && event.index === index ? event.arguments : ''))
    .join('')
const finishOf = (events: ModelEvent[]) => {
  const finish = events.at(-1)
  assert.equal(finish?.type, 'finish')
  assert.equal(events.filter(({ type }) => type === 'finish').length, 1)
  return finish
}
const refusal = (message: string): Reply => ({ error: { status: 400, message } })

describe('An endpoint with quirks', () => {
  let server: ModelServer
  let driver: ModelDriver
  before(async () => (server = await createModelServer()))
  after(() => server.close())
  afterEach(() => server.respond(() => 'OK'))

  /** What a driver that has never met the endpoint answers. */
  async function answer(reply: Reply, asked: Partial<ModelRequest> = {}) {
    driver = createChatCompletionsDriver({ baseURL: server.baseURL, log })
    return ask(reply, asked)
  }
  function ask(reply: Reply | Reply[], asked: Partial<ModelRequest> = {}) {
    server.script(...(Array.isArray(reply) ? reply : [reply]))
    return Array.fromAsync(driver.stream({ ...request, ...asked }, { signal }))
  }
  const streamed = (...chunks: unknown[]): Reply => ({ chunks })
  const lastBody = () => ({ ...server.requests.at(-1)?.body }) as Record<string, unknown>

  describe('that does not know a parameter', () => {
    const fresh = () => (driver = createChatCompletionsDriver({ baseURL: server.baseURL, log }))
    const cases: [string, Partial<ModelRequest>, string][] = [
      ['parallel_tool_calls', { parallel_tool_calls: true }, 'Unknown name "parallel_tool_calls"'],
      ['stream_options', {}, 'Unrecognized request argument supplied: stream_options'],
      ['reasoning_effort', { reasoning_effort: 'none' }, 'reasoning_effort is not supported'],
    ]
    for (const [name, asked, message] of cases) {
      it(`leaves ${name} out, and remembers to`, async () => {
        fresh()
        const count = server.requests.length
        assert.equal(said(await ask([refusal(message), 'Hi'], asked)), 'Hi')
        assert.equal(name in lastBody(), false)
        assert.equal(name in { ...server.requests[count]?.body }, true)
        assert.equal(said(await ask('Hi', asked)), 'Hi')
        assert.equal(name in lastBody(), false)
        assert.equal(server.requests.length, count + 3)
        // What one model does not know, another may.
        await ask('Hi', { ...asked, model: 'another-model' })
        assert.equal(name in lastBody(), true)
      })
    }

    it('reads the complaints of Mistral, vLLM and Gemini', async () => {
      const complaints = [
        { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra' }] },
        { object: 'error', message: 'Unknown field: stream_options', code: 400 },
        [{ error: { code: 400, message: 'Unknown name "stream_options": Cannot find field.' } }],
        { error: 'stream_options is not supported' },
      ]
      for (const body of complaints) {
        fresh()
        const raw = {
          status: 422,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }
        assert.equal(said(await ask([{ raw }, 'Hi'])), 'Hi', JSON.stringify(body))
      }
    })

    it('says its token limit in the other words', async () => {
      fresh()
      const message =
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
      await ask([refusal(message), 'Hi'], { max_completion_tokens: 9 })
      assert.deepEqual(
        [lastBody()['max_completion_tokens'], lastBody()['max_tokens']],
        [9, undefined],
      )
      const twice = ask(refusal("'max_completion_tokens' is not supported"), {
        max_completion_tokens: 9,
      })
      await assert.rejects(twice, { param: 'max_completion_tokens' })
    })

    it('fails by the name of what the caller has set, and leaves nothing of it out', async () => {
      fresh()
      await ask([refusal('reasoning_effort is not supported'), 'Hi'], { reasoning_effort: 'none' })
      const asked = {
        temperature: 0.5,
        top_p: 0.5,
        reasoning_effort: 'low',
        max_completion_tokens: 9,
        response_format: { type: 'json_object' },
        tools: [{ type: 'function', function: { name: 'a' } }],
        tool_choice: 'required',
      } as const satisfies Partial<ModelRequest>
      const complaints = {
        temperature: "Unsupported parameter: 'temperature' is not supported with this model.",
        top_p: 'Unknown name "top_p": Cannot find field.',
        reasoning_effort: 'reasoning_effort is not supported',
        response_format: 'This response_format type is unavailable now',
        tools: 'gemma:2b does not support tools',
        tool_choice: 'tool_choice is not supported',
      }
      for (const [param, message] of Object.entries(complaints)) {
        const count = server.requests.length
        await assert.rejects(ask(refusal(message), { ...asked, tools: [...asked.tools] }), {
          runErrorCode: 'invalid_prompt',
          param,
          message: `The model endpoint does not take '${param}' for this model (400); leave it out, or use another model: ${message}`,
        })
        assert.equal(server.requests.length, count + 1)
        assert.equal(lastBody()['reasoning_effort'], 'low')
      }
      const value = "Unsupported value: 'temperature' does not support 0.5 with this model."
      await assert.rejects(ask(refusal(value), asked), {
        message: `The model endpoint refused the request (400): ${value}`,
      })
    })

    it('learns nothing from what did not help', async () => {
      fresh()
      const message = 'Unknown parameter: stream_options'
      await assert.rejects(ask([refusal(message), refusal('Too many messages')]))
      await ask('Hi')
      assert.equal('stream_options' in lastBody(), true)
    })

    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    const format = (strict: boolean | null) =>
      ({ type: 'json_schema', json_schema: { name: 'place', schema, strict } }) as const

    it('asks for a JSON schema by JSON mode and an instruction', async () => {
      fresh()
      const unavailable = refusal('This response_format type is unavailable now')
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Where?' },
      ] satisfies ModelRequest['messages']
      await ask([unavailable, '{}'], { response_format: format(null), messages })
      assert.deepEqual(lastBody()['response_format'], { type: 'json_object' })
      const [system, user] = server.requests.at(-1)?.body.messages ?? []
      assert.match(JSON.stringify(system?.content), /^"Be brief\.\\n\\nAnswer with one JSON object/)
      assert.ok(
        JSON.stringify(system?.content).includes(
          JSON.stringify(JSON.stringify(schema)).slice(1, -1),
        ),
      )
      assert.deepEqual(user, messages[1])
    })

    it('fails rather than to ask for a strict schema by an instruction', async () => {
      fresh()
      const unavailable = refusal('This response_format type is unavailable now')
      await assert.rejects(ask(unavailable, { response_format: format(true) }), {
        runErrorCode: 'invalid_prompt',
        message: /'response_format' of type 'json_schema' with 'strict': true/,
      })
    })
  })

  it('makes one call of several where only one was asked for', async () => {
    const toolCalls = [
      { name: 'a', arguments: '{"a":1}' },
      { name: 'b', arguments: '{' },
    ]
    const events = await answer({ toolCalls }, { parallel_tool_calls: false })
    assert.equal(argumentsOf(events), '{"a":1}')
    assert.ok(events.every((event) => event.type !== 'tool_call' || event.index === 0))
  })

  describe('that thinks', () => {
    const signature = { google: { thought_signature: 'c2ln' } }

    /** The assistant message of the next request of the run. */
    async function goOn(events: ModelEvent[], options: { text?: string; model?: string } = {}) {
      const { state } = finishOf(events)
      const { text = null, model = request.model } = options
      const tool_calls = [
        { id: 'renamed', type: 'function' as const, function: { name: 'a', arguments: '{}' } },
      ]
      const turn = { role: 'assistant' as const, content: text, tool_calls }
      const output = { role: 'tool' as const, tool_call_id: 'renamed', content: '1' }
      const messages = [...request.messages, { ...turn, ...(state && { state }) }, output]
      await ask('Hi', { messages, model })
      return server.requests.at(-1)?.body.messages[1] as unknown as Record<string, unknown>
    }

    for (const field of ['reasoning_content', 'reasoning']) {
      it(`keeps ${field} out of the text, and gives it back with the calls`, async () => {
        const thought = [chunk({ [field]: 'Let me ' }), chunk({ [field]: 'see.', content: '' })]
        const events = await answer(streamed(...thought, call('{}'), end('tool_calls')))
        assert.equal(said(events), '')
        const message = await goOn(events)
        assert.equal(message[field], 'Let me see.')
        assert.equal('state' in message, false)
      })
    }

    it('puts reasoning_details together', async () => {
      const detail = (text: string, rest: object = {}) =>
        chunk({
          reasoning: text,
          reasoning_details: [{ type: 'reasoning.text', index: 0, text, ...rest }],
        })
      const encrypted = { type: 'reasoning.encrypted', index: 1, data: 'abc' }
      const events = await answer(
        streamed(
          detail('Let '),
          detail('me', { signature: 's' }),
          chunk({ reasoning_details: [encrypted] }),
          call('{}'),
          end('tool_calls'),
        ),
      )
      const message = await goOn(events)
      assert.deepEqual(message['reasoning_details'], [
        { type: 'reasoning.text', index: 0, text: 'Let me', signature: 's' },
        encrypted,
      ])
      assert.equal(message['reasoning'], undefined)
    })

    it('leaves thoughts where there are no calls', async () => {
      const events = await answer(
        streamed(chunk({ reasoning_content: 'Hm' }), chunk({ content: 'Hi' }), end('stop')),
      )
      assert.equal(said(events), 'Hi')
      assert.equal('state' in finishOf(events), false)
    })

    it('ends an answer that never ends its thoughts', async () => {
      const thought = chunk({ reasoning_content: 'Hm'.repeat(1024 * 1024) })
      const endless = streamed(...Array.from({ length: 5 }, () => thought), end('stop'))
      await assert.rejects(answer(endless), { message: /never ends/ })
    })

    it('no longer gives back what the endpoint does not take', async () => {
      const events = await answer(
        streamed(chunk({ reasoning_content: 'Hm' }), call('{}'), end('tool_calls')),
      )
      server.script(refusal('reasoning_content is not supported in the input'))
      assert.equal('reasoning_content' in (await goOn(events)), false)
    })

    it('gives nothing back that the endpoint cannot read, that once', async () => {
      const detail = { type: 'reasoning.text', index: 0, text: 'Hm', signature: 's' }
      const events = await answer(
        streamed(
          chunk({ reasoning_details: [detail] }),
          call('{}', { extra_content: signature }),
          end('tool_calls'),
        ),
      )
      server.script(refusal('Invalid `signature` in `thinking` block'))
      const bare = await goOn(events)
      assert.equal('reasoning_details' in bare, false)
      assert.doesNotMatch(JSON.stringify(bare), /extra_content/)
      assert.deepEqual((await goOn(events))['reasoning_details'], [detail])
    })

    it('gives back the signature of a call', async () => {
      const events = await answer(
        streamed(call('{}', { extra_content: signature }), end('tool_calls')),
      )
      const [back] = (await goOn(events))['tool_calls'] as object[]
      assert.deepEqual(back, {
        id: 'renamed',
        type: 'function',
        function: { name: 'a', arguments: '{}' },
        extra_content: signature,
      })
    })

    it('gives nothing back that another driver left', async () => {
      await answer('Hi', {
        messages: [
          { role: 'assistant', content: 'Hi', state: { driver: 'other', reasoning: 'Hm' } },
        ],
      })
      assert.deepEqual(lastBody()['messages'], [{ role: 'assistant', content: 'Hi' }])
    })

    const pieces = (text: string, model = request.model) =>
      answer({ text: text.split('') }, { model })

    it('keeps a <think> block out of the text, in whatever pieces it comes', async () => {
      for (const text of ['<think>Let me see.</think>\n\nHi', '\n<think></think>Hi']) {
        assert.equal(said(await pieces(text)), 'Hi')
        assert.equal(said(await answer(text)), 'Hi')
      }
    })

    it('takes a block without end for a thought', async () => {
      assert.equal(said(await pieces('<think>Let me see. </thin')), '')
    })

    it('says every other tag', async () => {
      for (const text of [
        ' Use `<think>`: <think>x</think>',
        '```xml\n<think>\n</think>\n```\n',
        '<thinking>',
        '<thi',
        '< think',
        'a </think> b',
      ]) {
        assert.equal(said(await pieces(text)), text)
        assert.equal(said(await answer(text)), text)
      }
    })

    it('gives a <think> block back with the calls', async () => {
      const events = await answer(
        streamed(chunk({ content: '<think>Hm</think>\n\nOne moment.' }), call('{}'), end('stop')),
      )
      assert.equal(said(events), 'One moment.')
      const message = await goOn(events, { text: 'One moment.' })
      assert.equal(message['content'], '<think>Hm</think>\n\nOne moment.')
    })

    it('keeps back a thought of which only the end is shown, where that is known', async () => {
      const text = 'Let me see `</think>`.\n</think>\n\nHi'
      assert.equal(said(await pieces(text, 'deepseek-r1:8b')), 'Hi')
      assert.equal(said(await pieces('Hi', 'deepseek-r1:8b')), 'Hi')
      const inField = [
        chunk({ reasoning: 'Hm' }),
        chunk({ content: 'Hi' }),
        chunk({ content: '!' }),
      ]
      const events = await answer(streamed(...inField, end('stop')), { model: 'qwq' })
      assert.deepEqual(
        events.flatMap((event) => (event.type === 'text' ? [event.text] : [])),
        ['Hi', '!'],
      )
    })

    it('takes no end of a thought in code for one', async () => {
      const text = 'So:\n```\n</think>\n```\nand `\n</think>` too'
      assert.equal(said(await pieces(text)), text)
      // Nothing to hold back in the next answer.
      assert.equal((await ask({ text: ['H', 'i'] })).length, 3)
      assert.equal(said(await ask('a\n</think>\nb')), 'a\n</think>\nb')
    })

    it('learns from the first answer that only the end of thoughts is shown', async () => {
      const text = 'Let me see.\n</think>\n\nHi'
      assert.equal(said(await pieces(text)), text)
      assert.equal(said(await ask({ text: text.split('') })), 'Hi')
      assert.equal(said(await ask('```\nx\n</think>\n```')), '```\nx\n</think>\n```')
      // That answer had none: no need to hold the next one back.
      const events = await ask({ text: ['H', 'i'] })
      assert.equal(events.length, 3)
    })
  })

  describe('with tool arguments that are not JSON', () => {
    const cases: [string, unknown[], string][] = [
      ['nothing', [''], '{}'],
      ['null', ['null'], '{}'],
      ['an object', [{ a: 1 }], '{"a":1}'],
      ['JSON in JSON', ['"{\\"a\\":1}"'], '{"a":1}'],
      ['a comma too many', ['{"a": 1', ', ', '}'], '{"a": 1 }'],
      ['a bracket too few', ['{"a": [1, 2', '], "b": "c"'], '{"a": [1, 2], "b": "c"}'],
      ['single quotes', ["{'a': ", 'True}'], '{"a": true}'],
      ['a line break in a text', ['{"a": "b', '\n', 'c"}'], '{"a": "b\\nc"}'],
      ['a fence', ['```json\n', '{"a":1}', '\n```'], '\n{"a":1}\n'],
      ['a quotation mark', ['{"a": "say ', '"b"', ' now"}'], '{"a": "say \\"b\\" now"}'],
      ['all of it twice', ['{"a":1}', '{"a":1}'], '{"a":1}'],
      ['beyond repair', ['[1]'], '[1]'],
    ]
    for (const [name, parts, expected] of cases) {
      it(`repairs what can be repaired: ${name}`, async () => {
        const chunks = parts.map((part, index) =>
          call(part, index === 0 ? {} : { function: { arguments: part } }),
        )
        assert.equal(argumentsOf(await answer(streamed(...chunks, end('tool_calls')))), expected)
      })
    }

    it('streams what is well-formed as it comes', async () => {
      const text = '{"a": "x\\u00e9\\n\\"y", "b": [1, -2.5e3, {}, []], "c": {"d": null}} '
      const events = await answer(
        streamed(...text.split('').map((part) => call(part)), end('tool_calls')),
      )
      assert.equal(argumentsOf(events), text.trim())
      const parts = events.filter((event) => event.type === 'tool_call' && event.arguments)
      assert.ok(parts.length > 25, `${parts.length} pieces`)
    })

    it('does not make up the end of arguments that were cut off', async () => {
      const events = await answer(streamed(call('{"query": "DELETE FROM a'), end('length')))
      assert.equal(argumentsOf(events), '{"query": "DELETE FROM a')
      assert.equal(finishOf(events).reason, 'length')
    })

    it('sends back only JSON', async () => {
      const tool_calls = [
        { id: 'x', type: 'function' as const, function: { name: 'a', arguments: '{oops' } },
      ]
      await answer('Hi', { messages: [{ role: 'assistant', content: null, tool_calls }] })
      const [message] = lastBody()['messages'] as { tool_calls: typeof tool_calls }[]
      const args = message?.tool_calls[0]?.function.arguments ?? ''
      assert.deepEqual(JSON.parse(args), { invalid_json: '{oops' })
    })
  })

  it('calls by function_call, as before there were tools', async () => {
    const legacy = (function_call: object) => chunk({ function_call })
    const events = await answer(
      streamed(
        legacy({ name: 'a', arguments: '{"a"' }),
        legacy({ arguments: ':1}' }),
        end('function_call'),
      ),
    )
    assert.equal(argumentsOf(events), '{"a":1}')
    assert.equal(finishOf(events).reason, 'tool_calls')
  })

  it('gives two calls the same id', async () => {
    for (const index of [
      [0, 1],
      [0, 0],
      [undefined, undefined],
    ]) {
      const calls = index.map((number, position) => ({
        ...(number !== undefined && { index: number }),
        id: 'x',
        function: { name: 'a', arguments: `{"n":${position}}` },
      }))
      const events = await answer(streamed(chunk({ tool_calls: calls }), end('tool_calls')))
      assert.deepEqual([argumentsOf(events, 0), argumentsOf(events, 1)], ['{"n":0}', '{"n":1}'])
      assert.deepEqual(
        events.flatMap((event) => (event.type === 'tool_call' ? [event.id] : [])),
        ['x', undefined],
      )
    }
  })

  it('ends in words of its own', async () => {
    const reasons = {
      eos: 'stop',
      '': 'stop',
      tool_call: 'stop',
      model_length: 'length',
      SAFETY: 'content_filter',
    }
    for (const [reason, expected] of Object.entries(reasons)) {
      const events = await answer(streamed(chunk({ content: 'Hi' }), end(reason)))
      assert.equal(finishOf(events).reason, expected, reason)
    }
    const called = await answer(streamed(call('{}'), end('tool_call')))
    assert.equal(finishOf(called).reason, 'tool_calls')
  })

  it('says in the end that it could not go on', () =>
    assert.rejects(
      answer(streamed(chunk({ content: 'Hi' }), end('insufficient_system_resource'))),
      { message: 'The model endpoint broke off its answer.' },
    ))

  it('sends content in parts, thoughts among them', async () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'H' },
      { type: 'text', text: 'i' },
      null,
    ]
    assert.equal(said(await answer(streamed(chunk({ content: parts }), end('stop')))), 'Hi')
  })

  it('counts in every chunk, after the end, or in the choice', async () => {
    const usage = (count: number) => ({
      usage: { prompt_tokens: 3, completion_tokens: count, prompt_cache_hit_tokens: 1 },
    })
    const expected = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, cached_tokens: 1 }
    for (const chunks of [
      [chunk({ content: 'H' }, usage(1)), chunk({ content: 'i' }, usage(2)), end('stop')],
      [chunk({ content: 'Hi' }), end('stop'), { choices: [], ...usage(2) }, { usage: null }],
      [chunk({ content: 'Hi' }), end('stop', usage(2))],
    ]) {
      assert.deepEqual(finishOf(await answer({ chunks })).usage, expected)
    }
  })

  const json = (body: unknown, status = 200): Reply => ({
    raw: { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  })

  it('answers in one piece although a stream was asked for', async () => {
    const message = {
      role: 'assistant',
      content: '<think>Hm</think>One moment.',
      tool_calls: [
        { id: 'x', type: 'function', function: { name: 'a', arguments: '{"a":1}' } },
        { id: 'y', type: 'function', function: { name: 'b', arguments: {} } },
      ],
    }
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
    const events = await answer(
      json({ choices: [{ message, finish_reason: 'tool_calls' }], usage }),
    )
    assert.equal(said(events), 'One moment.')
    assert.deepEqual([argumentsOf(events, 0), argumentsOf(events, 1)], ['{"a":1}', '{}'])
    assert.partialDeepStrictEqual(finishOf(events), { reason: 'tool_calls', usage })
  })

  it('answers with an error although the status is 200', async () => {
    const quota = { error: { message: 'no money', code: 'insufficient_quota' } }
    await assert.rejects(answer(json(quota)), { message: /quota is used up/ })
    await assert.rejects(answer(json({ hello: 'world' })), { message: /broke off/ })
  })

  const events = (separator: string, ...last: string[]) =>
    [JSON.stringify(chunk({ content: 'Hi' })), ...last]
      .map((data) => `data: ${data}`)
      .join(separator) + separator
  const finished = JSON.stringify(end('stop'))

  it('ends its lines with \\r\\n, begins with comments, or leaves [DONE] out', async () => {
    for (const body of [
      events('\r\n\r\n', finished, '[DONE]'),
      events('\r\n\r\n', '[DONE]'),
      `: OPENROUTER PROCESSING\n\n${events('\n\n', finished)}`,
      `\uFEFF${events('\n\n', finished)}`,
    ]) {
      assert.equal(said(await answer({ raw: { body } })), 'Hi', body)
    }
  })

  it('stops without having said that it is at its end', async () => {
    await assert.rejects(answer({ raw: { body: events('\n\n') } }), {
      message: 'The model endpoint broke off its answer.',
      isTransient: true,
    })
  })

  it('compresses its answers', async () => {
    const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }
    const body = gzipSync(events('\n\n', finished, '[DONE]'))
    assert.equal(said(await answer({ raw: { headers, body } })), 'Hi')
    const refused = gzipSync('{"error":{"message":"too hot"}}')
    await assert.rejects(answer({ raw: { status: 400, headers, body: refused } }), {
      message: 'The model endpoint refused the request (400): too hot',
    })
  })

  it('answers with a page', async () => {
    const body = '<!DOCTYPE html><html><body>nginx at 10.0.0.1</body></html>'
    const headers = { 'content-type': 'text/html' }
    const expected: [number, string][] = [
      [200, 'The model endpoint broke off its answer.'],
      [400, 'The model endpoint refused the request (400)'],
      [502, 'The model endpoint failed (502).'],
    ]
    for (const [status, message] of expected) {
      await assert.rejects(answer({ raw: { status, headers, body } }), { message })
    }
  })

  it('finds the prompt too long, in whatever words', async () => {
    const tooLong = {
      runErrorCode: 'invalid_prompt',
      message: "The prompt is longer than the model's context window.",
    }
    const openAi = { status: 400, code: 'context_length_exceeded', message: 'too long' }
    await assert.rejects(answer({ error: openAi }), tooLong)
    for (const body of [
      {
        message: "This model's maximum context length is 4096 tokens. However, you requested 9000",
      },
      { error: { message: 'the request exceeds the available context size' } },
      { error: { message: 'prompt is too long: 210000 tokens > 200000 maximum' } },
    ]) {
      await assert.rejects(answer(json(body, 400)), tooLong)
    }
    await assert.rejects(answer(streamed({ error: openAi })), tooLong)
  })
})
