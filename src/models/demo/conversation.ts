import type { ModelRequest } from '../driver.ts'
import { readClock, type Clock } from './clock.ts'
import { readHoldings, type Holdings } from './holdings.ts'
import { tidy } from './text.ts'
import { parseToolAnswer, type ToolAnswer } from './tool-answer.ts'

/** What one person wrote. */
export interface Said {
  /** The name that a shared channel puts before the text; null in a direct message. */
  speaker: string | null
  /** Tidied. */
  text: string
  /** The answer that stood right before it; null at the beginning. */
  heard: string | null
}

/** A request as the demo sees it. */
export interface Conversation {
  clock: Clock | null
  holdings: Holdings
  /** What people wrote before the last answer, oldest first; the newest ones of a long history. */
  earlier: Said[]
  /** What is to be answered now, oldest first. */
  pending: Said[]
  /** What the tool has answered in this turn, by the SQL that was asked. */
  answers: Map<string, ToolAnswer>
  /** How many rounds of tool calls this turn has made. */
  roundCount: number
  /** Whether anything has been answered in words before. */
  isFirstAnswer: boolean
}

type Message = ModelRequest['messages'][number]

/** How far back memory goes, in messages of people. */
const maxEarlier = 200
/** How many messages are answered together. */
const maxPending = 8
/** How much of an answer is remembered. */
const maxHeardLength = 4_000

export function readConversation({ messages, tools }: ModelRequest): Conversation {
  const system = messages.filter(({ role }) => role === 'system' || role === 'developer')
  const talk = messages.filter(({ role }) => role !== 'system' && role !== 'developer')
  const lastUser = talk.findLastIndex(({ role }) => role === 'user')
  const turn = talk.slice(lastUser + 1)
  const before = talk.slice(0, lastUser + 1)
  const firstPending = before.findLastIndex(({ role }) => role !== 'user') + 1
  const said = toSaid(before)
  const pendingCount = Math.min(before.length - firstPending, said.length)
  return {
    clock: firstClock(system),
    holdings: readHoldings(tools),
    earlier: said.slice(0, said.length - pendingCount).slice(-maxEarlier),
    pending: said.slice(said.length - pendingCount).slice(-maxPending),
    answers: readAnswers(turn),
    roundCount: turn.filter((message) => callsOf(message).length > 0).length,
    isFirstAnswer: !talk.some((message) => isSpokenAnswer(message)),
  }
}

function firstClock(system: readonly Message[]): Clock | null {
  for (const message of system) {
    const clock = readClock(textOf(message).slice(0, 200_000))
    if (clock !== null) return clock
  }
  return null
}

function isSpokenAnswer(message: Message): boolean {
  return message.role === 'assistant' && textOf(message).trim() !== ''
}

/** What people said, each with the answer that they had read before. */
function toSaid(messages: readonly Message[]): Said[] {
  const said: Said[] = []
  let heard: string | null = null
  for (const message of messages.slice(-maxEarlier * 4)) {
    if (isSpokenAnswer(message)) heard = textOf(message).slice(0, maxHeardLength)
    if (message.role === 'user') said.push(readSaid(textOf(message), heard))
  }
  return said
}

/** Takes the line `[from 王卓然]` off a message. */
function readSaid(text: string, heard: string | null): Said {
  const match = /^\s*\[from ([^\]\n]{1,100})\][ \t]*(?:\n|$)/.exec(text.slice(0, 140))
  const rest = match ? text.slice(match[0].length) : text
  return { speaker: match?.[1]?.trim() ?? null, text: tidy(rest), heard }
}

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}

interface Call {
  id: string
  sql: string
}

function callsOf(message: Message): Call[] {
  if (message.role !== 'assistant') return []
  return (message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function' ? [{ id: call.id, sql: readQuery(call.function.arguments) }] : [],
  )
}

function readQuery(args: string): string {
  try {
    const value: unknown = JSON.parse(args)
    const isObject = typeof value === 'object' && value !== null && 'query' in value
    return isObject && typeof value.query === 'string' ? value.query : ''
  } catch {
    return ''
  }
}

function readAnswers(turn: readonly Message[]): Map<string, ToolAnswer> {
  const sqlById = new Map(turn.flatMap(callsOf).map(({ id, sql }) => [id, sql]))
  const answers = new Map<string, ToolAnswer>()
  for (const message of turn) {
    if (message.role !== 'tool') continue
    const sql = sqlById.get(message.tool_call_id)
    if (sql !== undefined) answers.set(sql, parseToolAnswer(textOf(message)))
  }
  return answers
}
