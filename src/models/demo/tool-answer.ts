import { z } from 'zod'

export type Cell = string | number | null

/** What `ask_database` answered. */
export type ToolAnswer =
  | { kind: 'rows'; columns: string[]; rows: Cell[][]; isCut: boolean }
  | { kind: 'error' }

const answerSchema = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
  note: z.string().optional(),
})

/** Reads the tool's JSON text; whatever is not a table of rows is an error. */
export function parseToolAnswer(text: string): ToolAnswer {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'error' }
  }
  const parsed = answerSchema.safeParse(value)
  if (!parsed.success) return { kind: 'error' }
  const { columns, rows, note } = parsed.data
  // a note without rows only says that there are none
  return { kind: 'rows', columns, rows, isCut: note !== undefined && rows.length > 0 }
}

/** The rows as objects by column name. */
export function toRecords(answer: { columns: string[]; rows: Cell[][] }): Record<string, Cell>[] {
  return answer.rows.map((row) =>
    Object.fromEntries(answer.columns.map((column, index) => [column, row[index] ?? null])),
  )
}
