import { ProviderError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { StartTimer } from '../timer.ts'
import type { ModelDriver, StreamOptions } from './driver.ts'
import type { Gate } from './gate.ts'

export interface TriesDeps {
  gate: Gate
  /** Unix milliseconds. */
  now: () => number
  startTimer: StartTimer
  /** From 0 up to 1, as `Math.random`. */
  random: () => number
  log: Logger
}

/** Tries of an endpoint that fails, and of one that has too much to do but does not say until when. */
const mostTries = { server_error: 5, rate_limit_exceeded: 8 } as const
const firstDelayMs = 500
const maxDelayMs = 30_000
/** An endpoint that names such a time at least can be asked for as long as there is time. */
const trustedMs = 1000
/** For whom no deadline is set: as long as a run lives. */
const usualPatienceMs = 600_000

/**
 * Streams in one's turn, and tries again what is worth it as long as nothing has come: an endpoint
 * that is busy, broken or out of reach. Waits as long as the endpoint asks for, else longer each
 * time; never beyond the deadline, and then the error of the last try is thrown at once.
 */
export function withTries(
  driver: Pick<ModelDriver, 'stream'>,
  { gate, now, startTimer, random, log }: TriesDeps,
): ModelDriver['stream'] {
  return async function* stream(request, options) {
    const { signal, deadlineMs = now() + usualPatienceMs } = options
    const arrival = gate.arrive()
    for (let count = 1; ; count++) {
      const place = await gate.enter(arrival, { signal, deadlineMs })
      let hasBegun = false
      let delayMs: number
      try {
        for await (const event of driver.stream(request, { ...options, deadlineMs })) {
          if (!hasBegun) place.answered()
          hasBegun = true
          yield event
        }
        return
      } catch (error) {
        if (hasBegun || signal.aborted || !(error instanceof ProviderError)) throw error
        const isLimit = error.runErrorCode === 'rate_limit_exceeded' && error.isTransient
        if (!isLimit) place.answered()
        delayMs = delayAfter(error, count)
        // Everybody else would be told the same.
        const concernsAll = isLimit && (error.retryAfterMs !== null || place.isProbe)
        if (concernsAll) place.limited(delayMs)
        if (!isWorthIt(error, count) || now() + delayMs >= deadlineMs) throw error
        if (concernsAll) delayMs = 0
        log.info(
          { err: error, model: request.model, count, delayMs },
          'model endpoint: trying again',
        )
      } finally {
        place.leave()
      }
      // Where all have to wait, the gate sees to it.
      if (delayMs > 0) await pause(delayMs, { signal })
    }
  }

  /** As long as the endpoint says; what is next to nothing may have been said in vain before. */
  function delayAfter({ retryAfterMs }: ProviderError, count: number): number {
    const named = retryAfterMs ?? 0
    return named >= trustedMs ? named : Math.max(named, backOff(count))
  }

  /** Twice as long each time, less up to a half, so that those who failed together come back apart. */
  function backOff(count: number): number {
    const longest = Math.min(firstDelayMs * 2 ** (count - 1), maxDelayMs)
    return Math.round(longest * (1 - random() / 2))
  }

  async function pause(delayMs: number, { signal }: Pick<StreamOptions, 'signal'>): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const stop = startTimer(delayMs, resolve)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      stop()
      signal.removeEventListener('abort', abort)
    }
  }
}

function isWorthIt({ isTransient, runErrorCode, retryAfterMs }: ProviderError, count: number) {
  if (!isTransient) return false
  const isLimit = runErrorCode === 'rate_limit_exceeded'
  // An endpoint that says until when has told the truth so far.
  if (isLimit && retryAfterMs !== null && retryAfterMs >= trustedMs) return true
  return count < mostTries[isLimit ? 'rate_limit_exceeded' : 'server_error']
}
