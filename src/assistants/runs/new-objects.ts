import type OpenAI from 'openai'

import type { Assistant, Message, Run, Thread } from '../store/store.ts'
import type { MessageBody, RunBody, ThreadAndRunBody, ThreadBody } from './run-service.ts'

/** A run's life from its creation, in seconds (reference 3.8). */
const lifetime = 600

export interface Birth {
  id: string
  /** Unix seconds. */
  createdAt: number
}

export function toThread(
  { metadata, tool_resources }: Pick<ThreadBody, 'metadata' | 'tool_resources'>,
  { id, createdAt }: Birth,
): Thread {
  return {
    id,
    object: 'thread',
    created_at: createdAt,
    metadata: metadata ?? {},
    tool_resources: tool_resources ?? {},
  }
}

export function toMessage(
  { role, content, attachments, metadata }: MessageBody,
  { id, createdAt, threadId }: Birth & { threadId: string },
): Message {
  return {
    id,
    object: 'thread.message',
    created_at: createdAt,
    thread_id: threadId,
    status: 'completed',
    incomplete_details: null,
    completed_at: createdAt,
    incomplete_at: null,
    role,
    content: toContent(content),
    assistant_id: null,
    run_id: null,
    attachments: attachments ?? [],
    metadata: metadata ?? {},
  }
}

/** Input text is a string, output text an object; an image without a detail gets `auto`. */
function toContent(content: MessageBody['content']): OpenAI.Beta.Threads.MessageContent[] {
  if (typeof content === 'string') return [toTextBlock(content)]
  return content.map((part) => {
    switch (part.type) {
      case 'text':
        return toTextBlock(part.text)
      case 'image_file':
        return { type: 'image_file', image_file: { detail: 'auto', ...part.image_file } }
      case 'image_url':
        return { type: 'image_url', image_url: { detail: 'auto', ...part.image_url } }
      default:
        return part satisfies never
    }
  })
}

function toTextBlock(value: string): OpenAI.Beta.Threads.TextContentBlock {
  return { type: 'text', text: { value, annotations: [] } }
}

/** What both ways of creating a run may ask for. */
export type RunSettings = Omit<ThreadAndRunBody, 'thread' | 'tool_resources'> &
  Pick<RunBody, 'additional_instructions' | 'reasoning_effort'>

/** A queued run with the configuration it will keep, whatever becomes of the assistant (3.4). */
export function toRun(
  body: RunSettings,
  assistant: Assistant,
  { id, createdAt, threadId }: Birth & { threadId: string },
): Run {
  return {
    id,
    object: 'thread.run',
    created_at: createdAt,
    thread_id: threadId,
    assistant_id: assistant.id,
    status: 'queued',
    required_action: null,
    last_error: null,
    expires_at: createdAt + lifetime,
    started_at: null,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    incomplete_details: null,
    model: body.model ?? assistant.model,
    instructions: toInstructions(body, assistant),
    tools: body.tools ?? assistant.tools,
    tool_resources: assistant.tool_resources ?? {},
    metadata: body.metadata ?? {},
    usage: null,
    temperature: body.temperature ?? assistant.temperature ?? 1,
    top_p: body.top_p ?? assistant.top_p ?? 1,
    reasoning_effort: body.reasoning_effort ?? assistant.reasoning_effort ?? null,
    max_prompt_tokens: body.max_prompt_tokens ?? null,
    max_completion_tokens: body.max_completion_tokens ?? null,
    truncation_strategy: {
      type: body.truncation_strategy?.type ?? 'auto',
      last_messages: body.truncation_strategy?.last_messages ?? null,
    },
    tool_choice: body.tool_choice ?? 'auto',
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    response_format: body.response_format ?? assistant.response_format ?? 'auto',
  }
}

function toInstructions(body: RunSettings, assistant: Assistant): string {
  const parts = [body.instructions ?? assistant.instructions, body.additional_instructions]
  const text = parts.filter(Boolean).join('\n\n')
  // The API shows null here for "none", against the type of the SDK.
  return text === '' ? (null as unknown as string) : text
}
