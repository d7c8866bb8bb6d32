/** Tells whether the rows that a model looked up are those that answer a question. */

export type Cell = string | number | null

export interface Rows {
  columns: string[]
  rows: Cell[][]
}

/**
 * How rows are compared with the expected ones: as sets; in their order; or, where the best of a
 * ranking are asked for, the first of them.
 */
export type Order = 'any' | 'same' | 'first'

/**
 * Whether `got` holds what `expected` does, in whichever columns and under whichever names: further
 * columns do not matter, further rows do. Where nothing is expected, a count of 0 says so too.
 */
export function isMatch(got: Rows, expected: Rows, order: Order = 'any'): boolean {
  if (expected.rows.length === 0) return isNothing(got)
  const rows = order === 'first' ? got.rows.slice(0, expected.rows.length) : got.rows
  const wanted = keyOf(expected.rows, order)
  return assignments({ got: { ...got, rows }, expected }).some(
    (columns) =>
      keyOf(
        rows.map((row) => columns.map((column) => row[column] ?? null)),
        order,
      ) === wanted,
  )
}

function isNothing({ rows }: Rows): boolean {
  const [first] = rows
  if (first === undefined) return true
  return rows.length === 1 && first.every((cell) => cell === 0 || cell === null)
}

function keyOf(rows: readonly Cell[][], order: Order): string {
  const keys = rows.map((row) => JSON.stringify(row.map((cell) => normal(cell))))
  return order === 'any' ? [...new Set(keys)].toSorted().join('\n') : keys.join('\n')
}

/** `19:00:00` is 19:00, and 3.10 is 3.1. */
function normal(cell: Cell): string {
  if (cell === null) return ''
  const text = String(cell).trim()
  if (/^\d{1,2}:\d{2}:\d{2}$/.test(text)) return text.slice(0, -3).padStart(5, '0')
  return /^-?\d+(?:\.\d+)?$/.test(text) ? String(Math.round(Number(text) * 100) / 100) : text
}

interface Pair {
  got: Rows
  expected: Rows
}

/** More ways to lay the columns onto each other are not tried. */
const maxAssignments = 200

/** For each expected column one of those that were got, with the same values; all ways to do it. */
function assignments({ got, expected }: Pair): number[][] {
  const candidates = expected.columns.map((_, index) => {
    const wanted = valuesOf(expected, index)
    return got.columns.flatMap((__, column) => (valuesOf(got, column) === wanted ? [column] : []))
  })
  let ways: number[][] = [[]]
  for (const columns of candidates) {
    ways = ways
      .flatMap((way) => columns.flatMap((each) => (way.includes(each) ? [] : [[...way, each]])))
      .slice(0, maxAssignments)
  }
  return ways
}

function valuesOf({ rows }: Rows, column: number): string {
  return [...new Set(rows.map((row) => normal(row[column] ?? null)))].toSorted().join('\n')
}
