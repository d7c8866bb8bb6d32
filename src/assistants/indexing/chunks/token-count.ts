import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { O200K_TOKEN_SPLIT_REGEX as wordPattern } from 'gpt-tokenizer/encodingParams/constants'

// Text that looks like a control token is only text: by default the library throws.
const asText = { disallowedSpecial: new Set<string>() }

/** UTF-16 units. The tokenizer's merging is quadratic in the length of a word: longer ones are counted in parts. */
const partLength = 1000

/**
 * Tokens as OpenAI's current models count them (o200k_base). For words of more than a thousand characters
 * it is an estimate, off by at most a token or two per thousand.
 */
export function tokensOf(text: string): number {
  if (text.length <= partLength || !hasLongRun(text)) return countTokens(text, asText)
  return sumOf(text, partLength)
}

/** A word is nearly always within a run of blanks or of anything else. */
function hasLongRun(text: string): boolean {
  for (const [run] of text.matchAll(/\S+|\s+/gu)) if (run.length > partLength) return true
  return false
}

function sumOf(text: string, length: number): number {
  let sum = 0
  for (const [word] of text.matchAll(wordPattern)) {
    for (const part of partsOf(word, length)) sum += countTokens(part, asText)
  }
  return sum
}

function* partsOf(word: string, length: number): Generator<string> {
  for (let start = 0; start < word.length;) {
    let end = Math.min(start + length, word.length)
    const isWithinPair = (word.codePointAt(end - 1) ?? 0) > 0xffff
    if (isWithinPair) end += 1
    yield word.slice(start, end)
    start = end
  }
}

/** Counts a text from front to back. */
export interface TokenMeter {
  /**
   * The tokens of the next so many UTF-16 units. Summed up over neighbours it is what the tokenizer finds
   * in them together, or a little more: where a word is cut, its parts are counted apart.
   */
  take(length: number): number
}

/** What may be missing in a sum of a meter, for merging can also make more tokens of two parts. */
export const meterSlack = 12
const meterPartLength = 24
const maxRemembered = 50_000
const remembered = new Map<string, number>()

/** A fast way of counting the pieces of a text: each word is looked at once, and known words not even that. */
export function createTokenMeter(text: string): TokenMeter {
  const parts = partsOfWords(text)
  /** Of the part that is being counted, what was not yet. */
  let rest = ''

  function take(length: number): number {
    let tokens = 0
    for (let left = length; left > 0;) {
      if (rest === '') rest = parts.next().value ?? ''
      if (rest === '') break
      const part = rest.slice(0, left)
      rest = rest.slice(part.length)
      left -= part.length
      tokens += rememberedTokens(part)
    }
    return tokens
  }

  return { take }
}

function* partsOfWords(text: string): Generator<string, undefined> {
  for (const [word] of text.matchAll(wordPattern)) {
    if (word.length <= meterPartLength) yield word
    else yield* partsOf(word, meterPartLength)
  }
}

function rememberedTokens(part: string): number {
  const known = remembered.get(part)
  if (known !== undefined) return known
  if (remembered.size >= maxRemembered) remembered.clear()
  const tokens = countTokens(part, asText)
  remembered.set(part, tokens)
  return tokens
}
