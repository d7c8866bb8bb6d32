import { AppError } from '../../errors.ts'
import type { Run } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'

/** Carries the events of runs to whoever streams them. */
export interface EventHub {
  /**
   * Everything that happens to the run from now on, until it ends or waits for tool outputs. Each
   * time whatever has come since the last, at least one event.
   */
  open(run: Pick<Run, 'id' | 'thread_id'>): AsyncIterable<RunEvent[]>
  emit(runId: string, events: RunEvent[]): void
  /** No more events of the run will come; with an error, its readers' streams fail with it. */
  end(runId: string, error?: unknown): void
  /**
   * `stopped` settles when the run, as far as is heard of it here, ends or waits for tool outputs
   * from now on. `leave` when it does not matter any more.
   */
  watch(runId: string): Watch
  /** The runs that somebody reads. */
  reading(): string[]
  /** No more events of any run of the thread will come. */
  endThread(threadId: string): void
  /** No more events at all: every reader's stream fails, also that of one who comes later. */
  close(): void
}

export interface Watch {
  stopped: Promise<void>
  leave(): void
}

interface Reader {
  push(event: RunEvent): void
  end(error?: unknown): void
}

/** Who reads the events of a run. */
interface Audience {
  threadId: string
  readers: Set<Reader>
  /** Whoever cancels a run and whoever executes it may both say so; it is shown once. */
  sawCancelling: boolean
}

/** How far a reader may fall behind. */
const maxEvents = 4096
const maxBytes = 4 * 1024 * 1024

export function createEventHub(): EventHub {
  const audiences = new Map<string, Audience>()
  const watchers = new Map<string, Set<() => void>>()
  let closed = false

  function leave(runId: string, reader: Reader): void {
    const readers = audiences.get(runId)?.readers
    readers?.delete(reader)
    if (readers?.size === 0) audiences.delete(runId)
  }

  function end(runId: string, error?: unknown): void {
    const readers = audiences.get(runId)?.readers
    audiences.delete(runId)
    for (const reader of readers ?? []) reader.end(error)
    for (const tell of watchers.get(runId) ?? []) tell()
  }

  function watch(runId: string): Watch {
    const { promise: stopped, resolve } = Promise.withResolvers<void>()
    const waiting = watchers.get(runId) ?? new Set()
    watchers.set(runId, waiting.add(resolve))
    if (closed) resolve()
    return {
      stopped,
      leave() {
        waiting.delete(resolve)
        if (waiting.size === 0 && watchers.get(runId) === waiting) watchers.delete(runId)
      },
    }
  }

  function show(runId: string, event: RunEvent): void {
    const audience = audiences.get(runId)
    if (!audience) return
    if (event.event === 'thread.run.cancelling') {
      if (audience.sawCancelling) return
      audience.sawCancelling = true
    }
    for (const reader of audience.readers) reader.push(event)
  }

  return {
    open({ id, thread_id: threadId }) {
      const { reader, events } = createReader(() => leave(id, reader))
      const audience = audiences.get(id) ?? newAudience(threadId)
      audience.readers.add(reader)
      audiences.set(id, audience)
      if (closed) end(id, shuttingDown())
      return events
    },
    emit(runId, events) {
      for (const event of events) {
        show(runId, event)
        if (endsStream(event)) end(runId)
      }
    },
    end,
    watch,
    reading: () => [...audiences.keys()],
    endThread(threadId) {
      for (const [id, audience] of audiences) if (audience.threadId === threadId) end(id)
    },
    close() {
      closed = true
      for (const id of [...audiences.keys(), ...watchers.keys()]) end(id, shuttingDown())
    },
  }
}

function newAudience(threadId: string): Audience {
  return { threadId, readers: new Set(), sawCancelling: false }
}

function shuttingDown(): AppError {
  return new AppError('unavailable', 'The server is shutting down.')
}

const finalStatuses = new Set<Run['status']>([
  'requires_action',
  'completed',
  'incomplete',
  'failed',
  'cancelled',
  'expired',
])

function endsStream(event: RunEvent): boolean {
  return event.data.object === 'thread.run' && finalStatuses.has(event.data.status)
}

function createReader(onLeave: () => void): {
  reader: Reader
  events: AsyncIterable<RunEvent[]>
} {
  let buffered: RunEvent[] = []
  let bytes = 0
  let ended = false
  let failure: unknown
  let wake: (() => void) | undefined

  function end(error?: unknown): void {
    if (ended) return
    ended = true
    failure = error
    wake?.()
  }

  const reader: Reader = {
    push(event) {
      if (ended) return
      buffered.push(event)
      bytes += sizeOf(event)
      if (buffered.length > maxEvents || bytes > maxBytes) {
        buffered = []
        onLeave()
        end(new AppError('unavailable', 'The events of the run were not read fast enough.'))
        return
      }
      wake?.()
    },
    end,
  }

  async function* read(): AsyncGenerator<RunEvent[]> {
    try {
      for (;;) {
        const batch = buffered
        buffered = []
        bytes = 0
        if (batch.length > 0) yield batch
        if (buffered.length > 0) continue
        if (failure) throw failure
        if (ended) return
        await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      ended = true
      onLeave()
    }
  }

  const generator = read()
  const iterator: AsyncIterableIterator<RunEvent[]> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => generator.next(),
    return() {
      // A generator that waits would only return after the next event.
      onLeave()
      buffered = []
      end()
      return generator.return(undefined)
    },
  }
  return { reader, events: iterator }
}

/**
 * Roughly what holding the event costs. Snapshots of one run share their long members, such as the
 * instructions and the tools.
 */
function sizeOf({ data }: RunEvent): number {
  if (data.object === 'thread.message.delta' || data.object === 'thread.run.step.delta') {
    return 200 + 2 * JSON.stringify(data.delta).length
  }
  return 1000
}
