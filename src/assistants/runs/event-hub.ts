import { AppError } from '../../errors.ts'
import type { Run } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'

/** Carries the events of runs to whoever streams them. */
export interface EventHub {
  /** Everything that happens to the run from now on, until it ends or waits for tool outputs. */
  open(runId: string): AsyncIterable<RunEvent>
  emit(runId: string, events: RunEvent[]): void
  /** No more events will come; with an error, the readers' streams fail with it. */
  end(runId: string, error?: Error): void
}

interface Reader {
  push(event: RunEvent): void
  end(error?: Error): void
}

/** How far a reader may fall behind. */
const maxEvents = 4096
const maxBytes = 4 * 1024 * 1024

export function createEventHub(): EventHub {
  const readersOf = new Map<string, Set<Reader>>()

  function leave(runId: string, reader: Reader): void {
    const readers = readersOf.get(runId)
    readers?.delete(reader)
    if (readers?.size === 0) readersOf.delete(runId)
  }

  function end(runId: string, error?: Error): void {
    const readers = readersOf.get(runId)
    readersOf.delete(runId)
    for (const reader of readers ?? []) reader.end(error)
  }

  return {
    open(runId) {
      const { reader, events } = createReader(() => leave(runId, reader))
      const readers = readersOf.get(runId) ?? new Set()
      readersOf.set(runId, readers.add(reader))
      return events
    },
    emit(runId, events) {
      for (const event of events) {
        for (const reader of readersOf.get(runId) ?? []) reader.push(event)
        if (endsStream(event)) end(runId)
      }
    },
    end,
  }
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

function createReader(onLeave: () => void): { reader: Reader; events: AsyncIterable<RunEvent> } {
  let buffered: RunEvent[] = []
  let bytes = 0
  let ended = false
  let failure: Error | undefined
  let wake: (() => void) | undefined

  function end(error?: Error): void {
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

  async function* read(): AsyncGenerator<RunEvent> {
    try {
      for (;;) {
        const batch = buffered
        buffered = []
        bytes = 0
        yield* batch
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
  const iterator: AsyncIterableIterator<RunEvent> = {
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
