import { z } from 'zod'

import { ProviderError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { Models } from '../../models/models.ts'
import { startTimer as realTimer, type StartTimer } from '../../timer.ts'

/** What texts mean, as directions in a space that only this model knows. */
export interface Embedder {
  model: string
  /**
   * One vector for each text, all of the same length. Tries again what passes; throws `ProviderError`
   * if the endpoint goes on failing, or answers something else.
   */
  embed(texts: readonly string[], options: { signal: AbortSignal }): Promise<Float32Array[]>
  /** As `embed`, for somebody who waits: null where there is no answer soon. */
  embedQuestions(
    texts: readonly string[],
    options: { signal: AbortSignal },
  ): Promise<Float32Array[] | null>
}

export interface EmbedderDeps {
  models: Pick<Models, 'forward'>
  model: string
  /** Milliseconds since the epoch. */
  now: () => number
  startTimer?: StartTimer | undefined
  log: Logger
}

/** Texts of one request. */
const batchSize = 64
/** Endpoints limit requests to about 300,000 tokens. */
const batchCharacters = 200_000
/** Before what failed is tried again. */
const waitsMs = [1_000, 4_000]
const longestWaitMs = 30_000
const questionMs = 5_000
/** After a failure questions do not wait for the endpoint for so long, and then it is said again. */
const pauseMs = 10_000
const sayAgainMs = 60_000
const rememberedQuestions = 200
const maxDimensions = 8_192

const answerSchema = z.object({
  data: z.array(
    z.object({
      index: z.int().nonnegative(),
      embedding: z.array(z.number()).min(2).max(maxDimensions),
    }),
  ),
})

/** Asks the endpoint that serves the model, as clients of `/v1/embeddings` do. */
export function createEmbedder({
  models,
  model,
  now,
  startTimer = realTimer,
  log: parentLog,
}: EmbedderDeps): Embedder {
  const log = parentLog.child({ module: 'embeddings' })
  const questions = new Map<string, Float32Array>()
  let pausedUntil = 0
  let quietUntil = 0

  async function ask(input: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const request = { path: '/embeddings', body: { model, input }, headers: {} } as const
    const { response, usage } = await models.forward(request, { signal })
    const text = await response.text()
    await usage
    if (!response.ok) throw refused(response, text)
    return readAnswer(text, input.length)
  }

  async function askTwice(input: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    for (const waitMs of waitsMs) {
      try {
        return await ask(input, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ProviderError) || !isPassing(error)) throw error
        const longer = Math.max(waitMs, error.retryAfterMs ?? 0)
        await pause(Math.min(longer, longestWaitMs), signal)
      }
    }
    return ask(input, signal)
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = startTimer(ms, resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    stop()
    signal.throwIfAborted()
  }

  function remember(texts: readonly string[], vectors: readonly Float32Array[]): void {
    for (const [place, text] of texts.entries()) {
      const vector = vectors[place]
      if (vector) questions.set(text, vector)
    }
    for (const oldest of questions.keys()) {
      if (questions.size <= rememberedQuestions) break
      questions.delete(oldest)
    }
  }

  function fail(err: unknown): void {
    pausedUntil = now() + pauseMs
    if (now() < quietUntil) return
    quietUntil = now() + sayAgainMs
    log.warn({ err, model }, 'questions have no embeddings: files are searched by words alone')
  }

  return {
    model,

    async embed(texts, { signal }) {
      const vectors: Float32Array[] = []
      for (const batch of toBatches(texts)) vectors.push(...(await askTwice(batch, signal)))
      if (vectors.some(({ length }) => length !== vectors[0]?.length)) throw noEmbeddings()
      return vectors
    },

    async embedQuestions(texts, { signal }) {
      const missing = [...new Set(texts)].filter((text) => !questions.has(text))
      if (missing.length > 0) {
        if (now() < pausedUntil) return null
        try {
          const soon = AbortSignal.any([signal, AbortSignal.timeout(questionMs)])
          remember(missing, await ask(missing, soon))
        } catch (error) {
          signal.throwIfAborted()
          fail(error)
          return null
        }
      }
      const vectors = texts.flatMap((text) => questions.get(text) ?? [])
      return vectors.length === texts.length ? vectors : null
    },
  }
}

function* toBatches(texts: readonly string[]): Generator<string[]> {
  let batch: string[] = []
  let characters = 0
  for (const text of texts) {
    if (
      batch.length >= batchSize ||
      (batch.length > 0 && characters + text.length > batchCharacters)
    ) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(text)
    characters += text.length
  }
  if (batch.length > 0) yield batch
}

function readAnswer(text: string, count: number): Float32Array[] {
  const parsed = answerSchema.safeParse(parseJson(text))
  if (!parsed.success || parsed.data.data.length !== count) throw noEmbeddings()
  const vectors = Array.from<Float32Array | undefined>({ length: count })
  for (const { index, embedding } of parsed.data.data) vectors[index] = Float32Array.from(embedding)
  return vectors.map((vector) => {
    if (!vector?.every((number) => Number.isFinite(number))) throw noEmbeddings()
    return vector
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function noEmbeddings(): ProviderError {
  const message = 'The embedding model answered something that is not one vector for each text.'
  return new ProviderError('server_error', message)
}

/** The endpoint does not take the request, or has too many of them. */
function refused({ status, headers }: Response, text: string): ProviderError {
  if (status === 429) {
    const seconds = Number(headers.get('retry-after') ?? '')
    const message = 'The embedding model has too many requests.'
    return new ProviderError('rate_limit_exceeded', message, {
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
    })
  }
  const cause = new Error(text.slice(0, 500))
  const message = `The embedding model refused a request (${status}).`
  return new ProviderError('invalid_prompt', message, { cause })
}

/** Everything but what is wrong with the request. */
function isPassing({ runErrorCode }: ProviderError): boolean {
  return runErrorCode !== 'invalid_prompt'
}
