/**
 * Counts the code points of a text that comes in pieces, which may end inside a surrogate pair:
 * annotations of the API are placed by code points (reference 5.8).
 */
export interface CodePointCounter {
  add(text: string): void
  count(): number
}

export function createCodePointCounter(): CodePointCounter {
  let count = 0
  let endsInHigh = false
  return {
    add(text) {
      if (text === '') return
      count += lengthInCodePoints(text)
      if (endsInHigh && isLowSurrogate(text.charCodeAt(0))) count -= 1
      endsInHigh = isHighSurrogate(text.charCodeAt(text.length - 1))
    },
    count: () => count,
  }
}

/** A lone surrogate counts as one. */
export function lengthInCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
