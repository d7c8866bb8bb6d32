import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

import { cut } from '../../../tokens/cut.ts'

// Text that looks like a control token is only text: by default the library throws.
const asText = { disallowedSpecial: new Set<string>() }

/** The tokenizer's merging is quadratic in the length of such a run. */
const longRun = /[^\s\p{P}]{2000}|[^\p{L}\p{N}]{1000}/u

/** Tokens as OpenAI's current models count them (o200k_base); for runs of thousands of characters without a space an estimate, upwards. */
export function tokensOf(text: string): number {
  if (text.length < 1000 || !longRun.test(text)) return countTokens(text, asText)
  return cut(text).reduce((sum, piece) => sum + countTokens(piece, asText), 0)
}
