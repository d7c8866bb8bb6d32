import { phrasesOf } from './answer.ts'
import { readClause, splitClauses, splitTimes, type Clause, type Setting } from './clause.ts'
import type { Clock } from './clock.ts'
import { splitComparison } from './comparison.ts'
import type { Conversation, Said } from './conversation.ts'
import { readDates } from './dates.ts'
import { toQuestion } from './follow-up.ts'
import type { Holdings } from './holdings.ts'
import { detectLanguage, type Language } from './language.ts'
import { plain } from './phrases.ts'
import type { Question } from './question.ts'
import { readSmallTalk, type SmallTalk } from './small-talk.ts'
import { respell } from './spelling.ts'
import { isHeldSubject } from './subjects.ts'
import { createMask, fold } from './text.ts'

interface ItemBase {
  language: Language
  /** Whose question it is, as a line above the answer, when several people are answered at once. */
  heading: string | null
}

/** One thing to answer. An `introduction` says what the demo is. */
export type Item = ItemBase &
  (
    | { kind: 'question'; question: Question }
    | { kind: 'courtesy' | 'introduction' | 'talk' | 'other'; text: string }
  )

/** How many messages back a follow-up can reach; older ones only leave names. */
const maxContext = 40
/** More questions at once are not looked up: the last ones count. */
const maxQuestions = 3

/** Reads the whole conversation and answers what is pending; at least one item. */
export function readDialogue(conversation: Conversation): Item[] {
  const memory: Memory = { before: null, sure: null, language: null }
  const { earlier, pending, clock, holdings } = conversation
  const setting = { clock, holdings }
  for (const said of earlier.slice(-maxContext)) readContext(said, memory, setting)
  const items: Item[] = []
  pending.forEach((said, index) => {
    const past = [...earlier, ...pending.slice(0, index)]
    items.push(...readSaid(said, { memory, past, setting }))
  })
  const shown = keepEssential(items)
  if (shown.length > 0) return shown
  const language = memory.language ?? 'en'
  return [{ kind: 'introduction', text: phrasesOf[language].identity, language, heading: null }]
}

/** What a conversation leaves behind for the sentences to come. */
interface Memory {
  before: Question | null
  /** The last one that was not a guess. */
  sure: Question | null
  language: Language | null
}

interface Reading {
  memory: Memory
  past: readonly Said[]
  setting: Setting
}

function readContext(said: Said, memory: Memory, setting: Setting): void {
  readSaid(said, { memory, past: [], setting })
}

function readSaid(said: Said, { memory, past, setting }: Reading): Item[] {
  const { clock, holdings } = setting
  const language = detectLanguage(fold(said.text), memory.language)
  // what turned out to be no question leaves nothing behind
  if (memory.before?.isGuess === true && wasRefused(said.heard)) memory.before = memory.sure
  const heading = said.speaker === null ? null : `**${plain(said.speaker)}**`
  const items: Item[] = []
  const clauses = splitClauses(said.text).flatMap((text) => splitTimes(text, setting))
  for (const text of clauses) {
    const talk = readTalk(text, holdings)
    if (talk === null || !isCourtesy(talk)) memory.language = language
    if (talk !== null) items.push({ ...answerTalk(talk, { said, past, language, clock }), heading })
    if (talk !== null && talk.kind !== 'name_given') continue
    const clause = readClause(respell(talk === null ? text : talk.rest), setting)
    if (clause.impossible !== null) {
      const answer = phrasesOf[language].noSuchDay(clause.impossible)
      items.push({ kind: 'talk', text: answer, language, heading })
      continue
    }
    const question = toQuestion(clause, {
      before: memory.before,
      language,
      clock,
      heard: said.heard,
      holdings,
    })
    if (question !== null) {
      memory.before = question
      if (question.isGuess !== true) memory.sure = question
      for (const each of splitComparison(question)) {
        items.push({ kind: 'question', question: each, language, heading })
      }
    } else if (talk === null && hasWords(clause)) {
      items.push({ kind: 'other', text: phrasesOf[language].other, language, heading })
    }
  }
  return mergeDetails(items)
}

/** What the timetable holds is a question, not small talk. */
function readTalk(text: string, holdings: Holdings): SmallTalk | null {
  const talk = readSmallTalk(text, fold(text))
  const isHeld = talk?.kind === 'not_in_schedule' && isHeldSubject(fold(text), holdings)
  return isHeld ? null : talk
}

function isCourtesy({ kind }: SmallTalk): boolean {
  return ['greeting', 'thanks', 'goodbye', 'assent'].includes(kind)
}

function wasRefused(heard: string | null): boolean {
  return heard !== null && Object.values(phrasesOf).some(({ other }) => heard.endsWith(other))
}

function hasWords({ folded }: Clause): boolean {
  return /\p{L}/u.test(folded)
}

interface TalkContext {
  said: Said
  past: readonly Said[]
  language: Language
  clock: Clock | null
}

function answerTalk(talk: SmallTalk, { said, past, language, clock }: TalkContext) {
  const phrases = phrasesOf[language]
  const mine = past.filter(({ speaker }) => speaker === said.speaker)
  const answer = (text: string, kind: 'courtesy' | 'introduction' | 'talk' = 'talk') =>
    ({ kind, text, language }) as const
  switch (talk.kind) {
    case 'name_given':
      return answer(phrases.welcomeName(talk.name))
    case 'name_asked':
      return answer(phrases.yourName(nameOf([...mine, said])))
    case 'history_asked': {
      const asked = talk.which === 'first' ? mine[0] : mine.at(-1)
      return answer(phrases.yourQuestion(asked?.text.slice(0, 200) ?? null, talk.which))
    }
    case 'today_asked':
      return answer(answerDate(said.text, clock, language))
    case 'assent':
      return answer(phrases.assent, 'courtesy')
    case 'complaint':
      return answer(phrases.complaint)
    case 'languages':
      return answer(phrases.languages)
    case 'read_only':
      return answer(phrases.readOnly)
    case 'greeting':
      return answer(phrases.greeting(nameOf(mine)), 'courtesy')
    case 'thanks':
      return answer(phrases.thanks, 'courtesy')
    case 'goodbye':
      return answer(phrases.goodbye, 'courtesy')
    case 'identity':
      return answer(phrases.identity, 'introduction')
    case 'connect':
      return answer(phrases.connect)
    case 'not_in_schedule':
      return answer(phrases.notInSchedule)
    default:
      return talk satisfies never
  }
}

/** Today's date, or that of the day the sentence names. */
function answerDate(text: string, clock: Clock | null, language: Language): string {
  const phrases = phrasesOf[language]
  if (clock === null) return phrases.unknownToday
  const folded = fold(text)
  const { ranges } = readDates(folded, clock.today, createMask(folded.length))
  const [day] = ranges
  const isOther = ranges.length === 1 && day?.from != null && !day.from.equals(clock.today)
  return isOther && day.from !== null ? phrases.date(day.from) : phrases.today(clock)
}

/** The name that somebody last gave. */
function nameOf(said: readonly Said[]): string | null {
  for (const { text } of said.toReversed()) {
    for (const clause of splitClauses(text)) {
      const talk = readSmallTalk(clause, fold(clause))
      if (talk?.kind === 'name_given') return talk.name
    }
  }
  return null
}

const listing: ReadonlySet<Question['intent']['kind']> = new Set(['list', 'exists'])
const detail: ReadonlySet<Question['intent']['kind']> = new Set([
  'list',
  'exists',
  'who',
  'when',
  'where',
])

/** "What is on tomorrow? Who teaches it?" is one question: the list names the teachers. */
function mergeDetails(items: readonly Item[]): Item[] {
  const kept: Item[] = []
  for (const item of items) {
    const before = kept.at(-1)
    const isCovered =
      before?.kind === 'question' &&
      item.kind === 'question' &&
      (sameIntent(before.question, item.question) ||
        (listing.has(before.question.intent.kind) && detail.has(item.question.intent.kind))) &&
      sameSlots(before.question, item.question)
    if (!isCovered) kept.push(item)
  }
  return kept
}

function sameIntent(a: Question, b: Question): boolean {
  return JSON.stringify(a.intent) === JSON.stringify(b.intent)
}

function sameSlots(a: Question, b: Question): boolean {
  return JSON.stringify(a.slots) === JSON.stringify(b.slots)
}

/** Answers what was asked; a greeting counts only where nothing was. */
function keepEssential(items: readonly Item[]): Item[] {
  const essential = items.filter(({ kind }) => kind !== 'courtesy' && kind !== 'other')
  const questions = essential.filter(({ kind }) => kind === 'question')
  const dropped = new Set(questions.slice(0, -maxQuestions))
  const kept = essential.filter((item) => !dropped.has(item))
  const shown = kept.length > 0 ? kept : items.slice(-1)
  const headings = new Set(shown.map(({ heading }) => heading))
  return shown.map((item) => (headings.size > 1 ? item : { ...item, heading: null }))
}
