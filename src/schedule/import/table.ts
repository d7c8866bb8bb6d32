/** One row of a table, all cells as text. */
export interface TableRow {
  /** Where the row begins in the file, from 1. */
  line: number
  cells: string[]
}

/** A sheet of a workbook, or a whole CSV file. */
export interface Table {
  /** Null for a file that has only this one. */
  sheet: string | null
  rows: TableRow[]
  /** More rows than are read. */
  isCut: boolean
}

export function isBlank({ cells }: TableRow): boolean {
  return cells.every((cell) => cell.trim() === '')
}
