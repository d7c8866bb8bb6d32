import type OpenAI from 'openai'

import type { ModelServerRequest, ReplyParts } from './model-server.ts'
import { finishReason, pieces, usageOf } from './scripted-reply.ts'

export type ResponsesBody = OpenAI.Responses.ResponseCreateParams

/** The body of a request that came to `/responses`. */
export function responsesBody(request: ModelServerRequest | undefined): ResponsesBody {
  // The server keeps what came; which of the two it is shows in the path.
  return request?.body as unknown as ResponsesBody
}

/** The events of a scripted reply as OpenAI sends them, one SSE frame each; nothing follows the last. */
export function toResponsesFrames(reply: ReplyParts, model: string): string[] {
  const events = reply.chunks ?? toEvents(reply, model)
  return events.map((event, sequence_number) => {
    const data = { ...(event as { type?: string }), sequence_number }
    return `event: ${data.type ?? 'message'}\ndata: ${JSON.stringify(data)}\n\n`
  })
}

interface Item {
  item: { id: string; type: string } & Record<string, unknown>
  /** The item as it is announced, still empty. */
  empty: object
  /** What comes between its beginning and its end. */
  deltas: object[]
}

function toEvents(reply: ReplyParts, model: string): object[] {
  const items = toItems(reply)
  const response = (more: object) => ({ id: 'resp_1', object: 'response', model, ...more })
  const begun = { response: response({ status: 'in_progress', output: [] }) }
  const perItem = items.map(({ item, empty, deltas }, output_index) => ({
    begin: [{ type: 'response.output_item.added', output_index, item: { ...item, ...empty } }],
    deltas: deltas.map((delta) => ({ ...delta, item_id: item.id, output_index })),
    end: [{ type: 'response.output_item.done', output_index, item }],
  }))
  const between = reply.interleave
    ? [
        ...perItem.flatMap(({ begin }) => begin),
        ...roundRobin(perItem.map(({ deltas }) => deltas)),
        ...perItem.flatMap(({ end }) => end),
      ]
    : perItem.flatMap(({ begin, deltas, end }) => [...begin, ...deltas, ...end])
  return [
    { type: 'response.created', ...begun },
    { type: 'response.in_progress', ...begun },
    ...between,
    ...toEnd(reply, response({ output: items.map(({ item }) => item), usage: toUsage(reply) })),
  ]
}

function toEnd(reply: ReplyParts, response: object): object[] {
  switch (finishReason(reply)) {
    case null:
      return []
    case 'length':
      return [toIncomplete(response, 'max_output_tokens')]
    case 'content_filter':
      return [toIncomplete(response, 'content_filter')]
    default:
      return [{ type: 'response.completed', response: { ...response, status: 'completed' } }]
  }
}

function toIncomplete(response: object, reason: string): object {
  const incomplete = { ...response, status: 'incomplete', incomplete_details: { reason } }
  return { type: 'response.incomplete', response: incomplete }
}

function toItems(reply: ReplyParts): Item[] {
  return [
    ...(reply.reasoning === undefined ? [] : [toReasoning(reply.reasoning)]),
    ...(reply.text === undefined ? [] : [toMessage(pieces(reply.text))]),
    ...(reply.refusal === undefined ? [] : [toRefusal(reply.refusal)]),
    ...(reply.toolCalls ?? []).map(toFunctionCall),
  ]
}

/** As with `store: false`: nothing to be read, all of it to be sent back. */
function toReasoning(encrypted: string): Item {
  const item = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: encrypted }
  // What the announcement holds of it is not whole.
  return { item, empty: { encrypted_content: encrypted.slice(0, 2) }, deltas: [] }
}

function toMessage(texts: string[]): Item {
  const part = { type: 'output_text', text: texts.join(''), annotations: [], logprobs: [] }
  return toOutputMessage(part, { text: '' }, [
    ...texts.map((delta) => ({ type: 'response.output_text.delta', delta, logprobs: [] })),
    { type: 'response.output_text.done', text: part.text },
  ])
}

function toRefusal(refusal: string): Item {
  return toOutputMessage({ type: 'refusal', refusal }, { refusal: '' }, [
    { type: 'response.refusal.delta', delta: refusal },
    { type: 'response.refusal.done', refusal },
  ])
}

/** From the part, the same when empty, and what comes between. */
function toOutputMessage(part: object, empty: object, deltas: object[]): Item {
  const content_index = 0
  const item = { type: 'message', status: 'completed', role: 'assistant', content: [part] }
  return {
    item: { id: 'msg_1', ...item },
    empty: { status: 'in_progress', content: [] },
    deltas: [
      { type: 'response.content_part.added', content_index, part: { ...part, ...empty } },
      ...deltas.map((delta) => ({ ...delta, content_index })),
      { type: 'response.content_part.done', content_index, part },
    ],
  }
}

function toFunctionCall(
  { name, arguments: text, id }: NonNullable<ReplyParts['toolCalls']>[number],
  position: number,
): Item {
  const item = {
    id: `fc_${position + 1}`,
    type: 'function_call',
    status: 'completed',
    call_id: id ?? `call_${position + 1}`,
    name,
    arguments: pieces(text).join(''),
  }
  return {
    item,
    empty: { status: 'in_progress', arguments: '' },
    deltas: [
      ...pieces(text).map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
      { type: 'response.function_call_arguments.done', arguments: item.arguments },
    ],
  }
}

function toUsage(reply: ReplyParts) {
  const usage = usageOf(reply)
  if (!usage) return null
  const { prompt_tokens, completion_tokens, total_tokens } = usage
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: usage.prompt_tokens_details ?? { cached_tokens: 0 },
    output_tokens: completion_tokens,
    output_tokens_details: usage.completion_tokens_details ?? { reasoning_tokens: 0 },
    total_tokens,
  }
}

function roundRobin(lists: object[][]): object[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, round) =>
    lists.flatMap((list) => list.slice(round, round + 1)),
  ).flat()
}
