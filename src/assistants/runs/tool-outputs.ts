import { RunConflictError } from '../../errors.ts'
import type { Run, RunStep, StepRecord } from '../store/store.ts'
import type { ToolOutputs } from './run-service.ts'

/** Throws unless the run waits, and every call it waits for is answered exactly once (3.6). */
export function checkToolOutputs(run: Run, outputs: ToolOutputs): void {
  const pending = run.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => id)
  if (run.status !== 'requires_action' || !pending) throw notWaiting(run)
  const given = outputs.map(({ tool_call_id }) => tool_call_id ?? '')
  const isComplete = isSame(pending.toSorted(), given.toSorted())
  if (!isComplete) {
    throw new RunConflictError(
      `Expected tool outputs for call_ids ${quote(pending)}, got ${quote(given)}`,
    )
  }
}

export function notWaiting({ status }: Run): RunConflictError {
  return new RunConflictError(`Runs in status "${status}" do not accept tool outputs.`)
}

/** The step with its outputs, in the order of its calls. */
export function withOutputs(record: StepRecord, outputs: ToolOutputs): StepRecord {
  const details = record.step.step_details
  if (details.type !== 'tool_calls') return record
  const outputOf = new Map(outputs.map(({ tool_call_id, output }) => [tool_call_id, output ?? '']))
  const tool_calls = details.tool_calls.map((call) =>
    call.type === 'function'
      ? { ...call, function: { ...call.function, output: outputOf.get(call.id) ?? '' } }
      : call,
  )
  const step: RunStep = { ...record.step, step_details: { type: 'tool_calls', tool_calls } }
  return { ...record, step }
}

function isSame(expected: string[], given: string[]): boolean {
  return expected.length === given.length && expected.every((id, index) => id === given[index])
}

/** As the hosted API printed it; what a caller made up is cut. */
function quote(ids: string[]): string {
  const shown = ids.slice(0, 128).map((id) => `'${id.slice(0, 128)}'`)
  return `[${shown.join(', ')}]`
}
