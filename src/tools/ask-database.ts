import { z } from 'zod'

import { QueryError } from '../schedule/query-error.ts'
import type { QueryResult, Reach, Schedule, Schedules } from '../schedule/schedule.ts'
import { lastDateOf } from '../schedule/term-week.ts'
import type { Term } from '../schedule/timetable.ts'
import type { Tool } from './tool.ts'

/** The most that goes back to the model, in UTF-8 bytes. */
const maxAnswerBytes = 16 * 1024

/** Terms that are described, the latest ones, and how much of their names. */
const maxTerms = 6
const maxNameLength = 60

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

    async run(args, { guildId, conversation, signal }) {
      const parsed = callArguments.safeParse(args)
      if (!parsed.success) return toError(wrongArguments)
      try {
        const schedule = await schedules.forGuild(guildId, conversation)
        return toAnswer(await schedule.query(parsed.data.query, { signal }))
      } catch (error) {
        if (error instanceof QueryError) return toError(error.message)
        throw error
      }
    },
  }
}

function describeQuery(schedule: Schedule): string {
  const { schema, timeZone } = schedule
  return `SQL query extracting info to answer the user's question.
SQL should be written using this database schema:

${schema}

The query should be returned in plain text, not in JSON.
The query should only contain grammars supported by SQLite: one SELECT statement, nothing that writes.
course_date is text as 'YYYY-MM-DD', start_time and end_time are text as 'HH:MM:SS', all local time in ${timeZone}.
Work out relative dates from the current date that you were given; date('now') is that same local date.
${schedule.own === null ? sampleFacts : ownFacts(schedule, schedule.own)}`
}

const sampleFacts =
  'This is a sample timetable: Courses lies in the weeks around the current date; room, online_url, notes, week, term and holiday are NULL, and Assignments, Holidays and Terms are empty.'

/** What a look at the tables' rows would tell, so that the model need not spend a query on it. */
function ownFacts({ terms, holidays }: Schedule, own: Reach): string {
  return [
    own.firstDate === null
      ? 'Courses is empty.'
      : `Courses holds ${own.classes} classes from ${own.firstDate} to ${own.lastDate}; about other dates nothing is known. instructor may be '', room, online_url and notes may be NULL.`,
    own.assignments === 0
      ? 'Assignments is empty.'
      : `Assignments holds ${own.assignments} rows; due_date and due_time are like course_date and start_time.`,
    ...termFacts(terms),
    holidays.length === 0
      ? 'Holidays is empty.'
      : `Holidays holds ${holidays.length} stretches of days off, both dates included. A class whose holiday is not NULL falls on the holiday of that name and does not take place: leave it out with holiday IS NULL, or say that it is a holiday.`,
  ].join('\n')
}

function termFacts(terms: readonly Term[]): string[] {
  if (terms.length === 0) return ['Terms is empty; week and term are NULL.']
  const described = terms
    .slice(-maxTerms)
    .map(
      (term) =>
        `${quoted(term.name)} (${term.weeks} weeks, first_date ${term.first_date}, last_date ${lastDateOf(term)})`,
    )
  return [
    `Terms: ${described.join(', ')}.`,
    "week counts the weeks of a term from Monday to Sunday; week 1 holds the term's first_date. Odd weeks (单周) have week % 2 = 1, even weeks (双周) week % 2 = 0.",
  ]
}

/** A name that people chose, so that it cannot pass for words of ours. */
function quoted(name: string): string {
  return JSON.stringify(Array.from(name).slice(0, maxNameLength).join(''))
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
