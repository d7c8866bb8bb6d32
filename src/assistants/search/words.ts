import { stemmer } from 'stemmer'

/**
 * The words by which a text is found, in its order: lower case, without accents on Latin letters,
 * English ones by their stem (Porter), identifiers whole and in their parts. Where no spaces part the
 * words (Chinese, Japanese, Thai), they are those of `Intl.Segmenter`, and Han characters also count alone
 * and in pairs, because a question need not be parted like the text that answers it, and says with one
 * of two characters what the text says with both (`npm run bench:retrieval` measures it).
 *
 * Words hold neither white space nor quotation marks, so they can be stored one after the other.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = []
  for (const [run] of fold(text).matchAll(runPattern)) {
    if (unspacedPattern.test(run)) addUnspaced(words, run)
    else addSpaced(words, run)
  }
  return words
}

/** What a chunk is found by: a heading says what the text below it is about, even where the text does not. */
export function withHeading({ text, heading }: { text: string; heading: string | null }): string {
  return heading === null ? text : `${heading}\n${text}`
}

/**
 * The different words of a question. Those that nearly every text has are left out, unless it has no
 * others.
 */
export function queryWords(text: string): string[] {
  const words = [...new Set(wordsOf(text))]
  const telling = words.filter((word) => !stopWords.has(word))
  return (telling.length > 0 ? telling : words).slice(0, maxQueryWords)
}

const maxQueryWords = 64

/** Longer ones are no words: base64, say. */
const maxWordLength = 64

/** Letters, marks and digits; decimals, `snake_case`, `don't`, `C++`, `C#`. */
const runPattern =
  /\d+(?:[.,]\d+)+|[\p{L}\p{N}\p{M}]+(?:[_'’][\p{L}\p{N}\p{M}]+)*(?:\+\+|#(?![\p{L}\p{N}]))?/gu

/** Scripts that are written without spaces. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const unspacedPattern = new RegExp(`[${unspaced}]`, 'u')
const pieces = new RegExp(`[${unspaced}\\p{M}]+|[^${unspaced}]+`, 'gu')
const hanPattern = /\p{Script=Han}+/gu

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })

function fold(text: string): string {
  const plain = text.normalize('NFKC')
  // What has no accents, nearly everything, is not taken apart.
  if (!accented.test(plain)) return plain
  return plain
    .normalize('NFD')
    .replaceAll(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .normalize('NFC')
}

const accented = /[À-ɏḀ-ỿ]|\p{M}/u

function addSpaced(words: string[], run: string): void {
  const whole = run.toLowerCase().replaceAll('’', "'")
  const parts = run.split(partBorder)
  if (parts.length > 1) {
    for (const part of parts) addWord(words, part.toLowerCase())
  }
  addWord(words, whole.endsWith("'s") ? whole.slice(0, -2) : whole)
}

/** `snake_case`, `camelCase`, `don't`. */
const partBorder = /_|(?<=\p{Ll})(?=\p{Lu})/u

function addWord(words: string[], word: string): void {
  if (word === '' || word.length > maxWordLength) return
  words.push(latinWord.test(word) ? stemOf(word) : word)
}

/** Finding a stem takes longer than everything else, and most words are among the same few thousands. */
const stems = new Map<string, string>()
const maxStems = 20_000

function stemOf(word: string): string {
  const known = stems.get(word)
  if (known !== undefined) return known
  const stem = stemmer(word)
  if (stems.size < maxStems) stems.set(word, stem)
  return stem
}

const latinWord = /^[a-z]{3,}$/

function addUnspaced(words: string[], run: string): void {
  for (const [piece] of run.matchAll(pieces)) {
    if (!unspacedPattern.test(piece)) {
      addSpaced(words, piece)
      continue
    }
    for (const { segment } of segmenter.segment(piece)) {
      // They come below.
      if (!oneOrTwoHan.test(segment)) addWord(words, segment)
    }
    for (const [han] of piece.matchAll(hanPattern)) addCharacters(words, han)
  }
}

const oneOrTwoHan = /^\p{Script=Han}{1,2}$/u

/** Each alone and with the next one. */
function addCharacters(words: string[], han: string): void {
  const characters = Array.from(han)
  for (const [index, character] of characters.entries()) {
    words.push(character)
    const next = characters[index + 1]
    if (next !== undefined) words.push(character + next)
  }
}

const stopWords: ReadonlySet<string> = new Set(
  [
    "a an and any are as at be been but by can could did do does doing don't for from had has have he her him his how i if in into is isn't it its just me my no not of on or our she should so some such than that the their them then there these they this those to up us was we were what what's when where which who whom whose why will with would you your about tell explain please mean",
    '的 了 是 在 和 与 吗 呢 吧 啊 我 你 他 她 它 们 我们 你们 他们 这 那 这个 那个 什么 怎么 怎样 如何 为什么 哪 哪些 哪个 哪里 谁 几 多少 有 没有 就 都 也 还 很 请 请问 一个 一下 以及 及 或 或者 被 把 对 从 到 于 之 其 所 而 但 会 能 可以 要 应该 什 么 么是 是什 的是 关于 不 个 为 怎 样 如 何 里 来 去 时 候 它 得 着 过 后 上 下 中 出 说 这么 那么 为什',
  ].flatMap((list) => list.split(' ').flatMap((word) => [word, ...wordsOf(word)])),
)
