import type OpenAI from 'openai'

import type { ModelMessage, TurnState } from './driver.ts'

type OutputItem = OpenAI.Responses.ResponseOutputItem
type InputItem = OpenAI.Responses.ResponseInputItem
type FunctionCall = OpenAI.Responses.ResponseFunctionToolCall
/** The items that a turn with functions only can have. */
export type TurnItem =
  | OpenAI.Responses.ResponseReasoningItem
  | OpenAI.Responses.ResponseOutputMessage
  | FunctionCall

const driver = 'responses'

/**
 * A turn that has to be continued, as the model wrote it: models go on from their reasoning only if
 * every item of it comes back verbatim, in its place. Nothing for a turn without any.
 */
export function toTurnState(items: readonly OutputItem[]): TurnState | undefined {
  const kept = items.filter(isTurnItem).filter(isUsable)
  const types = new Set(kept.map(({ type }) => type))
  return types.has('reasoning') && types.has('function_call') ? { driver, items: kept } : undefined
}

/** The items of an assistant message's turn, or undefined if it has to do without its state. */
export function fromTurnState(message: ModelMessage): InputItem[] | undefined {
  if (message.role !== 'assistant' || message.state?.driver !== driver) return undefined
  const items = message.state['items']
  if (!Array.isArray(items)) return undefined
  // Written by `toTurnState` alone.
  const known = items as TurnItem[]
  const calls = known.filter((item) => item.type === 'function_call')
  const asked = (message.tool_calls ?? []).filter((call) => call.type === 'function')
  const isSame =
    calls.length === asked.length &&
    calls.every(({ name }, index) => name === asked[index]?.function.name)
  if (!isSame) return undefined
  return known
    .filter((item) => item.type !== 'message' || Boolean(message.content))
    .map((item) => {
      if (item.type !== 'function_call') return item
      const call = asked[calls.indexOf(item)]
      // The outputs go by the message's ids, and its arguments are JSON where the model's were not.
      return call ? { ...item, call_id: call.id, arguments: call.function.arguments } : item
    })
}

function isTurnItem(item: OutputItem): item is TurnItem {
  return item.type === 'reasoning' || item.type === 'message' || item.type === 'function_call'
}

/** Reasoning of which only the id is left cannot be found again: nothing is stored at the endpoint. */
function isUsable(item: TurnItem): boolean {
  if (item.type !== 'reasoning') return true
  return Boolean(item.encrypted_content) || (item.content ?? []).length > 0
}
