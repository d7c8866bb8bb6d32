import type OpenAI from 'openai'
import { z } from 'zod'

import { InvalidRequestError } from '../errors.ts'
import type { ModelDriver, ModelEvent, ModelRequest, ModelUsage } from './driver.ts'
import type { ForwardedAnswer, ForwardedRequest, Models } from './models.ts'

export interface DriverForwardDeps {
  driver: Pick<ModelDriver, 'stream'>
  /** Ids of answers: `chatcmpl-…`. */
  newId: (prefix: 'chatcmpl-') => string
  /** Milliseconds since the epoch. */
  now: () => number
}

type Finish = Extract<ModelEvent, { type: 'finish' }>
type Message = OpenAI.Chat.ChatCompletionMessage

/** The members of every chunk and every answer. */
interface Head {
  id: string
  created: number
  model: string
}

const part = z.looseObject({ type: z.string(), text: z.string().optional() })
const content = z.union([z.string(), z.array(part)]).nullish()
const toolCall = z.looseObject({
  id: z.string(),
  type: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
})
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content,
  tool_calls: z.array(toolCall).optional(),
  tool_call_id: z.string().optional(),
})
const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
})
const choice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.looseObject({
    type: z.literal('function'),
    function: z.looseObject({ name: z.string() }),
  }),
])
const limit = z.number().int().min(1).nullish()

/** What a driver can be asked, out of a Chat Completions request. */
const body = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  tools: z.array(tool).max(128).optional(),
  tool_choice: choice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: z.looseObject({ type: z.string() }).optional(),
  max_tokens: limit,
  max_completion_tokens: limit,
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  // What no driver does must at least not be asked for in vain.
  n: z.literal(1, { error: 'only one answer at a time is available here' }).nullish(),
  logprobs: z.literal(false, { error: 'log probabilities are not available here' }).nullish(),
  functions: z.undefined({ error: 'use tools instead' }).optional(),
})

/** Answers Chat Completions with a driver, for models that are behind no such endpoint: the demo. */
export function createDriverForward({ driver, newId, now }: DriverForwardDeps): Models['forward'] {
  return async function forward(request, { signal }): Promise<ForwardedAnswer> {
    if (request.path === '/embeddings') throw noEmbeddings(request.body.model)
    const asked = parse(request)
    const head: Head = {
      id: newId('chatcmpl-'),
      created: Math.floor(now() / 1000),
      model: asked.model,
    }
    const events = driver.stream(toModelRequest(asked), { signal })
    if (asked.stream === true) {
      return toStream(events, { head, includeUsage: asked.stream_options?.include_usage === true })
    }
    const { completion, usage } = await toCompletion(events, head)
    return { response: Response.json(completion), usage: Promise.resolve(usage) }
  }
}

function noEmbeddings(model: string): InvalidRequestError {
  return new InvalidRequestError(
    `The model '${model.slice(0, 100)}' makes no embeddings. Ask the operator of this server for one that does, which an endpoint of its own must serve.`,
    { param: 'model', apiCode: 'unsupported' },
  )
}

function parse({ body: given }: ForwardedRequest): z.output<typeof body> {
  const { data, error } = body.safeParse(given)
  if (data) return data
  const [issue] = error.issues
  const param = issue?.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key).slice(0, 100)}`))
    .join('')
    .replace(/^\./, '')
  throw new InvalidRequestError(`Invalid '${param}': ${issue?.message ?? 'not accepted'}.`, {
    param,
    apiCode: 'invalid_value',
  })
}

function toModelRequest(asked: z.output<typeof body>): ModelRequest {
  const { model, messages, tools, tool_choice, parallel_tool_calls, response_format } = asked
  const limits = asked.max_completion_tokens ?? asked.max_tokens
  const request = {
    model,
    messages,
    ...(tools && { tools }),
    ...(tool_choice !== undefined && { tool_choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...(response_format && { response_format }),
    ...(limits !== undefined && limits !== null && { max_completion_tokens: limits }),
  }
  // The schema above lets pass more than the SDK's types know, which drivers do not look at.
  return request as ModelRequest
}

function toStream(
  events: AsyncIterable<ModelEvent>,
  { head, includeUsage }: { head: Head; includeUsage: boolean },
): ForwardedAnswer {
  const { promise: usage, resolve } = Promise.withResolvers<ModelUsage | null>()
  async function* blocks(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder()
    const block = (value: object | string) =>
      encoder.encode(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`)
    try {
      yield block(toChunk(head, { role: 'assistant', content: '' }))
      for await (const event of events) {
        if (event.type !== 'finish') {
          yield block(toChunk(head, toDelta(event)))
          continue
        }
        resolve(event.usage)
        yield block(toChunk(head, {}, event.reason))
        if (includeUsage) yield block({ ...toChunk(head, {}), choices: [], usage: event.usage })
      }
      yield block('[DONE]')
    } finally {
      resolve(null)
    }
  }
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' }
  return { response: new Response(ReadableStream.from(blocks()), { headers }), usage }
}

function toChunk(head: Head, delta: object, reason: Finish['reason'] | null = null) {
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  }
}

function toDelta(event: Exclude<ModelEvent, Finish>): object {
  if (event.type === 'text') return { content: event.text }
  if (event.type === 'refusal') return { refusal: event.text }
  const { index, id, name, arguments: args = '' } = event
  const isNew = id !== undefined || name !== undefined
  const fragment = {
    index,
    ...(isNew && { id, type: 'function' }),
    function: { ...(isNew && { name }), arguments: args },
  }
  return { tool_calls: [fragment] }
}

async function toCompletion(events: AsyncIterable<ModelEvent>, head: Head) {
  let text = ''
  let refusal = ''
  let reason: Finish['reason'] = 'stop'
  let usage: ModelUsage | null = null
  const calls: { id: string; name: string; arguments: string }[] = []
  for await (const event of events) {
    switch (event.type) {
      case 'text':
        text += event.text
        break
      case 'refusal':
        refusal += event.text
        break
      case 'tool_call': {
        const call = (calls[event.index] ??= { id: '', name: '', arguments: '' })
        call.id = event.id ?? call.id
        call.name = event.name ?? call.name
        call.arguments += event.arguments ?? ''
        break
      }
      case 'finish':
        reason = event.reason
        usage = event.usage
    }
  }
  const answer: Message = {
    role: 'assistant',
    content: text === '' ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, ...call }) => ({ id, type: 'function', function: call })),
    }),
  }
  const completion = {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message: answer, logprobs: null, finish_reason: reason }],
    ...(usage && { usage }),
  }
  return { completion, usage }
}
