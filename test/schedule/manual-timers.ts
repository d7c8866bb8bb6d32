import type { StartTimer } from '../../src/timer.ts'

/** Timers that fire when a test says so. */
export function createManualTimers() {
  const pending = new Set<{ delayMs: number; onEnd: () => void }>()
  const waiting = new Set<{ delayMs: number; resolve: () => void }>()

  const startTimer: StartTimer = (delayMs, onEnd) => {
    const timer = { delayMs, onEnd }
    pending.add(timer)
    for (const waiter of waiting) {
      if (waiter.delayMs !== delayMs) continue
      waiting.delete(waiter)
      waiter.resolve()
    }
    return () => pending.delete(timer)
  }

  return {
    startTimer,
    /** Waits until a timer of this delay runs. */
    async running(delayMs: number): Promise<void> {
      if ([...pending].some((timer) => timer.delayMs === delayMs)) return
      await new Promise<void>((resolve) => waiting.add({ delayMs, resolve }))
    },
    /** Lets all running timers of this delay end. */
    fire(delayMs: number): void {
      for (const timer of [...pending].filter((each) => each.delayMs === delayMs)) {
        pending.delete(timer)
        timer.onEnd()
      }
    },
    count: (delayMs: number) => [...pending].filter((timer) => timer.delayMs === delayMs).length,
  }
}
