import type OpenAI from 'openai'

import { createChatState, reasoningFields, type ChatState } from './chat-state.ts'
import type { DeepPartial } from './deep-partial.ts'
import type { ModelEvent, ModelUsage } from './driver.ts'
import { isText, toArgumentText, toCount, toModelUsage } from './endpoint-values.ts'
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

export interface ChunkReaderOptions {
  /** Only the first call counts, also where the endpoint does not know `parallel_tool_calls`. */
  oneCall?: boolean
  /** The model's answers begin in a thought, without `<think>`. */
  beginsInThought?: boolean
  /** What a whole answer has shown; undefined: cannot be told. */
  onEnd?: (seen: { beganInThought: boolean | undefined }) => void
}

/** More than any model writes in a turn. */
const maxLength = 8 * 1024 * 1024

/** More than any model makes in a turn. */
const maxCalls = 1000

/** The chunks of one answer, read whatever their endpoint's habits. */
export function createChunkReader({
  oneCall = false,
  beginsInThought = false,
  onEnd = () => {},
}: ChunkReaderOptions = {}): AnswerReader<AnyChunk> {
  const state = createChatState()
  const toolCalls = createToolCallIndex(state)
  const thoughts = createThoughtFilter({ beginsInThought })
  let length = 0
  let sawChunk = false
  let isWhole = false
  let reason: FinishReason | undefined
  let usage: ModelUsage | null = null

  function speak({ text, thought }: Spoken, events: ModelEvent[]): void {
    if (thought !== '') state.addThought(thought)
    if (text !== '') events.push({ type: 'text', text })
  }

  /** Thoughts and what is held back stay here, unseen by whoever limits what is said. */
  function measure(piece: unknown): void {
    length += typeof piece === 'string' ? piece.length : (JSON.stringify(piece) ?? '').length
    if (length > maxLength) throw neverEnds()
  }

  function readReasoning(delta: object, events: ModelEvent[]): void {
    for (const field of reasoningFields) {
      const value: unknown = Reflect.get(delta, field)
      if (!isText(value) && !Array.isArray(value)) continue
      measure(value)
      state.addReasoning(field, value)
      speak(thoughts.trust(), events)
    }
  }

  function readContent(content: unknown, events: ModelEvent[]): void {
    if (content === undefined || content === null) return
    measure(content)
    if (isText(content)) return speak(thoughts.add(content), events)
    if (!Array.isArray(content)) return
    for (const part of content as unknown[]) {
      const { type, text, refusal } = (part ?? {}) as Record<string, unknown>
      if (isText(refusal)) events.push({ type: 'refusal', text: refusal })
      else if (type === 'text' && isText(text)) speak(thoughts.add(text), events)
    }
  }

  function readCalls(
    { tool_calls, function_call: legacy }: DeepPartial<Delta>,
    events: ModelEvent[],
  ): void {
    if (!tool_calls && !legacy) return
    const fragments = [...(tool_calls ?? []), ...(legacy ? [{ index: 0, function: legacy }] : [])]
    if (fragments.length === 0) return
    measure(fragments)
    speak(thoughts.trust(), events)
    const placed = fragments.filter(isFragment).map((fragment) => toolCalls.place(fragment))
    if (toolCalls.count() > maxCalls) throw neverEnds()
    events.push(...(oneCall ? placed.filter(isFirstCall) : placed))
  }

  return {
    read(chunk) {
      sawChunk = true
      // Nobody asked for a second answer.
      const choice = chunk.choices?.find((each) => each && (each.index ?? 0) === 0)
      // Some send the count with every chunk, some with the last one, OpenAI in one of its own.
      usage = toUsage(chunk.usage) ?? toUsage(usageOf(choice)) ?? usage
      if (!choice) {
        isWhole ||= Boolean(chunk.usage) && (chunk.choices ?? []).length === 0
        return []
      }
      if (isText(choice.finish_reason)) {
        reason = toReason(choice.finish_reason)
        isWhole = true
      }
      const { delta } = choice
      if (!delta) return []
      const events: ModelEvent[] = []
      readReasoning(delta, events)
      readContent(delta.content, events)
      if (isText(delta.refusal)) {
        measure(delta.refusal)
        events.push({ type: 'refusal', text: delta.refusal })
      }
      readCalls(delta, events)
      return events
    },
    isWhole: () => isWhole,
    finish() {
      if (!sawChunk) return []
      const cutShort = reason === 'length' || reason === 'content_filter'
      const events: ModelEvent[] = []
      speak(thoughts.finish(), events)
      const rest = toolCalls.finish({ isComplete: reason !== undefined && !cutShort })
      events.push(...(oneCall ? rest.filter(isFirstCall) : rest))
      // Several endpoints say `stop`, or nothing, after tool calls.
      const natural = toolCalls.count() > 0 ? 'tool_calls' : 'stop'
      const left = toolCalls.count() > 0 ? state.toTurnState() : undefined
      const said = cutShort && reason !== undefined ? reason : natural
      onEnd({ beganInThought: thoughts.beganInThought() })
      return [...events, { type: 'finish', reason: said, usage, ...(left && { state: left }) }]
    },
  }
}

/** A whole answer as the one chunk of a stream. */
export function toChunk(answer: object): AnyChunk {
  const { choices, usage } = answer as { choices?: unknown; usage?: unknown }
  if (!Array.isArray(choices)) throw new SyntaxError('JSON without an answer')
  const whole = (choices as ({ message?: object } | null)[]).map((choice) => ({
    ...choice,
    delta: choice?.message,
  }))
  return { choices: whole, usage } as AnyChunk // all of it is checked where it is read
}

function isFragment(value: unknown): value is DeepPartial<ToolCallFragment> {
  return typeof value === 'object' && value !== null
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
  if (!usage) return null
  return toModelUsage({
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    cached: toCount(usage.prompt_tokens_details?.cached_tokens) ?? cachedElsewhere(usage),
    reasoning: usage.completion_tokens_details?.reasoning_tokens,
  })
}

/** DeepSeek's and Moonshot's own words for it. */
function cachedElsewhere(usage: object): number | undefined {
  const names = ['prompt_cache_hit_tokens', 'cached_tokens']
  return names.map((name) => toCount(Reflect.get(usage, name))).find((count) => count !== undefined)
}
