import { type Clock, wait } from '../clock.ts'
import { isInteractionOver } from '../discord-failure.ts'

/** A text that changes while people look at it. */
export interface MovingText {
  show(text: string): void
  /** Resolves when nothing of it is on its way any more. */
  stop(): Promise<void>
}

export interface MovingTextDeps {
  edit: (text: string) => Promise<unknown>
  onError: (err: unknown) => void
  clock: Clock
}

/** Between two edits. */
const paceMs = 1_000

/** One edit at a time and no more than Discord likes; what is out of date by then is left out. */
export function createMovingText({ edit, onError, clock }: MovingTextDeps): MovingText {
  const stopped = new AbortController()
  const { signal } = stopped
  let wanted = ''
  let shown = ''
  let moving: Promise<void> | null = null

  async function move(): Promise<void> {
    while (wanted !== shown && !signal.aborted) {
      shown = wanted
      try {
        await edit(shown)
      } catch (err) {
        onError(err)
        if (isInteractionOver(err)) stopped.abort()
      }
      await wait(clock, paceMs, signal)
    }
    moving = null
  }

  return {
    show(text) {
      wanted = text
      moving ??= move()
    },
    async stop() {
      stopped.abort()
      await moving
    },
  }
}
