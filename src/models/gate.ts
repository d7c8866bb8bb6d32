import { ProviderError } from '../errors.ts'
import type { StartTimer } from '../timer.ts'
import type { StreamOptions } from './driver.ts'
import { overRateLimit } from './provider-error.ts'

/** Who may speak to an endpoint, and when. Whoever came first goes first, also when trying again. */
export interface Gate {
  /** A number that keeps somebody's place in the queue over several tries. */
  arrive(): number
  /**
   * Waits for a place. Throws the signal's reason when aborted, and `ProviderError` where the
   * endpoint has asked everybody to wait for longer than the deadline, or none got free by then.
   */
  enter(arrival: number, options: StreamOptions): Promise<Place>
}

/** The right to one request. */
export interface Place {
  /** The endpoint does answer: whoever waited for that goes on. */
  answered(): void
  /** The endpoint wants nobody to ask for so many milliseconds. After it one asks before the others. */
  limited(delayMs: number): void
  /** Whether everybody waits for how this request ends. */
  isProbe: boolean
  /** Gives the place to the next; more than once is once. */
  leave(): void
}

export interface GateDeps {
  /** Requests at a time; null: any number. */
  concurrency: number | null
  /** Unix milliseconds. */
  now: () => number
  startTimer: StartTimer
}

interface Waiter {
  arrival: number
  deadlineMs: number | undefined
  admit(place: Place): void
  refuse(error: unknown): void
}

/** Refusals come at once; who is not refused for so long is being answered. */
const probeMs = 5_000
/** An endpoint that names a longer time is asked again after this one. */
const maxClosedMs = 600_000

export function createGate({ concurrency, now, startTimer }: GateDeps): Gate {
  const queue: Waiter[] = []
  const limit = concurrency ?? Number.POSITIVE_INFINITY
  let arrivals = 0
  let active = 0
  /** `probing`: one request is out to see whether the endpoint answers again. */
  let state: 'open' | 'closed' | 'opening' | 'probing' = 'open'
  let opensAt = 0
  let probe: object | undefined
  let stopTimer: (() => void) | undefined

  function admitAll(): void {
    while (active < limit && (state === 'open' || state === 'opening')) {
      const next = queue.shift()
      if (!next) return
      next.admit(createPlace())
    }
  }

  function createPlace(): Place {
    const self = {}
    const isProbe = state === 'opening'
    let hasLeft = false
    active += 1
    if (isProbe) {
      state = 'probing'
      probe = self
      restartTimer(probeMs, () => endProbe(self, 'open'))
    }
    return {
      isProbe,
      answered: () => endProbe(self, 'open'),
      limited: (delayMs) => close(now() + Math.min(delayMs, maxClosedMs)),
      leave() {
        if (hasLeft) return
        hasLeft = true
        active -= 1
        // It ended without an answer: the next one finds out.
        endProbe(self, 'opening')
        admitAll()
      },
    }
  }

  function endProbe(self: object, next: 'open' | 'opening'): void {
    if (state !== 'probing' || probe !== self) return
    stopTimer?.()
    state = next
    admitAll()
  }

  function restartTimer(delayMs: number, onEnd: () => void): void {
    stopTimer?.()
    stopTimer = startTimer(Math.max(0, delayMs), onEnd)
  }

  function close(until: number): void {
    opensAt = state === 'closed' ? Math.max(opensAt, until) : until
    state = 'closed'
    restartTimer(opensAt - now(), () => {
      state = 'opening'
      admitAll()
    })
    for (const waiter of queue.filter(isInVain)) waiter.refuse(overRateLimit())
  }

  function isInVain({ deadlineMs }: { deadlineMs?: number | undefined }): boolean {
    return state === 'closed' && deadlineMs !== undefined && opensAt >= deadlineMs
  }

  function insert(waiter: Waiter): void {
    const at = queue.findIndex(({ arrival }) => arrival > waiter.arrival)
    queue.splice(at === -1 ? queue.length : at, 0, waiter)
  }

  return {
    arrive: () => (arrivals += 1),
    async enter(arrival, { signal, deadlineMs }) {
      signal.throwIfAborted()
      if (isInVain({ deadlineMs })) throw overRateLimit()
      const { promise, resolve, reject } = Promise.withResolvers<Place>()
      const waiter: Waiter = { arrival, deadlineMs, admit: resolve, refuse }
      function refuse(error: unknown): void {
        const at = queue.indexOf(waiter)
        if (at !== -1) queue.splice(at, 1)
        reject(error)
      }
      const abort = () => refuse(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      insert(waiter)
      admitAll()
      const stop = queue.includes(waiter) ? refuseAt(deadlineMs, refuse) : undefined
      try {
        return await promise
      } finally {
        stop?.()
        signal.removeEventListener('abort', abort)
      }
    },
  }

  function refuseAt(deadlineMs: number | undefined, refuse: (error: unknown) => void) {
    if (deadlineMs === undefined) return undefined
    return startTimer(Math.max(0, deadlineMs - now()), () => {
      const message = 'The model endpoint had no place for the request in time.'
      refuse(new ProviderError('rate_limit_exceeded', message))
    })
  }
}
