/**
 * What one would write without a framework or a runtime: discord.js, Chat Completions through the
 * openai SDK, one tool over sql.js, the history in SQLite. One message per answer, no drafts, no
 * recovery, no sandbox.
 */
import Database from 'better-sqlite3'
import { Client, Events, GatewayIntentBits, type Message } from 'discord.js'
import OpenAI from 'openai'
import initSqlJs from 'sql.js'

type ChatMessage = OpenAI.Chat.ChatCompletionMessageParam
type ToolCall = OpenAI.Chat.ChatCompletionMessageFunctionToolCall

const {
  DISCORD_TOKEN,
  DISCORD_API_URL = '',
  DISCORD_REQUESTS_PER_SECOND = '50',
  OPENAI_MODEL = 'gpt-4o-mini',
  HISTORY_FILE = 'history.sqlite',
} = process.env

const historyLimit = 20
const toolRounds = 5
const schema = `CREATE TABLE Courses (
  id INTEGER PRIMARY KEY,
  course_date DATE NOT NULL,
  start_time TIME NOT NULL,
  end_time TIME NOT NULL,
  course_name VARCHAR(255) NOT NULL,
  instructor VARCHAR(255) NOT NULL
);`
const system: ChatMessage = {
  role: 'system',
  content: '你叫瓜瓜，你是AGI课堂的智能助理。你负责回答与AGI课堂有关的问题。',
}
const tools: OpenAI.Chat.ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'ask_database',
      description: 'Answers questions about the course schedule with a fully formed SQL query.',
      parameters: {
        type: 'object',
        properties: { query: { type: 'string', description: `SQLite query over:\n${schema}` } },
        required: ['query'],
      },
    },
  },
]

const openai = new OpenAI()
const history = openHistory(HISTORY_FILE)
const courses = await openCourses()
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
  rest: { api: DISCORD_API_URL, globalRequestsPerSecond: Number(DISCORD_REQUESTS_PER_SECOND) },
  allowedMentions: { parse: [] },
})

client.on(Events.MessageCreate, (message) => {
  if (message.author.bot || !client.user || !message.mentions.has(client.user)) return
  answer(message).catch(console.error)
})

process.once('SIGTERM', () => void client.destroy().then(() => process.exit(0)))
await client.login(DISCORD_TOKEN)

async function answer(message: Message): Promise<void> {
  history.add(message.channelId, 'user', `${message.author.username}: ${message.content}`)
  const text = await complete([system, ...history.newest(message.channelId)])
  history.add(message.channelId, 'assistant', text)
  await message.reply(text.slice(0, 2000))
}

/** Asks the model until it answers with text, running the tool as often as it asks for it. */
async function complete(messages: ChatMessage[]): Promise<string> {
  for (let round = 0; round < toolRounds; round += 1) {
    const { text, toolCalls } = await streamOnce(messages)
    if (toolCalls.length === 0) return text
    messages.push({ role: 'assistant', content: text, tool_calls: toolCalls })
    for (const call of toolCalls) {
      messages.push({ role: 'tool', tool_call_id: call.id, content: runTool(call) })
    }
  }
  return 'I could not find an answer.'
}

async function streamOnce(messages: ChatMessage[]) {
  let text = ''
  const toolCalls: ToolCall[] = []
  const stream = await openai.chat.completions.create({
    model: OPENAI_MODEL,
    messages,
    tools,
    stream: true,
  })
  for await (const chunk of stream) {
    const delta = chunk.choices[0]?.delta
    text += delta?.content ?? ''
    for (const { index, id, function: part } of delta?.tool_calls ?? []) {
      const call = (toolCalls[index] ??= {
        id: id ?? '',
        type: 'function',
        function: { name: '', arguments: '' },
      })
      call.function.name += part?.name ?? ''
      call.function.arguments += part?.arguments ?? ''
    }
  }
  return { text, toolCalls }
}

function runTool(call: ToolCall): string {
  try {
    const { query } = JSON.parse(call.function.arguments) as { query: string } // the tool's schema
    const [result] = courses.exec(query)
    return JSON.stringify(result ?? { columns: [], values: [] })
  } catch (error) {
    return `Error: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function openCourses() {
  const { Database: SqlJsDatabase } = await initSqlJs()
  const database = new SqlJsDatabase()
  database.run(schema)
  for (let day = 1; day <= 28; day += 1) {
    database.run('INSERT INTO Courses VALUES (?, ?, ?, ?, ?, ?)', [
      day,
      `2026-11-${String(day).padStart(2, '0')}`,
      '20:00:00',
      '22:00:00',
      '大模型应用开发基础',
      '王卓然',
    ])
  }
  return database
}

function openHistory(file: string) {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.exec(`
    CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY, channel TEXT, role TEXT, content TEXT);
    CREATE INDEX IF NOT EXISTS history_channel ON history (channel, id);`)
  const insert = database.prepare('INSERT INTO history (channel, role, content) VALUES (?, ?, ?)')
  const select = database.prepare<
    [string, number],
    { role: 'user' | 'assistant'; content: string }
  >('SELECT role, content FROM history WHERE channel = ? ORDER BY id DESC LIMIT ?')
  return {
    add: (channel: string, role: 'user' | 'assistant', content: string) =>
      void insert.run(channel, role, content),
    newest: (channel: string): ChatMessage[] => select.all(channel, historyLimit).toReversed(),
  }
}
