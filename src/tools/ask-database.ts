import { z } from 'zod'

import { QueryError } from '../schedule/query-error.ts'
import type { QueryResult, Schedule, Schedules } from '../schedule/schedule.ts'
import type { Tool } from './tool.ts'

/** The most that goes back to the model, in UTF-8 bytes. */
const maxAnswerBytes = 16 * 1024

const callArguments = z.object({ query: z.string() })

const wrongArguments =
  'The arguments must be a JSON object with one member: {"query": "SELECT …"}, the SQL as plain text.'

export interface AskDatabaseDeps {
  schedules: Pick<Schedules, 'forGuild'>
}

/**
 * The function `ask_database` of the assistant: SQL in, `{"columns", "rows", "note"?}` or
 * `{"error"}` out, as JSON text of at most 16 KiB.
 */
export function createAskDatabase({ schedules }: AskDatabaseDeps): Tool {
  return {
    async definition({ guildId }) {
      const schedule = await schedules.forGuild(guildId)
      return {
        name: 'ask_database',
        description:
          'Use this function to answer user questions about course schedule. Output should be a fully formed SQL query.',
        parameters: {
          type: 'object',
          properties: { query: { type: 'string', description: describeQuery(schedule) } },
          required: ['query'],
        },
      }
    },

    async run(args, { guildId, signal }) {
      const parsed = callArguments.safeParse(args)
      if (!parsed.success) return toError(wrongArguments)
      try {
        const schedule = await schedules.forGuild(guildId)
        return toAnswer(await schedule.query(parsed.data.query, { signal }))
      } catch (error) {
        if (error instanceof QueryError) return toError(error.message)
        throw error
      }
    },
  }
}

function describeQuery({ schema, timeZone }: Schedule): string {
  return `SQL query extracting info to answer the user's question.
SQL should be written using this database schema:

${schema}

The query should be returned in plain text, not in JSON.
The query should only contain grammars supported by SQLite: one SELECT statement, nothing that writes.
course_date is text as 'YYYY-MM-DD', start_time and end_time are text as 'HH:MM:SS', all local time in ${timeZone}.
Work out relative dates from the current date that you were given; date('now') is that same local date.`
}

function toError(error: string): string {
  return JSON.stringify({ error })
}

/** Leaves out whole rows at the end until the answer fits. */
function toAnswer({ columns, rows, truncated }: QueryResult): string {
  for (let count = rows.length; count >= 0; count -= 1) {
    const isCut = truncated || count < rows.length
    const answer = JSON.stringify({
      columns,
      rows: rows.slice(0, count),
      ...toNote({ count, isCut }),
    })
    if (Buffer.byteLength(answer) <= maxAnswerBytes) return answer
  }
  return toError('The column names are too long. Give the columns short aliases.')
}

function toNote({ count, isCut }: { count: number; isCut: boolean }): { note?: string } {
  if (isCut && count === 0) {
    return { note: 'The first row is too large to show. Select fewer columns or shorter values.' }
  }
  if (isCut) {
    return {
      note: `Only the first ${count} rows are shown; there are more. Narrow the query down, or count and group in SQL.`,
    }
  }
  return count === 0 ? { note: 'No rows match.' } : {}
}
