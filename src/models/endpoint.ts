import OpenAI, { APIError } from 'openai'

import { ProviderError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { readJson, type Batch } from './answer-events.ts'
import { contextWindowOf } from './context-windows.ts'
import type { ModelDriver, ModelEvent, StreamOptions } from './driver.ts'
import { fetchWithReadableErrors } from './endpoint-fetch.ts'
import { brokeOff, tookTooLong, toProviderError } from './provider-error.ts'

export interface EndpointOptions {
  /** Local servers need none. */
  apiKey?: string | undefined
  /** Up to and including `/v1`; default OpenAI's own. */
  baseURL?: string | undefined
  /** Asked for where a request names no model; what `listModels` answers if the endpoint has no list. */
  defaultModel?: string | undefined
  /** Context window of every model in tokens; default: known by the model's name. */
  contextWindow?: number | undefined
  fetch?: typeof fetch | undefined
  /** Until the first sign of an answer; default 120 s (reasoning models think first). */
  firstTokenTimeoutMs?: number | undefined
  /** Between two signs of the answer; default 60 s. */
  gapTimeoutMs?: number | undefined
  log: Logger
}

/** One way of speaking to a model over HTTP. */
export interface Dialect {
  /** As the vendors spell it. */
  name: 'Chat Completions' | 'Responses'
  log: Logger
}

/** What an answer means, piece by piece, in whatever dialect it comes. */
export interface AnswerReader<Piece> {
  read(piece: Piece): ModelEvent[]
  /** The last events, `finish` the very last of them; none if the answer is not whole. */
  finish(): ModelEvent[]
  /** True while the model may be silent for long: only then it has as much time as for a beginning. */
  isThinking?: () => boolean
  /** True once the endpoint has said that it is done, though a count may still come. */
  isWhole: () => boolean
  /** True once nothing more can come. */
  isOver?: () => boolean
}

export interface Question<Piece> {
  model: string
  /** Sends the request; the answer is given up when the signal is aborted. */
  ask: (options: { signal: AbortSignal }) => Promise<AsyncIterable<Batch<Piece>>>
  reader: AnswerReader<Piece>
}

/** A server that has models, whatever dialect it speaks. */
export interface Endpoint extends Pick<ModelDriver, 'contextWindow' | 'listModels'> {
  client: OpenAI
  /** Where the models are; with `isOpenAi`, what can be expected of it. */
  baseURL: string
  /** The model that is asked where a request names none. */
  modelOf(request: { model: string }): string
  /** Asks and reads the answer, both within their time, as `ModelDriver.stream` promises. */
  stream<Piece>(question: Question<Piece>, options: StreamOptions): AsyncGenerator<ModelEvent>
}

/** For the end of a connection whose answer is whole; unread, it could not be used again. */
const closingMs = 1000

const openAi = 'https://api.openai.com/v1'

export function createEndpoint(
  {
    apiKey,
    baseURL = openAi,
    defaultModel,
    contextWindow,
    fetch,
    firstTokenTimeoutMs = 120_000,
    gapTimeoutMs = 60_000,
  }: EndpointOptions,
  { name, log }: Dialect,
): Endpoint {
  const client = new OpenAI({
    // The SDK insists on a key; servers that need none ignore it.
    apiKey: apiKey ?? 'none',
    baseURL,
    // Or else it would read them, and its log level, from the environment.
    organization: null,
    project: null,
    logLevel: 'off',
    // Whoever asks tries again: only there is known how many others wait, and until when.
    maxRetries: 0,
    timeout: firstTokenTimeoutMs,
    fetch: fetchWithReadableErrors(fetch ?? globalThis.fetch),
  })

  async function* stream<Piece>(
    { model, ask, reader }: Question<Piece>,
    { signal }: StreamOptions,
  ): AsyncGenerator<ModelEvent> {
    signal.throwIfAborted()
    const tooLong = new AbortController()
    // Whoever takes the events may take its time.
    let isWaiting = true
    const watchdog = createWatchdog(() => isWaiting && tooLong.abort())
    let hasBegun = false
    let isLast = false
    const isWhole = () => isLast || reader.isWhole()
    watchdog.allow(firstTokenTimeoutMs)
    try {
      const batches = await ask({ signal: AbortSignal.any([signal, tooLong.signal]) })
      try {
        for await (const batch of batches) {
          isWaiting = false
          for (const piece of batch.pieces) {
            for (const event of reader.read(piece)) yield event
          }
          hasBegun ||= batch.pieces.length > 0
          isLast = batch.isLast
          isWaiting = true
          watchdog.allow(patience())
        }
      } catch (error) {
        // Nobody minds how a connection ends that has nothing more to bring.
        if (!isWhole() || isSaid(error)) throw error
      }
      signal.throwIfAborted()
      const last = isWhole() ? reader.finish() : []
      if (last.length === 0) throw brokeOff()
      for (const event of last) yield event
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const failure = tooLong.signal.aborted
        ? tookTooLong(error)
        : toProviderError(error, { model, apiKey, dialect: name })
      log.warn({ err: failure, model }, 'model endpoint failed')
      throw failure
    } finally {
      watchdog.stop()
    }

    /** Whatever comes is a sign of life: some send comments as long as the model thinks. */
    function patience(): number {
      if (isLast || reader.isOver?.()) return Math.min(closingMs, gapTimeoutMs)
      return !hasBegun || reader.isThinking?.() ? firstTokenTimeoutMs : gapTimeoutMs
    }
  }

  async function listModels({ signal }: { signal: AbortSignal }): Promise<OpenAI.Models.Model[]> {
    try {
      const list = await readJson(await client.models.list({ signal }).asResponse())
      const { data } = list as { data?: OpenAI.Models.Model[] }
      if (!Array.isArray(data)) throw new SyntaxError('JSON without a list of models')
      return data.slice(0, 1000)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const context = { model: defaultModel ?? '', apiKey, dialect: name }
      const failure = toProviderError(error, context)
      if (!(error instanceof OpenAI.NotFoundError) || defaultModel === undefined) throw failure
      return [{ id: defaultModel, object: 'model', created: 0, owned_by: 'endpoint' }]
    }
  }

  return {
    client,
    baseURL,
    modelOf: ({ model }) => model || (defaultModel ?? ''),
    stream,
    contextWindow: (model) => contextWindow ?? contextWindowOf(model),
    listModels,
  }
}

/** Whether the endpoint itself, or its answer, is what was wrong. */
function isSaid(error: unknown): boolean {
  return error instanceof APIError || error instanceof ProviderError || error instanceof SyntaxError
}

/** Barks once nothing has come for as long as it was last told to allow. */
function createWatchdog(bark: () => unknown) {
  let timer: NodeJS.Timeout | undefined
  let allowedMs: number | undefined
  return {
    allow(ms: number) {
      // Most often it is as long as before, and a timer that is refreshed costs nothing.
      if (ms === allowedMs) return void timer?.refresh()
      clearTimeout(timer)
      allowedMs = ms
      timer = setTimeout(bark, ms)
    },
    stop: () => clearTimeout(timer),
  }
}

/** OpenAI itself, or the same models at Azure. */
export function isOpenAi(baseURL: string): boolean {
  const host = URL.parse(baseURL)?.hostname ?? ''
  return ['openai.com', 'azure.com'].some((name) => host === name || host.endsWith(`.${name}`))
}
