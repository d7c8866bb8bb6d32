import { abandonStep } from '../close-step.ts'
import type { Transition } from '../transition.ts'
import { endRun, type RunAtEnd } from './end-run.ts'

/** The run's ten minutes were over before it was. */
export function expired(at: RunAtEnd): Transition {
  const { open, now } = at
  return endRun({
    at,
    closed: open && abandonStep(open, { how: 'expired', now }),
    from: ['queued', 'in_progress', 'requires_action'],
    patch: { status: 'expired' },
  })
}
