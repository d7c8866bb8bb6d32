import type { StartTimer } from '../../src/timer.ts'

/** Timers that fire when a test says so. */
export function createManualTimers() {
  const pending = new Set<{ delayMs: number; onEnd: () => void }>()
  const waiting = new Set<{ delayMs: number; atLeast: number; resolve: () => void }>()
  const count = (delayMs: number) =>
    [...pending].filter((timer) => timer.delayMs === delayMs).length

  const startTimer: StartTimer = (delayMs, onEnd) => {
    const timer = { delayMs, onEnd }
    pending.add(timer)
    for (const waiter of waiting) {
      if (waiter.delayMs !== delayMs || count(delayMs) < waiter.atLeast) continue
      waiting.delete(waiter)
      waiter.resolve()
    }
    return () => pending.delete(timer)
  }

  return {
    startTimer,
    /** Waits until so many timers of this delay run. */
    async running(delayMs: number, atLeast = 1): Promise<void> {
      if (count(delayMs) >= atLeast) return
      await new Promise<void>((resolve) => waiting.add({ delayMs, atLeast, resolve }))
    },
    /** Lets all running timers of this delay end. */
    fire(delayMs: number): void {
      for (const timer of [...pending].filter((each) => each.delayMs === delayMs)) {
        pending.delete(timer)
        timer.onEnd()
      }
    },
    count,
  }
}
