import type { ModelUsage } from './driver.ts'

/** Values as endpoints send them: anything may be missing, or of another type than promised. */

/** More than any turn can have; what says so is not a count. */
const mostTokens = 1_000_000_000

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Some send the arguments of a function as the object itself. */
export function toArgumentText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/** Each number as the endpoint has sent it. */
export interface Counts {
  prompt: unknown
  completion: unknown
  cached: unknown
  reasoning: unknown
}

/** Null where the endpoint did not count, or says what cannot be: it is summed, priced and stored. */
export function toModelUsage(counts: Counts): ModelUsage | null {
  const prompt = toCount(counts.prompt)
  const completion = toCount(counts.completion)
  if (prompt === undefined || completion === undefined) return null
  const cached = toCount(counts.cached)
  const reasoning = toCount(counts.reasoning)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    // Each is a part of the whole.
    ...(cached !== undefined && { cached_tokens: Math.min(cached, prompt) }),
    ...(reasoning !== undefined && { reasoning_tokens: Math.min(reasoning, completion) }),
  }
}

export function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= mostTokens
    ? Number(value)
    : undefined
}
