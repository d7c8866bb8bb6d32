import type { NameColumn, Question, Term, TermGroup } from './question.ts'
import { fold, hasHan, tidy } from './text.ts'
import { toRecords, type Cell } from './tool-answer.ts'

/** The names that the timetable knows. */
export interface Vocabulary {
  instructors: string[]
  courses: string[]
}

/** More names than a timetable has are not compared. */
const maxNames = 400

export function toVocabulary(answer: { columns: string[]; rows: Cell[][] }): Vocabulary {
  const records = toRecords(answer)
  const names = (column: NameColumn): string[] =>
    [...new Set(records.map((record) => String(record[column] ?? '')))]
      .filter((name) => name !== '')
      .slice(0, maxNames)
  return { instructors: names('instructor'), courses: names('course_name') }
}

/**
 * The question with its words replaced by the names they probably mean: a name that stands in the
 * sentence, that holds the words, or that differs by one letter. Null when no name fits, or when the
 * words were right as they are.
 */
export function correctNames(question: Question, vocabulary: Vocabulary): Question | null {
  const excluded = question.slots.terms.filter((group) => group.not)
  const asked = question.slots.terms.filter((group) => !group.not)
  if (asked.length === 0 || areKnown(asked, vocabulary)) return null
  const sentence = compact(
    `${question.text} ${asked.flatMap(({ any }) => any.map((t) => t.text)).join(' ')}`,
  )
  const words = asked.flatMap(({ any }) => any.map((term) => term.text))
  const instructors = findNames(vocabulary.instructors, sentence, words)
  const courses = findNames(vocabulary.courses, sentence, words)
  const groups = [...exactGroup('instructor', instructors), ...exactGroup('course_name', courses)]
  if (groups.length === 0) return null
  return { ...question, slots: { ...question.slots, terms: [...groups, ...excluded] } }
}

/** Whether every word of the question occurs in a name, in the column it was looked for in. */
export function areKnown(groups: readonly TermGroup[], vocabulary: Vocabulary): boolean {
  return groups.every(({ any }) => any.every((term) => isKnown(term, vocabulary)))
}

function isKnown(term: Term, vocabulary: Vocabulary): boolean {
  if (term.exact !== undefined) return true
  const word = compact(term.text)
  const names = [
    ...(term.column === 'course_name' ? [] : vocabulary.instructors),
    ...(term.column === 'instructor' ? [] : vocabulary.courses),
  ]
  return names.some((name) => compact(name).includes(word))
}

function exactGroup(column: NameColumn, exact: readonly string[]): TermGroup[] {
  const [text] = exact
  return text === undefined ? [] : [{ any: [{ text, column, exact }], not: false }]
}

function findNames(names: readonly string[], sentence: string, words: readonly string[]): string[] {
  const inSentence = names.filter((name) => sentence.includes(compact(name)))
  if (inSentence.length > 0) return inSentence
  const holding = names.filter((name) => words.some((word) => holdsWord(name, word)))
  if (holding.length > 0) return holding
  return names.filter((name) => words.some((word) => isNearly(compact(name), compact(word))))
}

/** "RAG 那个检索" means "RAG 检索增强生成": they share a Latin word, or most of a Chinese one. */
function holdsWord(name: string, word: string): boolean {
  const whole = compact(word)
  if (whole.length >= 2 && compact(name).includes(whole)) return true
  const latin = fold(tidy(word)).match(/[a-z][a-z0-9]+/g) ?? []
  const nameWords = new Set(fold(tidy(name)).match(/[a-z][a-z0-9]+/g) ?? [])
  if (latin.some((part) => part.length >= 3 && nameWords.has(part))) return true
  return hasHan(word) && whole.length >= 3 && sharedPairs(whole, compact(name)) >= 0.6
}

function sharedPairs(word: string, name: string): number {
  let shared = 0
  for (let at = 0; at + 1 < word.length; at += 1) {
    if (name.includes(word.slice(at, at + 2))) shared += 1
  }
  return shared / (word.length - 1)
}

/** One letter wrong, missing or too many, in a name that is long enough to be recognised. */
function isNearly(name: string, word: string): boolean {
  const minLength = hasHan(name) ? 3 : 5
  if (name.length < minLength || Math.abs(name.length - word.length) > 1) return false
  let start = 0
  while (start < name.length && name[start] === word[start]) start += 1
  const rest = (text: string, skip: number): string => text.slice(start + skip)
  return (
    rest(name, 1) === rest(word, 1) ||
    rest(name, 1) === rest(word, 0) ||
    rest(name, 0) === rest(word, 1)
  )
}

function compact(text: string): string {
  return fold(tidy(text)).replaceAll(/\s+/g, '')
}
