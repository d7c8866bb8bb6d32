import type { ModelMessage, TurnState } from './driver.ts'

const chatStateDriver = 'chat_completions'

/** Fields of a message in which endpoints keep the reasoning, each under the name it is known by. */
export const reasoningFields = ['reasoning_details', 'reasoning_content', 'reasoning'] as const
export type ReasoningField = (typeof reasoningFields)[number]

/** The thoughts of one answer, and whatever else its endpoint wants to see again. */
export interface ChatState {
  /** A piece of a reasoning field. */
  addReasoning(field: ReasoningField, value: unknown): void
  /** A piece of a `<think>` block. */
  addThought(text: string): void
  /** What came with the call of this index beside its function. */
  addExtra(index: number, extra: unknown): void
  /** What goes back with the answer; nothing where nothing would be missed. */
  toTurnState(): TurnState | undefined
}

/** More than any model thinks in a turn; it would be sent again with each that follows. */
const maxStateLength = 1024 * 1024

export function createChatState(): ChatState {
  const texts = { reasoning_content: '', reasoning: '' }
  const details: unknown[] = []
  const extras: unknown[] = []
  let thought = ''

  return {
    addReasoning(field, value) {
      if (field !== 'reasoning_details') {
        if (typeof value === 'string') texts[field] += value
        return
      }
      for (const detail of Array.isArray(value) ? (value as unknown[]) : []) {
        if (!extendLast(details, detail)) details.push(detail)
      }
    },
    addThought(text) {
      thought += text
    },
    addExtra(index, extra) {
      extras[index] = extra
    },
    toTurnState() {
      // Some send the same words in two fields; the most particular one is enough.
      const field = reasoningFields.find((name) =>
        name === 'reasoning_details' ? details.length > 0 : texts[name] !== '',
      )
      const state = {
        driver: chatStateDriver,
        ...(field === 'reasoning_details' && { reasoning_details: details }),
        ...(field && field !== 'reasoning_details' && { [field]: texts[field] }),
        ...(thought !== '' && { think: thought }),
        ...(extras.length > 0 && { extra_content: Array.from(extras, (extra) => extra ?? null) }),
      }
      const isEmpty = Object.keys(state).length === 1
      return isEmpty || JSON.stringify(state).length > maxStateLength ? undefined : state
    },
  }
}

/** OpenRouter sends a reasoning detail in pieces that share type and index. */
function extendLast(details: unknown[], piece: unknown): boolean {
  const last = details.at(-1)
  if (!isRecord(last) || !isRecord(piece)) return false
  if (last['type'] !== piece['type'] || last['index'] !== piece['index']) return false
  for (const [name, value] of Object.entries(piece)) {
    const before = last[name]
    const grows = ['text', 'summary', 'data'].includes(name)
    if (grows && typeof before === 'string' && typeof value === 'string')
      last[name] = before + value
    else if (value !== null && value !== undefined) last[name] = value
  }
  return true
}

export interface StateOptions {
  /** With its thoughts. */
  withReasoning: boolean
  /** With whatever else came with its calls. */
  withState: boolean
}

/** The message as its endpoint wrote it, where it is one with calls. */
export function toChatMessage(
  { state: left, ...message }: ModelMessage,
  { withReasoning, withState: isWanted }: StateOptions,
): ModelMessage {
  const state = isWanted ? left : undefined
  if (message.role !== 'assistant' || !message.tool_calls) return message
  const calls = message.tool_calls.map((call, index) => withState(call, { state, index }))
  if (state?.driver !== chatStateDriver || !withReasoning) return { ...message, tool_calls: calls }
  const reasoning = reasoningFields.flatMap((name) => (state[name] ? [[name, state[name]]] : []))
  const think = state['think']
  const text = typeof message.content === 'string' ? message.content : ''
  return {
    ...message,
    ...(typeof think === 'string' && { content: `<think>${think}</think>\n\n${text}` }),
    tool_calls: calls,
    ...Object.fromEntries(reasoning),
  }
}

type ToolCall = NonNullable<Extract<ModelMessage, { role: 'assistant' }>['tool_calls']>[number]

function withState(
  call: ToolCall,
  { state, index }: { state: TurnState | undefined; index: number },
): ToolCall {
  if (call.type !== 'function') return call
  const extras = state?.driver === chatStateDriver ? state['extra_content'] : undefined
  const extra: unknown = Array.isArray(extras) ? extras[index] : undefined
  return {
    ...call,
    function: { ...call.function, arguments: toValidJson(call.function.arguments) },
    ...(isRecord(extra) && { extra_content: extra }),
  }
}

/** Many servers parse the arguments that come back, and refuse the request if they cannot. */
function toValidJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify({ invalid_json: text })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
