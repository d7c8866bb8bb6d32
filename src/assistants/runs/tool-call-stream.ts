import type OpenAI from 'openai'

import type { ModelEvent } from '../../models/driver.ts'
import { createCodeReader, type CodeReader } from './hosted-arguments.ts'
import type { CodeCallOutput } from './hosted-calls.ts'
import type { HostedKind } from './hosted-names.ts'

type Fragment = Extract<ModelEvent, { type: 'tool_call' }>
type CallDelta = OpenAI.Beta.Threads.Runs.ToolCallDelta

/** A call as the model made it. */
export interface CalledTool {
  id: string
  name: string
  arguments: string
  /** Undefined for a function of the user. */
  kind: HostedKind | undefined
}

/** Puts the fragments of a turn's tool calls together, and into the order of the stream. */
export interface ToolCallStream {
  /**
   * The deltas that may go out now. Clients take a call for done as soon as the next one appears
   * (reference 4.5), so call k waits until the arguments of call k-1 are whole, and, where that is
   * one of Python, until its outputs are there.
   */
  add(fragment: Fragment): CallDelta[]
  /** The deltas that still waited; nothing more will come from the model. */
  flush(): CallDelta[]
  /** The outputs of a call of Python, and what waited for them. */
  executed(position: number, outputs: readonly CodeCallOutput[]): CallDelta[]
  calls(): CalledTool[]
  count(): number
}

export interface ToolCallStreamDeps {
  newCallId: () => string
  /** What the model means by this name. */
  kindOf: (name: string) => HostedKind | undefined
  /** How a search shows itself before it has results. */
  search: OpenAI.Beta.Threads.Runs.FileSearchToolCall['file_search']
}

interface Call extends CalledTool {
  /** What of the arguments the stream has not seen. */
  unsent: string
  /** Whether the stream has seen the call itself. */
  isSent: boolean
  /** The length at which the arguments were found not to be whole. */
  partialAt: number
  /** Of a call of Python. */
  code: CodeReader
  isExecuted: boolean
}

const maxIdLength = 256

export function createToolCallStream(deps: ToolCallStreamDeps): ToolCallStream {
  const { newCallId, kindOf } = deps
  const calls: Call[] = []
  const positions = new Map<number, number>()
  let current = 0
  let isOver = false

  function place({ index, id }: Fragment): number {
    const known = positions.get(index)
    if (known !== undefined) return known
    const usable = id !== undefined && id.length <= maxIdLength
    const taken = calls.some((call) => call.id === id)
    calls.push(newCall(usable && !taken ? id : newCallId()))
    positions.set(index, calls.length - 1)
    return calls.length - 1
  }

  function drain(): CallDelta[] {
    const deltas: CallDelta[] = []
    for (;;) {
      const call = calls[current]
      if (!call) return deltas
      const isLast = calls.length === current + 1
      deltas.push(...unseen(call, { index: current, isOver, search: deps.search }))
      const isDone = isOver || (!isLast && call.isSent && isWhole(call))
      if (isDone) deltas.push(...restOfCode(call, current))
      if (isLast || !isDone || (call.kind === 'code_interpreter' && !call.isExecuted)) return deltas
      current += 1
    }
  }

  return {
    add(fragment) {
      const position = place(fragment)
      const call = calls[position]
      // What follows whole arguments can only be white space, or would spoil them.
      if (!call || position < current) return []
      if (call.name === '' && fragment.name !== undefined) {
        call.name = fragment.name
        call.kind = kindOf(call.name)
      }
      call.arguments += fragment.arguments ?? ''
      call.unsent += fragment.arguments ?? ''
      return drain()
    },
    flush() {
      isOver = true
      return drain()
    },
    executed(position, outputs) {
      const call = calls[position]
      if (call) call.isExecuted = true
      const shown = outputs.map((output, index) =>
        codeDelta(position, { outputs: [{ index, ...output }] }),
      )
      return [...shown, ...drain()]
    },
    calls: () =>
      calls.map(({ id, name, kind, arguments: text }) => ({ id, name, kind, arguments: text })),
    count: () => calls.length,
  }
}

function newCall(id: string): Call {
  return {
    id,
    name: '',
    arguments: '',
    kind: undefined,
    unsent: '',
    isSent: false,
    partialAt: -1,
    code: createCodeReader(),
    isExecuted: false,
  }
}

interface Unseen {
  index: number
  isOver: boolean
  search: ToolCallStreamDeps['search']
}

/** Id and name go out exactly once, with empty arguments: clients concatenate (reference 4.11). */
function unseen(call: Call, { index, isOver, search }: Unseen): CallDelta[] {
  const deltas: CallDelta[] = []
  if (!call.isSent) {
    if (call.name === '' && !isOver) return []
    deltas.push(opening(call, { index, search }))
    call.isSent = true
  }
  if (call.unsent !== '') {
    deltas.push(...written(call, index))
    call.unsent = ''
  }
  return deltas
}

function opening({ id, name, kind }: Call, { index, search }: Omit<Unseen, 'isOver'>): CallDelta {
  switch (kind) {
    case 'file_search':
      return { index, id, type: 'file_search', file_search: search }
    case 'code_interpreter':
      return { id, ...codeDelta(index, { input: '', outputs: [] }) }
    case undefined:
      return { index, id, type: 'function', function: { name, arguments: '', output: null } }
    default:
      return kind satisfies never
  }
}

function written(call: Call, index: number): CallDelta[] {
  // What is searched for is no member of the API's call.
  if (call.kind === 'file_search') return []
  if (!call.kind) return [{ index, type: 'function', function: { arguments: call.unsent } }]
  const input = call.code.add(call.unsent)
  return input === '' ? [] : [codeDelta(index, { input })]
}

/** What could only be read when the arguments were whole. */
function restOfCode(call: Call, index: number): CallDelta[] {
  if (call.kind !== 'code_interpreter') return []
  const input = call.code.finish(call.arguments)
  return input === '' ? [] : [codeDelta(index, { input })]
}

function codeDelta(
  index: number,
  code: OpenAI.Beta.Threads.Runs.CodeInterpreterToolCallDelta.CodeInterpreter,
): OpenAI.Beta.Threads.Runs.CodeInterpreterToolCallDelta {
  return { index, type: 'code_interpreter', code_interpreter: code }
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
