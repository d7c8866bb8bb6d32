import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { RunStep } from '../../../src/assistants/store/store.ts'
import { toV1Answer } from '../../../src/assistants/v1/answer.ts'

const step: RunStep = {
  id: 'step_1',
  object: 'thread.run.step',
  created_at: 1,
  assistant_id: 'asst_1',
  thread_id: 'thread_1',
  run_id: 'run_1',
  type: 'tool_calls',
  status: 'completed',
  last_error: null,
  expired_at: null,
  cancelled_at: null,
  failed_at: null,
  completed_at: 2,
  metadata: {},
  usage: null,
  step_details: {
    type: 'tool_calls',
    tool_calls: [
      { id: 'call_1', type: 'file_search', file_search: { results: [] } },
      { id: 'call_2', type: 'code_interpreter', code_interpreter: { input: '1', outputs: [] } },
    ],
  },
}

describe('toV1Answer', () => {
  it('shows a search as retrieval, which old clients can read', () => {
    assert.deepEqual(toV1Answer(step), {
      ...step,
      step_details: {
        type: 'tool_calls',
        tool_calls: [
          { id: 'call_1', type: 'retrieval', retrieval: {} },
          { id: 'call_2', type: 'code_interpreter', code_interpreter: { input: '1', outputs: [] } },
        ],
      },
    })
  })

  it('translates the items of a list, and leaves the rest of it alone', () => {
    const frame = { object: 'list', first_id: 'step_1', last_id: 'step_1', has_more: true } as const
    const answer = toV1Answer({ ...frame, data: [step] })
    assert.deepEqual(answer, { ...frame, data: [toV1Answer(step)] })
  })
})
