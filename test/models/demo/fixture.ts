import initSqlJs from 'sql.js'

import { createDemoDriver } from '../../../src/models/demo.ts'
import type { ModelEvent, ModelRequest } from '../../../src/models/driver.ts'

/** `date start end course teacher`, by id from 1; the questions are asked on 22 November, a Sunday. */
const timetable = `
2026-10-29 19:00 21:00 AI 产品经理|刘洋
2026-11-03 19:00 21:00 提示工程|李明
2026-11-05 19:00 21:30 Assistants API 实战|王卓然
2026-11-07 10:00 12:00 LangChain 框架|陈静
2026-11-07 14:00 17:00 模型微调|张伟
2026-11-10 19:00 21:00 提示工程|李明
2026-11-12 19:00 21:00 Function Calling 入门|王卓然
2026-11-14 10:00 12:00 LangChain 框架|陈静
2026-11-15 14:00 16:00 AI 产品经理|刘洋
2026-11-17 19:00 21:00 RAG 检索增强生成|李明
2026-11-18 19:00 21:00 Function Calling 入门|王卓然
2026-11-19 19:00 21:30 Assistants API 实战|王卓然
2026-11-20 09:00 11:00 提示工程|李明
2026-11-21 10:00 12:00 LangChain 框架|陈静
2026-11-21 14:00 17:00 模型微调|张伟
2026-11-22 10:00 12:00 AI 产品经理|刘洋
2026-11-22 19:30 21:30 多模态大模型|陈静
2026-11-23 09:00 11:00 提示工程|李明
2026-11-23 19:00 21:00 Assistants API 实战|王卓然
2026-11-24 14:00 16:00 AI 产品经理|刘洋
2026-11-24 19:00 21:00 RAG 检索增强生成|李明
2026-11-25 10:00 12:00 LangChain 框架|陈静
2026-11-25 19:00 21:00 Function Calling 入门|王卓然
2026-11-26 19:00 21:30 Assistants API 实战|王卓然
2026-11-27 19:00 21:00 模型微调|张伟
2026-11-28 10:00 12:00 LangChain 框架|陈静
2026-11-28 14:00 18:00 模型微调|张伟
2026-11-30 19:00 21:00 Assistants API 实战|王卓然
2026-12-01 19:00 21:00 RAG 检索增强生成|李明
2026-12-02 19:00 21:00 Function Calling 入门|王卓然
2026-12-05 10:00 12:00 LangChain 框架|陈静
2026-12-08 12:30 13:30 提示工程|李明
2026-12-10 19:00 21:30 Assistants API 实战|王卓然
2026-12-12 14:00 17:00 模型微调|张伟
2026-12-15 19:00 21:00 RAG 检索增强生成|李明
2026-12-16 20:00 22:00 多模态大模型|陈静
2026-12-19 10:00 12:00 AI 产品经理|刘洋
2026-12-22 19:00 21:00 RAG 检索增强生成|李明
2026-12-29 19:00 21:00 提示工程|李明
2027-01-05 19:00 21:00 AI 产品经理|刘洋
`

export const now = 'Now: 2026-11-22 18:05, Sunday, time zone Asia/Shanghai.'

export const askDatabase = {
  type: 'function',
  function: {
    name: 'ask_database',
    parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
  },
} satisfies NonNullable<ModelRequest['tools']>[number]

const SQL = await initSqlJs()
const database = new SQL.Database()
database.run(
  'CREATE TABLE Courses (id INTEGER PRIMARY KEY, course_date DATE, start_time TIME, end_time TIME, course_name VARCHAR(255), instructor VARCHAR(255))',
)
for (const line of timetable.trim().split('\n')) {
  const [date = '', start = '', end = ''] = line.split(' ')
  const [course = '', teacher = ''] = line.slice(23).split('|')
  database.run('INSERT INTO Courses VALUES (NULL, ?, ?, ?, ?, ?)', [
    date,
    `${start}:00`,
    `${end}:00`,
    course,
    teacher,
  ])
}

export interface Table {
  columns: string[]
  rows: (string | number | null)[][]
}

/** Runs one query on the fixture; throws what SQLite says about it. */
export function runSql(sql: string): Table {
  const statement = database.prepare(sql)
  try {
    const rows: Table['rows'] = []
    while (statement.step()) {
      rows.push(statement.get().map((cell) => (cell instanceof Uint8Array ? null : cell)))
    }
    return { columns: statement.getColumnNames(), rows }
  } finally {
    statement.free()
  }
}

/** The rows as ids of classes, where they are classes; otherwise as they are. */
export function toIds({ columns, rows }: Table): unknown[] {
  const isClasses = columns.includes('start_time') && columns.includes('course_name')
  if (!isClasses) return rows.map((row) => (row.length === 1 ? row[0] : row))
  return rows.map(
    ([date, start, , course]) =>
      runSql(
        `SELECT id FROM Courses WHERE course_date = '${date}' AND start_time = '${start}' AND course_name = '${course}'`,
      ).rows[0]?.[0],
  )
}

export interface Asked {
  /** The answer in words. */
  text: string
  /** Every query that was asked, in order. */
  queries: string[]
  /** What each of them found. */
  tables: Table[]
  events: ModelEvent[]
}

export interface AskOptions {
  system?: string
  request?: Partial<ModelRequest>
  /** Answers queries instead of the fixture. */
  answer?: (sql: string) => string | Promise<string>
}

export type Message = ModelRequest['messages'][number]

/** The driver without pauses. */
export const driver = createDemoDriver({
  sleep: async () => undefined,
  pace: { firstMs: 0, tokenMs: 0 },
})

export async function collect(request: ModelRequest): Promise<ModelEvent[]> {
  const events: ModelEvent[] = []
  const { signal } = new AbortController()
  for await (const event of driver.stream(request, { signal })) events.push(event)
  return events
}

/** One turn: asks, runs every query that the driver writes, until it answers in words. */
export async function ask(messages: Message[], options: AskOptions = {}): Promise<Asked> {
  const history: Message[] = [{ role: 'system', content: options.system ?? now }, ...messages]
  const asked: Asked = { text: '', queries: [], tables: [], events: [] }
  for (let round = 0; round < 12; round += 1) {
    const request = { model: 'guagua-demo', messages: history, tools: [askDatabase] }
    const events = await collect({ ...request, ...options.request })
    asked.events.push(...events)
    const calls = toCalls(events)
    if (calls.length === 0) return { ...asked, text: toText(events) }
    history.push({
      role: 'assistant',
      content: null,
      tool_calls: calls.map(({ id, args }) => ({
        id,
        type: 'function',
        function: { name: 'ask_database', arguments: args },
      })),
    })
    for (const { id, args } of calls) {
      const { query } = JSON.parse(args)
      asked.queries.push(query)
      history.push({
        role: 'tool',
        tool_call_id: id,
        content: await answerOf(query, asked, options),
      })
    }
  }
  throw new Error(`the driver asks for ever: ${asked.queries.join('\n')}`)
}

async function answerOf(query: string, asked: Asked, { answer }: AskOptions): Promise<string> {
  if (answer !== undefined) return await answer(query)
  const table = runSql(query)
  asked.tables.push(table)
  return JSON.stringify(table)
}

export interface StreamedCall {
  id: string
  name: string
  args: string
  fragments: number
}

export function toCalls(events: readonly ModelEvent[]): StreamedCall[] {
  const calls: StreamedCall[] = []
  for (const event of events) {
    if (event.type !== 'tool_call') continue
    const call = (calls[event.index] ??= { id: '', name: '', args: '', fragments: 0 })
    call.id += event.id ?? ''
    call.name += event.name ?? ''
    call.args += event.arguments ?? ''
    call.fragments += 1
  }
  return calls
}

export function toText(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('')
}

export function user(content: string): Message {
  return { role: 'user', content }
}

/** Earlier questions with their answers, then the one that is asked now. */
export function conversation(...questions: string[]): Message[] {
  return questions.flatMap((question, index): Message[] =>
    index === questions.length - 1
      ? [user(question)]
      : [user(question), { role: 'assistant', content: '…' }],
  )
}
