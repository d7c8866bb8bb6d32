import type { NameColumn, Term, TermGroup } from './question.ts'
import { stopPhrases, stopWords } from './stop-words.ts'
import { hasHan, type Mask, type Span } from './text.ts'

/** More than a question names; keeps the SQL short. */
const maxTerms = 6
const maxTermLength = 60
/** A stretch without spaces that is longer names nothing. */
const maxRunLength = 160

/** Characters that part two names, or a name from the rest, when both sides look like words. */
const splitters = new Set('的是有讲教上课和与跟及或在由节')
/** Characters that a name hardly begins or ends with. */
const edges = new Set(
  '的地得了着过吗呢吧啊呀哦嘛么嗯哈不是在会能要想和与跟有没无上下讲教课节堂门场次个位都还再又也就才那这来去给把由为对到从里中内我你您他她它们被请找查讲学听开带说什啥哪谁几'.split(
    '',
  ),
)
const connector =
  /^(?:(?:老师|教授|讲师|课程?)?\s*[,/]?\s*(?:和|与|跟|及|以及|或者?|还是|还有|and|or|vs\.?|&|\/|,)\s*(?:(?:the|mr|mrs|ms|miss|dr|prof|professor)\b\.? *)?)$/
/** What stands around a name and nothing else. */
const nameBefore =
  /(?:\b(?:does|did|mr|mrs|ms|miss|dr|prof|professor|teacher|instructor|by|about)\.? *|(?:关于|老师|讲师))$/
const nameAfter =
  /^ *(?:老师|讲师|教授|教师|相关|有关|方面|课(?!表|程表|堂)|'s\b|(?:class|course|lesson|lecture|session)(?:e?s)?\b)/
/** Small words that may stand inside an English title. */
const innerWords = new Set(['of', 'to', 'for', 'the', 'in', 'with', 'a', 'an', 'on', 'about', 'by'])

interface Piece extends Span {
  text: string
  column: NameColumn | null
  isQuoted?: true
}

/**
 * The words of a question that nothing else has explained: names of teachers and courses, perhaps.
 * `text` and `folded` are the same question, tidied and folded.
 */
export function readTerms(text: string, folded: string, mask: Mask): TermGroup[] {
  const quoted = readQuoted(text, mask)
  for (const match of folded.matchAll(stopPhrases)) {
    const span = { start: match.index, end: match.index + match[0].length }
    if (mask.isFree(span)) mask.take(span)
  }
  const pieces = [...quoted, ...readPieces(text, mask)]
    .toSorted((a, b) => a.start - b.start)
    .slice(0, maxTerms)
    .map((piece) => ({ ...piece, column: piece.column ?? guessColumn(piece, folded) }))
    .filter((piece) => piece.column !== null || isWordlike(piece, text))
  return toGroups(pieces, folded)
}

function readQuoted(text: string, mask: Mask): Piece[] {
  const pieces: Piece[] = []
  for (const match of text.matchAll(/["“”«»「『《]([^"“”«»「」『』《》]{1,60})["“”«»」』》]/g)) {
    const span = { start: match.index, end: match.index + match[0].length }
    const inner = match[1]?.trim() ?? ''
    if (inner === '') continue
    mask.take(span)
    pieces.push({
      ...span,
      text: inner,
      column: match[0].startsWith('《') ? 'course_name' : null,
      isQuoted: true,
    })
  }
  return pieces
}

function readPieces(text: string, mask: Mask): Piece[] {
  const pieces: Piece[] = []
  for (const match of text.matchAll(/[\p{L}\p{N}\p{M}'+#.%_\\&-]+/gu)) {
    const run = { start: match.index, end: match.index + match[0].length }
    for (const free of freeParts(run, mask)) {
      if (free.end - free.start > maxRunLength) continue
      const piece = text.slice(free.start, free.end)
      const parts = hasHan(piece) ? splitChinese(free, text) : [free]
      for (const part of parts) pushPiece(pieces, part, text)
    }
  }
  return joinNeighbours(pieces, text)
}

function freeParts(run: Span, mask: Mask): Span[] {
  const parts: Span[] = []
  let start = run.start
  for (let at = run.start; at <= run.end; at += 1) {
    if (at < run.end && mask.isFree({ start: at, end: at + 1 })) continue
    if (at > start) parts.push({ start, end: at })
    start = at + 1
  }
  return parts
}

function splitChinese({ start, end }: Span, text: string): Span[] {
  const parts: Span[] = []
  let from = start
  for (let at = start; at < end; at += 1) {
    if (!splitters.has(text.charAt(at))) continue
    const left = trim({ start: from, end: at }, text)
    const right = trim({ start: at + 1, end }, text)
    if (!isWordlike(left, text) || !isWordlike(right, text)) continue
    parts.push(left)
    from = at + 1
  }
  return [...parts, trim({ start: from, end }, text)]
}

/** Meetings, whose last character is a small word elsewhere. */
const meeting = /(?:班|例|组|早|晚|年|校|长|论|讨|流|话|动|享|读书|宣讲|见面|总结)会$/

function trim({ start, end }: Span, text: string): Span {
  let from = start
  let to = end
  while (from < to && edges.has(text.charAt(from))) from += 1
  while (to > from && edges.has(text.charAt(to - 1)) && !meeting.test(text.slice(from, to))) to -= 1
  return { start: from, end: to }
}

function isWordlike({ start, end }: Span, text: string): boolean {
  return end - start !== 1 || !hasHan(text.charAt(start))
}

function pushPiece(pieces: Piece[], { start, end }: Span, text: string): void {
  const [from, to] = trimPunctuation({ start, end }, text)
  if (to <= from || stopWords.has(text.slice(from, to).toLowerCase())) return
  if (pieces.length < maxTerms * 4) {
    pieces.push({ start: from, end: to, text: text.slice(from, to), column: null })
  }
}

function trimPunctuation({ start, end }: Span, text: string): [number, number] {
  let from = start
  let to = end
  const isMark = (at: number): boolean => /['.&\\-]/.test(text.charAt(at))
  while (from < to && isMark(from)) from += 1
  while (to > from && isMark(to - 1)) to -= 1
  if (/'s$/i.test(text.slice(from, to))) to -= 2
  return [from, to]
}

/** "Function Calling 入门" and "Introduction to Databases" are one name each. */
function joinNeighbours(pieces: readonly Piece[], text: string): Piece[] {
  const joined: Piece[] = []
  for (const piece of pieces) {
    const before = joined.at(-1)
    if (before === undefined || !isOneName(before, piece, text)) {
      joined.push(piece)
      continue
    }
    const merged = text.slice(before.start, piece.end)
    joined[joined.length - 1] = { ...before, end: piece.end, text: merged }
  }
  return joined.map((piece) => ({ ...piece, text: piece.text.slice(0, maxTermLength) }))
}

function isOneName(a: Piece, b: Piece, text: string): boolean {
  const between = text.slice(a.end, b.start)
  if (b.end - a.start > maxTermLength) return false
  if (/^\s+$/.test(between)) return true
  const inner = between.trim().toLowerCase()
  return !hasHan(a.text) && !hasHan(b.text) && innerWords.has(inner)
}

function guessColumn({ start, end }: Span, folded: string): NameColumn | null {
  const after = folded.slice(end, end + 14)
  const before = folded.slice(Math.max(0, start - 24), start)
  if (/^\s*(?:老师|讲师|教授|教师)/.test(after)) return 'instructor'
  if (
    /^\s*(?:(?:会|要|在|都|来|是)?(?:主讲|讲|教|授课|带)(?!的?人|过)|'s? (?:class|lesson))/.test(
      after,
    )
  ) {
    return /谁\S{0,4}$/.test(before) ? 'course_name' : 'instructor'
  }
  if (/^\s*(?:teach|give)/.test(after) && !/\bwho\s*$/.test(before)) return 'instructor'
  if (/^\s*(?:相关|有关|方面|这门课|那门课)/.test(after)) return 'course_name'
  if (
    /(?:老师|讲师|教授|\b(?:by|mr|mrs|ms|miss|dr|prof|professor|teacher|instructor)\.?)\s*$/.test(
      before,
    )
  ) {
    return 'instructor'
  }
  if (
    /(?:关于|谁(?:来|会|在)?[讲教上带]|(?<!what |how )\babout|\bwho (?:is )?(?:teach(?:es|ing)?|gives)(?: the)?|\btopic|\bregarding|\brelated to)\s*$/.test(
      before,
    )
  ) {
    return 'course_name'
  }
  return null
}

/** Names joined by "and" or "or" are alternatives; names that just follow each other must all fit. */
function toGroups(pieces: readonly Piece[], folded: string): TermGroup[] {
  const groups: { any: Term[]; not: boolean; end: number }[] = []
  for (const piece of pieces) {
    const isNamed = piece.isQuoted ?? isNamePlace(piece, folded)
    const term: Term = { text: piece.text, column: piece.column, ...(isNamed && { isNamed }) }
    const before = groups.at(-1)
    if (before !== undefined && connector.test(folded.slice(before.end, piece.start))) {
      before.any.push(withColumnOf(term, before.any))
      before.end = piece.end
      continue
    }
    groups.push({ any: [term], not: isExcluded(piece, folded), end: piece.end })
  }
  return groups.map(({ any, not }) => ({ any: spreadColumn(any), not }))
}

function isNamePlace({ start, end, column }: Piece, folded: string): boolean {
  const isBeside =
    nameBefore.test(folded.slice(Math.max(0, start - 14), start)) ||
    nameAfter.test(folded.slice(end, end + 14))
  // 李雷明天有课吗
  const isSubject =
    start === 0 && /^\p{Script=Han}{2,4}$/u.test(folded.slice(0, end)) && /课|[讲教]/.test(folded)
  return isBeside || isSubject || column !== null
}

function withColumnOf(term: Term, others: readonly Term[]): Term {
  return { ...term, column: term.column ?? others[0]?.column ?? null }
}

function spreadColumn(terms: readonly Term[]): Term[] {
  const column = terms.find((term) => term.column !== null)?.column ?? null
  return terms.map((term) => ({ ...term, column: term.column ?? column }))
}

function isExcluded({ start, end }: Span, folded: string): boolean {
  const before = folded.slice(Math.max(0, start - 22), start)
  const after = folded.slice(end, end + 8)
  return (
    /(?:除了|除去|不含|不算|不要|不是)\s*$|\b(?:except|excluding|besides|other than|apart from|not (?:taught |given |held )?by|without)(?: for)?\s*$/.test(
      before,
    ) || /^(?:以外|之外)/.test(after)
  )
}
