import type { Every } from '../every.ts'
import type { Logger } from '../log.ts'
import { toErrorAnswer } from './error-response.ts'
import type { RunEvent } from './wire/events.ts'
import { toShownEvent } from './wire/steps.ts'

export interface EventStreamDeps {
  every: Every
  log: Logger
}

/** Often enough for proxies and clients that give up on a silent connection after 30 s or more. */
const keepAliveMs = 15_000

const encoder = new TextEncoder()
const keepAlive = encoder.encode(': ping\n\n')
const done = 'event: done\ndata: [DONE]\n\n'

export interface EventStreamOptions extends EventStreamDeps {
  requestId: string
  /** Aborted when a client inside this process is gone; one outside cancels the stream. */
  signal: AbortSignal | undefined
  /** Default: search results are shown without their text. */
  withContent?: boolean
}

/**
 * The events of a run as `text/event-stream`, always ending in `done` (reference 4.1). A batch is
 * taken from the source when the client can take it, so nothing piles up here. It becomes one chunk,
 * because to both sides a chunk costs more than an event. A client that goes away ends the reading,
 * not the run. What goes wrong on the way becomes an `error` event.
 */
export function toEventStream(
  events: AsyncIterable<RunEvent[]>,
  options: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const { every, log, signal } = options
  const iterator = events[Symbol.asyncIterator]()
  let release: () => void = () => {}

  const leave = () => {
    release()
    // Not awaited: a generator that waits for the next event returns only after it.
    iterator.return?.().catch((err: unknown) => log.warn({ err }, 'could not leave the events'))
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      const stopKeepAlive = every(keepAliveMs, () => {
        // Only for a client that waits: a slow one has enough to read.
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(keepAlive)
      })
      const abort = () => {
        leave()
        controller.error(signal?.reason)
      }
      release = () => {
        stopKeepAlive()
        signal?.removeEventListener('abort', abort)
      }
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    },
    async pull(controller) {
      const { text, last } = await nextChunk(iterator, options)
      if (signal?.aborted) return
      if (!last) return controller.enqueue(encoder.encode(text))
      release()
      controller.enqueue(encoder.encode(text + done))
      controller.close()
    },
    cancel: leave,
  })
}

interface Chunk {
  text: string
  /** Nothing but `done` follows. */
  last: boolean
}

async function nextChunk(
  iterator: AsyncIterator<RunEvent[]>,
  options: Pick<EventStreamOptions, 'requestId' | 'log' | 'withContent'>,
): Promise<Chunk> {
  const { withContent = false } = options
  try {
    const { value, done: ended } = await iterator.next()
    if (ended) return { text: '', last: true }
    const blocks = value.map((event) => toBlock(toShownEvent(event, { withContent })))
    return { text: blocks.join(''), last: false }
  } catch (error) {
    return { text: toErrorBlock(error, options), last: true }
  }
}

function toBlock({ event, data }: RunEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Nested, as every SDK understands it, with the flat members of the specification beside it (4.10). */
function toErrorBlock(
  error: unknown,
  context: Pick<EventStreamOptions, 'requestId' | 'log'>,
): string {
  const answer = toErrorAnswer(error, context)
  return `event: error\ndata: ${JSON.stringify({ error: answer.error, ...answer.error })}\n\n`
}
