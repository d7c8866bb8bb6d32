import type { Block } from '../block.ts'
import type { PageLine } from './engine.ts'

export interface PdfPage {
  /** From 1. */
  number: number
  lines: PageLine[]
}

/** What is known of a document so far; pages add to it. */
export interface PdfStyle {
  /** Adds what a page has, before `toBlocks` is called for it or one shortly before it. */
  see(page: PdfPage): void
  toBlocks(page: PdfPage): Block[]
}

/** A line at the edge of so many pages is a header or footer. */
const repetitions = 3
const maxRepeatedLines = 10_000
const headingGrowth = 1.15
const headingLines = 3

/**
 * Puts the lines of pages together to paragraphs, and finds headings by their size. Headers and footers
 * that come again on several pages are left out.
 */
export function createPdfStyle(): PdfStyle {
  const edges = new Map<string, number>()
  const charactersBySize = new Map<number, number>()
  let bodySize = 0
  let heading: string | null = null

  function see({ lines }: PdfPage): void {
    for (const key of new Set(edgeLines(lines).map(edgeKey))) {
      if (edges.size < maxRepeatedLines) edges.set(key, (edges.get(key) ?? 0) + 1)
    }
    for (const line of lines) {
      const size = Math.round(heightOf(line) * 2)
      charactersBySize.set(size, (charactersBySize.get(size) ?? 0) + line.text.length)
    }
    const [most] = [...charactersBySize].toSorted((a, b) => b[1] - a[1])
    bodySize = (most?.[0] ?? 0) / 2
  }

  function toBlocks({ number, lines }: PdfPage): Block[] {
    const repeated = new Set(edgeLines(lines).filter(isRepeated))
    const shown = lines.filter((line) => !repeated.has(line))
    return groupsOf(shown, isHeadingLine).map((group) => {
      const text = joinLines(group)
      const isHeading = group.length <= headingLines && group.every(isHeadingLine)
      if (isHeading) heading = text
      return { text, page: number, heading, ...(isHeading && { isHeading: true }) }
    })
  }

  /** Titles of slides are often the same but for a number. */
  function isRepeated(line: PageLine): boolean {
    return (edges.get(edgeKey(line)) ?? 0) >= repetitions && !isHeadingLine(line)
  }

  function isHeadingLine(line: PageLine): boolean {
    const isLarge = bodySize > 0 && heightOf(line) > bodySize * headingGrowth
    return isLarge && line.text.length <= 120 && /\p{L}/u.test(line.text)
  }

  return { see, toBlocks }
}

/** The first two and the last two lines, of pages that have more than those. */
function edgeLines(lines: PageLine[]): PageLine[] {
  return lines.length <= 4 ? [] : [...lines.slice(0, 2), ...lines.slice(-2)]
}

/** Page numbers differ, but stand at the same place. */
function edgeKey(line: PageLine): string {
  const text = line.text.slice(0, 200).replace(/\d+|\b[ivxlc]+\b/giu, '#')
  return `${Math.round(line.bottom / 4)} ${text}`
}

function heightOf({ top, bottom }: PageLine): number {
  return Math.abs(top - bottom)
}

/** Lines that belong together, as a paragraph or a heading. */
function groupsOf(lines: PageLine[], isHeadingLine: (line: PageLine) => boolean): PageLine[][] {
  const right = rightEdge(lines)
  const pitch = commonPitch(lines)
  const groups: PageLine[][] = []
  let before: PageLine | undefined
  for (const line of lines) {
    const isSameKind = before !== undefined && isHeadingLine(before) === isHeadingLine(line)
    const goesOn = before && isSameKind && belongTogether(before, { line, right, pitch })
    const group = groups.at(-1)
    if (goesOn && group) group.push(line)
    else groups.push([line])
    before = line
  }
  return groups
}

interface Next {
  line: PageLine
  /** Where full lines end. */
  right: number
  /** From line to line. */
  pitch: number
}

const sentenceEnd = /[.!?…:。！？：；][\p{Pe}\p{Pf}"'’”]*$/u
const item =
  /^(?:[•◦▪‣·●○■□➢–—*-]\s*\S|\(?\d{1,3}[.)、]\s?\S|[（(][\d一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}、)/u

function belongTogether(before: PageLine, { line, right, pitch }: Next): boolean {
  if (before.isHyphenated) return true
  const size = heightOf(before)
  if (Math.abs(heightOf(line) - size) > size * 0.2) return false
  if (item.test(line.text)) return false
  const step = before.bottom - line.bottom
  const isNextColumn = step < 0
  if (isNextColumn) return !sentenceEnd.test(before.text)
  if (step > Math.min(pitch * 1.3, size * 2.5)) return false
  const isShort = before.right < right - size * 4
  if (isShort && sentenceEnd.test(before.text)) return false
  const isIndented =
    line.left > before.left + size && before.text.length > 0 && !item.test(before.text)
  return !(isIndented && sentenceEnd.test(before.text)) && before.right > right * 0.4
}

function rightEdge(lines: PageLine[]): number {
  const edges = lines.map(({ right }) => right).toSorted((a, b) => a - b)
  return edges[Math.floor(edges.length * 0.9)] ?? 0
}

function commonPitch(lines: PageLine[]): number {
  const steps = lines
    .slice(1)
    .map((line, index) => (lines[index]?.bottom ?? 0) - line.bottom)
    .filter((step) => step > 1)
    .toSorted((a, b) => a - b)
  return steps[Math.floor((steps.length - 1) / 2)] ?? 0
}

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u

/** Lines as one text: without a space within a word or between Chinese characters. */
function joinLines(lines: PageLine[]): string {
  let text = ''
  let isHyphenated = false
  for (const line of lines) {
    const isWide = wide.test(text.slice(-1)) && wide.test(line.text.slice(0, 1))
    text += text === '' || isHyphenated || isWide ? line.text : ` ${line.text}`
    isHyphenated = line.isHyphenated
  }
  return text
}
