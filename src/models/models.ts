import type OpenAI from 'openai'

import type { ModelDriver, ModelUsage } from './driver.ts'

/** A request that goes to the endpoint as the client wrote it. */
export interface ForwardedRequest {
  path: '/chat/completions' | '/embeddings'
  /** The client's JSON; `model` decides which endpoint it goes to. */
  body: { model: string } & Record<string, unknown>
  /** Headers of the client that mean something to the endpoint; never its key. */
  headers: Record<string, string>
}

export interface ForwardedAnswer {
  /** The endpoint's own answer, a stream if it is one; without headers that are about its connection. */
  response: Response
  /** What it cost, once the answer is whole or given up; null where the endpoint did not count. */
  usage: Promise<ModelUsage | null>
}

/**
 * Every model that this server offers, whichever endpoint serves it. As a driver it streams from the
 * endpoint of the request's model, waits for its turn there (concurrency, `retry-after`), and tries
 * again what is worth it, all within the deadline.
 */
export interface Models extends ModelDriver {
  /** Whether an endpoint serves a model of this name. */
  serves(model: string): boolean
  /** US dollars; null where the model's price is not known. */
  costOf(model: string, usage: ModelUsage): number | null
  /** Throws `ProviderError` where the endpoint gave no answer that is the client's business. */
  forward(request: ForwardedRequest, options: { signal: AbortSignal }): Promise<ForwardedAnswer>
  listModels(options: { signal: AbortSignal }): Promise<OpenAI.Models.Model[]>
}
