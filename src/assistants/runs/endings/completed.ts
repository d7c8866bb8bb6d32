import { completeStep } from '../close-step.ts'
import type { Transition } from '../transition.ts'
import { endRun, type RunAtEnd } from './end-run.ts'

/** The model gave its answer. */
export function completed(at: RunAtEnd): Transition {
  return endRun({
    at,
    closed: at.open && completeStep(at.open, at.now),
    from: ['in_progress'],
    patch: { status: 'completed', completed_at: at.now },
  })
}
