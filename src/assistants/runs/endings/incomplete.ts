import type { Run } from '../../store/store.ts'
import { cutStepShort } from '../close-step.ts'
import type { Transition } from '../transition.ts'
import { endRun, type RunAtEnd } from './end-run.ts'

export type IncompleteReason =
  | NonNullable<NonNullable<Run['incomplete_details']>['reason']>
  | 'content_filter'

/** The tokens ran out, or the endpoint's content filter stopped the model, before it was done. */
export function incomplete(at: RunAtEnd, reason: IncompleteReason): Transition {
  const filtered = reason === 'content_filter'
  const cut = { reason: filtered ? reason : ('max_tokens' as const), now: at.now }
  return endRun({
    at,
    closed: at.open && cutStepShort(at.open, cut),
    from: ['in_progress'],
    // The API has no reason of a run for the filter; the message names it.
    patch: { status: 'incomplete', incomplete_details: filtered ? {} : { reason } },
  })
}
