import type { Gate, Place } from './gate.ts'
import type { Models } from './models.ts'
import { retryAfterMs } from './provider-error.ts'

/** The client has its own time; this is how long it waits for its turn. */
const patienceMs = 600_000

/**
 * Passes a request on in its turn, among those of runs, and keeps the place until its answer is
 * whole. It is not tried again: that is the client's to do, who sees the endpoint's own answer.
 */
export function withPlace(
  forward: Models['forward'],
  { gate, now }: { gate: Gate; now: () => number },
): Models['forward'] {
  return async (request, options) => {
    const place = await gate.enter(gate.arrive(), { ...options, deadlineMs: now() + patienceMs })
    try {
      const answer = await forward(request, options)
      const { status, headers } = answer.response
      const delayMs = status === 429 ? (retryAfterMs(headers) ?? probeAgainMs(place)) : undefined
      if (delayMs === undefined) place.answered()
      else place.limited(delayMs)
      const leave = () => place.leave()
      void answer.usage.then(leave, leave)
      return answer
    } catch (error) {
      place.leave()
      throw error
    }
  }
}

/** Where everybody waits for this request, its refusal is theirs, whether it says for how long or not. */
function probeAgainMs({ isProbe }: Place): number | undefined {
  return isProbe ? 1000 : undefined
}
