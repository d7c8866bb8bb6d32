import type { Logger } from '../../log.ts'
import type { ModelUsage, TurnState } from '../../models/driver.ts'
import type { StepRecord } from '../store/store.ts'

/** Bytes of JSON. Reasoning takes some thousand; whatever is more is somebody's mistake. */
const maxStateBytes = 1024 * 1024

/** The state, unless it is too large to be stored: then the model has to go on without it. */
export function keptState(state: TurnState, log: Logger): TurnState | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(state))
  if (bytes <= maxStateBytes) return state
  log.warn({ bytes, driver: state.driver }, 'state of a turn dropped: it is too large')
  return undefined
}

/** Tokens that the states of these steps add to a prompt: what their turns spent on reasoning. */
export function stateTokens(steps: readonly StepRecord[]): number {
  const tokensOf = (usage: ModelUsage | null) => usage?.reasoning_tokens ?? 0
  return steps.reduce((sum, { state, usage }) => sum + (state ? tokensOf(usage) : 0), 0)
}

/** What the end of a run has to rewrite, so that no state stays behind. */
export function withoutStates(steps: readonly StepRecord[]): StepRecord[] {
  return steps.filter(({ state }) => state).map((record) => ({ ...record, state: undefined }))
}
