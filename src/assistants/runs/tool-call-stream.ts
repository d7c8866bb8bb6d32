import type OpenAI from 'openai'

import type { ModelEvent } from '../../models/driver.ts'
import type { FunctionCalls } from './endings/requires-action.ts'

type Fragment = Extract<ModelEvent, { type: 'tool_call' }>
type CallDelta = OpenAI.Beta.Threads.Runs.FunctionToolCallDelta

/** Puts the fragments of a turn's function calls together, and into the order of the stream. */
export interface ToolCallStream {
  /**
   * The deltas that may go out now. Clients take a call for done as soon as the next one appears
   * (reference 4.5), so call k waits until the arguments of call k-1 are whole.
   */
  add(fragment: Fragment): CallDelta[]
  /** The deltas that still waited; nothing more will come. */
  flush(): CallDelta[]
  calls(): FunctionCalls
  count(): number
}

interface Call {
  id: string
  name: string
  arguments: string
  /** What of the arguments the stream has not seen. */
  unsent: string
  /** Whether the stream has seen the call itself. */
  isSent: boolean
  /** The length at which the arguments were found not to be whole. */
  partialAt: number
}

const maxIdLength = 256

export function createToolCallStream({ newCallId }: { newCallId: () => string }): ToolCallStream {
  const calls: Call[] = []
  const positions = new Map<number, number>()
  let current = 0

  function place({ index, id }: Fragment): number {
    const known = positions.get(index)
    if (known !== undefined) return known
    const usable = id !== undefined && id.length <= maxIdLength
    const taken = calls.some((call) => call.id === id)
    const callId = usable && !taken ? id : newCallId()
    calls.push({ id: callId, name: '', arguments: '', unsent: '', isSent: false, partialAt: -1 })
    positions.set(index, calls.length - 1)
    return calls.length - 1
  }

  function drain(isOver: boolean): CallDelta[] {
    const deltas: CallDelta[] = []
    for (;;) {
      const call = calls[current]
      if (!call) return deltas
      deltas.push(...unseen(call, { index: current, isOver }))
      const nextWaits = calls.length > current + 1
      if (!nextWaits || !(isOver || (call.isSent && isWhole(call)))) {
        return deltas
      }
      current += 1
    }
  }

  return {
    add(fragment) {
      const position = place(fragment)
      const call = calls[position]
      // What follows whole arguments can only be white space, or would spoil them.
      if (!call || position < current) return []
      if (call.name === '' && fragment.name !== undefined) call.name = fragment.name
      call.arguments += fragment.arguments ?? ''
      call.unsent += fragment.arguments ?? ''
      return drain(false)
    },
    flush: () => drain(true),
    calls: () =>
      calls.map(({ id, name, arguments: text }) => ({
        id,
        type: 'function',
        function: { name, arguments: text },
      })),
    count: () => calls.length,
  }
}

/** Id and name go out exactly once, with empty arguments: clients concatenate (reference 4.11). */
function unseen(call: Call, { index, isOver }: { index: number; isOver: boolean }): CallDelta[] {
  const deltas: CallDelta[] = []
  if (!call.isSent) {
    if (call.name === '' && !isOver) return []
    const { id, name } = call
    deltas.push({ index, id, type: 'function', function: { name, arguments: '', output: null } })
    call.isSent = true
  }
  if (call.unsent !== '') {
    deltas.push({ index, type: 'function', function: { arguments: call.unsent } })
    call.unsent = ''
  }
  return deltas
}

/** Reads the arguments once for each of their lengths: others may come in thousands of pieces. */
function isWhole(call: Call): boolean {
  const text = call.arguments
  if (text.length === call.partialAt) return false
  call.partialAt = text.length
  if (!text.trimEnd().endsWith('}')) return false
  try {
    JSON.parse(text)
    call.partialAt = -1
    return true
  } catch {
    return false
  }
}
