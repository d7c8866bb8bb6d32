import type { DateRange } from './date-range.ts'

/** The pieces of SQL that every query has. */

/** Dates of which one must hold. */
export function rangeConditions(
  ranges: readonly DateRange[],
  column: 'course_date' | 'due_date',
): string[] {
  const each = ranges
    .map((range) => toCondition(range, column))
    .filter((condition) => condition !== null)
  if (each.length < 2) return each
  return [`(${each.map((condition) => parenthesise(condition)).join(' OR ')})`]
}

function toCondition({ from, to }: DateRange, column: string): string | null {
  if (from !== null && to !== null) {
    return from.equals(to)
      ? `${column} = '${from.toString()}'`
      : `${column} BETWEEN '${from.toString()}' AND '${to.toString()}'`
  }
  if (from !== null) return `${column} >= '${from.toString()}'`
  return to === null ? null : `${column} <= '${to.toString()}'`
}

function parenthesise(condition: string): string {
  return condition.includes(' AND ') ? `(${condition})` : condition
}

/** A literal of SQL; a quote inside stays data. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Words in their order with anything between them; `%` and `_` in a word mean themselves. */
export function likePattern(text: string): string {
  const words = text
    .split(/\s+|(?<=\p{Script=Han})(?=[a-z0-9])|(?<=[a-z0-9])(?=\p{Script=Han})/iu)
    .filter((word) => word !== '')
  const escaped = words.map((word) => word.replaceAll(/[\\%_]/g, String.raw`\$&`))
  const pattern = quote(`%${escaped.join('%')}%`)
  return /[\\%_]/.test(text) ? `${pattern} ESCAPE '\\'` : pattern
}
