import { CsvError, parse, type Options } from 'csv-parse/sync'

import { ImportError } from './import-error.ts'
import { importLimits } from './limits.ts'
import { isBlank, type Table, type TableRow } from './table.ts'

const delimiters = [',', ';', '\t', '|', '，'] as const
const sampleLength = 64 * 1024
const sampleRows = 30

/** Text with one record per line → rows. Finds the delimiter; quotes that break the rules are text. */
export function readCsv(text: string): Table {
  const rows = parseRows(text, detectDelimiter(text), importLimits.rows + 1)
  return {
    sheet: null,
    rows: rows.slice(0, importLimits.rows),
    isCut: rows.length > importLimits.rows,
  }
}

/** The delimiter that cuts most rows into the same number of cells, and into the most of them. */
export function detectDelimiter(text: string): string {
  const sample = text.slice(0, sampleLength)
  let best = { delimiter: ',', score: 0 }
  for (const delimiter of delimiters) {
    const score = scoreOf(sample, delimiter)
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}

function scoreOf(sample: string, delimiter: string): number {
  let rows: TableRow[]
  try {
    rows = parseRows(sample, delimiter, sampleRows)
  } catch {
    return 0
  }
  const widths = Map.groupBy(
    rows.map(({ cells }) => cells.length),
    (width) => width,
  )
  const [most] = [...widths].toSorted(([, a], [, b]) => b.length - a.length)
  if (!most || most[0] < 2) return 0
  const [width, same] = most
  return (same.length / rows.length) * Math.sqrt(width)
}

function parseRows(text: string, delimiter: string, limit: number): TableRow[] {
  const options: Options = {
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    to: limit,
    max_record_size: importLimits.cellLength * importLimits.columns,
  }
  const records = parseRecords(text, options)
  let begin = 1
  const rows = records.map(({ record, info }) => {
    const line = Math.max(begin, info.lines - lineBreaksIn(record))
    begin = info.lines + 1
    const cells = record
      .slice(0, importLimits.columns)
      .map((cell) => cell.slice(0, importLimits.cellLength))
    return { line, cells }
  })
  return rows.filter((row) => !isBlank(row))
}

interface ParsedRecord {
  record: string[]
  info: { lines: number }
}

function parseRecords(text: string, options: Options): ParsedRecord[] {
  try {
    // With `info`, each record comes with where it was found.
    return parse(text, options) as unknown as ParsedRecord[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    if (error.code !== 'CSV_QUOTE_NOT_CLOSED' || options.quote === false) {
      throw new ImportError('broken', `The table cannot be read: ${error.message}`, {
        cause: error,
      })
    }
    return parseRecords(text, { ...options, quote: false })
  }
}

function lineBreaksIn(record: readonly string[]): number {
  return record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/gu)?.length ?? 0), 0)
}
