import type OpenAI from 'openai'

import type { ModelEvent, ModelUsage } from './driver.ts'

type Chunk = OpenAI.Chat.ChatCompletionChunk
type Delta = Chunk['choices'][number]['delta']
type ToolCallFragment = NonNullable<Delta['tool_calls']>[number]
type FinishReason = Extract<ModelEvent, { type: 'finish' }>['reason']

/** The chunks of one answer, read whatever their endpoint's habits. */
export interface ChunkReader {
  /** What a chunk brings. The SDK's types are what OpenAI sends; others leave out nearly anything. */
  read(chunk: DeepPartial<Chunk>): ModelEvent[]
  /** The last event, or undefined if the endpoint never sent a chunk. */
  finish(): Extract<ModelEvent, { type: 'finish' }> | undefined
}

type DeepPartial<T> = T extends (infer Item)[]
  ? DeepPartial<Item>[]
  : T extends object
    ? { [Key in keyof T]?: DeepPartial<T[Key]> | null }
    : T

export function createChunkReader(): ChunkReader {
  const toolCalls = createToolCallIndex()
  let sawChunk = false
  let reason: FinishReason | undefined
  let usage: ModelUsage | null = null

  return {
    read(chunk) {
      sawChunk = true
      // Some send the count with every chunk, some with the last one, OpenAI in one of its own.
      usage = toUsage(chunk.usage) ?? usage
      const choice = chunk.choices?.[0]
      if (!choice) return []
      if (choice.finish_reason) reason = toReason(choice.finish_reason)
      const { content, refusal, tool_calls } = choice.delta ?? {}
      const events: ModelEvent[] = []
      if (isText(content)) events.push({ type: 'text', text: content })
      if (isText(refusal)) events.push({ type: 'refusal', text: refusal })
      for (const fragment of tool_calls ?? []) events.push(toolCalls.place(fragment))
      return events
    },
    finish() {
      if (!sawChunk) return undefined
      // Several endpoints say `stop`, or nothing, after tool calls.
      const natural = toolCalls.count() > 0 ? 'tool_calls' : 'stop'
      const said = reason
      const cutShort = said === 'length' || said === 'content_filter'
      return { type: 'finish', reason: cutShort ? said : natural, usage }
    },
  }
}

/**
 * Tells which call a fragment belongs to. OpenAI numbers the calls; other endpoints send no number,
 * or 0 for all of them, and then a new id, or a name without any id, begins a new call.
 */
function createToolCallIndex() {
  const calls: { number: number | undefined; id: string | undefined }[] = []

  function find(fragment: DeepPartial<ToolCallFragment>, id: string | undefined): number {
    const number = fragment.index ?? undefined
    const beginsCall = isText(fragment.function?.name)
    const index =
      number === undefined
        ? calls.findLastIndex((call) => id === undefined || call.id === id)
        : calls.findLastIndex((call) => call.number === number)
    const known = calls[index]
    if (!known) return -1
    const otherId = id !== undefined && known.id !== undefined && id !== known.id
    const anonymous = id === undefined && number === undefined
    return beginsCall && (otherId || anonymous) ? -1 : index
  }

  return {
    count: () => calls.length,
    place(fragment: DeepPartial<ToolCallFragment>): ModelEvent {
      const id = isText(fragment.id) ? fragment.id : undefined
      const name = fragment.function?.name
      const text = toArgumentText(fragment.function?.arguments)
      const found = find(fragment, id)
      const isNew = found === -1
      if (isNew) calls.push({ number: fragment.index ?? undefined, id })
      return {
        type: 'tool_call',
        index: isNew ? calls.length - 1 : found,
        // Some repeat id and name in every fragment.
        ...(isNew && id !== undefined && { id }),
        ...(isNew && isText(name) && { name }),
        ...(text !== '' && { arguments: text }),
      }
    },
  }
}

/** Some send the arguments as the object itself. */
function toArgumentText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

function toReason(reason: string): FinishReason {
  if (reason === 'length' || reason === 'max_tokens') return 'length'
  if (reason === 'content_filter') return 'content_filter'
  return reason === 'tool_calls' || reason === 'function_call' ? 'tool_calls' : 'stop'
}

export function toUsage(usage: DeepPartial<OpenAI.CompletionUsage> | null | undefined): ModelUsage | null {
  const prompt = toCount(usage?.prompt_tokens)
  const completion = toCount(usage?.completion_tokens)
  if (prompt === undefined || completion === undefined) return null
  const cached = toCount(usage?.prompt_tokens_details?.cached_tokens)
  const reasoning = toCount(usage?.completion_tokens_details?.reasoning_tokens)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached !== undefined && { cached_tokens: cached }),
    ...(reasoning !== undefined && { reasoning_tokens: reasoning }),
  }
}

function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
