import type { Message, Run, RunStep, StepRecord } from '../store/store.ts'
import type { RunEvent } from '../wire/events.ts'

export interface OpenedStep {
  record: StepRecord
  events: RunEvent[]
}

interface StepBirth {
  stepId: string
  /** Unix seconds. */
  now: number
}

/** A step that writes a message, both still empty (reference 4.2). */
export function openMessageStep(
  run: Run,
  { stepId, messageId, now }: StepBirth & { messageId: string },
): OpenedStep {
  const step = toStep(run, {
    id: stepId,
    now,
    details: { type: 'message_creation', message_creation: { message_id: messageId } },
  })
  const message: Message = {
    id: messageId,
    object: 'thread.message',
    created_at: now,
    thread_id: run.thread_id,
    status: 'in_progress',
    incomplete_details: null,
    completed_at: null,
    incomplete_at: null,
    role: 'assistant',
    content: [],
    assistant_id: run.assistant_id,
    run_id: run.id,
    attachments: [],
    metadata: {},
  }
  return {
    record: { step, usage: null, message },
    events: [
      ...stepEvents(step),
      { event: 'thread.message.created', data: message },
      { event: 'thread.message.in_progress', data: message },
    ],
  }
}

/** A step that holds all tool calls of a turn; none yet (reference 4.3). */
export function openToolStep(run: Run, { stepId, now }: StepBirth): OpenedStep {
  const step = toStep(run, { id: stepId, now, details: { type: 'tool_calls', tool_calls: [] } })
  return { record: { step, usage: null }, events: stepEvents(step) }
}

function stepEvents(step: RunStep): RunEvent[] {
  return [
    { event: 'thread.run.step.created', data: step },
    { event: 'thread.run.step.in_progress', data: step },
  ]
}

function toStep(
  run: Run,
  { id, now, details }: { id: string; now: number; details: RunStep['step_details'] },
): RunStep {
  return {
    id,
    object: 'thread.run.step',
    created_at: now,
    run_id: run.id,
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    type: details.type,
    status: 'in_progress',
    cancelled_at: null,
    completed_at: null,
    expired_at: null,
    failed_at: null,
    last_error: null,
    expires_at: run.expires_at,
    step_details: details,
    usage: null,
    metadata: {},
  }
}
