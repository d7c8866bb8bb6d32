import { createChunkReader } from './chat-chunks.ts'
import type { ModelDriver, ModelMessage, ModelRequest } from './driver.ts'
import { createEndpoint, isOpenAi, type EndpointOptions } from './endpoint.ts'

export type ChatCompletionsDriverOptions = EndpointOptions

/** Streams turns from any endpoint that speaks Chat Completions. */
export function createChatCompletionsDriver(options: ChatCompletionsDriverOptions): ModelDriver {
  const log = options.log.child({ module: 'chat-completions' })
  const endpoint = createEndpoint(options, { name: 'Chat Completions', log })
  const knowsCompletionTokens = isOpenAi(endpoint.baseURL)

  return {
    stream(request, streamOptions) {
      const model = endpoint.modelOf(request)
      const body = {
        ...withTokenLimit(request, knowsCompletionTokens),
        messages: request.messages.map(withoutState),
        model,
        stream: true as const,
        stream_options: { include_usage: true },
      }
      const ask = (asked: { signal: AbortSignal }) =>
        endpoint.client.chat.completions.create(body, asked)
      return endpoint.stream({ model, ask, reader: createChunkReader() }, streamOptions)
    },
    contextWindow: endpoint.contextWindow,
    listModels: endpoint.listModels,
  }
}

/**
 * OpenAI's reasoning models refuse `max_tokens`; most other servers know nothing else and ignore or
 * refuse `max_completion_tokens`. Sent only if the run has a budget.
 */
function withTokenLimit(request: ModelRequest, knowsCompletionTokens: boolean) {
  const { max_completion_tokens: limit, ...rest } = request
  if (limit === undefined || limit === null) return rest
  return knowsCompletionTokens
    ? { ...rest, max_completion_tokens: limit }
    : { ...rest, max_tokens: limit }
}

/** What another driver left behind means nothing here, and strict servers refuse what they do not know. */
function withoutState(message: ModelMessage) {
  return { ...message, state: undefined }
}
