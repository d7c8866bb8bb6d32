// Objects as the hosted API returned them.

export const threadId = 'thread_abc123'
export const assistantId = 'asst_abc123'
/** 2025-03-01. */
export const spring = 1_740_787_200

export function exportedAssistant(patch: object = {}) {
  return {
    id: assistantId,
    object: 'assistant',
    created_at: spring - 100,
    name: 'Tutor',
    description: null,
    model: 'gpt-4o',
    instructions: 'You help with algebra.',
    tools: [
      { type: 'code_interpreter' },
      {
        type: 'file_search',
        file_search: { ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0.0 } },
      },
      {
        type: 'function',
        function: { name: 'look_up', description: 'Looks up', parameters: {}, strict: false },
      },
    ],
    top_p: 1.0,
    temperature: 0.5,
    reasoning_effort: null,
    tool_resources: {
      file_search: { vector_store_ids: ['vs_1'] },
      code_interpreter: { file_ids: ['file-1'] },
    },
    metadata: { course: 'algebra' },
    response_format: 'auto',
    ...patch,
  }
}

export function exportedThread(patch: object = {}) {
  return {
    id: threadId,
    object: 'thread',
    created_at: spring,
    metadata: { student: '42' },
    tool_resources: {},
    ...patch,
  }
}

/** As REST answered it: without `status` and what belongs to it. */
export function exportedMessage(number: number, patch: object = {}) {
  return {
    id: `msg_${number}`,
    object: 'thread.message',
    created_at: spring + number,
    assistant_id: null,
    thread_id: threadId,
    run_id: null,
    role: 'user',
    content: [{ type: 'text', text: { value: `message ${number}`, annotations: [] } }],
    attachments: [],
    metadata: {},
    ...patch,
  }
}

export function exportedRun(number: number, patch: object = {}) {
  return {
    id: `run_${number}`,
    object: 'thread.run',
    created_at: spring + number,
    assistant_id: assistantId,
    thread_id: threadId,
    status: 'completed',
    started_at: spring + number,
    expires_at: null,
    cancelled_at: null,
    failed_at: null,
    completed_at: spring + number + 1,
    required_action: null,
    last_error: null,
    model: 'gpt-4o',
    instructions: 'You help with algebra.',
    tools: [],
    tool_resources: {},
    metadata: {},
    temperature: 1.0,
    top_p: 1.0,
    reasoning_effort: null,
    max_completion_tokens: null,
    max_prompt_tokens: null,
    truncation_strategy: { type: 'auto', last_messages: null },
    incomplete_details: null,
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    response_format: 'auto',
    tool_choice: 'auto',
    parallel_tool_calls: true,
    ...patch,
  }
}

export function exportedStep(number: number, patch: object = {}) {
  return {
    id: `step_${number}`,
    object: 'thread.run.step',
    created_at: spring + number,
    run_id: 'run_2',
    assistant_id: assistantId,
    thread_id: threadId,
    type: 'message_creation',
    status: 'completed',
    cancelled_at: null,
    completed_at: spring + number + 1,
    expires_at: null,
    failed_at: null,
    last_error: null,
    step_details: { type: 'message_creation', message_creation: { message_id: 'msg_2' } },
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    ...patch,
  }
}

/** A page of a list, as the API answers it. */
export function exportedPage(data: { id: string }[]) {
  const [first] = data
  return {
    object: 'list',
    data,
    first_id: first?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: false,
  }
}
