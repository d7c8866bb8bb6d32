import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'

import initSqlJs from 'sql.js'

import { laySample, parseSample } from '../../../src/schedule/sample.ts'
import { ask, user, type Message } from './fixture.ts'
import { sampleAnswers } from './sample-answers.ts'

/** A Tuesday afternoon. */
const system = 'Now: 2026-11-24 15:05, Tuesday, time zone Asia/Shanghai.'

const csv = new URL('../../../src/schedule/sample.csv', import.meta.url)
const SQL = await initSqlJs()
const database = new SQL.Database()
database.run(
  'CREATE TABLE Courses (id INTEGER PRIMARY KEY, course_date DATE, start_time TIME, end_time TIME, course_name VARCHAR(255), instructor VARCHAR(255))',
)
const courses = laySample(
  parseSample(readFileSync(csv, 'utf8')),
  Temporal.PlainDate.from('2026-11-24'),
)
for (const { id, course_date: date, start_time: start, end_time: end, ...names } of courses) {
  const row = [id, date, start, end, names.course_name, names.instructor]
  database.run('INSERT INTO Courses VALUES (?, ?, ?, ?, ?, ?)', row)
}

/** Answers as the tool does, with its note where nothing fits. */
function answer(sql: string): string {
  const statement = database.prepare(sql)
  const rows: unknown[] = []
  while (statement.step()) rows.push(statement.get())
  const columns = statement.getColumnNames()
  statement.free()
  return JSON.stringify({ columns, rows, ...(rows.length === 0 && { note: 'No rows match.' }) })
}

async function converse(questions: readonly string[]): Promise<string> {
  const messages: Message[] = [user('…'), { role: 'assistant', content: '…' }]
  let last = ''
  for (const question of questions) {
    messages.push(user(question))
    const { text } = await ask(messages, { system, answer })
    messages.push({ role: 'assistant', content: text })
    last = text
  }
  return last
}

after(() => database.close())

describe('a newcomer’s questions about the sample', () => {
  for (const [asked, expected] of sampleAnswers) {
    const questions = typeof asked === 'string' ? [asked] : asked
    it(`answers: ${questions.join(' / ')}`, async () => {
      const text = await converse(questions)
      assert.equal(text.slice(0, expected.length), expected)
      assert.doesNotMatch(text, /结果太多|too much to show/)
    })
  }
})
