import { QueryError } from '../query-error.ts'
import type { QueryResult } from '../schedule.ts'
import { limits } from './limits.ts'
import type { Statement } from './sqlite.ts'

type Row = QueryResult['rows'][number]

/**
 * Runs a compiled reading statement and stops at the limits: no row beyond them is computed, and no
 * value beyond them leaves SQLite's memory. Throws `QueryError` or `SqliteError`.
 */
export function collectRows(statement: Statement): QueryResult {
  const columns = readColumns(statement)
  const rows: Row[] = []
  let left = limits.resultBytes - jsonBytes(columns)
  while (statement.step()) {
    const row = readRow(statement, left)
    if (row === null || rows.length === limits.rows) return { columns, rows, truncated: true }
    rows.push(row.values)
    left -= row.bytes
  }
  return { columns, rows, truncated: false }
}

function readColumns(statement: Statement): string[] {
  const count = statement.columnCount
  if (count > limits.columns) {
    throw new QueryError(
      'refused',
      `The result has ${count} columns; at most ${limits.columns} are allowed. Select fewer columns.`,
    )
  }
  const columns = Array.from({ length: count }, (_, index) => statement.columnName(index))
  if (jsonBytes(columns) <= limits.columnNameBytes) return columns
  throw new QueryError('refused', 'The column names are too long. Give the columns short aliases.')
}

/** The current row, or null when it does not fit into the bytes that are left. */
function readRow(statement: Statement, left: number): { values: Row; bytes: number } | null {
  const values: Row = []
  let raw = 0
  for (let index = 0; index < statement.columnCount; index += 1) {
    raw += statement.valueBytes(index)
    if (raw > left) return null
    values.push(statement.value(index))
  }
  const bytes = jsonBytes(values) + 1
  return bytes > left ? null : { values, bytes }
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
