import type OpenAI from 'openai'

/**
 * What the endpoint wants back with the next request of the same run: the reasoning between tool
 * calls, say, which some models refuse to go on without. Made and read by one driver only; JSON.
 */
export type TurnState = { readonly driver: string } & Readonly<Record<string, unknown>>

/** An assistant message may carry what its turn left behind. */
export type ModelMessage = OpenAI.Chat.ChatCompletionMessageParam & { state?: TurnState }

/** What one turn of a run asks of a model: the Chat Completions request, less the transport. */
export type ModelRequest = { messages: ModelMessage[] } & Pick<
  OpenAI.Chat.ChatCompletionCreateParams,
  | 'model'
  | 'tools'
  | 'tool_choice'
  | 'parallel_tool_calls'
  | 'temperature'
  | 'top_p'
  | 'response_format'
  | 'reasoning_effort'
  | 'max_completion_tokens'
>

export interface ModelUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  /** Part of `prompt_tokens` that the endpoint served from its cache. */
  cached_tokens?: number
  /** Part of `completion_tokens` that was spent on reasoning. */
  reasoning_tokens?: number
}

/**
 * A model's answer as it arrives. `tool_call` fragments of one call share an `index`; `id` and
 * `name` come once, with the first fragment of that index, `arguments` in any number of pieces.
 * `finish` comes exactly once, last; `usage` is null where the endpoint does not count.
 */
export type ModelEvent =
  | { type: 'text'; text: string }
  | { type: 'refusal'; text: string }
  | { type: 'tool_call'; index: number; id?: string; name?: string; arguments?: string }
  | {
      type: 'finish'
      reason: 'stop' | 'length' | 'tool_calls' | 'content_filter'
      usage: ModelUsage | null
      /** Goes back to the driver with this turn's message in the run's next requests. */
      state?: TurnState
    }

export interface StreamOptions {
  signal: AbortSignal
  /** Unix milliseconds; after it nobody waits for the answer. Default: none. */
  deadlineMs?: number
}

/** Where the run engine gets tokens from. One file in this folder per driver. */
export interface ModelDriver {
  /**
   * Streams one turn. Throws `ProviderError` for anything the endpoint did wrong, and the signal's
   * reason when it is aborted.
   */
  stream(request: ModelRequest, options: StreamOptions): AsyncIterable<ModelEvent>
  /** The model's context window in tokens, prompt and completion together. */
  contextWindow(model: string): number
  /** The models the endpoint offers; used by `GET /v1/models`. */
  listModels(options: { signal: AbortSignal }): Promise<OpenAI.Models.Model[]>
}
