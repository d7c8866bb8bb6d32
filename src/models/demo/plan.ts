import { isNothing, phraseRows, phrasesOf } from './answer.ts'
import type { Conversation } from './conversation.ts'
import { readDialogue, type Item } from './dialogue.ts'
import type { Question } from './question.ts'
import { impliedTime, toPlainSql, toSql, vocabularySql } from './sql.ts'
import { areKnown, correctNames, toVocabulary } from './vocabulary.ts'

/** What the demo does next in a turn: ask the tool, or answer. */
export type Step = { kind: 'ask'; queries: string[] } | { kind: 'say'; text: string }

export interface PlanOptions {
  /** Whether `ask_database` can be called. */
  hasSchedule: boolean
  /** Whether a call may be made now. */
  mayCall: boolean
}

/** Three questions, one call at a time, each with the names and a correction; none gets more. */
const maxRounds = 10

/** Decides the next step from the conversation alone, so that the same request has the same answer. */
export function planStep(conversation: Conversation, options: PlanOptions): Step {
  const items = readDialogue(conversation)
  const isOver = !options.mayCall || conversation.roundCount >= maxRounds
  const parts = items.map((item) => resolveItem(item, conversation, options))
  const queries = [...new Set(parts.flatMap((part) => ('sql' in part ? [part.sql] : [])))]
  if (queries.length > 0 && !isOver) return { kind: 'ask', queries }
  const texts = parts.map((part, index) => {
    const item = items[index]
    const text = 'text' in part ? part.text : phrasesOf[part.language].lookupFailed
    return item?.heading === null || item === undefined ? text : `${item.heading}\n${text}`
  })
  return { kind: 'say', text: withIntro(texts.join('\n\n'), items, conversation) }
}

/** The first answer of a conversation says what it comes from, unless it does anyway. */
function withIntro(text: string, items: readonly Item[], { isFirstAnswer }: Conversation): string {
  const [first] = items
  if (!isFirstAnswer || first === undefined) return text
  const isIntroduction = items.some(({ kind }) => kind === 'introduction')
  return isIntroduction ? text : `${phrasesOf[first.language].intro}\n\n${text}`
}

type Part = { text: string } | { sql: string; language: Question['language'] }

function resolveItem(item: Item, conversation: Conversation, options: PlanOptions): Part {
  if (item.kind !== 'question') return { text: item.text }
  const { question } = item
  const phrases = phrasesOf[question.language]
  if (!options.hasSchedule) return { text: phrases.notConnected }
  if (conversation.clock === null && needsToday(question)) return { text: phrases.unknownToday }
  const next = resolve(question, conversation)
  return 'sql' in next ? { ...next, language: question.language } : next
}

function needsToday({ intent, slots, ...rest }: Question): boolean {
  if (slots.relative || slots.when === 'now') return true
  if (intent.kind === 'free_days') return slots.ranges.length === 0
  const when = impliedTime({ intent, slots, ...rest })
  return intent.kind === 'pick' && (when === 'upcoming' || when === 'past')
}

/** The next query that a question needs, or the words for what is known. */
function resolve(
  question: Question,
  conversation: Conversation,
): { sql: string } | { text: string } {
  const { answers, clock } = conversation
  const sql = toSql(question, clock)
  const answer = answers.get(sql)
  if (answer === undefined) return { sql }
  if (answer.kind === 'error') return resolveFailed(question, conversation)
  const isAboutNames = question.slots.terms.some((group) => !group.not)
  if (isNothing(answer) && isAboutNames) return resolveNames(question, conversation)
  return { text: phraseRows(question, answer, clock) }
}

/** A refused query is tried once more in its plainest form. */
function resolveFailed(
  question: Question,
  { answers, clock }: Conversation,
): { sql: string } | { text: string } {
  const failed = { text: phrasesOf[question.language].lookupFailed }
  const sql = toPlainSql(question, clock)
  if (sql === null) return failed
  const answer = answers.get(sql)
  if (answer === undefined) return { sql }
  if (answer.kind === 'error') return failed
  return { text: phraseRows({ ...question, intent: { kind: 'list' } }, answer, clock) }
}

/** Nothing found under these names: are they names at all, or nearly? */
function resolveNames(
  question: Question,
  { answers, clock }: Conversation,
): { sql: string } | { text: string } {
  const names = answers.get(vocabularySql)
  if (names === undefined) return { sql: vocabularySql }
  const first = answers.get(toSql(question, clock))
  const asFound = {
    text: first?.kind === 'rows' ? phraseRows(question, first, clock) : '',
  }
  if (names.kind === 'error') return asFound
  const vocabulary = toVocabulary(names)
  const phrases = phrasesOf[question.language]
  const corrected = correctNames(question, vocabulary)
  if (corrected === null) {
    const asked = question.slots.terms.filter((group) => !group.not)
    if (areKnown(asked, vocabulary)) return asFound
    const words = asked.flatMap(({ any }) => any.map(({ text }) => text))
    return { text: phrases.unknownNames(words, vocabulary) }
  }
  const sql = toSql(corrected, clock)
  const answer = answers.get(sql)
  if (answer === undefined) return { sql }
  if (answer.kind === 'error') return asFound
  const taken = corrected.slots.terms.flatMap(({ any, not }) =>
    not ? [] : any.flatMap(({ exact }) => [...(exact ?? [])]),
  )
  return { text: `${phrases.takenFor(taken)}\n${phraseRows(corrected, answer, clock)}` }
}
