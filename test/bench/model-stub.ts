/**
 * A Chat Completions endpoint without delay, in a process of its own so that what it costs is
 * nobody's. Prints its base URL on the first line of standard output.
 *
 * A question names itself with `q<number>z`, which ends the answer to it. A question that contains
 * the word "schedule" first gets a call of `ask_database`. Text and arguments arrive in many chunks.
 * The answer to a question that contains "hold" stops after the first words, until `GET /release`.
 */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type OpenAI from 'openai'

type Body = OpenAI.Chat.ChatCompletionCreateParams

const answerText =
  'Next Tuesday evening there is one class: 大模型应用开发基础 from 20:00 to 22:00, taught by 王卓然. ' +
  'Bring the notes of the last lesson, because it begins with a short exercise on prompts. '
const toolArguments = JSON.stringify({
  query:
    'SELECT course_date, start_time, end_time, course_name, instructor FROM Courses ' +
    "WHERE start_time >= '18:00:00' ORDER BY course_date, start_time LIMIT 5",
})
const charactersPerChunk = 8
const usage = { prompt_tokens: 420, completion_tokens: 60, total_tokens: 480 }
const model = { id: 'bench', object: 'model', created: 1_700_000_000, owned_by: 'bench' }
const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: model.id }
/** Ends one held answer each. */
const held: (() => void)[] = []
const doneEvent = 'data: [DONE]\n\n'

const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => (text += chunk))
  request.on('end', () => {
    if (request.url === '/release') return release(response)
    if (request.method === 'GET') return sendJson(response, { object: 'list', data: [model] })
    answer(JSON.parse(text) as Body, response) // written by our own clients
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo // a TCP server that listens
console.log(`http://127.0.0.1:${port}/v1`)
process.once('SIGTERM', () => process.exit(0))

function answer({ messages, stream, stream_options }: Body, response: ServerResponse): void {
  const question = lastQuestion(messages)
  const wantsTool = question.includes('schedule') && messages.at(-1)?.role !== 'tool'
  if (!stream) return void response.writeHead(400).end()
  const deltas = wantsTool ? toolCallDeltas(question) : textDeltas(question)
  const events = [{ role: 'assistant', content: '' }, ...deltas].map((delta) => chunk(delta, null))
  events.push(chunk({}, wantsTool ? 'tool_calls' : 'stop'))
  if (stream_options?.include_usage) events.push({ ...head, choices: [], usage })
  const blocks = events.map((event) => `data: ${JSON.stringify(event)}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if (!question.includes('hold')) return void response.end(blocks.join('') + doneEvent)
  response.write(blocks.splice(0, 2).join(''))
  held.push(() => response.end(blocks.join('') + doneEvent))
}

function release(response: ServerResponse): void {
  sendJson(response, { released: held.length })
  for (const finish of held.splice(0)) finish()
}

function chunk(delta: object, finish_reason: string | null): object {
  return { ...head, choices: [{ index: 0, delta, finish_reason }] }
}

function textDeltas(question: string): object[] {
  return pieces(answerText + markOf(question)).map((content) => ({ content }))
}

function toolCallDeltas(question: string): object[] {
  const call = { index: 0, id: `call_${markOf(question)}`, type: 'function' }
  return [
    { tool_calls: [{ ...call, function: { name: 'ask_database', arguments: '' } }] },
    ...pieces(toolArguments).map((text) => ({
      tool_calls: [{ index: 0, function: { arguments: text } }],
    })),
  ]
}

function markOf(question: string): string {
  return /q\d+z/.exec(question)?.[0] ?? ''
}

function pieces(text: string): string[] {
  return text.match(new RegExp(`.{1,${charactersPerChunk}}`, 'gsu')) ?? []
}

function lastQuestion(messages: Body['messages']): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? ''
  return typeof content === 'string' ? content : JSON.stringify(content)
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
