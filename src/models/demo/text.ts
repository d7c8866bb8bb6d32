/**
 * Text as the demo reads it: bounded, in one normal form, and folded so that one pattern covers
 * upper and lower case, full and half width, simplified and traditional characters.
 */

/** How much of one message is read. What a person asks about a timetable is far shorter. */
const maxReadLength = 800

/** Traditional characters that occur in questions, each followed by its simplified one. */
const simplifiedPairs =
  '課课麼么節节誰谁講讲幾几點点後后週周禮礼嗎吗還还個个這这沒没時时間间師师們们對对無无門门開开結结離离線线號号兩两總总過过樣样來来現现學学從从與与長长關关於于請请問问說说裡里裏里當当將将應应該该給给讓让為为會会歡欢謝谢嘆叹聽听閒闲忙忙記记麽么業业試试價价錢钱費费網网鏈链連连適适數数'

const simplified = new Map<string, string>()
for (let at = 0; at + 1 < simplifiedPairs.length; at += 2) {
  simplified.set(simplifiedPairs.charAt(at), simplifiedPairs.charAt(at + 1))
}

/** A stretch of a text, as offsets in UTF-16 units; `end` is not included. */
export interface Span {
  start: number
  end: number
}

/**
 * A message in the form everything below works on: cut to its beginning and end when it is long,
 * compatibility characters (full-width digits and punctuation) replaced, no control characters.
 */
export function tidy(raw: string): string {
  const half = maxReadLength / 2
  const cut =
    raw.length > maxReadLength ? `${raw.slice(0, half)}\n${raw.slice(raw.length - half)}` : raw
  const normal = cut.toWellFormed().normalize('NFKC').slice(0, maxReadLength)
  return normal
    .toWellFormed()
    .replaceAll(/[^\P{C}\n]/gu, ' ')
    .replaceAll(/<[@#][!&]?\d{1,20}>/g, ' ')
    .replaceAll(/[‘’`´]/g, "'")
    .replaceAll(/[、，]/g, ',')
    .replaceAll('。', '.')
    .trim()
}

/** The same text for matching: ASCII in lower case, traditional characters simplified. Same length. */
export function fold(text: string): string {
  return text.replaceAll(/[A-Z\u4e00-\u9fff]/g, (character) =>
    character <= 'Z' ? character.toLowerCase() : (simplified.get(character) ?? character),
  )
}

const ligatures: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
}

/** Without spaces, capitals and accents, to compare names: "José Müller" is `josemuller`. */
export function compact(text: string): string {
  return fold(tidy(text))
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}|\s+/gu, '')
    .replaceAll(/[ßæœøłđı]/g, (letter) => ligatures[letter] ?? letter)
    .normalize('NFC')
}

/** Which parts of a text somebody has already understood. */
export interface Mask {
  isFree(span: Span): boolean
  /** Whether any part of the span is still free. */
  hasFree(span: Span): boolean
  take(span: Span): void
}

export function createMask(length: number): Mask {
  const taken = new Uint8Array(length)
  return {
    isFree: ({ start, end }) => !taken.subarray(start, end).includes(1),
    hasFree: ({ start, end }) => taken.subarray(start, end).includes(0),
    take: ({ start, end }) => void taken.fill(1, start, end),
  }
}

/** The first match of `pattern` whose text nobody has taken; `pattern` has the flag `g`. */
export function findFree(pattern: RegExp, text: string, mask: Mask): RegExpExecArray | null {
  for (const match of text.matchAll(pattern)) {
    if (mask.isFree(spanOf(match))) return match
  }
  return null
}

export function spanOf(match: RegExpExecArray): Span {
  return { start: match.index, end: match.index + match[0].length }
}

/** Pattern source of a small number: digits, Chinese numerals. */
export const chineseNumber = '(?:\\d{1,3}|[一二两三四五六七八九十]{1,3})'
/** Pattern source of a small number: digits, English words. */
export const englishNumber =
  '(?:\\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)'

const englishNumbers = 'zero one two three four five six seven eight nine ten eleven twelve'.split(
  ' ',
)
const chineseDigits = '零一二三四五六七八九'

/** Reads what `chineseNumber` and `englishNumber` match; null for anything that is no number. */
export function toNumber(text: string | undefined): number | null {
  if (text === undefined || text === '') return null
  if (/^\d+$/.test(text)) return Number(text)
  if (text === 'a' || text === 'an') return 1
  const word = englishNumbers.indexOf(text)
  if (word > 0) return word
  return toChineseNumber(text.replaceAll('两', '二'))
}

function toChineseNumber(text: string): number | null {
  const ten = text.indexOf('十')
  if (ten < 0) return text.length === 1 ? toDigit(text) : null
  const tens = ten === 0 ? 1 : toDigit(text.slice(0, ten))
  const ones = ten === text.length - 1 ? 0 : toDigit(text.slice(ten + 1))
  return tens === null || ones === null ? null : tens * 10 + ones
}

function toDigit(text: string): number | null {
  const value = text.length === 1 ? chineseDigits.indexOf(text) : -1
  return value < 0 ? null : value
}

const han = /\p{Script=Han}/u

export function hasHan(text: string): boolean {
  return han.test(text)
}
