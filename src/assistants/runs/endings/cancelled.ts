import { abandonStep } from '../close-step.ts'
import type { Transition } from '../transition.ts'
import { endRun, type RunAtEnd } from './end-run.ts'

/** Somebody asked for it, and whoever worked on the run has stopped. */
export function cancelled(at: RunAtEnd): Transition {
  const { open, now } = at
  return endRun({
    at,
    closed: open && abandonStep(open, { how: 'cancelled', now }),
    from: ['cancelling'],
    patch: { status: 'cancelled', cancelled_at: now },
  })
}
