import type { NameColumn, Term, TermGroup } from './question.ts'
import { hasHan, type Mask, type Span } from './text.ts'

/** More than a question names; keeps the SQL short. */
const maxTerms = 6
const maxTermLength = 60
/** A stretch without spaces that is longer names nothing. */
const maxRunLength = 160

/** Phrases that are never part of a name, wherever they stand. */
const phrases =
  /有没有|没有|请问一?下?|麻烦(?:你|您)?|帮(?:我|忙)|告诉我?|(?:我)?想(?:要)?知道|想问一?下?|查一?下|查询|查查|查找|看一?下|看看|搜索?一?下?|找一?下|列出(?:来)?|列一?下|显示|给出|给我|我们|你们|他们|她们|大家|咱们|同学们?|(?:这|那)(?:一)?(?:节|门|堂|个|位|些)|该(?:老师|课程?)|一共|总共|合计|全部|所有|安排|情况|信息|内容|方面|名单|老师|讲师|教师|教授|授课|主讲|讲课|上课|下课|开课|课程表|课表|课程|课时|开始|结束|什么|哪些|哪个|哪位|怎么样|怎样|如何|多少|可以|能不能|是不是|关于|有关|相关|时间|时候|一下|一个|(?:这|本|整)?个?学期|几点钟?|什么时[候间]|何时|几号|在?哪里|哪一?天|哪几天|[一几]天|日子|还剩|剩下|周几|星期几|有空|几[节堂门个]|[一二两三四五六七八九十]+[节堂门](?=课|都|是|\s|$)课?|之类|以内|其他|别的|除了|以外|之外|瓜瓜|agi课堂|课堂|谢谢|你好|您好/g
/** Characters that part two names, or a name from the rest, when both sides look like words. */
const splitters = new Set('的是有讲教上课和与跟及或在由节')
/** Characters that a name hardly begins or ends with. */
const edges = new Set(
  '的地得了着过吗呢吧啊呀哦嘛么嗯哈是在会能要想和与跟有没无上下讲教课节堂门场次个位都还再又也就才那这来去给把由为对到从里中内我你您他她它们被请找查讲学听开带说什啥哪谁几'.split(
    '',
  ),
)
const connector = /^(?:\s*[,/]?\s*(?:和|与|跟|及|以及|或者?|还是|还有|and|or|&|\/|,)\s*)$/
const stopWords = new Set(
  `a an the is are am was were be been being do does did done has have had having will would shall should can could may might must i me my mine we us our you your he him his she her hers it its they them their this that these those there here what which who whom whose when where why how many much any some every each no not in on at of to for from by with about into during between over under as than then so and or but if s t re ll ve d m class classes course courses lesson lessons lecture lectures session sessions schedule schedules timetable teacher teachers instructor instructors lecturer lecturers prof professor mr mrs ms dr teach teaches teaching taught teacher's give gives given giving run runs running hold held lead leads learn take takes attend happen happens happening start starts begin begins end ends finish finishes take takes place going go show list tell give find search look get want know like need please thanks thank hi hello hey ok okay just also too only again still ever else other another one ones more most less least up out time times date dates day days week weeks month months hour hours long total number count all both either same scheduled planned available plan today's related regarding concerning anything something everything nothing guagua bot overview both either remain remains often times term semester say called named name subject subjects topic topics sure maybe well now kindly let let's don't doesn't isn't aren't didn't i'm it's what's who's when's where's there's that's want wanna gonna free busy except excluding besides without`.split(
    /\s+/,
  ),
)
/** Small words that may stand inside an English title. */
const innerWords = new Set(['of', 'to', 'for', 'the', 'in', 'with', 'a', 'an', 'on', 'about', 'by'])

interface Piece extends Span {
  text: string
  column: NameColumn | null
}

/**
 * The words of a question that nothing else has explained: names of teachers and courses, perhaps.
 * `text` and `folded` are the same question, tidied and folded.
 */
export function readTerms(text: string, folded: string, mask: Mask): TermGroup[] {
  const quoted = readQuoted(text, mask)
  for (const match of folded.matchAll(phrases)) {
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
    pieces.push({ ...span, text: inner, column: match[0].startsWith('《') ? 'course_name' : null })
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

function trim({ start, end }: Span, text: string): Span {
  let from = start
  let to = end
  while (from < to && edges.has(text.charAt(from))) from += 1
  while (to > from && edges.has(text.charAt(to - 1))) to -= 1
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
    /(?:老师|讲师|教授|\b(?:by|mr|mrs|ms|dr|prof|professor|teacher|instructor)\.?)\s*$/.test(before)
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
    const term: Term = { text: piece.text, column: piece.column }
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

function withColumnOf(term: Term, others: readonly Term[]): Term {
  return { text: term.text, column: term.column ?? others[0]?.column ?? null }
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
