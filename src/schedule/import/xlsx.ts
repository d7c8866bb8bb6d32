import { Unzip, UnzipInflate, zipSync } from 'fflate'
import type { CellValue, Sheet } from 'hucre'
import { readXlsx } from 'hucre/xlsx'

import { ImportError } from './import-error.ts'
import { importLimits } from './limits.ts'
import { isBlank, type Table } from './table.ts'

/** The visible sheets of a workbook as text, with merged cells filled and dates in ISO 8601. */
export async function readWorkbook(bytes: Uint8Array): Promise<Table[]> {
  const checked = repack(bytes)
  const workbook = await readSheets(checked)
  return workbook.slice(0, importLimits.sheets).map(toTable)
}

async function readSheets(bytes: Uint8Array): Promise<Sheet[]> {
  try {
    const { sheets } = await readXlsx(bytes, {
      sheets: ({ hidden, veryHidden }) => !hidden && !veryHidden,
      maxRows: importLimits.rows + 1,
    })
    return sheets
  } catch (error) {
    throw new ImportError('broken', `The workbook cannot be read: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const neededParts =
  /^(?:\[Content_Types\]\.xml|_rels\/|xl\/(?:_rels\/|workbook\.xml|sharedStrings\.xml|styles\.xml|worksheets\/))/u
/** What one piece of input can unpack to at once is bounded by its size. */
const pieceBytes = 16 * 1024

/**
 * An archive with only the parts that hold cells, unpacked and counted: whatever the old one said about
 * sizes, what is in the new one is as large as it looks.
 */
function repack(bytes: Uint8Array): Uint8Array {
  const parts = unpack(bytes)
  if (Object.keys(parts).length === 0) {
    throw new ImportError('broken', 'The workbook is damaged: there is nothing in it.')
  }
  return zipSync(parts, { level: 0 })
}

function unpack(bytes: Uint8Array): Record<string, Uint8Array> {
  // Without a prototype, so that no part's name means anything else.
  const parts: Record<string, Uint8Array> = Object.create(null)
  let total = 0
  let entries = 0
  const unzip = new Unzip((file) => {
    entries += 1
    if (entries > importLimits.archiveEntries) throw tooLarge()
    if (!neededParts.test(file.name)) return
    const pieces: Uint8Array[] = []
    file.ondata = (error, piece, isLast) => {
      if (error) throw error
      total += piece.length
      if (total > importLimits.unpackedBytes) throw tooLarge()
      pieces.push(piece)
      if (isLast) parts[file.name] = Buffer.concat(pieces)
    }
    file.start()
  })
  unzip.register(UnzipInflate)
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      unzip.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length)
    }
  } catch (error) {
    if (error instanceof ImportError) throw error
    throw new ImportError('broken', `The workbook is damaged: ${reasonOf(error)}`, { cause: error })
  }
  return parts
}

function tooLarge(): ImportError {
  return new ImportError('too_large', 'The workbook unpacks to more than 64 MB; split it.')
}

function toTable({ name, rows, merges = [] }: Sheet): Table {
  const cells = rows
    .slice(0, importLimits.rows)
    .map((row) => row.slice(0, importLimits.columns).map(toText))
  let budget = importLimits.rows * importLimits.columns
  for (const merge of merges) {
    budget -= fill(cells, merge)
    if (budget < 0) throw tooLarge()
  }
  const tableRows = cells.map((row, index) => ({ line: index + 1, cells: row }))
  return {
    sheet: name.slice(0, 100),
    rows: tableRows.filter((row) => !isBlank(row)),
    isCut: rows.length > importLimits.rows,
  }
}

type Merge = NonNullable<Sheet['merges']>[number]

/** Writes the text of a merged cell into all that it covers; answers how many these are. */
function fill(cells: string[][], { startRow, startCol, endRow, endCol }: Merge): number {
  const text = cells[startRow]?.[startCol] ?? ''
  if (text === '') return 1
  const lastColumn = Math.min(endCol, importLimits.columns - 1)
  const covered = cells.slice(startRow, endRow + 1)
  for (const row of covered) {
    while (row.length <= lastColumn) row.push('')
    for (let column = startCol; column <= lastColumn; column += 1) row[column] ||= text
  }
  return covered.length * Math.max(lastColumn - startCol + 1, 1)
}

function toText(value: CellValue | undefined): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return toDateText(value)
  return String(value).slice(0, importLimits.cellLength)
}

/** The dates of a workbook are wall-clock times that are held as if they were UTC. */
function toDateText(date: Date): string {
  if (Number.isNaN(date.getTime())) return ''
  const second = Math.round(date.getTime() / 1000) * 1000
  const [day = '', time = ''] = new Date(second).toISOString().slice(0, 19).split('T')
  // The first days of both calendars stand for times without a date.
  if (day < '1904-01-03') return time
  return time === '00:00:00' ? day : `${day} ${time}`
}
