import type { ModelDriver, ModelRequest } from '../../models/driver.ts'
import type { Message, Run, StepRecord, Store } from '../store/store.ts'
import { fitTurns, toMeasured } from './fit-turns.ts'
import { selectHistory } from './history.ts'
import { callsOf } from './hosted-calls.ts'
import type { MessageMeter } from './message-meter.ts'
import { toModelMessage, toModelTurns } from './model-messages.ts'
import { toModelTools, type ModelToolsOptions } from './model-tools.ts'
import { hasImageFiles, type PromptImages } from './prompt-images.ts'
import { stateTokens } from './turn-state.ts'
import type { TokensLeft } from './usage.ts'

export interface PromptOptions {
  run: Run
  /** What the run has behind it. */
  steps: StepRecord[]
  /** The functions that stand for the runtime's own tools. */
  hosted: ModelToolsOptions['hosted']
  left: TokensLeft
  store: Pick<Store, 'listMessages' | 'readMessages'>
  driver: Pick<ModelDriver, 'contextWindow'>
  meter: MessageMeter
  /** Without it, models see notes in place of pictures that are files. */
  images?: PromptImages | undefined
  signal: AbortSignal
}

/** How much of the budget a run's own turns may take; the rest is for its thread. */
const shareOfTurns = 0.75
/** Room for the answer where the run sets no budget for it: at most so many tokens. */
const usualAnswer = 4096

export interface Prompt {
  request: ModelRequest
  /** The part of the thread that is in it. */
  messages: Message[]
}

/** The request of the run's next turn, or `undefined` if its prompt budget is too small for it. */
export async function buildPrompt(options: PromptOptions): Promise<Prompt | undefined> {
  const { run, steps, hosted, left, driver } = options
  const tools = toModelTools(run, { isFirstTurn: isFirstTurn(steps), hosted })
  const window = driver.contextWindow(run.model)
  const answer = Math.min(left.completion ?? usualAnswer, Math.floor(window / 4))
  const limit = window - answer
  const budget = Math.min(limit, left.prompt ?? limit) - stateTokens(steps)
  const turns = await fitTurns(toModelTurns(run, steps), {
    ...options,
    hostedIds: hostedIds(steps),
    room: Math.floor(budget * shareOfTurns),
  })
  const history = await selectHistory({
    ...options,
    rest: [run.instructions, JSON.stringify(tools.tools), toMeasured(turns)].join('\n'),
    budget,
  })
  const isBeyondBudget = left.prompt !== undefined && left.prompt < limit
  // Beyond the window alone, the endpoint decides: it knows its model better than our table.
  if (!history.fits && isBeyondBudget) return undefined
  const images = hasImageFiles(history.messages)
    ? await options.images?.load(run, history.messages, options)
    : undefined
  const request: ModelRequest = {
    model: run.model,
    messages: [
      ...(run.instructions ? [{ role: 'system' as const, content: run.instructions }] : []),
      ...history.messages.flatMap((message) => toModelMessage(message, images)),
      ...turns,
    ],
    ...tools,
    ...toSampling(run),
    ...(left.completion !== undefined && { max_completion_tokens: left.completion }),
  }
  return { request, messages: history.messages }
}

function hostedIds(steps: StepRecord[]): Set<string> {
  const calls = steps.flatMap(({ step }) => callsOf(step))
  return new Set(calls.flatMap(({ id, type }) => (type === 'function' ? [] : [id])))
}

/**
 * A turn that called functions is over once they are called. Text alone may be of a first turn whose
 * process died before its calls, and which is done again.
 */
function isFirstTurn(steps: StepRecord[]): boolean {
  return !steps.some(({ step }) => step.type === 'tool_calls')
}

/** Only what differs from the API's defaults: simple servers know little else. */
function toSampling(run: Run): Partial<ModelRequest> {
  const { temperature, top_p, reasoning_effort, response_format: format } = run
  const hasFormat = format !== null && format !== 'auto' && format.type !== 'text'
  return {
    ...(temperature !== 1 && typeof temperature === 'number' && { temperature }),
    ...(top_p !== 1 && typeof top_p === 'number' && { top_p }),
    ...(reasoning_effort && { reasoning_effort }),
    ...(hasFormat && { response_format: format }),
  }
}
