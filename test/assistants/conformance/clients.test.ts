// Clients that nobody here wrote, as npm has them, against the server over HTTP.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { tool } from '@langchain/core/tools'
import type * as Experts from 'experts'
import { AgentExecutor } from 'langchain/agents'
import { OpenAIAssistantRunnable } from 'langchain/experimental/openai_assistant'
import type OpenAI from 'openai'
import { z } from 'zod'

import { OpenAI4, OpenAI6 } from './sdks.ts'
import { createConformanceServer, type ConformanceServer } from './server.ts'

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}
const asksForWeather = {
  toolCalls: [{ name: 'get_weather', arguments: ['{"city":', '"Guangzhou"}'] }],
}
const thread = { messages: [{ role: 'user' as const, content: 'How is the weather?' }] }

let server: ConformanceServer
let assistant_id: string
before(async () => {
  server = await createConformanceServer()
  const { id } = await server.sdk.beta.assistants.create({
    model: 'scripted',
    instructions: 'Help.',
    tools: [weather],
  })
  assistant_id = id
})
after(() => server.close())
beforeEach(() => server.model.requests.splice(0))
afterEach(async () => assert.deepEqual(await server.problems(), []))

/** What the model was told after the tool had answered. */
function toolMessages(): unknown[] {
  const { messages = [] } = server.model.requests.at(-1)?.body ?? {}
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content)
}

describe('openai 7.57', () => {
  let threads: OpenAI.Beta.Threads
  before(() => {
    threads = server.sdk.beta.threads
  })

  it('polls, at the pace that the server proposes', async () => {
    server.model.script(asksForWeather, 'Sunny.')
    const { id: thread_id } = await threads.create(thread)
    const waiting = await threads.runs.createAndPoll(thread_id, { assistant_id })
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    assert.deepEqual(JSON.parse(call?.function.arguments ?? ''), { city: 'Guangzhou' })
    const done = await threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: '25 °C' }],
    })
    assert.equal(done.status, 'completed')
    assert.deepEqual(toolMessages(), ['25 °C'])
    const { data } = await threads.messages.list(thread_id)
    assert.equal(data[0]?.run_id, done.id)

    const { response } = await threads.runs.retrieve(done.id, { thread_id }).withResponse()
    assert.match(response.headers.get('openai-poll-after-ms') ?? '', /^\d{2,3}$/)
    const whole = await threads.createAndRunPoll({ assistant_id, thread })
    assert.equal(whole.status, 'completed')
  })

  it('submits from within the handler of the stream that asks for it', async () => {
    server.model.script(asksForWeather, { text: ['Sun', 'ny.'] })
    const seen: string[] = []
    const { promise, resolve, reject } = Promise.withResolvers<OpenAI.Beta.Threads.Run>()
    const stream = threads.createAndRunStream({ assistant_id, thread })
    stream
      .on('toolCallCreated', ({ type }) => seen.push(`created ${type}`))
      .on('toolCallDelta', ({ type }) => seen.push(`delta ${type}`))
      .on('toolCallDone', (call) => seen.push(`done ${JSON.stringify(call)}`))
      .on('event', ({ event, data }) => {
        if (event !== 'thread.run.requires_action') return
        const [call] = data.required_action?.submit_tool_outputs.tool_calls ?? []
        threads.runs
          .submitToolOutputsStream(data.id, {
            thread_id: data.thread_id,
            tool_outputs: [{ tool_call_id: call?.id ?? '', output: '25 °C' }],
          })
          .on('textDelta', ({ value }) => seen.push(value ?? ''))
          .on('runStepDone', (step) => seen.push(`${step.type} ${step.status}`))
          .finalRun()
          .then(resolve, reject)
      })
    await stream.done()
    assert.equal((await promise).status, 'completed')
    assert.deepEqual(seen, [
      'created function',
      'delta function',
      'delta function',
      'done {"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\\"city\\":\\"Guangzhou\\"}","output":null}}',
      'tool_calls completed',
      'Sun',
      'ny.',
      'message_creation completed',
    ])
  })

  it('walks through lists, and streams as lines of JSON', async () => {
    const { id: thread_id } = await threads.create()
    for (let number = 0; number < 25; number += 1) {
      await threads.messages.create(thread_id, { role: 'user', content: String(number) })
    }
    const seen: string[] = []
    for await (const { content } of threads.messages.list(thread_id, { order: 'asc' })) {
      if (content[0]?.type === 'text') seen.push(content[0].text.value)
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, number) => String(number)),
    )

    server.model.script('Hello')
    const lines = threads.runs.stream(thread_id, { assistant_id }).toReadableStream()
    const { AssistantStream } = await import('openai/lib/AssistantStream')
    const again = AssistantStream.fromReadableStream(lines)
    assert.equal((await again.finalRun()).status, 'completed')
    assert.equal((await again.finalMessages()).length, 1)
  })
})

describe('openai 6.0', () => {
  it('polls and streams with a tool', async () => {
    const client = new OpenAI6({ apiKey: 'any', baseURL: `${server.origin}/v1`, maxRetries: 0 })
    const { threads } = client.beta
    server.model.script(asksForWeather, 'Sunny.', asksForWeather, { text: ['Sun', 'ny.'] })
    const { id: thread_id } = await threads.create(thread)
    const waiting = await threads.runs.createAndPoll(thread_id, { assistant_id })
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    const tool_outputs = [{ tool_call_id: call?.id ?? '', output: '25 °C' }]
    const body = { thread_id, tool_outputs }
    const done = await threads.runs.submitToolOutputsAndPoll(waiting.id, body)
    assert.equal(done.status, 'completed')

    const first = await threads.runs.stream(thread_id, { assistant_id }).finalRun()
    const second = threads.runs.submitToolOutputsStream(first.id, body)
    assert.equal((await second.finalRun()).status, 'completed')
    assert.deepEqual(toolMessages(), ['25 °C'])
  })
})

describe('openai 4.104', () => {
  it('polls and streams with a tool', async () => {
    const client = new OpenAI4({ apiKey: 'any', baseURL: `${server.origin}/v1`, maxRetries: 0 })
    // Its methods take the thread first, unlike those of its successors.
    const runs = client.beta.threads.runs as unknown as Runs4
    const { id: thread_id } = await client.beta.threads.create(thread)
    server.model.script(asksForWeather, 'Sunny.', asksForWeather, { text: ['Sun', 'ny.'] })
    const waiting = await runs.createAndPoll(thread_id, { assistant_id })
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    const body = { tool_outputs: [{ tool_call_id: call?.id ?? '', output: '25 °C' }] }
    const done = await runs.submitToolOutputsAndPoll(thread_id, waiting.id, body)
    assert.equal(done.status, 'completed')

    const first = await runs.stream(thread_id, { assistant_id }).finalRun()
    const second = runs.submitToolOutputsStream(thread_id, first.id, body)
    assert.equal((await second.finalRun()).status, 'completed')
    assert.deepEqual(toolMessages(), ['25 °C'])
  })
})

interface Runs4 {
  createAndPoll(threadId: string, body: object): Promise<OpenAI.Beta.Threads.Run>
  submitToolOutputsAndPoll(
    threadId: string,
    runId: string,
    body: object,
  ): Promise<OpenAI.Beta.Threads.Run>
  stream(threadId: string, body: object): Stream4
  submitToolOutputsStream(threadId: string, runId: string, body: object): Stream4
}

interface Stream4 {
  finalRun(): Promise<OpenAI.Beta.Threads.Run>
}

describe("LangChain's assistant", () => {
  it('uses a tool as an agent, and goes on in the same thread', async () => {
    const cities: string[] = []
    const place = z.object({ city: z.string() })
    const agent = await OpenAIAssistantRunnable.createAssistant({
      model: 'scripted',
      instructions: 'Help.',
      tools: [weather],
      asAgent: true,
      clientOptions: { apiKey: 'any', baseURL: `${server.origin}/v1`, maxRetries: 0 },
    })
    agent.pollIntervalMs = 10
    const executor = AgentExecutor.fromAgentAndTools({
      agent,
      tools: [
        tool(
          (input: unknown) => {
            cities.push(place.parse(input).city)
            return '25 °C'
          },
          {
            name: 'get_weather',
            description: 'The weather of a city',
            schema: place,
          },
        ),
      ],
    })
    server.model.script(asksForWeather, '25 degrees.', 'You are welcome.')
    const answer = await executor.invoke({ content: 'How is the weather?' })
    assert.partialDeepStrictEqual(answer, { output: '25 degrees.' })
    assert.deepEqual(cities, ['Guangzhou'])
    assert.deepEqual(toolMessages(), ['25 °C'])

    const { threadId } = answer as unknown as { threadId: string }
    const next = await executor.invoke({ content: 'Thanks!', threadId })
    assert.partialDeepStrictEqual(next, { output: 'You are welcome.', threadId })
    assert.equal((await agent.getAssistant()).id, agent.assistantId)
    assert.equal((await agent.deleteAssistant()).deleted, true)
  })
})

describe('experts', () => {
  it('streams, and asks another assistant by a tool', async () => {
    process.env['OPENAI_BASE_URL'] = `${server.origin}/v1`
    process.env['OPENAI_API_KEY'] = 'any'
    // Its build for `import` cannot run in any Node; the other one can.
    const { Assistant, Thread, Tool } = createRequire(import.meta.url)('experts') as typeof Experts
    class WeatherTool extends Tool {
      constructor() {
        super({
          name: 'Weather',
          description: 'Knows the weather',
          instructions: 'Know the weather.',
          model: 'scripted',
          parentsTools: [weather],
        })
      }
    }
    class Helper extends Assistant {
      constructor() {
        super({ name: 'Helper', description: 'Helps', instructions: 'Help.', model: 'scripted' })
        this.addAssistantTool(WeatherTool)
      }
    }
    const helper = await Helper.create()
    const deltas: string[] = []
    helper.on('textDelta', ({ value }: { value: string }) => deltas.push(value))
    const { id } = await Thread.create()
    server.model.script(asksForWeather, 'Sunny in Guangzhou.', { text: ['It is', ' sunny.'] })
    assert.equal(await helper.ask('How is the weather?', id), 'It is sunny.')
    assert.deepEqual(deltas, ['It is', ' sunny.'])
    assert.deepEqual(toolMessages(), ['Sunny in Guangzhou.'])
    const { metadata } = await server.sdk.beta.threads.retrieve(id)
    assert.partialDeepStrictEqual(metadata, { assistant: 'Helper' })
  })
})
