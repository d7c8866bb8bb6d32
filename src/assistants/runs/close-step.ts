import type { Message, Run, RunStep, StepRecord } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'
import { toStepUsage } from './usage.ts'

export interface ClosedStep {
  record: StepRecord
  events: RunEvent[]
}

/** The step did what it was there for. */
export function completeStep(record: StepRecord, now: number): ClosedStep {
  const message = record.message && {
    ...record.message,
    status: 'completed' as const,
    completed_at: now,
  }
  const step: RunStep = { ...toClosed(record), status: 'completed', completed_at: now }
  return toClosedStep({ ...record, step, message }, 'thread.run.step.completed')
}

type IncompleteReason = NonNullable<Message['incomplete_details']>['reason']

export interface CutShort {
  reason: Extract<IncompleteReason, 'max_tokens' | 'content_filter'>
  now: number
}

/**
 * The model had to stop. What there is of the message stays, in a completed step (reference 3.1);
 * tool calls that nobody can answer were in vain.
 */
export function cutStepShort(record: StepRecord, { reason, now }: CutShort): ClosedStep {
  if (!record.message) return abandonStep(record, { how: 'cancelled', now })
  const message = toIncomplete(record.message, { reason, now })
  const step: RunStep = { ...toClosed(record), status: 'completed', completed_at: now }
  return toClosedStep({ ...record, step, message }, 'thread.run.step.completed')
}

export interface Abandonment {
  how: 'failed' | 'cancelled' | 'expired'
  now: number
  lastError?: Run['last_error']
}

/** The run ended under the step. */
export function abandonStep(
  record: StepRecord,
  { how, now, lastError = null }: Abandonment,
): ClosedStep {
  const reason = `run_${how}` as const
  const message = record.message && toIncomplete(record.message, { reason, now })
  const step: RunStep = {
    ...toClosed(record),
    status: how,
    [`${how}_at`]: now,
    last_error: lastError && {
      // A step's error knows no `invalid_prompt`.
      code: lastError.code === 'rate_limit_exceeded' ? 'rate_limit_exceeded' : 'server_error',
      message: lastError.message,
    },
  }
  return toClosedStep({ ...record, step, message }, `thread.run.step.${how}`)
}

function toIncomplete(
  message: Message,
  { reason, now }: { reason: IncompleteReason; now: number },
): Message {
  return {
    ...message,
    status: 'incomplete',
    incomplete_at: now,
    incomplete_details: { reason },
  }
}

function toClosed({ step, usage }: StepRecord): RunStep {
  return { ...step, expires_at: null, usage: toStepUsage(usage) }
}

type StepEnd = Extract<RunEvent, { data: { object: 'thread.run.step' } }>['event']

function toClosedStep(record: StepRecord, event: StepEnd): ClosedStep {
  const { message, step } = record
  const stepEvent: RunEvent = { event, data: step }
  if (!message) return { record, events: [stepEvent] }
  const messageEvent: RunEvent =
    message.status === 'completed'
      ? { event: 'thread.message.completed', data: message }
      : { event: 'thread.message.incomplete', data: message }
  return { record, events: [messageEvent, stepEvent] }
}
