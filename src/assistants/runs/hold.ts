import type { RunJob } from '../store/store.ts'
import type { Transition } from './transition.ts'

/**
 * An execution's claim on its run. What it writes depends on it: once another execution has the run,
 * it writes nothing any more, however late it learns of that.
 */
export interface Hold {
  /** The execution. */
  by: string
  /** What the run is held by while it is queued; null where the process itself keeps the queue. */
  queuedBy: string | null
}

/** The run waits for whoever fetches the job; without one, for this process. */
export function queuedWith(job: RunJob | undefined, { change, events }: Transition): Transition {
  return { change: { ...change, job, holder: job?.id ?? null }, events }
}

/** The execution takes the run. */
export function takenBy({ by, queuedBy }: Hold, { change, events }: Transition): Transition {
  return { change: { ...change, heldBy: queuedBy ?? undefined, holder: by }, events }
}

/** The execution moves its run on, and leaves it if there is nothing more to do for it. */
export function movedBy({ by, queuedBy }: Hold, { change, events }: Transition): Transition {
  const { status } = change.run
  const holder = status === 'in_progress' ? by : status === 'queued' ? queuedBy : null
  return { change: { ...change, heldBy: by, holder }, events }
}
