import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createLogger } from '../../src/log.ts'
import type { ModelEvent, ModelMessage, ModelRequest, TurnState } from '../../src/models/driver.ts'
import type { EndpointOptions } from '../../src/models/endpoint.ts'
import { createResponsesDriver } from '../../src/models/responses.ts'
import { createModelServer, type ModelServer, type Reply } from '../helpers/model-server.ts'
import { responsesBody } from '../helpers/responses-frames.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()
const never = new Promise(() => {})
const request: ModelRequest = { model: 'some-model', messages: [{ role: 'user', content: 'Hi' }] }
const parameters = { type: 'object', properties: { a: { type: 'string' } } }

describe('Responses driver', () => {
  let server: ModelServer
  before(async () => (server = await createModelServer()))
  after(() => server.close())

  const driver = (options: Partial<EndpointOptions> = {}) =>
    createResponsesDriver({
      baseURL: server.baseURL,
      apiKey: 'sk-secret-of-the-test',
      log,
      ...options,
    })

  async function answer(
    reply: Reply,
    { asked = {}, ...options }: Partial<EndpointOptions> & { asked?: Partial<ModelRequest> } = {},
  ) {
    server.script(reply)
    return Array.fromAsync(driver(options).stream({ ...request, ...asked }, { signal }))
  }
  /** What the endpoint is asked for the request. */
  async function bodyOf(asked: Partial<ModelRequest>) {
    await answer('Hi', { asked })
    return responsesBody(server.requests.at(-1))
  }
  const calls = (events: ModelEvent[]) => events.filter(({ type }) => type === 'tool_call')
  const text = (events: ModelEvent[]) =>
    events.map((event) => (event.type === 'text' ? event.text : '')).join('')
  const finish = (events: ModelEvent[]) => {
    assert.equal(events.filter(({ type }) => type === 'finish').length, 1)
    const last = events.at(-1)
    assert.ok(last?.type === 'finish')
    return last
  }

  describe('reads', () => {
    it('text, then how it ended and what it cost', async () => {
      assert.deepEqual(await answer({ text: ['你', '好'] }), [
        { type: 'text', text: '你' },
        { type: 'text', text: '好' },
        {
          type: 'finish',
          reason: 'stop',
          usage: {
            prompt_tokens: 20,
            completion_tokens: 5,
            total_tokens: 25,
            cached_tokens: 0,
            reasoning_tokens: 0,
          },
        },
      ])
      assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer sk-secret-of-the-test')
      assert.equal(server.requests.at(-1)?.path, '/v1/responses')
    })

    it('a refusal', async () => {
      const [refusal, end] = await answer({ refusal: 'No.' })
      assert.deepEqual(refusal, { type: 'refusal', text: 'No.' })
      assert.partialDeepStrictEqual(end, { reason: 'stop' })
    })

    it('one function call', async () => {
      const events = await answer({ toolCalls: [{ name: 'a', arguments: ['{', '}'], id: 'x' }] })
      assert.deepEqual(calls(events), [
        { type: 'tool_call', index: 0, id: 'x', name: 'a' },
        { type: 'tool_call', index: 0, arguments: '{' },
        { type: 'tool_call', index: 0, arguments: '}' },
      ])
      assert.equal(finish(events).reason, 'tool_calls')
    })

    it('several function calls, also side by side', async () => {
      const toolCalls = [
        { name: 'a', arguments: ['{"a":', '1}'], id: 'x' },
        { name: 'b', arguments: ['{', '}'], id: 'y' },
      ]
      for (const interleave of [false, true]) {
        const whole = ['', '']
        const names: string[] = []
        for (const event of calls(await answer({ text: 'Look', toolCalls, interleave }))) {
          assert.ok(event.type === 'tool_call')
          whole[event.index] += event.arguments ?? ''
          if (event.name !== undefined) names.push(`${event.index} ${event.id} ${event.name}`)
        }
        assert.deepEqual(whole, ['{"a":1}', '{}'])
        assert.deepEqual(names, ['0 x a', '1 y b'])
      }
    })

    it('what an answer cost in detail, or that nobody counted', async () => {
      const usage = {
        prompt_tokens: 3,
        completion_tokens: 9,
        total_tokens: 12,
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 7 },
      }
      assert.deepEqual(finish(await answer({ text: 'Hi', usage })).usage, {
        prompt_tokens: 3,
        completion_tokens: 9,
        total_tokens: 12,
        cached_tokens: 1,
        reasoning_tokens: 7,
      })
      assert.equal(finish(await answer({ text: 'Hi', usage: null })).usage, null)
    })

    it('why an answer is not complete', async () => {
      for (const reason of ['length', 'content_filter'] as const) {
        const events = await answer({ text: 'Half', finishReason: reason })
        assert.equal(text(events), 'Half')
        assert.equal(finish(events).reason, reason)
      }
      const cut = await answer({
        toolCalls: [{ name: 'a', arguments: '{"a":' }],
        finishReason: 'length',
      })
      assert.equal(finish(cut).reason, 'length')
    })

    it('items of which no deltas came, and a response of which no items came', async () => {
      const message = {
        type: 'message',
        content: [
          { type: 'output_text', text: 'Hi' },
          { type: 'refusal', refusal: 'No.' },
        ],
      }
      const call = { type: 'function_call', call_id: 'x', name: 'a', arguments: { a: 1 } }
      const output = [message, call]
      const items = output.map((item, output_index) => ({
        type: 'response.output_item.done',
        output_index,
        item,
      }))
      const end = { type: 'response.completed', response: { output } }
      for (const chunks of [[...items, end], [end]]) {
        const events = await answer({ chunks })
        assert.deepEqual(events.slice(0, -1), [
          { type: 'text', text: 'Hi' },
          { type: 'refusal', text: 'No.' },
          { type: 'tool_call', index: 0, id: 'x', name: 'a', arguments: '{"a":1}' },
        ])
        assert.deepEqual(finish(events), { type: 'finish', reason: 'tool_calls', usage: null })
      }
    })

    it('the rest of an item whose deltas were not all of it', async () => {
      const item = { id: 'm', type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }
      const chunks = [
        { type: 'response.output_text.delta', item_id: 'm', output_index: 0, delta: 'Hel' },
        { type: 'response.output_item.done', output_index: 0, item },
        { type: 'response.completed', response: { output: [item] } },
      ]
      assert.equal(text(await answer({ chunks })), 'Hello')
    })

    it('two messages as two paragraphs', async () => {
      const delta = (output_index: number, said: string) => ({
        type: 'response.output_text.delta',
        output_index,
        content_index: 0,
        delta: said,
      })
      const end = { type: 'response.completed', response: {} }
      const events = await answer({ chunks: [delta(0, 'a'), delta(0, 'b'), delta(2, 'c'), end] })
      assert.equal(text(events), 'ab\n\nc')
    })

    it('arguments that are nearly JSON as JSON, unless the answer was cut short', async () => {
      const toolCalls = [{ name: 'a', arguments: ['{"a": [1', ', ]', ''] }]
      const join = (events: ModelEvent[]) =>
        events.map((event) => (event.type === 'tool_call' && event.arguments) || '').join('')
      assert.deepEqual(JSON.parse(join(await answer({ toolCalls }))), { a: [1] })
      assert.equal(join(await answer({ toolCalls, finishReason: 'length' })), '{"a": [1, ]')
    })

    it('nothing from events that it does not know', async () => {
      const chunks = [
        {},
        { type: 'keepalive' },
        { type: 'response.reasoning_summary_text.delta', delta: 'hm' },
        { type: 'response.output_item.added' },
        { type: 'response.function_call_arguments.delta', item_id: 'none', delta: '{' },
        { type: 'response.output_text.delta', delta: 'Hi' },
        { type: 'response.completed' },
        { type: 'response.output_text.delta', delta: 'too late' },
      ]
      assert.deepEqual(await answer({ chunks }), [
        { type: 'text', text: 'Hi' },
        { type: 'finish', reason: 'stop', usage: null },
      ])
    })
  })

  describe('asks', () => {
    it('with nothing kept at the endpoint', async () => {
      assert.deepEqual(await bodyOf({}), {
        model: 'some-model',
        stream: true,
        store: false,
        include: ['reasoning.encrypted_content'],
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      })
    })

    it('for the model that is configured where none is named', async () => {
      await answer('Hi', { asked: { model: '' }, defaultModel: 'usual' })
      assert.equal(responsesBody(server.requests.at(-1)).model, 'usual')
    })

    it('with a conversation', async () => {
      const { instructions, input } = await bodyOf({
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is it?' },
              { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
            ],
          },
          { role: 'assistant', content: 'A cat.' },
          { role: 'user', content: 'Sure?' },
          {
            role: 'assistant',
            content: 'Let me see.',
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'a', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'x', content: '42' },
        ],
      })
      assert.equal(instructions, 'Be brief.')
      assert.deepEqual(input, [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is it?' },
            { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'low' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
          ],
        },
        { type: 'message', role: 'assistant', content: 'A cat.' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Sure?' }] },
        { type: 'message', role: 'assistant', content: 'Let me see.' },
        { type: 'function_call', call_id: 'x', name: 'a', arguments: '{}' },
        { type: 'function_call_output', call_id: 'x', output: '42' },
      ])
    })

    it('with instructions as input where they are all there is', async () => {
      const body = await bodyOf({ messages: [{ role: 'system', content: 'Say hi.' }] })
      assert.deepEqual(body.input, [{ type: 'message', role: 'system', content: 'Say hi.' }])
      assert.equal(body.instructions, undefined)
    })

    it('with functions that are strict only if that was said', async () => {
      const { tools } = await bodyOf({
        tools: [
          { type: 'function', function: { name: 'a', description: 'A.', parameters } },
          { type: 'function', function: { name: 'b', strict: true } },
        ],
      })
      const empty = { type: 'object', properties: {} }
      assert.deepEqual(tools, [
        { type: 'function', name: 'a', description: 'A.', parameters, strict: false },
        { type: 'function', name: 'b', parameters: empty, strict: true },
      ])
    })

    it('with the choice of a function', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'a' } }]
      const choice = { type: 'function' as const, function: { name: 'a' } }
      const forced = await bodyOf({ tools, tool_choice: choice, parallel_tool_calls: false })
      assert.deepEqual(forced.tool_choice, { type: 'function', name: 'a' })
      assert.equal(forced.parallel_tool_calls, false)
      assert.equal((await bodyOf({ tools, tool_choice: 'required' })).tool_choice, 'required')
      assert.equal('tool_choice' in (await bodyOf({ tool_choice: 'none' })), false)
    })

    it('for JSON, with instructions that count as input', async () => {
      const schema = { type: 'object', properties: {}, additionalProperties: false }
      const described = { name: 'thing', description: 'A thing.', schema, strict: true }
      const messages: ModelMessage[] = [
        { role: 'system', content: 'Answer in JSON.' },
        { role: 'user', content: 'Hi' },
      ]
      const strict = await bodyOf({
        messages,
        response_format: { type: 'json_schema', json_schema: described },
      })
      assert.deepEqual(strict.text, { format: { type: 'json_schema', ...described } })
      assert.equal(strict.instructions, 'Answer in JSON.')
      const loose = await bodyOf({ messages, response_format: { type: 'json_object' } })
      assert.deepEqual(loose.text, { format: { type: 'json_object' } })
      assert.partialDeepStrictEqual(loose.input, [{ role: 'system', content: 'Answer in JSON.' }])
    })

    it('with sampling, effort and a limit', async () => {
      assert.partialDeepStrictEqual(
        await bodyOf({
          temperature: 0,
          top_p: 0.5,
          reasoning_effort: 'low',
          max_completion_tokens: 99,
        }),
        { temperature: 0, top_p: 0.5, reasoning: { effort: 'low' }, max_output_tokens: 99 },
      )
      assert.equal((await bodyOf({ max_completion_tokens: 3 })).max_output_tokens, 16)
    })

    it('for nothing that the API does not have', async () => {
      const audio = {
        type: 'input_audio' as const,
        input_audio: { data: '', format: 'mp3' as const },
      }
      const count = server.requests.length
      const asked = { ...request, messages: [{ role: 'user' as const, content: [audio] }] }
      await assert.rejects(Array.fromAsync(driver().stream(asked, { signal })), {
        runErrorCode: 'invalid_prompt',
        message: 'The Responses API cannot be asked for audio.',
      })
      assert.equal(server.requests.length, count)
    })

    const refuse = (param: string | null, message: string): Reply => ({
      raw: {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error: { message, type: 'invalid_request_error', param } }),
      },
    })

    it('without what it can do without, and remembers what a model refuses', async () => {
      server.script(
        refuse('include[0]', 'Encrypted content is not supported with this model.'),
        refuse('reasoning.effort', 'Unsupported parameter'),
        refuse(null, 'Unknown argument: parallel_tool_calls'),
        'Hi',
        'Hi',
        'Hi',
      )
      const count = server.requests.length
      const careful = driver()
      const tools = [{ type: 'function' as const, function: { name: 'a' } }]
      const asked = { ...request, tools, parallel_tool_calls: false }
      const ask = async (one: ModelRequest) => {
        const events = await Array.fromAsync(careful.stream(one, { signal }))
        assert.equal(text(events), 'Hi')
      }
      await ask({ ...asked, reasoning_effort: 'none' })
      await ask({ ...asked, reasoning_effort: 'low' })
      await ask({ ...asked, model: 'another-model' })
      const seen = server.requests
        .slice(count)
        .map((one) => Object.keys(responsesBody(one)).filter((key) => /^(inc|par|rea)/.test(key)))
      assert.deepEqual(seen, [
        ['include', 'parallel_tool_calls', 'reasoning'],
        ['parallel_tool_calls', 'reasoning'],
        ['parallel_tool_calls'],
        [],
        ['reasoning'],
        ['include', 'parallel_tool_calls'],
      ])
    })

    it('for all that the caller has set, and says what of it is refused', async () => {
      const asked = { temperature: 0.5, top_p: 0.5, reasoning_effort: 'low' } as const
      const complaints = [
        ['temperature', 'temperature', "Unsupported parameter: 'temperature' is not supported."],
        [null, 'top_p', 'Unknown argument: top_p'],
        ['reasoning.effort', 'reasoning_effort', 'Unsupported parameter'],
      ] as const
      for (const [param, name, message] of complaints) {
        const count = server.requests.length
        await assert.rejects(answer(refuse(param, message), { asked }), {
          runErrorCode: 'invalid_prompt',
          param: name,
          message: `The model endpoint does not take '${name}' for this model (400); leave it out, or use another model: ${message}`,
        })
        assert.equal(server.requests.length, count + 1)
      }
    })

    it('no effort of another name than was asked for', async () => {
      const message = "Unsupported value: 'reasoning.effort' does not support 'low'."
      const refused = answer(
        { error: { status: 400, message } },
        { asked: { reasoning_effort: 'low' } },
      )
      await assert.rejects(refused, { runErrorCode: 'invalid_prompt' })
    })

    it('once only where it cannot do without what is refused', async () => {
      const count = server.requests.length
      const message = "Invalid 'input': too many items"
      await assert.rejects(answer({ error: { status: 400, message } }), {
        runErrorCode: 'invalid_prompt',
        message: `The model endpoint refused the request (400): ${message}`,
      })
      assert.equal(server.requests.length, count + 1)
    })
  })

  describe('goes on after function calls', () => {
    const asked = { name: 'a', arguments: '{"a":1}', id: 'x' }
    const toCalls = (...ids: string[]) =>
      ids.map((id) => ({
        id,
        type: 'function' as const,
        function: { name: 'a', arguments: '{"a":1}' },
      }))
    async function inputAfter(message: ModelMessage, state: TurnState | undefined) {
      const output: ModelMessage = { role: 'tool', tool_call_id: 'x', content: '42' }
      const first: ModelMessage = { role: 'user', content: 'Hi' }
      const said = { ...message, ...(state && { state }) }
      const { input } = await bodyOf({ messages: [first, said, output] })
      assert.ok(Array.isArray(input))
      return input.slice(1)
    }
    const output = { type: 'function_call_output', call_id: 'x', output: '42' }
    const reasoning = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAAA' }

    it('with the reasoning, the text and the calls as they came', async () => {
      const { state } = finish(await answer({ reasoning: 'gAAAA', text: 'Hm', toolCalls: [asked] }))
      // The store keeps it as text.
      const stored = JSON.parse(JSON.stringify(state)) as TurnState
      const message: ModelMessage = {
        role: 'assistant',
        content: 'Hm',
        tool_calls: toCalls('x'),
      }
      assert.deepEqual(await inputAfter(message, stored), [
        reasoning,
        {
          id: 'msg_1',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hm', annotations: [], logprobs: [] }],
        },
        {
          id: 'fc_1',
          type: 'function_call',
          status: 'completed',
          call_id: 'x',
          name: 'a',
          arguments: '{"a":1}',
        },
        output,
      ])
      const [thought, call] = await inputAfter({ ...message, content: null }, stored)
      assert.deepEqual([thought?.type, call?.type], ['reasoning', 'function_call'])
    })

    it('with calls that go by other ids since', async () => {
      const { state } = finish(await answer({ reasoning: 'gAAAA', toolCalls: [asked, asked] }))
      const message: ModelMessage = {
        role: 'assistant',
        content: null,
        tool_calls: toCalls('x', 'z'),
      }
      const [thought, ...rest] = await inputAfter(message, state)
      assert.deepEqual(thought, reasoning)
      assert.partialDeepStrictEqual(rest, [{ id: 'fc_1', call_id: 'x' }, { call_id: 'z' }, output])
    })

    it('with the bare calls where there is no state, or none that fits', async () => {
      const message: ModelMessage = { role: 'assistant', content: null, tool_calls: toCalls('x') }
      const bare = { type: 'function_call', call_id: 'x', name: 'a', arguments: '{"a":1}' }
      const { state } = finish(await answer({ reasoning: 'gAAAA', toolCalls: [asked, asked] }))
      assert.ok(state)
      for (const given of [
        undefined,
        state,
        { ...state, driver: 'other' },
        { driver: 'responses', items: 'none' },
      ]) {
        assert.deepEqual(await inputAfter(message, given), [bare, output])
      }
    })

    it('without the reasoning where the endpoint cannot read it, that once', async () => {
      const { state } = finish(await answer({ reasoning: 'gAAAA', toolCalls: [asked] }))
      const message = { role: 'assistant' as const, content: null, tool_calls: toCalls('x') }
      const given: ModelMessage[] = [
        { role: 'user', content: 'Hi' },
        { ...message, ...(state && { state }) },
        { role: 'tool', tool_call_id: 'x', content: '42' },
      ]
      const bare = { type: 'function_call', call_id: 'x', name: 'a', arguments: '{"a":1}' }
      const typesOf = (one: ReturnType<typeof responsesBody>) =>
        Array.isArray(one.input) ? one.input.map(({ type }) => type) : []
      for (const error of [
        {
          status: 400,
          code: 'invalid_encrypted_content',
          message: 'The encrypted content for item rs_1 could not be verified.',
        },
        { status: 404, message: "Item with id 'rs_1' not found." },
      ]) {
        const careful = driver()
        server.script({ error }, 'Hi', 'Hi')
        const ask = () =>
          Array.fromAsync(careful.stream({ ...request, messages: given }, { signal }))
        assert.equal(text(await ask()), 'Hi')
        const body = responsesBody(server.requests.at(-1))
        assert.partialDeepStrictEqual(body.input, [{}, bare, output])
        assert.deepEqual(body.include, ['reasoning.encrypted_content'])
        await ask()
        const again = typesOf(responsesBody(server.requests.at(-1)))
        assert.deepEqual(again, ['message', 'reasoning', 'function_call', 'function_call_output'])
      }
    })

    it('with the first call where only one was allowed', async () => {
      const reply = { reasoning: 'gAAAA', toolCalls: [asked, { ...asked, id: 'y' }] }
      const events = await answer(reply, { asked: { parallel_tool_calls: false } })
      assert.ok(calls(events).every((event) => event.type === 'tool_call' && event.index === 0))
      const message: ModelMessage = { role: 'assistant', content: null, tool_calls: toCalls('x') }
      const [thought, ...rest] = await inputAfter(message, finish(events).state)
      assert.deepEqual(thought, reasoning)
      assert.partialDeepStrictEqual(rest, [{ id: 'fc_1', call_id: 'x' }, output])
      assert.equal(rest.length, 2)
    })

    it('and keeps nothing of a turn that needs nothing', async () => {
      const withoutAny = [
        { toolCalls: [asked] },
        { reasoning: 'gAAAA', text: 'Done' },
        // An id alone is of no use: the endpoint was told to forget it.
        { reasoning: '', toolCalls: [asked] },
        { reasoning: 'gAAAA', toolCalls: [asked], finishReason: 'length' },
      ]
      for (const reply of withoutAny) assert.equal(finish(await answer(reply)).state, undefined)
    })
  })

  describe('when the endpoint fails', () => {
    const failed = (error: object | null) => ({
      chunks: [
        { type: 'response.created', response: {} },
        { type: 'response.failed', response: { status: 'failed', error } },
      ],
    })
    const brokeOff = {
      runErrorCode: 'server_error',
      message: 'The model endpoint broke off its answer.',
    }
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
        'it breaks',
        { error: { status: 500 } },
        { runErrorCode: 'server_error', message: 'The model endpoint failed (500).' },
      ],
      [
        'it does not speak the API',
        { error: { status: 404, message: 'no such page' } },
        {
          runErrorCode: 'server_error',
          message: 'The model endpoint has no Responses at its address (404).',
        },
      ],
      ['the connection breaks', { text: ['Half', 'more'], breakAfterChunks: 5 }, brokeOff],
      ['the answer has no end', { text: 'Half', finishReason: null }, brokeOff],
      ['nothing comes', { chunks: [] }, brokeOff],
      ['it sends something else', { garbage: '<html>502 Bad Gateway</html>' }, brokeOff],
      ['it sends broken JSON', { garbage: 'data: {"type": [\n\n' }, brokeOff],
      ['it sends no events', { garbage: 'data: null\n\ndata: 7\n\n' }, brokeOff],
      [
        'it reports an error in the stream',
        { chunks: [{ type: 'error', code: 'insufficient_quota', message: 'no money' }] },
        {
          runErrorCode: 'rate_limit_exceeded',
          message: "The model endpoint's quota is used up (429).",
        },
      ],
      [
        'it reports an error without its name',
        { garbage: 'data: {"type":"error","code":"rate_limit_exceeded","message":"slower"}\n\n' },
        {
          runErrorCode: 'rate_limit_exceeded',
          message: 'The model endpoint is over its rate limit (429).',
        },
      ],
      ['the response fails', failed({ code: 'server_error', message: 'oops' }), brokeOff],
      ['the response fails for no reason', failed(null), brokeOff],
      [
        'the response fails for what was asked',
        failed({ code: 'invalid_image_url', message: 'no image there' }),
        {
          runErrorCode: 'invalid_prompt',
          message: 'The model endpoint refused the request (400): no image there',
        },
      ],
    ]
    for (const [name, reply, expected] of cases) {
      it(`says so: ${name}`, () =>
        assert.rejects(answer(reply), { name: 'ProviderError', ...expected }))
    }

    it('says how long to wait', () =>
      assert.rejects(answer({ error: { status: 429, headers: { 'retry-after': '7' } } }), {
        retryAfterMs: 7000,
      }))

    it('stops at an answer that never ends', async () => {
      const item = { type: 'reasoning', encrypted_content: 'x'.repeat(1024 * 1024) }
      const done = { type: 'response.output_item.done', item }
      await assert.rejects(answer({ chunks: Array.from({ length: 9 }, () => done) }), {
        message: 'The model endpoint sent an answer that never ends.',
      })
    })
  })

  it('gives up on an endpoint that does not begin, or does not go on', async () => {
    const tooLong = { message: 'The model endpoint took too long to answer.' }
    await assert.rejects(answer({ hold: never }, { firstTokenTimeoutMs: 250 }), tooLong)
    assert.equal(await server.requests.at(-1)?.closed, true)
    // Two that open the response, then the message and a piece of its text.
    const stuck = { text: ['a', 'b'], pause: { afterChunks: 5, until: never } }
    await assert.rejects(answer(stuck, { gapTimeoutMs: 250 }), tooLong)
    assert.equal(await server.requests.at(-1)?.closed, true)
  })

  it('does without the end of a connection whose answer is whole', async () => {
    // Nine events for a message of one piece; the last is the end of the response.
    const open = { text: 'Hi', pause: { afterChunks: 9, until: never } }
    const events = await answer(open, { gapTimeoutMs: 250 })
    assert.equal(await server.requests.at(-1)?.closed, true)
    assert.deepEqual([text(events), finish(events).reason], ['Hi', 'stop'])
    const broken = await answer({ text: 'Hi', breakAfterChunks: 9 })
    assert.deepEqual([text(broken), finish(broken).reason], ['Hi', 'stop'])
  })

  it('is patient with a model that thinks', async () => {
    const { promise: thought, resolve: stopThinking } = Promise.withResolvers<void>()
    const reply = { reasoning: 'gAAAA', text: 'Hi', pause: { afterChunks: 3, until: thought } }
    const count = server.requests.length
    const answered = answer(reply, { gapTimeoutMs: 250 })
    await server.request(count)
    // One that is silent in the middle of its words is given up meanwhile.
    const stuck = { text: 'a', pause: { afterChunks: 5, until: never } }
    await assert.rejects(answer(stuck, { gapTimeoutMs: 260 }))
    stopThinking()
    assert.equal(text(await answered), 'Hi')
    const endless = { ...reply, pause: { afterChunks: 3, until: never } }
    await assert.rejects(answer(endless, { firstTokenTimeoutMs: 250 }), {
      message: 'The model endpoint took too long to answer.',
    })
  })

  it('ends the request at once when aborted, with the reason of the signal', async () => {
    const reason = new Error('cancelled')
    for (const reply of [{ hold: never }, { text: 'a', pause: { afterChunks: 5, until: never } }]) {
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

  it('lists the models of the endpoint, and knows their windows', async () => {
    const [model] = await driver().listModels({ signal })
    assert.equal(model?.id, 'scripted')
    assert.equal(driver().contextWindow('gpt-4o-mini'), 128_000)
  })
})
