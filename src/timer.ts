/** Calls `onEnd` once after a delay, unless the returned function is called first. */
export type StartTimer = (delayMs: number, onEnd: () => void) => () => void

/** A timer that does not keep the process alive. */
export const startTimer: StartTimer = (delayMs, onEnd) => {
  const timer = setTimeout(onEnd, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}
