import { randomInt } from 'node:crypto'

import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import type OpenAI from 'openai'

/** What went wrong with an answer, as far as a user can tell the difference. */
export type FailureKind =
  | 'model_down'
  | 'rate_limit'
  | 'quota'
  | 'key_refused'
  | 'model_unknown'
  | 'too_slow'
  | 'empty_answer'
  | 'prompt_refused'
  | 'incomplete'
  | 'expired'
  | 'runtime_unreachable'
  | 'unknown'

type Run = OpenAI.Beta.Threads.Run

/** Phrases of `last_error.message`, the more telling ones first. */
const phrases: [RegExp, FailureKind][] = [
  [/refused the api key|incorrect api key|unauthorized/i, 'key_refused'],
  [/quota/i, 'quota'],
  [/rate limit/i, 'rate_limit'],
  [/does not know the model|model .* does not exist/i, 'model_unknown'],
  [/took too long|timed? ?out/i, 'too_slow'],
  [/empty answer/i, 'empty_answer'],
  [/cannot be reached|no chat completions|failed \(5|broke off/i, 'model_down'],
]

/** What a run that ended without an answer says about it. */
export function failureOfRun(
  run: Pick<Run, 'status' | 'last_error' | 'incomplete_details'>,
): FailureKind {
  if (run.status === 'expired') return 'expired'
  if (run.status === 'incomplete') return 'incomplete'
  if (run.last_error?.code === 'invalid_prompt') return 'prompt_refused'
  const message = run.last_error?.message ?? ''
  const told = phrases.find(([phrase]) => phrase.test(message))?.[1]
  return told ?? (run.last_error?.code === 'rate_limit_exceeded' ? 'rate_limit' : 'unknown')
}

/** What a call of the runtime that threw says about it. */
export function failureOfError(error: unknown): FailureKind {
  if (error instanceof APIConnectionTimeoutError) return 'too_slow'
  if (error instanceof APIConnectionError) return 'runtime_unreachable'
  if (!(error instanceof APIError)) return isNetworkError(error) ? 'runtime_unreachable' : 'unknown'
  if (error.status === 401 || error.status === 403) return 'key_refused'
  if (error.status === 429) return error.code === 'insufficient_quota' ? 'quota' : 'rate_limit'
  if (typeof error.status === 'number' && error.status >= 500) return 'runtime_unreachable'
  return 'unknown'
}

/** A stream that breaks off rejects with what the socket said, not with an error of the SDK. */
function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { cause } = error
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return error.message === 'terminated' || typeof code === 'string'
}

const referenceAlphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

/** Six characters that a user can read out and that find the failure in the log. */
export function newReference(): string {
  return Array.from({ length: 6 }, () => referenceAlphabet[randomInt(32)]).join('')
}
