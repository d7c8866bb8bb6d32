import { plain, type Phrases } from './phrases.ts'
import type { NameColumn, Question, Term } from './question.ts'
import { fold } from './text.ts'
import type { Cell } from './tool-answer.ts'

type Row = Record<string, Cell>

/** More names than these are not spelled out; the word that was asked for stands for them. */
const maxNames = 3

interface Shown {
  names: readonly string[]
  column: NameColumn | 'room' | null
}

/** The names that an answer is about, as the timetable spells them where it shows them. */
export function displayNames(
  question: Question,
  rows: readonly Row[],
  phrases: Pick<Phrases, 'both'>,
): string {
  const isChinese = question.language === 'zh'
  const shown = termsOf(question).map((term) => findShown(term, rows))
  const join = (column: Shown['column']): string => {
    const words = shown
      .filter((each) => each.column === column)
      .flatMap(({ names }) => names.map((name) => quote(name, column, isChinese)))
    const distinct = [...new Set(words)]
    return isChinese ? distinct.join('、') : enumerate(distinct)
  }
  const [teachers, courses] = [join('instructor'), join('course_name')]
  const words = [join('room'), join(null)].filter((part) => part !== '').join(', ')
  const names =
    teachers !== '' && courses !== '' ? phrases.both(teachers, courses) : teachers + courses
  return [names, words].filter((part) => part !== '').join(isChinese ? '、' : ', ')
}

/** A word that stands for many names, or for none, stays a word. */
function quote(name: string, column: Shown['column'], isChinese: boolean): string {
  if (column !== null) return plain(name)
  return isChinese ? `和“${plain(name)}”有关的` : `“${plain(name)}”`
}

/** Whether the rows show every name that was asked for. */
export function areShown(question: Question, rows: readonly Row[]): boolean {
  return termsOf(question).every((term) => findShown(term, rows).column !== null)
}

/** Whether all of them are people. */
export function isPersons(question: Question, rows: readonly Row[]): boolean {
  const terms = termsOf(question)
  return (
    terms.length > 0 &&
    terms.every((term) => findShown(term, rows).column === 'instructor' || isTeacher(term))
  )
}

function termsOf({ slots }: Question): Term[] {
  return slots.terms.flatMap(({ any, not }) => (not ? [] : [...any]))
}

function isTeacher({ column, exact }: Term): boolean {
  return column === 'instructor' && exact !== undefined
}

function findShown(term: Term, rows: readonly Row[]): Shown {
  if (term.exact !== undefined && term.isRoom === true && term.column === null) {
    return { names: term.exact, column: 'room' }
  }
  if (term.exact !== undefined) {
    const { exact, column } = term
    return exact.length <= maxNames
      ? { names: exact, column }
      : { names: [term.text], column: null }
  }
  if (term.isRoom === true && rows.some((row) => holds(String(row['room'] ?? ''), term.text))) {
    return { names: [term.text], column: 'room' }
  }
  for (const column of ['instructor', 'course_name'] as const) {
    const names = [...new Set(rows.map((row) => String(row[column] ?? '')))]
    const found = names.filter((name) => holds(name, term.text))
    if (found.length > 0 && found.length <= maxNames && term.column !== other(column)) {
      return { names: found, column }
    }
  }
  return { names: [term.text], column: null }
}

function other(column: NameColumn): NameColumn {
  return column === 'instructor' ? 'course_name' : 'instructor'
}

function holds(name: string, word: string): boolean {
  const whole = fold(name)
  return fold(word)
    .split(/\s+|(?<=\p{Script=Han})(?=\w)|(?<=\w)(?=\p{Script=Han})/u)
    .every((part) => whole.includes(part))
}

function enumerate(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
