import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type OpenAI from 'openai'
import type { AssistantStream } from 'openai/lib/AssistantStream'

import { createChatCompletionsDriver } from '../../src/models/chat-completions.ts'
import { createResponsesDriver } from '../../src/models/responses.ts'
import type { ReplyParts } from '../helpers/model-server.ts'
import { createTestRuntime, type TestRuntime } from './runtime.ts'

type Event = OpenAI.Beta.AssistantStreamEvent

const tools: OpenAI.Beta.FunctionTool[] = ['first', 'second'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} }, strict: false },
}))
const call = (name: string, ...pieces: string[]) => ({ name, arguments: pieces })
const drivers = { chat: createChatCompletionsDriver, responses: createResponsesDriver }

/** What the model says, turn by turn; every function is answered with its own name. */
const conversations: Record<string, ReplyParts[]> = {
  'a text': [{ text: ['你', '好'] }],
  'a refusal': [{ refusal: 'No.' }],
  'a text that is cut short': [{ text: 'Half', finishReason: 'length' }],
  'a text that is not to be seen': [{ text: 'Half', finishReason: 'content_filter' }],
  'calls that are cut short': [{ toolCalls: [call('first', '{"a":')], finishReason: 'length' }],
  'an answer without anything': [{}],
  'a call and a text': [{ toolCalls: [call('first', '{"a":', '1}')] }, { text: ['Do', 'ne'] }],
  'a text, then calls': [
    { text: ['Let me ', 'see'], toolCalls: [call('first', '{}'), call('second', '{}')] },
    { text: 'Done' },
  ],
  'calls side by side': [
    { toolCalls: [call('first', '{"a":', '1}'), call('second', '{', '}')], interleave: true },
    { text: 'Done' },
  ],
  'calls in several turns': [
    { toolCalls: [call('first', '{}')] },
    { text: 'And', toolCalls: [call('second', '{}')] },
    { text: 'Done' },
  ],
  'a connection that breaks': [{ text: ['Half', 'more'], breakAfterChunks: 0 }],
  'an endpoint that is busy': [{ error: { status: 429, code: 'rate_limit_exceeded' } }],
  'an endpoint that fails in the middle': [
    { toolCalls: [call('first', '{}')] },
    { error: { status: 500 } },
  ],
}

describe('the events of a run are the same in every dialect:', () => {
  const runtimes = {} as Record<keyof typeof drivers, TestRuntime>
  const dialects = Object.keys(drivers) as (keyof typeof drivers)[]
  before(async () => {
    for (const dialect of dialects) {
      runtimes[dialect] = await createTestRuntime({ createDriver: drivers[dialect], now: () => 0 })
    }
  })
  after(() => Promise.all(dialects.map((dialect) => runtimes[dialect].close())))

  for (const [name, replies] of Object.entries(conversations)) {
    it(name, async () => {
      const chat = await converse(runtimes.chat, replies)
      const responses = await converse(runtimes.responses, replies)
      assert.ok(chat.length > 4, 'a run has at least a beginning and an end')
      assert.deepEqual(responses, chat)
      assert.deepEqual(
        [runtimes.chat, runtimes.responses].map(({ model }) => model.requests.at(-1)?.path),
        ['/v1/chat/completions', '/v1/responses'],
      )
    })
  }
})

/** Every event of the whole run as the helper of the SDK shows it, and then what the thread holds. */
async function converse(
  { client, model }: TestRuntime,
  replies: readonly ReplyParts[],
): Promise<unknown[]> {
  const { assistants, threads } = client.beta
  model.script(...replies)
  const { id: assistant_id } = await assistants.create({ model: 'scripted', tools })
  const { id: thread_id } = await threads.create({ messages: [{ role: 'user', content: 'Hi' }] })
  const events: Event[] = []
  let stream: AssistantStream = threads.runs.stream(thread_id, { assistant_id })
  for (;;) {
    const { id, required_action } = await readAll(stream, events)
    if (!required_action) break
    const { tool_calls } = required_action.submit_tool_outputs
    const tool_outputs = tool_calls.map((called) => ({
      tool_call_id: called.id,
      output: called.function.name,
    }))
    stream = threads.runs.submitToolOutputsStream(id, { thread_id, tool_outputs })
  }
  const messages = await Array.fromAsync(threads.messages.list(thread_id))
  return withoutIds([...events, ...messages])
}

async function readAll(stream: AssistantStream, events: Event[]): Promise<OpenAI.Beta.Threads.Run> {
  for await (const event of stream) events.push(event)
  const last = events.at(-1)?.data
  assert.ok(last && 'object' in last && last.object === 'thread.run')
  return last
}

/** Ids in the order of their appearance, so that what belongs together still does. */
function withoutIds(objects: unknown[]): unknown[] {
  const names = new Map<string, string>()
  const text = JSON.stringify(objects).replaceAll(/"(?:asst|thread|run|step|msg)_\w+"/g, (id) => {
    const name = names.get(id) ?? `"id ${names.size}"`
    names.set(id, name)
    return name
  })
  return JSON.parse(text) as unknown[]
}
