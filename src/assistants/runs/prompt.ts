import type { ModelDriver, ModelMessage, ModelRequest } from '../../models/driver.ts'
import type { Run, StepRecord, Store } from '../store/store.ts'
import { selectHistory } from './history.ts'
import type { MessageMeter } from './message-meter.ts'
import { toModelMessage, toModelTurns } from './model-messages.ts'
import { toModelTools } from './model-tools.ts'
import { stateTokens } from './turn-state.ts'
import type { TokensLeft } from './usage.ts'

export interface PromptOptions {
  run: Run
  /** What the run has behind it. */
  steps: StepRecord[]
  left: TokensLeft
  store: Pick<Store, 'listMessages' | 'readMessages'>
  driver: Pick<ModelDriver, 'contextWindow'>
  meter: MessageMeter
  signal: AbortSignal
}

/** Room for the answer where the run sets no budget for it: at most so many tokens. */
const usualAnswer = 4096

/** The request of the run's next turn, or `undefined` if its prompt budget is too small for it. */
export async function buildPrompt(options: PromptOptions): Promise<ModelRequest | undefined> {
  const { run, steps, left, driver } = options
  const tools = toModelTools(run, { isFirstTurn: isFirstTurn(steps) })
  const turns = toModelTurns(steps)
  const window = driver.contextWindow(run.model)
  const answer = Math.min(left.completion ?? usualAnswer, Math.floor(window / 4))
  const limit = window - answer
  const history = await selectHistory({
    ...options,
    rest: [run.instructions, JSON.stringify(tools.tools), toMeasured(turns)].join('\n'),
    budget: Math.min(limit, left.prompt ?? limit) - stateTokens(steps),
  })
  const isBeyondBudget = left.prompt !== undefined && left.prompt < limit
  // Beyond the window alone, the endpoint decides: it knows its model better than our table.
  if (!history.fits && isBeyondBudget) return undefined
  return {
    model: run.model,
    messages: [
      ...(run.instructions ? [{ role: 'system' as const, content: run.instructions }] : []),
      ...history.messages.flatMap(toModelMessage),
      ...turns,
    ],
    ...tools,
    ...toSampling(run),
    ...(left.completion !== undefined && { max_completion_tokens: left.completion }),
  }
}

/** Less the states: encrypted reasoning has far more letters than tokens, and those are known. */
function toMeasured(turns: ModelMessage[]): string {
  return JSON.stringify(turns.map((message) => ({ ...message, state: undefined })))
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
