/** How good it is to cut after a piece of text: the more, the better. */
export const borders = {
  /** Inside a word, or between a heading and its text. */
  none: 0,
  word: 1,
  line: 2,
  sentence: 3,
  paragraph: 4,
  section: 5,
} as const
export type Border = (typeof borders)[keyof typeof borders]

/** A piece that is never cut again. */
export interface Segment {
  text: string
  /** What comes after it. */
  border: Border
}

/** UTF-16 units; about 40 tokens of English. */
const segmentLength = 160
/** What is looked at as a whole, so that no text is too long for the segmenter. */
const windowLength = 16 * 1024

// The root locale: documents do not say their language, and mix them.
const bySentence = new Intl.Segmenter('und', { granularity: 'sentence' })
const byWord = new Intl.Segmenter('und', { granularity: 'word' })
const byGrapheme = new Intl.Segmenter('und', { granularity: 'grapheme' })

/**
 * Sentences or lines of at most 160 UTF-16 units, else parts of them: words, and where a word is longer
 * than that, what readers see as characters. Together they are the text. Spaces between two stand at the
 * beginning of the second, where the tokenizer takes them along with the word.
 */
export function* segmentsOf(text: string): Generator<Segment> {
  for (let start = 0; start < text.length;) {
    const end = windowEnd(text, start)
    yield* sentencesOf(text.slice(start, end))
    start = end
  }
}

/** Cuts a segment in two or more, at words if it can; one that readers see as a character stays whole. */
export function splitSegment({ text, border }: Segment): Segment[] {
  const parts = [...wordsOf(text, Math.ceil(text.length / 2))]
  const last = parts.at(-1)
  if (last) last.border = border
  return parts
}

/** For what readers see as one character, and is hundreds of them: nobody reads that. */
export function codePointsOf({ text }: Segment): Segment[] {
  return Array.from(text, (point) => ({ text: point, border: borders.none }))
}

/** Behind a line, a space or a Chinese stop if there is one, else before what readers see as a character. */
function windowEnd(text: string, start: number): number {
  const end = start + windowLength
  if (end >= text.length) return text.length
  const near = text.slice(end - windowLength / 4, end)
  const cut = near.search(/[\n\s。！？；，](?=[^\n\s。！？；，]*$)/u)
  if (cut >= 0) return end - near.length + cut + 1
  const around = text.slice(end - 200, end + 200)
  const cluster = byGrapheme.segment(around).containing(200)
  const isCut = cluster !== undefined && cluster.index > 0
  return isCut ? end - 200 + cluster.index : wholeCodePoint(text, end)
}

function wholeCodePoint(text: string, at: number): number {
  const isInside = at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff
  return isInside ? at + 1 : at
}

function* sentencesOf(text: string): Generator<Segment> {
  let spaces = ''
  for (const { segment } of bySentence.segment(text)) {
    const whole = spaces + segment
    const trimmed = whole.replace(/ {1,40}$/u, '')
    spaces = whole.slice(trimmed.length)
    if (trimmed === '') continue
    const border = borderAfter(trimmed)
    if (trimmed.length <= segmentLength) yield { text: trimmed, border }
    else yield* longSentence(trimmed, border)
  }
  if (spaces !== '') yield { text: spaces, border: borders.word }
}

function* longSentence(text: string, border: Border): Generator<Segment> {
  let held: Segment | undefined
  for (const part of wordsOf(text, segmentLength)) {
    if (held) yield held
    held = part
  }
  if (held) yield { text: held.text, border }
}

function borderAfter(text: string): Border {
  if (/\n\s*\n\s*$/u.test(text.slice(-80))) return borders.paragraph
  if (/[.!?…。！？；;][\p{Pe}\p{Pf}"'’”»]{0,8}\s*$/u.test(text.slice(-80))) return borders.sentence
  return text.endsWith('\n') ? borders.line : borders.word
}

/** Words put together up to so many UTF-16 units. */
function* wordsOf(text: string, limit: number): Generator<Segment> {
  let held = ''
  for (const { segment, isWordLike } of byWord.segment(text)) {
    // What is no word stays with the word before it, save spaces, which go with the next.
    const staysHere = !isWordLike && !/^\s/u.test(segment) && held.length < limit * 1.25
    if (held.length + segment.length > limit && held.trim() !== '' && !staysHere) {
      const text = held.endsWith(' ') ? held.slice(0, -1) : held
      yield { text, border: borders.word }
      held = held.slice(text.length)
    }
    if (segment.length <= limit) held += segment
    else {
      if (held !== '') yield { text: held, border: borders.word }
      held = ''
      yield* charactersOf(segment, limit)
    }
  }
  if (held !== '') yield { text: held, border: borders.word }
}

function* charactersOf(word: string, limit: number): Generator<Segment> {
  let held = ''
  for (const { segment } of byGrapheme.segment(word)) {
    if (held.length + segment.length > limit && held !== '') {
      yield { text: held, border: borders.none }
      held = ''
    }
    held += segment
  }
  if (held !== '') yield { text: held, border: borders.word }
}
