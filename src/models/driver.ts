import type OpenAI from 'openai'

/** What one turn of a run asks of a model: the Chat Completions request, less the transport. */
export type ModelRequest = Pick<
  OpenAI.Chat.ChatCompletionCreateParams,
  | 'model'
  | 'messages'
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
    }

/** Where the run engine gets tokens from. One file in this folder per driver. */
export interface ModelDriver {
  /**
   * Streams one turn. Throws `ProviderError` for anything the endpoint did wrong, and the signal's
   * reason when it is aborted.
   */
  stream(request: ModelRequest, options: { signal: AbortSignal }): AsyncIterable<ModelEvent>
  /** The model's context window in tokens, prompt and completion together. */
  contextWindow(model: string): number
  /** The models the endpoint offers; used by `GET /v1/models`. */
  listModels(options: { signal: AbortSignal }): Promise<OpenAI.Models.Model[]>
}
