import { isNothing, phraseRows, phrasesOf } from './answer.ts'
import { assignmentTerms } from './assignment-names.ts'
import type { Conversation } from './conversation.ts'
import { readDialogue, type Item } from './dialogue.ts'
import { termWeekOf } from './holdings.ts'
import { areShown } from './names.ts'
import type { Phrases } from './phrases.ts'
import type { Question, Term, TermGroup } from './question.ts'
import { impliedTime, placesVocabularySql, toPlainSql, toSql, vocabularySql } from './sql.ts'
import { assignmentNamesSql } from './subject-sql.ts'
import { toRecords } from './tool-answer.ts'
import { matchNames, toVocabulary, type NameMatch } from './vocabulary.ts'

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
  if (isOnlyWhere(question) && question.hasPlaces !== true) return { text: phrases.noRooms }
  const { clock, holdings } = conversation
  if (question.intent.kind === 'weeks' && question.slots.terms.length === 0 && clock !== null) {
    const date = question.slots.ranges[0]?.from ?? clock.today
    return { text: phrases.weekOf(date, termWeekOf(date, holdings.terms)) }
  }
  const next =
    question.intent.kind === 'assignments'
      ? resolveAssignments(question, conversation)
      : resolve(question, conversation)
  if ('sql' in next) return { ...next, language: question.language }
  const isTerm = question.intent.kind === 'terms' && question.intent.which === 'present'
  if (!isTerm || clock === null) return next
  const found = termWeekOf(clock.today, holdings.terms)
  const left = found === null ? '' : phrases.weeksLeft(found.term.weeks - found.week)
  return { text: `${next.text}\n${phrases.weekOf(clock.today, found)}${left}` }
}

/** "Where are the classes?" needs no list of all of them. */
function isOnlyWhere({ intent, slots }: Question): boolean {
  return (
    intent.kind === 'where' &&
    slots.ranges.length + slots.weekdays.length + slots.terms.length === 0 &&
    slots.time === null
  )
}

function needsToday({ intent, slots, ...rest }: Question): boolean {
  if (slots.relative || slots.when === 'now') return true
  if (['assignments', 'holidays', 'weeks', 'terms'].includes(intent.kind)) return true
  if (intent.kind === 'free_days') return slots.ranges.length === 0
  const when = impliedTime({ intent, slots, ...rest }, null)
  return intent.kind === 'pick' && (when === 'upcoming' || when === 'past')
}

type Next = { sql: string } | { text: string }

/** Answers of these do not hold the names that they are about. */
const nameless: ReadonlySet<Question['intent']['kind']> = new Set([
  'count',
  'hours',
  'free_days',
  'idle',
  'names',
  'duration',
  'group',
  'clashes',
  'weeks',
  'parity',
])

/** The next query that a question needs, or the words for what is known. */
function resolve(question: Question, conversation: Conversation): Next {
  const { answers, clock } = conversation
  // other tables have names of their own
  const isOther = ['assignments', 'holidays', 'terms'].includes(question.intent.kind)
  const isAboutNames = !isOther && question.slots.terms.some(isAsked)
  const isVague = question.slots.terms.some(({ any }) => any.some(isShortWord))
  if (isAboutNames && (isVague || nameless.has(question.intent.kind))) {
    return resolveNames(question, conversation)
  }
  const sql = toSql(question, clock)
  const answer = answers.get(sql)
  if (answer === undefined) return { sql }
  if (answer.kind === 'error') return resolveFailed(question, conversation)
  const isClear = !isNothing(answer) && areShown(question, toRecords(answer))
  if (isAboutNames && !isClear) return resolveNames(question, conversation)
  return { text: phraseRows(question, answer, clock) }
}

/** Titles and courses that stand in the sentence are meant; other words are looked for in both. */
function resolveAssignments(question: Question, conversation: Conversation): Next {
  const { slots } = question
  if (!slots.terms.some(isAsked)) return resolve(question, conversation)
  const names = conversation.answers.get(assignmentNamesSql)
  if (names === undefined) return { sql: assignmentNamesSql }
  if (names.kind === 'error') return resolveFailed(question, conversation)
  const said = assignmentTerms(question.text, names)
  if (said !== null) {
    return resolve({ ...question, slots: { ...slots, terms: [said] } }, conversation)
  }
  const sql = toSql(question, conversation.clock)
  const answer = conversation.answers.get(sql)
  if (answer === undefined) return { sql }
  return answer.kind === 'rows' && isNothing(answer)
    ? resolveNames(question, conversation)
    : resolve({ ...question, slots: { ...slots, terms: slots.terms } }, conversation)
}

/** "AI" stands in many names, in some of them by chance. */
function isShortWord({ text, exact }: Term): boolean {
  return exact === undefined && /^[a-z]{1,2}$/i.test(text)
}

function isAsked({ any, not }: TermGroup): boolean {
  return !not && any.some(({ exact }) => exact === undefined)
}

/** A refused query is tried once more in its plainest form. */
function resolveFailed(question: Question, { answers, clock }: Conversation): Next {
  const failed = { text: phrasesOf[question.language].lookupFailed }
  const sql = toPlainSql(question, clock)
  if (sql === null) return failed
  const answer = answers.get(sql)
  if (answer === undefined) return { sql }
  if (answer.kind === 'error') return failed
  return { text: phraseRows({ ...question, intent: { kind: 'list' } }, answer, clock) }
}

/** Looks the words up among all names: which ones are meant, and are they names at all? */
function resolveNames(question: Question, conversation: Conversation): Next {
  const hasRoom = question.slots.terms.some(({ any }) => any.some(({ isRoom }) => isRoom === true))
  const namesSql = hasRoom ? placesVocabularySql : vocabularySql
  const names = conversation.answers.get(namesSql)
  if (names === undefined) return { sql: namesSql }
  if (names.kind === 'error') return resolveFailed(question, conversation)
  const vocabulary = toVocabulary(names)
  const match = matchNames(question, vocabulary)
  const phrases = phrasesOf[question.language]
  const known = match.question ?? withoutNames(question, match)
  if (known === null) {
    const words = match.unknown.filter(({ isNamed }) => isNamed).map((term) => toWord(term))
    return {
      text: words.length > 0 ? phrases.unknownNames(words, vocabulary) : phrases.other,
    }
  }
  const next = resolve(known, conversation)
  return 'sql' in next ? next : { text: [...notesOn(match, phrases), next.text].join('\n') }
}

/** One asks for 张老师, not for 张. */
function toWord({ text, column }: Term): string {
  return column === 'instructor' && /^\p{Script=Han}$/u.test(text) ? `${text}老师` : text
}

/** Words that are no names are left out when there is enough without them. */
function withoutNames(question: Question, { unknown }: NameMatch): Question | null {
  const { ranges, weekdays, time, terms } = question.slots
  const isTimed = ranges.length > 0 || weekdays.length > 0 || time !== null
  if (!isTimed || question.isGuess === true || unknown.some(({ isNamed }) => isNamed)) return null
  return { ...question, slots: { ...question.slots, terms: terms.filter(({ not }) => not) } }
}

function notesOn({ guessed, unknown }: NameMatch, phrases: Phrases): string[] {
  return [
    ...(unknown.length > 0 ? [phrases.leftOut(unknown.map(({ text }) => text))] : []),
    ...(guessed.length > 0 ? [phrases.takenFor(guessed)] : []),
  ]
}
