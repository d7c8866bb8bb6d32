import { readCsv } from './csv.ts'
import { decode } from './decode.ts'
import { createDraft, type Draft, type DraftBuilder, type ImportContext } from './draft.ts'
import { readCalendar } from './ics.ts'
import { ImportError } from './import-error.ts'
import { importLimits } from './limits.ts'
import { readTable } from './read-table.ts'
import type { Table } from './table.ts'
import { readWorkbook } from './xlsx.ts'

/** A file's bytes → what can be imported from it. What it is, its content says, not its name. */
export async function readFile(bytes: Uint8Array, context: ImportContext): Promise<Draft> {
  if (bytes.length > importLimits.fileBytes) {
    throw new ImportError('too_large', 'The file is larger than 10 MB; split it.')
  }
  if (startsWith(bytes, [0x50, 0x4b])) {
    const tables = await readWorkbook(bytes)
    return readTables(tables, { builder: createDraft('xlsx'), context })
  }
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0])) {
    const message = 'The workbook is encrypted or of the old kind (.xls); save it as .xlsx.'
    throw new ImportError('encrypted', message)
  }
  if (startsWith(bytes, [0x25, 0x50, 0x44, 0x46]) || isPicture(bytes)) {
    throw new ImportError('not_a_table', 'This is no CSV, XLSX or ICS file.')
  }
  return readText(bytes, context)
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte)
}

function isPicture(bytes: Uint8Array): boolean {
  return startsWith(bytes, [0x89, 0x50, 0x4e, 0x47]) || startsWith(bytes, [0xff, 0xd8, 0xff])
}

function readText(bytes: Uint8Array, context: ImportContext): Draft {
  const { text, encoding, damaged } = decode(bytes)
  const isCalendar = /^\s*BEGIN:VCALENDAR\s*$/imu.test(text.slice(0, 2000))
  const builder = createDraft(isCalendar ? 'ics' : 'csv', encoding)
  if (damaged > 0) {
    builder.note({ line: 0, reason: 'damaged_characters', value: `${damaged}` })
  }
  if (isCalendar) {
    readCalendar(text, { builder, context })
    return builder.draft
  }
  return readTables([readCsv(text)], { builder, context })
}

interface TablesDeps {
  builder: DraftBuilder
  context: ImportContext
}

function readTables(tables: readonly Table[], { builder, context }: TablesDeps): Draft {
  const filled = tables.filter(({ rows }) => rows.length > 0)
  const unread = filled.filter((table) => !readTable(table, { builder, context }))
  if (unread.length === filled.length) {
    builder.problem({ line: 0, reason: 'no_header' })
    builder.draft.mapping.push(...numbered(filled[0]))
    return builder.draft
  }
  for (const { sheet } of unread) {
    if (sheet !== null) builder.note({ line: 0, sheet, reason: 'sheet_skipped' })
  }
  return builder.draft
}

/** The columns of a table without headings, to be mapped by number. */
function numbered(table: Table | undefined): Draft['mapping'] {
  const width = Math.max(...(table?.rows ?? []).slice(0, 50).map(({ cells }) => cells.length), 0)
  return Array.from({ length: width }, (_each, index) => ({
    column: `${index + 1}`,
    field: null,
    confidence: 0,
  }))
}
