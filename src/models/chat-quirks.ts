import type OpenAI from 'openai'
import { APIError } from 'openai'

import { ProviderError } from '../errors.ts'
import { reasoningFields, toChatMessage } from './chat-state.ts'
import type { ModelRequest } from './driver.ts'
import { textOf } from './provider-error.ts'

type Body = OpenAI.Chat.ChatCompletionCreateParamsStreaming

/** Something that an endpoint turned out not to understand for a model. */
export type Quirk =
  | 'parallel_tool_calls'
  | 'stream_options'
  | 'token_limit'
  | 'reasoning_effort'
  | 'json_schema'
  | 'reasoning'

/**
 * The request in words that the endpoint understands. What is left out changes nothing that the
 * caller asked for: `parallel_tool_calls: false` is kept by our own reading, without
 * `stream_options` only the count may be missing, and a model that knows no `reasoning_effort` has
 * none. A JSON schema that is not strict becomes an instruction for JSON mode.
 */
export function toChatBody(
  request: ModelRequest,
  { quirks, knowsCompletionTokens }: { quirks: ReadonlySet<Quirk>; knowsCompletionTokens: boolean },
): Body {
  const { max_completion_tokens: limit, parallel_tool_calls, reasoning_effort, ...rest } = request
  const withReasoning = !quirks.has('reasoning')
  const inNewWords = knowsCompletionTokens !== quirks.has('token_limit')
  const body: Body = {
    ...rest,
    messages: request.messages.map((message) => toChatMessage(message, { withReasoning })),
    ...(typeof limit === 'number' && {
      [inNewWords ? 'max_completion_tokens' : 'max_tokens']: limit,
    }),
    ...(parallel_tool_calls !== undefined &&
      !quirks.has('parallel_tool_calls') && { parallel_tool_calls }),
    ...(reasoning_effort !== undefined && !quirks.has('reasoning_effort') && { reasoning_effort }),
    stream: true,
    ...(!quirks.has('stream_options') && { stream_options: { include_usage: true } }),
  }
  return quirks.has('json_schema') ? withoutSchema(body) : body
}

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
  return new ProviderError('invalid_prompt', message)
}

function withInstruction(messages: Body['messages'], text: string): Body['messages'] {
  const [first, ...rest] = messages
  if (first?.role === 'system' && typeof first.content === 'string') {
    return [{ ...first, content: `${first.content}\n\n${text}` }, ...rest]
  }
  return [{ role: 'system', content: text }, ...messages]
}

const unknownWords =
  /unknown|unrecogni[sz]ed|unsupported|unavailable|unexpected|not (?:supported|permitted|allowed|available|implemented)|n[o']t support|extra_forbidden|cannot find field|not a valid|invalid (?:parameter|field|argument|param)|additional propert/i
const valueWords = /(?:unsupported|invalid)[ _]value/i

/**
 * What of the request the endpoint did not understand, if that is why it refused it: the error names
 * it and says so. A value that it does not like is not that.
 */
export function quirkOf(error: unknown, body: Body): Quirk | undefined {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) {
    return undefined
  }
  const said = [error.code, error.param, textOf(error)].filter(Boolean).join(' ')
  if (!unknownWords.test(said) || valueWords.test(said)) return undefined
  const names = (name: string) => name in body && new RegExp(`\\b${name}\\b`).test(said)
  if (names('parallel_tool_calls')) return 'parallel_tool_calls'
  if (names('stream_options') || /\binclude_usage\b/.test(said)) return 'stream_options'
  if (names('max_tokens') || names('max_completion_tokens')) return 'token_limit'
  if (names('reasoning_effort')) return 'reasoning_effort'
  const hasSchema = body.response_format?.type === 'json_schema'
  if (hasSchema && /response_format|json_schema/.test(said)) return 'json_schema'
  const sent = JSON.stringify(body.messages)
  const isReasoning = reasoningFields.some(
    (name) => new RegExp(`\\b${name}\\b`).test(said) && sent.includes(`"${name}":`),
  )
  return isReasoning ? 'reasoning' : undefined
}
