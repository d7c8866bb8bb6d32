import type { Run, StepRecord } from '../../store/store.ts'
import type { Transition } from '../transition.ts'

export type FunctionCalls = NonNullable<Run['required_action']>['submit_tool_outputs']['tool_calls']

export interface WaitingRun {
  run: Run
  /** The step with the calls; it stays open. */
  open: StepRecord
  calls: FunctionCalls
}

/** The model called functions: the turn is over, the run waits for their outputs. */
export function requiresAction({ run, open, calls }: WaitingRun): Transition {
  const waiting: Run = {
    ...run,
    status: 'requires_action',
    required_action: { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: calls } },
  }
  return {
    change: { run: waiting, from: ['in_progress'], rewritten: [open] },
    events: [{ event: 'thread.run.requires_action', data: waiting }],
  }
}
