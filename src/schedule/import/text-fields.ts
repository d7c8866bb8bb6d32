import { lengthLimits } from '../timetable-rows.ts'

const controls = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
const controlsInLines = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}]/gu

/** A text as a name in the timetable: one line, well formed, cut to its greatest length. */
export function toName(text: string): string {
  return cut(text.toWellFormed().replaceAll(controls, ' ').trim(), lengthLimits.name)
}

/** Null for a text that is blank. */
export function toNameOrNull(text: string): string | null {
  return toName(text) || null
}

/** Lines stay. Null for a text that is blank. */
export function toNotes(text: string): string | null {
  const lines = text.toWellFormed().replaceAll(/\r\n?/gu, '\n').replaceAll(controlsInLines, '')
  return cut(lines.trim(), lengthLimits.notes) || null
}

export function toSourceId(text: string): string {
  return cut(text.toWellFormed().replaceAll(controls, ' '), lengthLimits.sourceId)
}

/** The web address in a text; null if there is none, or one of another kind or length. */
export function toWebAddress(text: string): string | null {
  const found = /https?:\/\/[^\s<>"'，。；）]+/iu.exec(text)?.[0].replace(/[),.;]+$/u, '')
  if (found === undefined || found.length > lengthLimits.url || !URL.canParse(found)) return null
  return found.isWellFormed() && found.search(controls) < 0 ? found : null
}

/** Half of a surrogate pair is no character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return text
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/u, '')
    .trimEnd()
}
