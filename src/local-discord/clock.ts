/** Time as local Discord sees it; tests hand in one that they move themselves. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `task` once, `ms` later. The answer cancels it. */
  after(ms: number, task: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** ISO 8601 as Discord writes it. */
export const toTimestamp = (ms: number): string =>
  new Date(ms).toISOString().replace('Z', '000+00:00')
