import type { Run, StepRecord } from '../store/store.ts'
import type { ClosedStep } from './close-step.ts'
import type { OpenedStep } from './open-step.ts'
import type { Transition } from './transition.ts'

/** A worker begins, or goes on after tool outputs came. `now` in Unix seconds. */
export function started(run: Run, now: number): Transition {
  const working: Run = { ...run, status: 'in_progress', started_at: now }
  return {
    change: { run: working, from: ['queued'] },
    events: [{ event: 'thread.run.in_progress', data: working }],
  }
}

/** The worker is about to write the first text or tool call of a turn, or the first call after text. */
export function stepOpened(run: Run, opened: OpenedStep, previous?: ClosedStep): Transition {
  return {
    change: {
      run,
      from: ['in_progress'],
      closed: previous ? [previous.record] : [],
      opened: [opened.record],
    },
    events: [...(previous?.events ?? []), ...opened.events],
  }
}

/** The runtime itself has executed all calls of the step: the run goes on with its next turn. */
export function callsExecuted(run: Run, step: ClosedStep): Transition {
  return {
    change: { run, from: ['in_progress'], closed: [step.record] },
    events: step.events,
  }
}

/** All outputs are there: the step that asked for them is done, the run has work again. */
export function outputsSubmitted(run: Run, step: ClosedStep): Transition {
  const queued: Run = { ...run, status: 'queued', required_action: null }
  return {
    change: { run: queued, from: ['requires_action'], closed: [step.record] },
    events: [...step.events, { event: 'thread.run.queued', data: queued }],
  }
}

/** Somebody wants the run to end. */
export function cancelling(run: Run): Transition {
  const stopping: Run = { ...run, status: 'cancelling', required_action: null }
  return {
    change: { run: stopping, from: [run.status] },
    events: [{ event: 'thread.run.cancelling', data: stopping }],
  }
}

/** The worker is gone: the turn it was at is forgotten, to be done again from the last closed step. */
export function requeued(run: Run, open: StepRecord | undefined): Transition {
  return {
    change: {
      run: { ...run, status: 'queued' },
      from: ['in_progress'],
      undone: open ? [open] : [],
    },
    events: [],
  }
}
