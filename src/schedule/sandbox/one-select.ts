import { QueryError } from '../query-error.ts'
import { limits } from './limits.ts'
import { SqliteError, type Connection, type Statement } from './sqlite.ts'

const onlyReading =
  'Only reading is allowed: send one SELECT statement (it may begin with WITH or VALUES).'
const oneStatement = 'Send exactly one statement.'

/**
 * SQLite compiles the statement as the body of a view. The grammar wants `AS select` there, so
 * whatever compiles is a SELECT, VALUES or WITH … SELECT and nothing else, in SQLite's own reading of
 * comments, strings and semicolons. Nothing of it runs, and, since a PRAGMA can never stand there, nothing
 * acts while it is compiled, as some pragmas do.
 */
const asView = 'CREATE VIEW "what the model wrote" AS '

/**
 * Compiles what a model wrote if it is exactly one statement that only reads. Throws `QueryError`
 * (`refused`) or `SqliteError`. Never compiles any other statement.
 */
export function prepareSelect(connection: Connection, sql: string): Statement {
  assertPlainText(sql)
  assertOneSelect(connection, sql)
  return connection.prepare(sql)
}

function assertPlainText(sql: string): void {
  if (sql.length > limits.statementLength) {
    throw new QueryError(
      'refused',
      `The query has ${sql.length} characters; at most ${limits.statementLength} are allowed. Write a shorter statement.`,
    )
  }
  if (sql.includes('\0') || !sql.isWellFormed()) {
    throw new QueryError(
      'refused',
      'The query holds a NUL character or a broken Unicode character. Send plain text.',
    )
  }
  if (isBlank(sql)) throw new QueryError('refused', `The query is empty. ${onlyReading}`)
}

function assertOneSelect(connection: Connection, sql: string): void {
  const tail = compileAsView(connection, sql)
  if (isBlank(tail)) return
  throw new QueryError(
    'refused',
    `${oneStatement} This follows the first one: ${excerpt(tail.trim())}`,
  )
}

function compileAsView(connection: Connection, sql: string): string {
  try {
    const view = connection.prepare(asView + sql)
    view.finalize()
    return view.tail
  } catch (error) {
    throw error instanceof SqliteError ? (toRefusal(error.message) ?? error) : error
  }
}

/** Words that open, or lead on to, a statement that is not a reading one. */
const otherStatements = new Set(
  (
    'ALTER ANALYZE ATTACH BEGIN COMMIT CREATE DELETE DETACH DROP END EXPLAIN INSERT PRAGMA ' +
    'REINDEX RELEASE REPLACE ROLLBACK SAVEPOINT UPDATE VACUUM'
  ).split(' '),
)

function toRefusal(message: string): QueryError | null {
  if (message.startsWith('parameters')) {
    return new QueryError(
      'refused',
      'The query holds a parameter such as ? or :name. Write the value itself into the statement.',
    )
  }
  const word = /^near "(\w+)": syntax error$/.exec(message)?.[1]?.toUpperCase()
  if (word === undefined || !otherStatements.has(word)) return null
  return new QueryError('refused', `${word} is not allowed here. ${onlyReading}`)
}

/**
 * Whether a text holds nothing but spaces, semicolons and comments. Only decides what we say and
 * whether the rest is ignored: the rest is never compiled.
 */
function isBlank(text: string): boolean {
  const blank = /[\s;]+|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?/y
  while (blank.lastIndex < text.length) {
    if (!blank.test(text)) return false
  }
  return true
}

function excerpt(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60).toWellFormed()}…` : text
  return JSON.stringify(short)
}
