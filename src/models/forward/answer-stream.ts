import { ProviderError } from '../../errors.ts'
import type { ModelUsage } from '../driver.ts'
import { brokeOff, tookTooLong } from '../provider-error.ts'
import { watchEvents } from './watch-events.ts'
import { watchJson } from './watch-json.ts'

/** Looks at an answer while it passes. */
export interface AnswerWatch {
  /** What of this piece goes on to the client now. */
  pass(piece: Uint8Array): Uint8Array
  /** What is left to pass on when the answer has ended. */
  end(): Uint8Array
  /** What a client is told in the middle of its answer; undefined: its connection is cut. */
  failure(error: ProviderError): Uint8Array | undefined
  /** As far as the endpoint has said it. */
  usage(): ModelUsage | null
}

export interface AnswerStreamOptions {
  kind: 'json' | 'events'
  /** Whether the count of tokens was not asked for by the client. */
  takeOutUsage: boolean
  gapTimeoutMs: number
  /** How long a client may leave a piece untaken; then its connection is cut. */
  clientTimeoutMs: number
  maxBytes: number
  /** Aborted when the client is gone; ends the reading at the endpoint too. */
  signal: AbortSignal
  /** Gives the answer up at the endpoint. */
  abort: (reason: unknown) => void
  onFailure: (error: ProviderError) => void
}

/**
 * The endpoint's answer as the client gets it. A piece is read when the client can take it, so
 * nothing piles up here; of JSON the first one before, since a client can still be told then that
 * there is no answer. `usage` settles before the last piece is out.
 */
export async function createAnswerStream(
  source: ReadableStream<Uint8Array> | null,
  options: AnswerStreamOptions,
): Promise<{ body: ReadableStream<Uint8Array>; usage: Promise<ModelUsage | null> }> {
  if (source === null) throw brokeOff()
  const { kind, takeOutUsage, gapTimeoutMs, clientTimeoutMs, maxBytes, signal } = options
  const { abort, onFailure } = options
  const watch: AnswerWatch = kind === 'json' ? watchJson() : watchEvents({ takeOutUsage })
  const reader = source.getReader()
  const { promise: usage, resolve } = Promise.withResolvers<ModelUsage | null>()
  let size = 0
  let untaken: NodeJS.Timeout | undefined

  const settle = () => {
    clearTimeout(untaken)
    signal.removeEventListener('abort', settle)
    resolve(watch.usage())
  }
  // Nobody may be reading when the client goes.
  signal.addEventListener('abort', settle)

  function expectClient(controller: ReadableStreamDefaultController<Uint8Array>): void {
    untaken = setTimeout(() => {
      const reason = new Error(`the client read nothing for ${clientTimeoutMs} ms`)
      settle()
      abort(reason)
      controller.error(reason)
    }, clientTimeoutMs)
  }

  /** The next piece for the client, or null after the last. */
  async function read(): Promise<Uint8Array | null> {
    const { done, value } = await readWithin(reader, gapTimeoutMs)
    if (done) return null
    size += value.byteLength
    if (size > maxBytes) throw brokeOff(new Error(`more than ${maxBytes} bytes`))
    return watch.pass(value)
  }

  let begun = kind === 'json' ? await begin(read) : undefined
  const body = new ReadableStream<Uint8Array>(
    {
      start: expectClient,
      async pull(controller) {
        clearTimeout(untaken)
        try {
          let piece = begun ?? (await read())
          begun = undefined
          while (piece?.byteLength === 0) piece = await read()
          if (piece !== null) {
            expectClient(controller)
            return controller.enqueue(piece)
          }
          const rest = watch.end()
          settle()
          if (rest.byteLength > 0) controller.enqueue(rest)
          controller.close()
        } catch (error) {
          settle()
          if (signal.aborted) return controller.error(signal.reason)
          const failure = error instanceof ProviderError ? error : brokeOff(error)
          abort(failure)
          onFailure(failure)
          const told = watch.failure(failure)
          if (told === undefined) return controller.error(failure)
          controller.enqueue(told)
          controller.close()
        }
      },
      cancel(reason) {
        settle()
        abort(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return { body, usage }
}

/** The first piece, or throws `ProviderError` where there is none. */
async function begin(read: () => Promise<Uint8Array | null>): Promise<Uint8Array> {
  try {
    const piece = await read()
    if (piece !== null) return piece
  } catch (error) {
    throw error instanceof ProviderError ? error : brokeOff(error)
  }
  throw brokeOff()
}

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, timeoutMs: number) {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tookTooLong()), timeoutMs)
  })
  try {
    return await Promise.race([reader.read(), late])
  } finally {
    clearTimeout(timer)
  }
}
