import type { DraftBuilder, ImportContext } from './draft.ts'
import { findGrid, readGrid } from './grid.ts'
import { findHeader, mapColumns } from './headings.ts'
import { importLimits } from './limits.ts'
import { readListRows } from './list-rows.ts'
import { isBlank, type Table } from './table.ts'

interface TableDeps {
  builder: DraftBuilder
  context: ImportContext
}

/**
 * Reads one table: a list with headings, or a week drawn as a grid. False: it is neither, and nothing
 * was read.
 */
export function readTable(table: Table, { builder, context }: TableDeps): boolean {
  const { rows, sheet } = table
  const inSheet = sheet === null ? {} : { sheet }
  if (table.isCut) {
    const value = `${importLimits.rows}`
    builder.problem({ ...inSheet, line: 0, reason: 'too_many_rows', value })
  }
  const grid = findGrid(table)
  const header = findHeader(rows, context.mapping) ?? headerless(table, context)
  const isGrid = grid !== null && Object.keys(context.mapping).length === 0
  if (isGrid) {
    readGrid(table, grid, { builder, context, sheet })
    return true
  }
  if (!header) return false
  const body = rows.slice(header.firstRow).filter((row) => !isBlank(row))
  const mapping = mapColumns(header.columns, body, context.mapping)
  builder.draft.mapping.push(...mapping.columns.filter(({ column }) => isNew(column, builder)))
  for (const value of mapping.unused) {
    builder.problem({ ...inSheet, line: 0, reason: 'unknown_field', value })
  }
  readListRows(body, { mapping, builder, context, sheet })
  return true
}

/** Sheets of one workbook often have the same headings. */
function isNew(column: string, { draft }: DraftBuilder): boolean {
  return !draft.mapping.some((each) => each.column === column)
}

/** Without headings the columns have numbers, for a person who says what they are. */
function headerless({ rows }: Table, { mapping }: ImportContext) {
  const isNumbered = Object.keys(mapping).some((column) => /^\d+$/u.test(column))
  if (!isNumbered) return null
  const width = Math.max(...rows.slice(0, 50).map(({ cells }) => cells.length), 0)
  return { firstRow: 0, columns: Array.from({ length: width }, () => '') }
}
