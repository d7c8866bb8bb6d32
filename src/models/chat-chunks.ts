import type OpenAI from 'openai'

import { createChatState, reasoningFields, type ChatState } from './chat-state.ts'
import type { DeepPartial } from './deep-partial.ts'
import type { ModelEvent, ModelUsage } from './driver.ts'
import type { AnswerReader } from './endpoint.ts'
import { brokeOff, neverEnds } from './provider-error.ts'
import { createThoughtFilter, type Spoken } from './thoughts.ts'
import { createToolArguments, type ToolArguments } from './tool-arguments.ts'

type Chunk = OpenAI.Chat.ChatCompletionChunk
type Delta = Chunk['choices'][number]['delta']
type ToolCallFragment = NonNullable<Delta['tool_calls']>[number]
type FinishReason = Extract<ModelEvent, { type: 'finish' }>['reason']

/** A chunk as others than OpenAI send it: they leave out nearly anything. */
export type AnyChunk = DeepPartial<Chunk>

/** The chunks of one answer, read whatever their endpoint's habits. */
export interface ChunkReader extends AnswerReader<AnyChunk> {
  /** Whether the answer began in a thought that only its end showed; undefined: cannot be told. */
  beganInThought(): boolean | undefined
}

export interface ChunkReaderOptions {
  /** Only the first call counts, also where the endpoint does not know `parallel_tool_calls`. */
  oneCall?: boolean
  /** The model's answers begin in a thought, without `<think>`. */
  beginsInThought?: boolean
}

/** More than any model writes in a turn. */
const maxLength = 8 * 1024 * 1024

export function createChunkReader({
  oneCall = false,
  beginsInThought = false,
}: ChunkReaderOptions = {}): ChunkReader {
  const state = createChatState()
  const toolCalls = createToolCallIndex(state)
  const thoughts = createThoughtFilter({ beginsInThought })
  let length = 0
  let sawChunk = false
  let reason: FinishReason | undefined
  let usage: ModelUsage | null = null

  function speak({ text, thought }: Spoken): ModelEvent[] {
    state.addThought(thought)
    return text === '' ? [] : [{ type: 'text', text }]
  }

  /** Thoughts and what is held back stay here, unseen by whoever limits what is said. */
  function measure(piece: unknown): void {
    length += typeof piece === 'string' ? piece.length : (JSON.stringify(piece) ?? '').length
    if (length > maxLength) throw neverEnds()
  }

  function readReasoning(delta: object): ModelEvent[] {
    const events: ModelEvent[] = []
    for (const field of reasoningFields) {
      const value: unknown = Reflect.get(delta, field)
      if (!isText(value) && !Array.isArray(value)) continue
      measure(value)
      state.addReasoning(field, value)
      events.push(...speak(thoughts.trust()))
    }
    return events
  }

  function readContent(content: unknown): ModelEvent[] {
    if (content === undefined || content === null) return []
    measure(content)
    if (isText(content)) return speak(thoughts.add(content))
    if (!Array.isArray(content)) return []
    return content.flatMap((part: unknown) => {
      const { type, text, refusal } = (part ?? {}) as Record<string, unknown>
      if (isText(refusal)) return [{ type: 'refusal' as const, text: refusal }]
      return type === 'text' && isText(text) ? speak(thoughts.add(text)) : []
    })
  }

  function readCalls({ tool_calls, function_call: legacy }: DeepPartial<Delta>): ModelEvent[] {
    const fragments = [...(tool_calls ?? []), ...(legacy ? [{ index: 0, function: legacy }] : [])]
    if (fragments.length === 0) return []
    measure(fragments)
    const events = fragments.map((fragment) => toolCalls.place(fragment))
    return [...speak(thoughts.trust()), ...(oneCall ? events.filter(isFirstCall) : events)]
  }

  return {
    read(chunk) {
      sawChunk = true
      const choice = chunk.choices?.[0]
      // Some send the count with every chunk, some with the last one, OpenAI in one of its own.
      usage = toUsage(chunk.usage) ?? toUsage(usageOf(choice)) ?? usage
      if (!choice) return []
      if (isText(choice.finish_reason)) reason = toReason(choice.finish_reason)
      const delta = choice.delta ?? {}
      const { content, refusal } = delta
      const events = [...readReasoning(delta), ...readContent(content)]
      if (isText(refusal)) events.push({ type: 'refusal', text: refusal })
      return [...events, ...readCalls(delta)]
    },
    finish() {
      if (!sawChunk) return []
      const cutShort = reason === 'length' || reason === 'content_filter'
      const events = speak(thoughts.finish())
      const rest = toolCalls.finish({ isComplete: reason !== undefined && !cutShort })
      events.push(...(oneCall ? rest.filter(isFirstCall) : rest))
      // Several endpoints say `stop`, or nothing, after tool calls.
      const natural = toolCalls.count() > 0 ? 'tool_calls' : 'stop'
      const left = toolCalls.count() > 0 ? state.toTurnState() : undefined
      const said = cutShort && reason !== undefined ? reason : natural
      return [...events, { type: 'finish', reason: said, usage, ...(left && { state: left }) }]
    },
    beganInThought: () => thoughts.beganInThought(),
  }
}

function isFirstCall(event: ModelEvent): boolean {
  return event.type === 'tool_call' && event.index === 0
}

/** Moonshot counts within the choice. */
function usageOf(choice: object | undefined): DeepPartial<OpenAI.CompletionUsage> | null {
  if (!choice || !('usage' in choice)) return null
  return typeof choice.usage === 'object' ? choice.usage : null
}

interface Call {
  number: number | undefined
  id: string | undefined
  name: string
  arguments: ToolArguments
}

/**
 * Tells which call a fragment belongs to. OpenAI numbers the calls; other endpoints send no number,
 * or 0 for all of them, and then a new id, or a name without any id, begins a new call, as does a
 * name when the arguments of the call before are whole.
 */
function createToolCallIndex(state: ChatState) {
  const calls: Call[] = []

  function find(fragment: DeepPartial<ToolCallFragment>, id: string | undefined): number {
    const number = fragment.index ?? undefined
    const name = fragment.function?.name
    const index =
      number === undefined
        ? calls.findLastIndex((call) => id === undefined || call.id === id)
        : calls.findLastIndex((call) => call.number === number)
    const known = calls[index]
    if (!known) return -1
    if (!isText(name)) return index
    const otherId = id !== undefined && known.id !== undefined && id !== known.id
    const anonymous = id === undefined && number === undefined
    const begins = toArgumentText(fragment.function?.arguments).startsWith('{')
    const another = known.arguments.isWhole() && (begins || name !== known.name)
    return otherId || anonymous || another ? -1 : index
  }

  return {
    count: () => calls.length,
    place(fragment: DeepPartial<ToolCallFragment>): ModelEvent {
      const id = isText(fragment.id) ? fragment.id : undefined
      const name = fragment.function?.name
      const found = find(fragment, id)
      const isNew = found === -1
      const index = isNew ? calls.length : found
      const call = calls[found] ?? {
        number: fragment.index ?? undefined,
        id,
        name: isText(name) ? name : '',
        arguments: createToolArguments(),
      }
      // An id that another call has is none.
      const isTaken = calls.some((other) => other.id === id)
      if (isNew) calls.push(call)
      if ('extra_content' in fragment) state.addExtra(index, fragment.extra_content)
      const text = call.arguments.add(toArgumentText(fragment.function?.arguments))
      return {
        type: 'tool_call',
        index,
        // Some repeat id and name in every fragment.
        ...(isNew && id !== undefined && !isTaken && { id }),
        ...(isNew && isText(name) && { name }),
        ...(text !== '' && { arguments: text }),
      }
    },
    /** What was held back of the arguments. */
    finish(options: { isComplete: boolean }): ModelEvent[] {
      return calls.flatMap((call, index) => {
        const text = call.arguments.finish(options)
        return text === '' ? [] : [{ type: 'tool_call' as const, index, arguments: text }]
      })
    },
  }
}

/** Some send the arguments as the object itself. */
function toArgumentText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/** Throws where the endpoint says that this is not all the model had to say. */
function toReason(said: string): FinishReason {
  const reason = said.toLowerCase()
  if (['length', 'max_tokens', 'model_length'].includes(reason)) return 'length'
  if (['content_filter', 'safety', 'sensitive'].includes(reason)) return 'content_filter'
  if (['error', 'network_error', 'insufficient_system_resource'].includes(reason)) throw brokeOff()
  return ['tool_calls', 'tool_call', 'function_call'].includes(reason) ? 'tool_calls' : 'stop'
}

export function toUsage(
  usage: DeepPartial<OpenAI.CompletionUsage> | null | undefined,
): ModelUsage | null {
  const prompt = toCount(usage?.prompt_tokens)
  const completion = toCount(usage?.completion_tokens)
  if (prompt === undefined || completion === undefined) return null
  const cached = toCount(usage?.prompt_tokens_details?.cached_tokens) ?? cachedElsewhere(usage)
  const reasoning = toCount(usage?.completion_tokens_details?.reasoning_tokens)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached !== undefined && { cached_tokens: cached }),
    ...(reasoning !== undefined && { reasoning_tokens: reasoning }),
  }
}

/** DeepSeek's and Moonshot's own words for it. */
function cachedElsewhere(usage: object | null | undefined): number | undefined {
  if (!usage) return undefined
  const names = ['prompt_cache_hit_tokens', 'cached_tokens']
  return names.map((name) => toCount(Reflect.get(usage, name))).find((count) => count !== undefined)
}

function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
