import { toMessage, toRun, toThread } from '../../../src/assistants/runs/new-objects.ts'
import { openMessageStep, openToolStep } from '../../../src/assistants/runs/open-step.ts'
import type {
  Assistant,
  Message,
  Run,
  StepRecord,
  Thread,
} from '../../../src/assistants/store/store.ts'
import { newId } from '../../../src/ids.ts'

const createdAt = 1_790_000_000

export function newAssistant(settings: Partial<Assistant> = {}): Assistant {
  return {
    id: newId('asst_'),
    object: 'assistant',
    created_at: createdAt,
    name: null,
    description: null,
    model: 'scripted',
    instructions: 'Be brief.',
    tools: [],
    tool_resources: {},
    metadata: {},
    temperature: 1,
    top_p: 1,
    response_format: 'auto',
    ...settings,
  }
}

export function newThread(): Thread {
  return toThread({ metadata: { class: '三班' } }, { id: newId('thread_'), createdAt })
}

export function newMessage(threadId: string, content = 'Hello', role: Message['role'] = 'user') {
  return toMessage({ role, content }, { id: newId('msg_'), createdAt, threadId })
}

export function newRun(threadId: string, assistant: Assistant): Run {
  return toRun({ assistant_id: assistant.id }, assistant, {
    id: newId('run_'),
    createdAt,
    threadId,
  })
}

export function newMessageStep(run: Run): StepRecord {
  const ids = { stepId: newId('step_'), messageId: newId('msg_'), now: createdAt }
  return openMessageStep(run, ids).record
}

export function newToolStep(run: Run): StepRecord {
  return openToolStep(run, { stepId: newId('step_'), now: createdAt }).record
}
