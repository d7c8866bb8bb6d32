import type { Clock } from '../../src/bot/clock.ts'

export interface ManualClock extends Clock {
  /** Moves time on, calling what becomes due on the way, in order. */
  advance(ms: number): Promise<void>
}

/** A clock that stands still until it is told to move. */
export function createManualClock(start = 0): ManualClock {
  let now = start
  let timers: { at: number; action: () => void }[] = []

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  }

  return {
    now: () => now,
    after(ms, action) {
      const timer = { at: now + ms, action }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (!next) break
        timers = timers.filter((timer) => timer !== next)
        now = Math.max(now, next.at)
        next.action()
        await settle()
      }
      now = end
    },
  }
}
