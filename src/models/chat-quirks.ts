import type OpenAI from 'openai'

import { ProviderError } from '../errors.ts'
import { reasoningFields, toChatMessage } from './chat-state.ts'
import type { ModelRequest } from './driver.ts'
import { isNamed, type Dispensable, type Quirk } from './refusals.ts'

type Body = OpenAI.Chat.ChatCompletionCreateParamsStreaming

/** The request in words that the endpoint understands. */
export function toChatBody(
  request: ModelRequest,
  { quirks, knowsCompletionTokens }: { quirks: ReadonlySet<Quirk>; knowsCompletionTokens: boolean },
): Body {
  const { max_completion_tokens: limit, parallel_tool_calls, reasoning_effort, ...rest } = request
  const withState = !quirks.has('state')
  const withReasoning = withState && !quirks.has('reasoning')
  const inNewWords = knowsCompletionTokens !== quirks.has('token_limit')
  const isNoEffort = reasoning_effort === 'none' && quirks.has('no_effort')
  const body: Body = {
    ...rest,
    messages: request.messages.map((message) =>
      toChatMessage(message, { withReasoning, withState }),
    ),
    ...(typeof limit === 'number' && {
      [inNewWords ? 'max_completion_tokens' : 'max_tokens']: limit,
    }),
    ...(parallel_tool_calls !== undefined &&
      !quirks.has('parallel_tool_calls') && { parallel_tool_calls }),
    ...(reasoning_effort !== undefined && !isNoEffort && { reasoning_effort }),
    stream: true,
    ...(!quirks.has('stream_options') && { stream_options: { include_usage: true } }),
  }
  return quirks.has('json_schema') ? withoutSchema(body) : body
}

export const chatDispensable: readonly Dispensable<Body>[] = [
  {
    quirk: 'parallel_tool_calls',
    isRefused: (complaint, body) =>
      complaint.isUnknown &&
      'parallel_tool_calls' in body &&
      isNamed(complaint, 'parallel_tool_calls'),
  },
  {
    quirk: 'stream_options',
    isRefused: (complaint, body) =>
      complaint.isUnknown &&
      'stream_options' in body &&
      isNamed(complaint, '(?:stream_options|include_usage)'),
  },
  {
    quirk: 'token_limit',
    isRefused: (complaint, body) =>
      complaint.isUnknown &&
      ['max_tokens', 'max_completion_tokens'].some(
        (name) => name in body && isNamed(complaint, name),
      ),
  },
  {
    quirk: 'no_effort',
    isRefused: (complaint, { reasoning_effort: effort }) =>
      complaint.isUnknown && effort === 'none' && isNamed(complaint, 'reasoning_effort'),
  },
  {
    quirk: 'json_schema',
    isRefused: (complaint, { response_format: format }) =>
      complaint.isUnknown &&
      format?.type === 'json_schema' &&
      isNamed(complaint, '(?:response_format|json_schema)'),
  },
  {
    quirk: 'reasoning',
    isRefused: (complaint, { messages }) =>
      complaint.isUnknown &&
      reasoningFields.some(
        (name) => isNamed(complaint, name) && messages.some((message) => name in message),
      ),
  },
  {
    quirk: 'state',
    isRefused: ({ said, request }) =>
      /signature|thinking|reasoning_(?:content|details)/i.test(said) &&
      request.messages.some(({ state }) => state),
  },
]

function withoutSchema({ response_format: format, messages, ...body }: Body): Body {
  if (format?.type !== 'json_schema') {
    return { ...body, messages, ...(format && { response_format: format }) }
  }
  const { schema = {}, description, strict } = format.json_schema
  if (strict) throw strictSchemaRefused()
  const instruction = [
    'Answer with one JSON object, and nothing else, that is valid against this JSON Schema:',
    JSON.stringify(schema),
    ...(description ? [description] : []),
  ].join('\n')
  return {
    ...body,
    messages: withInstruction(messages, instruction),
    response_format: { type: 'json_object' },
  }
}

function strictSchemaRefused(): ProviderError {
  const message =
    "The model endpoint does not support 'response_format' of type 'json_schema' with 'strict': true; leave 'strict' out, or use another model."
  return new ProviderError('invalid_prompt', message, { param: 'response_format' })
}

function withInstruction(messages: Body['messages'], text: string): Body['messages'] {
  const [first, ...rest] = messages
  if (first?.role === 'system' && typeof first.content === 'string') {
    return [{ ...first, content: `${first.content}\n\n${text}` }, ...rest]
  }
  return [{ role: 'system', content: text }, ...messages]
}
