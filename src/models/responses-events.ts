import { APIError, type OpenAI } from 'openai'

import type { DeepPartial } from './deep-partial.ts'
import type { ModelEvent, ModelUsage } from './driver.ts'
import { isText, toArgumentText, toModelUsage } from './endpoint-values.ts'
import type { AnswerReader } from './endpoint.ts'
import { neverEnds } from './provider-error.ts'
import { toTurnState } from './responses-state.ts'
import { createToolArguments, type ToolArguments } from './tool-arguments.ts'

export type AnyEvent = DeepPartial<OpenAI.Responses.ResponseStreamEvent>
/** The events that something is read from. */
type EventType =
  | 'response.output_item.added'
  | 'response.output_item.done'
  | 'response.output_text.delta'
  | 'response.refusal.delta'
  | 'response.function_call_arguments.delta'
  | 'response.completed'
  | 'response.incomplete'
  | 'response.failed'
  | 'error'
type EventOf<Type> = DeepPartial<Extract<OpenAI.Responses.ResponseStreamEvent, { type: Type }>> & {
  type: Type
}
type Event = { [Type in EventType]: EventOf<Type> }[EventType]
type OutputItem = OpenAI.Responses.ResponseOutputItem
type Response = DeepPartial<OpenAI.Responses.Response>
type Finish = Extract<ModelEvent, { type: 'finish' }>

/** More than any turn; an endpoint that never stops would fill the memory. */
const maxItemBytes = 8 * 1024 * 1024

/**
 * The events of one response. Whatever a server leaves out of its deltas is taken from the items as
 * they are when they are done, or from the response at its end. With `oneCall`, further function
 * calls are passed over.
 */
export function createResponseReader({ oneCall }: { oneCall: boolean }): AnswerReader<AnyEvent> {
  const texts = createTexts()
  const calls = createCalls()
  const done: { item: OutputItem; position: number }[] = []
  let itemBytes = 0
  let thinking = true
  let ended: Pick<Finish, 'reason' | 'usage'> | undefined

  function keep(item: DeepPartial<OutputItem>, position: number): void {
    itemBytes += JSON.stringify(item).length
    if (itemBytes > maxItemBytes) throw neverEnds()
    // It goes back as it came, whatever it holds.
    done.push({ item: item as OutputItem, position })
  }

  function takeItem(item: DeepPartial<OutputItem>, position: number): ModelEvent[] {
    keep(item, position)
    if (item.type === 'function_call') return calls.complete(item, position)
    if (item.type !== 'message') return []
    return (item.content ?? []).flatMap((part, index) => {
      const place = { item: position, part: index }
      if (part.type === 'refusal') return texts.complete('refusal', part.refusal, place)
      return part.type === 'output_text' ? texts.complete('text', part.text, place) : []
    })
  }

  function end(response: Response, said: Finish['reason'] | undefined): ModelEvent[] {
    // Everything has come already, unless the server keeps it all for the end.
    const output = done.length === 0 ? (response.output ?? []) : []
    const events = output.flatMap((item, position) => takeItem(item, position))
    const natural = calls.count() > 0 ? 'tool_calls' : 'stop'
    ended = { reason: said ?? natural, usage: toUsage(response.usage) }
    return [...events, ...calls.finish({ isComplete: said === undefined })]
  }

  function read(event: Event): ModelEvent[] {
    switch (event.type) {
      case 'response.output_item.added':
        thinking = event.item?.type === 'reasoning'
        if (event.item?.type !== 'function_call') return []
        return calls.open(event.item, event.output_index ?? 0)
      case 'response.output_text.delta':
        return texts.add('text', event.delta, placeOf(event))
      case 'response.refusal.delta':
        return texts.add('refusal', event.delta, placeOf(event))
      case 'response.function_call_arguments.delta':
        return calls.add(event)
      case 'response.output_item.done':
        // What comes next may be thought about again.
        thinking = true
        return event.item ? takeItem(event.item, event.output_index ?? 0) : []
      case 'response.completed':
        return end(event.response ?? {}, undefined)
      case 'response.incomplete':
        return end(event.response ?? {}, toReason(event.response?.incomplete_details?.reason))
      case 'response.failed':
        throw toApiError(event.response?.error ?? {})
      case 'error':
        throw toApiError(event)
      default:
        return []
    }
  }

  return {
    // The others end at the default below.
    read(event) {
      const events = ended ? [] : read(event as Event)
      return oneCall ? events.filter(isOfFirstCall) : events
    },
    isThinking: () => thinking,
    isWhole: () => ended !== undefined,
    isOver: () => ended !== undefined,
    finish() {
      if (!ended) return []
      const items = done.toSorted((a, b) => a.position - b.position).map(({ item }) => item)
      const first = items.find(({ type }) => type === 'function_call')
      const kept = items.filter(
        (item) => !oneCall || item.type !== 'function_call' || item === first,
      )
      const state = ended.reason === 'tool_calls' ? toTurnState(kept) : undefined
      return [{ type: 'finish', ...ended, ...(state && { state }) }]
    },
  }
}

/** A whole response as the event at the end of a stream. */
export function toLastEvent(response: object): AnyEvent {
  const isIncomplete = 'status' in response && response.status === 'incomplete'
  const isResponse = 'output' in response && Array.isArray(response.output)
  if (!isResponse) throw new SyntaxError('JSON without a response')
  const type = isIncomplete ? 'response.incomplete' : 'response.completed'
  return { type, response } as AnyEvent // all of it is checked where it is read
}

function isOfFirstCall(event: ModelEvent): boolean {
  return event.type !== 'tool_call' || event.index === 0
}

interface Place {
  item: number
  part: number
}

function placeOf(event: { output_index?: number | null; content_index?: number | null }): Place {
  return { item: event.output_index ?? 0, part: event.content_index ?? 0 }
}

type TextType = 'text' | 'refusal'

/** The text of all messages of the response, as one. */
function createTexts() {
  const seen = new Map<string, string>()
  let last: Place | undefined

  function add(type: TextType, delta: unknown, place: Place): ModelEvent[] {
    if (!isText(delta)) return []
    const key = `${place.item}.${place.part}`
    seen.set(key, (seen.get(key) ?? '') + delta)
    const isNext = last !== undefined && last.item !== place.item
    last = place
    return [{ type, text: isNext ? `\n\n${delta}` : delta }]
  }

  return {
    add,
    /** What of the whole text has not been seen yet. */
    complete(type: TextType, whole: unknown, place: Place): ModelEvent[] {
      const known = seen.get(`${place.item}.${place.part}`) ?? ''
      return isText(whole) && whole.startsWith(known)
        ? add(type, whole.slice(known.length), place)
        : []
    },
  }
}

interface Call {
  itemId: string | undefined
  position: number
  /** The arguments as they came. */
  seen: string
  arguments: ToolArguments
}

type CallItem = DeepPartial<OpenAI.Responses.ResponseFunctionToolCall>
type ArgumentsDelta = EventOf<'response.function_call_arguments.delta'>

/** The function calls of the response, by item id where there is one, else by position. */
function createCalls() {
  const calls: Call[] = []

  function indexOf(itemId: unknown, position: number): number {
    const byId = isText(itemId) ? calls.findIndex((call) => call.itemId === itemId) : -1
    return byId === -1 ? calls.findIndex((call) => call.position === position) : byId
  }

  function open(item: CallItem, position: number): ModelEvent[] {
    const itemId = isText(item.id) ? item.id : undefined
    const call = { itemId, position, seen: '', arguments: createToolArguments() }
    calls.push(call)
    const text = grow(call, toArgumentText(item.arguments))
    return [
      {
        type: 'tool_call',
        index: calls.length - 1,
        ...(isText(item.call_id) && { id: item.call_id }),
        ...(isText(item.name) && { name: item.name }),
        ...(text !== '' && { arguments: text }),
      },
    ]
  }

  function continued(index: number, delta: unknown): ModelEvent[] {
    const call = calls[index]
    return call && isText(delta) ? toEvents(index, grow(call, delta)) : []
  }

  return {
    open,
    add: ({ item_id, output_index, delta }: ArgumentsDelta) =>
      continued(indexOf(item_id, output_index ?? 0), delta),
    complete(item: CallItem, position: number): ModelEvent[] {
      const index = indexOf(item.id, position)
      if (index === -1) return open(item, position)
      const known = calls[index]?.seen ?? ''
      const whole = toArgumentText(item.arguments)
      return whole.startsWith(known) ? continued(index, whole.slice(known.length)) : []
    },
    finish: (options: { isComplete: boolean }) =>
      calls.flatMap((call, index) => toEvents(index, call.arguments.finish(options))),
    count: () => calls.length,
  }
}

/** What of the arguments may go out. */
function grow(call: Call, delta: string): string {
  call.seen += delta
  return call.arguments.add(delta)
}

function toEvents(index: number, text: string): ModelEvent[] {
  return text === '' ? [] : [{ type: 'tool_call', index, arguments: text }]
}

/** A failure after the headers, as the SDK would tell one before them. */
function toApiError({ code, message }: { code?: unknown; message?: unknown }): APIError {
  const text = isText(message) ? message : 'no reason given'
  const error = { code: isText(code) ? code : null, message: text }
  return new APIError(isPromptError(code) ? 400 : undefined, error, text, undefined)
}

/** The codes that are about what was asked: it will fail again, however often it is tried. */
function isPromptError(code: unknown): boolean {
  return isText(code) && /^invalid_|image|_policy|^context_length/.test(code)
}

function toReason(reason: string | null | undefined): Finish['reason'] | undefined {
  if (reason === 'content_filter') return reason
  return reason === 'max_output_tokens' ? 'length' : undefined
}

function toUsage(usage: Response['usage']): ModelUsage | null {
  return toModelUsage({
    prompt: usage?.input_tokens,
    completion: usage?.output_tokens,
    cached: usage?.input_tokens_details?.cached_tokens,
    reasoning: usage?.output_tokens_details?.reasoning_tokens,
  })
}
