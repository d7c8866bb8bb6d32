import type { ModelUsage } from '../../models/driver.ts'
import type { Run, RunStep, StepRecord } from '../store/store.ts'

/** Null if the endpoint never counted. */
export function sumUsage(usages: (ModelUsage | null)[]): ModelUsage | null {
  const counted = usages.filter((usage) => usage !== null)
  if (counted.length === 0) return null
  return counted.reduce<ModelUsage>(
    (sum, usage) => ({
      prompt_tokens: sum.prompt_tokens + usage.prompt_tokens,
      completion_tokens: sum.completion_tokens + usage.completion_tokens,
      total_tokens: sum.total_tokens + usage.total_tokens,
      cached_tokens: (sum.cached_tokens ?? 0) + (usage.cached_tokens ?? 0),
      reasoning_tokens: (sum.reasoning_tokens ?? 0) + (usage.reasoning_tokens ?? 0),
    }),
    noTokens,
  )
}

export const noTokens: ModelUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

export function toStepUsage(usage: ModelUsage | null): RunStep['usage'] {
  if (!usage) return null
  const { prompt_tokens, completion_tokens, total_tokens } = usage
  return { prompt_tokens, completion_tokens, total_tokens }
}

/** With the details that the API shows on runs beyond the SDK's type. */
export function toRunUsage(usage: ModelUsage | null): Run['usage'] {
  if (!usage) return null
  const { cached_tokens = 0, reasoning_tokens = 0, ...counts } = usage
  return Object.assign(counts, {
    prompt_token_details: { cached_tokens },
    completion_tokens_details: { reasoning_tokens },
  })
}

/** What is left of a run's budgets; `undefined` where it has none (reference 3.9). */
export interface TokensLeft {
  prompt: number | undefined
  completion: number | undefined
}

export function tokensLeft(run: Run, steps: StepRecord[]): TokensLeft {
  const used = sumUsage(steps.map(({ usage }) => usage))
  return {
    prompt: run.max_prompt_tokens ? run.max_prompt_tokens - (used?.prompt_tokens ?? 0) : undefined,
    completion: run.max_completion_tokens
      ? run.max_completion_tokens - (used?.completion_tokens ?? 0)
      : undefined,
  }
}

/** The budget that allows no further turn, if one does not. */
export function exhaustedBudget({
  prompt,
  completion,
}: TokensLeft): 'max_prompt_tokens' | 'max_completion_tokens' | undefined {
  if (prompt !== undefined && prompt <= 0) return 'max_prompt_tokens'
  if (completion !== undefined && completion <= 0) return 'max_completion_tokens'
  return undefined
}
