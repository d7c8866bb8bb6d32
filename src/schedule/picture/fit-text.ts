import { graphemesOf } from './fonts.ts'

/** How wide a text is, in the unit of the width that it is to fit. */
export type MeasureText = (text: string) => number

export interface Box {
  width: number
  maxLines: number
  measure: MeasureText
}

/** These do not begin a line, and the others do not end one. */
const closing = /^[，。、；：？！）】》」』”’…,.;:?!)\]}%·—–-]/u
const opening = /[（【《「『“‘([{]$/u
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u

/** Breaks a text into lines that fit; what does not fit into the last one ends with `…`. */
export function fitText(text: string, { width, maxLines, measure }: Box): string[] {
  const lines: string[] = []
  let rest = breakIntoPieces(text)
  while (rest.length > 0 && lines.length < maxLines) {
    const isLast = lines.length === maxLines - 1
    const { line, left } = takeLine(rest, width, measure)
    if (isLast && left.length > 0) {
      lines.push(ellipsise(rest.join(''), width, measure))
      break
    }
    if (line !== '') lines.push(line)
    rest = left
  }
  return lines
}

/** Pieces between which a line may end; spaces stay at the end of theirs. */
function breakIntoPieces(text: string): string[] {
  const pieces: string[] = []
  for (const grapheme of graphemesOf(text)) {
    const last = pieces.at(-1)
    if (last === undefined || mayBreak(last, grapheme)) pieces.push(grapheme)
    else pieces[pieces.length - 1] = last + grapheme
  }
  return pieces
}

function mayBreak(before: string, next: string): boolean {
  if (next === ' ' || closing.test(next) || opening.test(before)) return false
  if (/[ -]$/u.test(before)) return true
  return wide.test(next) || wide.test(graphemesOf(before).at(-1) ?? '')
}

function takeLine(pieces: readonly string[], width: number, measure: MeasureText) {
  let line = ''
  for (const [index, piece] of pieces.entries()) {
    if (measure((line + piece).trimEnd()) <= width) {
      line += piece
      continue
    }
    if (line !== '') return { line: line.trimEnd(), left: pieces.slice(index) }
    const head = longestStart(piece, width, measure)
    const tail = piece.slice(head.length)
    return { line: head, left: [...(tail === '' ? [] : [tail]), ...pieces.slice(index + 1)] }
  }
  return { line: line.trimEnd(), left: [] }
}

function ellipsise(text: string, width: number, measure: MeasureText): string {
  return `${longestStart(text, width - measure('…'), measure).trimEnd()}…`
}

/** As many signs as fit, but at least one. */
function longestStart(text: string, width: number, measure: MeasureText): string {
  let start = ''
  for (const grapheme of graphemesOf(text)) {
    if (start !== '' && measure(start + grapheme) > width) break
    start += grapheme
  }
  return start
}
