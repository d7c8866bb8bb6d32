/** Calls `tick` every `intervalMs` until the function it returns is called. */
export type Every = (intervalMs: number, tick: () => void) => () => void

/** Real time; tests pass one that they tick by hand. */
export const everyInterval: Every = (intervalMs, tick) => {
  const timer = setInterval(tick, intervalMs)
  return () => clearInterval(timer)
}
