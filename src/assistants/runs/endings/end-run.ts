import type { Run, StepRecord, TurnUsage } from '../../store/store.ts'
import type { ClosedStep } from '../close-step.ts'
import type { Transition } from '../transition.ts'
import { withoutStates } from '../turn-state.ts'
import { sumUsage, toRunUsage } from '../usage.ts'

/** A run at the point where it ends. */
export interface RunAtEnd {
  run: Run
  /** Its closed steps. */
  steps: StepRecord[]
  /** Its open step, with everything that belongs to it. */
  open?: StepRecord | undefined
  /** What a last turn cost that made no step. */
  stepless?: TurnUsage | null
  /** Unix seconds. */
  now: number
}

type FinalStatus = 'completed' | 'incomplete' | 'failed' | 'cancelled' | 'expired'

export interface RunEnd {
  at: RunAtEnd
  closed: ClosedStep | undefined
  from: Run['status'][]
  /** The members in which the ending shows, `status` among them. */
  patch: Partial<Run> & { status: FinalStatus }
}

/** What every ending has in common: the step is closed, the thread free, the tokens counted. */
export function endRun({ at, closed, from, patch }: RunEnd): Transition {
  const steps = closed ? [...at.steps, closed.record] : at.steps
  const usages = [...steps.map(({ usage }) => usage), at.stepless ?? null]
  const run: Run = {
    ...at.run,
    required_action: null,
    expires_at: null,
    usage: toRunUsage(sumUsage(usages)),
    ...patch,
  }
  return {
    change: {
      run,
      from,
      closed: closed ? [{ ...closed.record, state: undefined }] : [],
      rewritten: withoutStates(at.steps),
      ...(at.stepless && { stepless: { usage: at.stepless, createdAt: at.now } }),
    },
    events: [...(closed?.events ?? []), { event: `thread.run.${patch.status}`, data: run }],
  }
}
