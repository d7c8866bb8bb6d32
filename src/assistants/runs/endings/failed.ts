import type { Run } from '../../store/store.ts'
import { abandonStep } from '../close-step.ts'
import type { Transition } from '../transition.ts'
import { endRun, type RunAtEnd } from './end-run.ts'

/** What is said of our own faults. */
export const broken: NonNullable<Run['last_error']> = {
  code: 'server_error',
  message: 'Sorry, something went wrong.',
}

/** The model endpoint or we ourselves could not do it. */
export function failed(at: RunAtEnd, lastError: NonNullable<Run['last_error']>): Transition {
  const { open, now } = at
  return endRun({
    at,
    closed: open && abandonStep(open, { how: 'failed', now, lastError }),
    from: ['in_progress'],
    patch: { status: 'failed', failed_at: now, last_error: lastError },
  })
}
