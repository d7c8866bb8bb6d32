import { createHash } from 'node:crypto'

import { readConversation } from './demo/conversation.ts'
import { forcedHostedArguments, planHosted } from './demo/hosted.ts'
import { toFragments, toPieces } from './demo/pieces.ts'
import { planStep } from './demo/plan.ts'
import { vocabularySql } from './demo/sql.ts'
import { countPrompt, countTokens, toUsage } from './demo/usage.ts'
import type { ModelDriver, ModelEvent, ModelRequest } from './driver.ts'

/** The only model that the demo has. */
export const demoModel = 'guagua-demo'

const toolName = 'ask_database'
const contextTokens = 128_000
/** As slow as a quick language model, so that people see what a turn looks like. */
const realPace: DemoPace = { firstMs: 400, tokenMs: 20 }

/** Pauses in milliseconds; 0 is none. */
export interface DemoPace {
  /** Before the first piece of an answer. */
  firstMs: number
  /** Between two pieces. */
  tokenMs: number
}

export interface DemoDriverDeps {
  /** Waits between two pieces; rejects with the signal's reason when it is aborted. */
  sleep: (ms: number, options: { signal: AbortSignal }) => Promise<unknown>
  /** Default: 400 ms before the first piece, 20 ms between two. */
  pace?: DemoPace
}

/**
 * Stands in for a language model where none is configured: understands questions about the schedule
 * by rules, asks `ask_database` with SQL of its own, and says that it is a demo. It keeps no state,
 * so the same request has the same events.
 */
export function createDemoDriver({ sleep, pace = realPace }: DemoDriverDeps): ModelDriver {
  return {
    async *stream(request, { signal }) {
      signal.throwIfAborted()
      let pauseMs = pace.firstMs
      for (const event of toEvents(request)) {
        if (pauseMs > 0 && event.type !== 'finish') await sleep(pauseMs, { signal })
        signal.throwIfAborted()
        pauseMs = pace.tokenMs
        yield event
      }
    },
    contextWindow: () => contextTokens,
    listModels: async ({ signal }) => {
      signal.throwIfAborted()
      return [{ id: demoModel, object: 'model', created: 0, owned_by: 'guagua' }]
    },
  }
}

/** All events of one turn; the answer is complete before its first piece is sent. */
function toEvents(request: ModelRequest): ModelEvent[] {
  const conversation = readConversation(request)
  const choice = readToolChoice(request)
  const step = planStep(conversation, {
    hasSchedule: choice.names.includes(toolName),
    mayCall: choice.mode !== 'none' && (choice.only === null || choice.only === toolName),
  })
  const mayCall = (name: string) =>
    choice.mode !== 'none' &&
    (choice.only === null || choice.only === name) &&
    choice.names.includes(name)
  const hosted = planHosted(request, { step, mayCall })
  if (hosted?.kind === 'say') return withinBudget(request, { text: asFormat(hosted.text, request) })
  if (hosted) return withinBudget(request, { calls: [toCall(hosted.name, hosted.args)] })
  // one forced call per turn: a caller that never relents would go on for ever
  const mustCall = choice.mode === 'required' && conversation.roundCount === 0
  const forced = choice.only ?? (choice.names.includes(toolName) ? toolName : choice.names[0])
  if (step.kind === 'ask') {
    const queries = request.parallel_tool_calls === false ? step.queries.slice(0, 1) : step.queries
    return withinBudget(request, { calls: queries.map((query) => toCall(toolName, { query })) })
  }
  if (mustCall && forced !== undefined) {
    return withinBudget(request, { calls: [toCall(forced, forcedArguments(request, forced))] })
  }
  return withinBudget(request, { text: asFormat(step.text, request) })
}

interface Call {
  name: string
  json: string
}

function toCall(name: string, args: object): Call {
  return { name, json: JSON.stringify(args) }
}

/** What must be in a call that was asked for by name: the names of the schedule, or empty values. */
function forcedArguments(request: ModelRequest, name: string): object {
  if (name === toolName) return { query: vocabularySql }
  const hosted = forcedHostedArguments(request, name)
  if (hosted) return hosted
  const { tools } = request
  const tool = tools?.find((each) => each.type === 'function' && each.function.name === name)
  const required = tool?.type === 'function' ? tool.function.parameters?.['required'] : []
  return Object.fromEntries(Array.isArray(required) ? required.map((key) => [String(key), '']) : [])
}

/** JSON mode asks for an object, whatever is in it. */
function asFormat(text: string, { response_format: format }: ModelRequest): string {
  return format === undefined || format.type === 'text' ? text : JSON.stringify({ answer: text })
}

/** The answer in pieces, cut where `max_completion_tokens` ends it, and the one `finish`. */
function withinBudget(
  request: ModelRequest,
  answer: { text: string } | { calls: Call[] },
): ModelEvent[] {
  const limit = request.max_completion_tokens ?? Number.POSITIVE_INFINITY
  const pieces = 'text' in answer ? textEvents(answer.text) : callEvents(answer.calls, request)
  const events: ModelEvent[] = []
  let spent = ''
  for (const event of pieces) {
    const grown = spent + contentOf(event)
    if (countTokens(grown) > limit) break
    spent = grown
    events.push(event)
  }
  const whole = 'text' in answer ? 'stop' : 'tool_calls'
  const reason = events.length < pieces.length ? 'length' : whole
  const usage = toUsage(countPrompt(request), countTokens(spent))
  return [...events, { type: 'finish', reason, usage }]
}

function contentOf(event: ModelEvent): string {
  if (event.type === 'tool_call') return `${event.name ?? ''}${event.arguments ?? ''}`
  return event.type === 'finish' ? '' : event.text
}

function textEvents(text: string): ModelEvent[] {
  return toPieces(text).map((piece) => ({ type: 'text', text: piece }))
}

function callEvents(calls: readonly Call[], request: ModelRequest): ModelEvent[] {
  const turn = createHash('sha256').update(JSON.stringify(request.messages)).digest('hex')
  return calls.flatMap(({ name, json }, index): ModelEvent[] => [
    { type: 'tool_call', index, id: `call_${turn.slice(0, 24)}${index}`, name, arguments: '' },
    ...toFragments(json).map((part): ModelEvent => ({ type: 'tool_call', index, arguments: part })),
  ])
}

interface ToolChoice {
  mode: 'none' | 'auto' | 'required'
  /** The one function that may be called; null: any. */
  only: string | null
  /** The functions that are offered. */
  names: string[]
}

function readToolChoice({ tools, tool_choice: choice }: ModelRequest): ToolChoice {
  const names = (tools ?? []).flatMap((tool) =>
    tool.type === 'function' ? [tool.function.name] : [],
  )
  if (names.length === 0) return { mode: 'none', only: null, names }
  if (choice === undefined || typeof choice === 'string') {
    return { mode: choice ?? 'auto', only: null, names }
  }
  if (choice.type === 'allowed_tools') return { mode: choice.allowed_tools.mode, only: null, names }
  const name = choice.type === 'function' ? choice.function.name : choice.custom.name
  return { mode: 'required', only: name, names }
}
