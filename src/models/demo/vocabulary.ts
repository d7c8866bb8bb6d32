import { translate } from './glossary.ts'
import { latinNames } from './pinyin.ts'
import type { NameColumn, Question, Term, TermGroup } from './question.ts'
import { isNearly } from './spelling.ts'
import { compact, fold, hasHan, tidy } from './text.ts'
import { toRecords, type Cell } from './tool-answer.ts'

/** The names that the timetable knows. */
export interface Vocabulary {
  instructors: string[]
  courses: string[]
  rooms: string[]
}

/** More names than a timetable has are not compared. */
const maxNames = 400

export function toVocabulary(answer: { columns: string[]; rows: Cell[][] }): Vocabulary {
  const records = toRecords(answer)
  const names = (column: NameColumn | 'room'): string[] =>
    [...new Set(records.map((record) => String(record[column] ?? '')))]
      .filter((name) => name !== '')
      .slice(0, maxNames)
  return { instructors: names('instructor'), courses: names('course_name'), rooms: names('room') }
}

/** What the words of a question mean among the names of the timetable. */
export interface NameMatch {
  /** The question with those names; null when no word means one. */
  question: Question | null
  /** Names that the question spells differently, so that the answer says whom it is about. */
  guessed: string[]
  /** Words that mean nothing in the timetable. */
  unknown: Term[]
}

/**
 * Replaces the words of a question by the names they mean: names that hold the words or stand in
 * them, then names in other letters or another language, then names that differ by a letter.
 */
export function matchNames(question: Question, vocabulary: Vocabulary): NameMatch {
  const isRoom = ({ any }: TermGroup): boolean =>
    any.some(({ text, isRoom: isOne }) => {
      return (
        isOne === true && vocabulary.rooms.some((room) => compact(room).includes(compact(text)))
      )
    })
  const rooms = question.slots.terms.filter((group) => !group.not && isRoom(group))
  const asked = question.slots.terms.filter((group) => !group.not && !isRoom(group))
  const excluded = question.slots.terms.filter((group) => group.not)
  const terms = asked.flatMap(({ any }) => any)
  const guesses = terms.map((term) => ({ term, ...findName(term, vocabulary) }))
  const sentence = compact(question.text)
  const isSaid = (name: string): boolean => sentence.includes(compact(name))
  const groups = (['instructor', 'course_name'] as const).flatMap((column) => {
    const found = guesses.filter((guess) => guess.column === column)
    // a name that stands in the sentence as a whole rules out others that share a word with it
    const names = found.flatMap((guess) =>
      guess.names.some(isSaid) ? guess.names.filter(isSaid) : guess.names,
    )
    return exactGroup(column, [...new Set(names)])
  })
  const known = [...groups, ...rooms.map((group) => asKnown(group))]
  const isMeant = known.length > 0
  return {
    question: isMeant
      ? {
          ...question,
          intent: byNamed(question.intent, groups),
          slots: { ...question.slots, terms: [...known, ...excluded] },
        }
      : null,
    guessed: guesses.flatMap(({ names, isSure }) => (isSure ? [] : names)),
    unknown: guesses.flatMap(({ term, names }) => (names.length === 0 ? [term] : [])),
  }
}

/** There is such a room, so the word stands for itself. */
function asKnown({ any, not }: TermGroup): TermGroup {
  return { any: any.map((term) => ({ ...term, exact: [term.text], column: null })), not }
}

/** Two courses are compared as courses, two teachers as teachers. */
function byNamed(intent: Question['intent'], groups: readonly TermGroup[]): Question['intent'] {
  const [only] = groups
  const term = only?.any[0]
  const isComparison = groups.length === 1 && (term?.exact?.length ?? 0) > 1
  if (intent.kind !== 'group' || !isComparison || term?.column == null) return intent
  return { ...intent, by: term.column }
}

function exactGroup(column: NameColumn, exact: readonly string[]): TermGroup[] {
  const [text] = exact
  return text === undefined ? [] : [{ any: [{ text, column, exact }], not: false }]
}

interface Guess {
  column: NameColumn | null
  names: readonly string[]
  isSure: boolean
}

/** Ways to find a name, the surest ones first. */
const ways: readonly { isSure: boolean; fits: (name: string, word: string) => boolean }[] = [
  { isSure: true, fits: holdsWord },
  { isSure: true, fits: sharesWords },
  {
    isSure: true,
    fits: (name, word) => /[a-z]{3}s$/i.test(word) && holdsWord(name, word.slice(0, -1)),
  },
  { isSure: false, fits: isShortForm },
  { isSure: false, fits: isTranslated },
  { isSure: false, fits: (name, word) => isMisspelt(compact(name), compact(word)) },
]

function findName({ text, column, exact }: Term, vocabulary: Vocabulary): Guess {
  if (exact !== undefined) return { column, names: exact, isSure: true }
  const likely: readonly NameColumn[] =
    column === 'course_name' ? ['course_name', 'instructor'] : ['instructor', 'course_name']
  // 小王 and 老王 are 王
  const word = text.replace(/(?:老师|讲师|教授)$/, '').replace(/^[小老](?=\p{Script=Han}$)/u, '')
  for (const { isSure, fits } of ways) {
    for (const each of likely) {
      const all = each === 'instructor' ? vocabulary.instructors : vocabulary.courses
      const names = all.filter((name) => fits(name, word))
      if (names.length > 0) return { column: each, names, isSure }
    }
  }
  return { column: null, names: [], isSure: true }
}

/** "RAG" in "RAG 检索增强生成", and 王卓然 in 王卓然那边. */
function holdsWord(name: string, word: string): boolean {
  const [whole, part] = [compact(name), compact(word)]
  if (part.length === 1) return hasHan(part) && whole.startsWith(part) && whole.length <= 4
  if (/^[a-z]/.test(part)) {
    return new RegExp(`(?<![a-z])${RegExp.escape(part)}`).test(whole) || part.includes(whole)
  }
  return whole.includes(part) || (whole.length > 1 && part.includes(whole))
}

/** "RAG 那个检索" means "RAG 检索增强生成": they share a Latin word, or most of a Chinese one. */
function sharesWords(name: string, word: string): boolean {
  const whole = compact(word)
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

/** "Wang Zhuoran" for 王卓然, "prompt engineering" for 提示工程. */
function isTranslated(name: string, word: string): boolean {
  const folded = fold(tidy(word))
  const letters = compact(word).replaceAll(/[^a-z]/g, '')
  if (letters.length >= 2 && latinNames(name).includes(letters)) return true
  const meant = translate(folded)
  return meant.length > 0 && meant.every((part) => fold(name).includes(part))
}

/** 高数 for 高等数学, "ML" for "Machine Learning". */
function isShortForm(name: string, word: string): boolean {
  const [whole, short] = [compact(name), compact(word)]
  const initials = (name.match(/[\p{L}\p{N}]+/gu) ?? []).map((part) => compact(part).charAt(0))
  if (/^[a-z]{2,5}$/.test(short)) return initials.length > 1 && initials.join('') === short
  if (!/^\p{Script=Han}{2,3}$/u.test(short) || whole.length <= short.length) return false
  return whole.startsWith(short.charAt(0)) && isWithin(short, whole)
}

/** Whether all characters stand in the name, in this order. */
function isWithin(short: string, whole: string): boolean {
  let from = 0
  for (const character of short) {
    from = whole.indexOf(character, from) + 1
    if (from === 0) return false
  }
  return true
}

function isMisspelt(name: string, word: string): boolean {
  const minLength = hasHan(name) ? 3 : 5
  return name.length >= minLength && isNearly(name, word)
}
