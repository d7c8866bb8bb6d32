import { oneLine } from '../passages.ts'

/** Characters before the first word that was looked for. */
const leadLength = 60

/**
 * At most `length` characters of a passage, on one line, from where it first speaks of what was looked
 * for; else from its beginning.
 */
export function extractOf(text: string, query: string, length: number): string {
  const line = oneLine(text)
  if (line.length <= length) return line
  const at = firstMention(line.toLowerCase(), wordsOf(query.toLowerCase()))
  const from = Math.max(0, Math.min(at - leadLength, line.length - length))
  // Whole characters, and whole words where that costs little.
  const begin = from === 0 ? 0 : from + Math.max(0, line.slice(from, from + 15).indexOf(' ') + 1)
  const cut = line.slice(begin, begin + length).toWellFormed()
  return `${begin > 0 ? '…' : ''}${cut}${begin + length < line.length ? '…' : ''}`
}

/** Where most of the words are near; 0 where none is there. */
function firstMention(line: string, words: readonly string[]): number {
  const places = words.map((word) => line.indexOf(word)).filter((place) => place >= 0)
  return places.length === 0 ? 0 : Math.min(...places)
}

/** Words, and pairs of Chinese characters, which have no spaces between words. */
function wordsOf(query: string): string[] {
  return (query.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) => {
    if (!/\p{Script=Han}/u.test(word)) return word.length > 2 ? [word] : []
    return Array.from({ length: Math.max(1, word.length - 1) }, (_each, index) =>
      word.slice(index, index + 2),
    )
  })
}
