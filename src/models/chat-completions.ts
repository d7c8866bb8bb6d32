import OpenAI from 'openai'

import type { Logger } from '../log.ts'
import { createChunkReader } from './chat-chunks.ts'
import { contextWindowOf } from './context-windows.ts'
import type { ModelDriver, ModelRequest } from './driver.ts'
import { brokeOff, tookTooLong, toProviderError } from './provider-error.ts'

export interface ChatCompletionsDriverOptions {
  /** Local servers need none. */
  apiKey?: string | undefined
  /** Up to and including `/v1`; default OpenAI's own. */
  baseURL?: string | undefined
  /** Asked for where a request names no model; what `listModels` answers if the endpoint has no list. */
  defaultModel?: string | undefined
  /** Context window of every model in tokens; default: known by the model's name. */
  contextWindow?: number | undefined
  fetch?: typeof fetch | undefined
  /** How often the SDK tries again before a token has come; default 2. */
  maxRetries?: number | undefined
  /** Until the first sign of an answer, retries included; default 120 s (reasoning models think first). */
  firstTokenTimeoutMs?: number | undefined
  /** Between two signs of the answer; default 60 s. */
  gapTimeoutMs?: number | undefined
  log: Logger
}

const openAi = 'https://api.openai.com/v1'

/** Streams turns from any endpoint that speaks Chat Completions. */
export function createChatCompletionsDriver({
  apiKey,
  baseURL = openAi,
  defaultModel,
  contextWindow,
  fetch,
  maxRetries = 2,
  firstTokenTimeoutMs = 120_000,
  gapTimeoutMs = 60_000,
  log: parentLog,
}: ChatCompletionsDriverOptions): ModelDriver {
  const log = parentLog.child({ module: 'chat-completions' })
  const client = new OpenAI({
    // The SDK insists on a key; servers that need none ignore it.
    apiKey: apiKey ?? 'none',
    baseURL,
    // Or else it would read them, and its log level, from the environment.
    organization: null,
    project: null,
    logLevel: 'off',
    maxRetries,
    timeout: firstTokenTimeoutMs,
    ...(fetch && { fetch }),
  })
  const knowsCompletionTokens = isOpenAi(baseURL)

  async function* stream(request: ModelRequest, { signal }: { signal: AbortSignal }) {
    signal.throwIfAborted()
    const model = request.model || (defaultModel ?? '')
    const tooLong = new AbortController()
    const watchdog = setTimeout(() => tooLong.abort(), firstTokenTimeoutMs)
    let gapWatchdog: NodeJS.Timeout | undefined
    try {
      const chunks = await client.chat.completions.create(
        {
          ...withTokenLimit(request, knowsCompletionTokens),
          model,
          stream: true,
          stream_options: { include_usage: true },
        },
        { signal: AbortSignal.any([signal, tooLong.signal]) },
      )
      const reader = createChunkReader()
      for await (const chunk of chunks) {
        clearTimeout(watchdog)
        gapWatchdog ??= setTimeout(() => tooLong.abort(), gapTimeoutMs)
        gapWatchdog.refresh()
        yield* reader.read(chunk)
      }
      // When aborted, the SDK ends the stream as if it were whole.
      signal.throwIfAborted()
      if (tooLong.signal.aborted) throw tookTooLong()
      const finish = reader.finish()
      if (!finish) throw brokeOff()
      yield finish
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const failure = tooLong.signal.aborted
        ? tookTooLong(error)
        : toProviderError(error, { model, apiKey })
      log.warn({ err: failure, model }, 'model endpoint failed')
      throw failure
    } finally {
      clearTimeout(watchdog)
      clearTimeout(gapWatchdog)
    }
  }

  async function listModels({ signal }: { signal: AbortSignal }): Promise<OpenAI.Models.Model[]> {
    try {
      const page = await client.models.list({ signal })
      return page.data.slice(0, 1000)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const failure = toProviderError(error, { model: defaultModel ?? '', apiKey })
      if (!(error instanceof OpenAI.NotFoundError) || defaultModel === undefined) throw failure
      return [{ id: defaultModel, object: 'model', created: 0, owned_by: 'endpoint' }]
    }
  }

  return {
    stream,
    contextWindow: (model) => contextWindow ?? contextWindowOf(model),
    listModels,
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

function isOpenAi(baseURL: string): boolean {
  const host = URL.parse(baseURL)?.hostname ?? ''
  return ['openai.com', 'azure.com'].some((name) => host === name || host.endsWith(`.${name}`))
}
