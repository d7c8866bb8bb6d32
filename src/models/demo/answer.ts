import type { Clock } from './clock.ts'
import { toPlainDate, type DateRange } from './date-range.ts'
import type { Language } from './language.ts'
import { englishPhrases } from './phrases-en.ts'
import { chinesePhrases } from './phrases-zh.ts'
import { plain, type ClassRow, type GroupRow, type Phrases, type Scope } from './phrases.ts'
import type { Grouping, Question } from './question.ts'
import { impliedTime } from './sql.ts'
import { fold } from './text.ts'
import { toRecords, type Cell, type ToolAnswer } from './tool-answer.ts'

export const phrasesOf: Record<Language, Phrases> = { zh: chinesePhrases, en: englishPhrases }

export type Rows = Extract<ToolAnswer, { kind: 'rows' }>

/** How many lines of a list an answer shows. */
const maxLines = 12

/** Whether a result means that nothing fits the question. */
export function isNothing(rows: Rows): boolean {
  const [first] = rows.rows
  if (first === undefined) return true
  const counted = /^(?:classes|teachers|courses|days)$/
  const isTotal = rows.columns.every((column) => counted.test(column) || column === 'hours')
  return isTotal && first.every((cell) => cell === 0)
}

/** Puts the rows that a question found into words. */
export function phraseRows(question: Question, rows: Rows, clock: Clock | null): string {
  const phrases = phrasesOf[question.language]
  const records = toRecords(rows)
  const scope = toScope(question, records, clock)
  const text = phraseIntent({ question, phrases, records, scope })
  return rows.isCut ? `${text}\n${phrases.cut}` : text
}

interface Phrasing {
  question: Question
  phrases: Phrases
  records: Record<string, Cell>[]
  scope: Scope
}

function phraseIntent(phrasing: Phrasing): string {
  const { question, phrases, records, scope } = phrasing
  const { intent } = question
  const [first] = records
  switch (intent.kind) {
    case 'count': {
      const value = first === undefined ? 0 : numberOf(first[intent.of])
      return phrases.count(scope, { of: intent.of, count: value })
    }
    case 'hours': {
      const hours = numberOf(first?.['hours'])
      return phrases.hours(scope, { hours, classes: numberOf(first?.['classes']) })
    }
    case 'free_days':
      return [
        phrases.freeDays(scope, records.length),
        ...records.slice(0, 31).map((record) => `- ${dayOf(record['free_date'], phrases)}`),
      ].join('\n')
    case 'group':
    case 'names':
    case 'extreme':
    case 'pick':
    case 'who':
    case 'list':
    case 'exists':
    case 'when':
    case 'where':
      return first === undefined ? nothing(phrasing) : phraseList(phrasing)
    default:
      return intent satisfies never
  }
}

/** "Is Friday free?": classes are a no, and nothing is a yes, so neither word is said. */
function asksWhetherFree({ text }: Question): boolean {
  return /有空|空闲|\bfree\b/i.test(text)
}

function nothing({ question, phrases, scope }: Phrasing): string {
  const isYesNo = question.intent.kind === 'exists' && !asksWhetherFree(question)
  return `${phrases.none(scope, isYesNo)} ${phrases.suggestion}`.trim()
}

/** `records` is not empty. */
function phraseList(phrasing: Phrasing): string {
  const { question, phrases, records, scope } = phrasing
  const { intent } = question
  if (intent.kind === 'group') return phraseGroup(phrasing)
  if (intent.kind === 'names') {
    const lines = records.map((record) =>
      phrases.nameLine(textOf(record[intent.of]), numberOf(record['classes'])),
    )
    return [phrases.nameCount(intent.of, scope, lines.length), ...shorten(lines, phrases)].join(
      '\n',
    )
  }
  if (intent.kind === 'extreme') {
    const longest = numberOf(records[0]?.['minutes'])
    const same = records.filter((record) => numberOf(record['minutes']) === longest)
    return [phrases.extreme(scope, intent.which, longest), ...classLines(same, phrases)].join('\n')
  }
  if (intent.kind === 'pick') {
    return [phrases.pick(scope, intent), ...classLines(inOrder(records), phrases)].join('\n')
  }
  return phraseClasses(phrasing)
}

function phraseClasses({ question, phrases, records, scope }: Phrasing): string {
  const { intent } = question
  const teachers = [...new Set(records.map((record) => textOf(record['instructor'])))]
  if (records[0]?.['course_date'] === undefined) {
    const pairs = records.map((record) =>
      phrases.teaches({
        course_name: textOf(record['course_name']),
        instructor: textOf(record['instructor']),
      }),
    )
    return [phrases.teachers(teachers.slice(0, maxLines)), ...shorten(pairs, phrases)].join('\n')
  }
  const head = phrases.list(scope, records.length)
  const lead = {
    who: `${phrases.teachers(teachers.slice(0, maxLines))}${gap(question)}`,
    exists: asksWhetherFree(question) ? '' : `${phrases.yes(question.text)}${gap(question)}`,
    where: `${phrases.noRooms}${gap(question)}`,
    other: '',
  }
  const key = intent.kind === 'who' || intent.kind === 'exists' || intent.kind === 'where'
  const prefix = key ? lead[intent.kind] : lead.other
  return [`${prefix}${head}`, ...classLines(records, phrases)].join('\n')
}

function gap(question: Question): string {
  return question.language === 'zh' ? '' : ' '
}

function phraseGroup({ question, phrases, records, scope }: Phrasing): string {
  const { intent } = question
  if (intent.kind !== 'group') return ''
  const groups = records.map((record) => toGroupRow(record, intent, phrases))
  const best = groups[0]?.value ?? 0
  const isTop = (row: GroupRow): boolean => intent.pick === 'each' || row.value === best
  return phrases.group(scope, {
    ...intent,
    top: groups.filter((row) => isTop(row)),
    rest: groups.filter((row) => !isTop(row)),
  })
}

function toGroupRow(
  record: Record<string, Cell>,
  { by, measure }: { by: Grouping; measure: 'classes' | 'hours' },
  phrases: Phrases,
): GroupRow {
  const label = by === 'course_date' ? dayOf(record[by], phrases) : plain(textOf(record[by]))
  return { label, value: numberOf(record[measure]) }
}

function inOrder(records: readonly Record<string, Cell>[]): Record<string, Cell>[] {
  const key = (record: Record<string, Cell>): string =>
    `${textOf(record['course_date'])} ${textOf(record['start_time'])}`
  return records.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

function classLines(records: readonly Record<string, Cell>[], phrases: Phrases): string[] {
  const lines = records.map((record) => phrases.classLine(toClassRow(record)))
  return shorten(lines, phrases)
}

function shorten(lines: readonly string[], phrases: Phrases): string[] {
  if (lines.length <= maxLines) return [...lines]
  return [...lines.slice(0, maxLines), phrases.more(lines.length - maxLines)]
}

function toClassRow(record: Record<string, Cell>): ClassRow {
  return {
    course_date: textOf(record['course_date']),
    start_time: textOf(record['start_time']),
    end_time: textOf(record['end_time']),
    course_name: textOf(record['course_name']),
    instructor: textOf(record['instructor']),
  }
}

function textOf(cell: Cell | undefined): string {
  return cell === null || cell === undefined ? '' : String(cell)
}

function numberOf(cell: Cell | undefined): number {
  const value = Number(cell ?? 0)
  return Number.isFinite(value) ? value : 0
}

function dayOf(cell: Cell | undefined, phrases: Phrases): string {
  const date = toPlainDate(textOf(cell))
  return date === null ? plain(textOf(cell)) : phrases.day(date)
}

function toScope(
  { intent, slots, language }: Question,
  records: readonly Record<string, Cell>[],
  clock: Clock | null,
): Scope {
  const when = impliedTime({ intent, slots, language, text: '' })
  const groups = slots.terms.filter((group) => !group.not)
  const phrases = phrasesOf[language]
  const separator = language === 'zh' ? '、' : ', '
  const names = groups.flatMap(({ any }) => any.flatMap((term) => [...(term.exact ?? [term.text])]))
  const isTeacher =
    groups.length > 0 &&
    groups.every(({ any }) => any.every((term) => term.column === 'instructor')) &&
    records.every((record) => record['instructor'] !== null)
  const isFoundAsTeacher =
    groups.length === 1 &&
    records.length > 0 &&
    records.every((record) => names.some((name) => isWithin(name, record['instructor'])))
  const isPerson = isTeacher || isFoundAsTeacher
  const quoted = names.map((name) => (isPerson ? personName(name, language) : `“${plain(name)}”`))
  return {
    when: phrases.when(slots, when, clock),
    names: quoted.join(isPerson ? separator : language === 'zh' ? '' : ', '),
    isTeacher: isPerson,
    isPast: when === 'past' || isOver(slots.ranges, clock),
  }
}

function isOver(ranges: readonly DateRange[], clock: Clock | null): boolean {
  return (
    clock !== null &&
    ranges.length > 0 &&
    ranges.every(({ to }) => to !== null && Temporal.PlainDate.compare(to, clock.today) < 0)
  )
}

/** "王" alone is how one asks for 王老师. */
function personName(name: string, language: Language): string {
  const isSurname = language === 'zh' && /^\p{Script=Han}$/u.test(name)
  return isSurname ? `${name}老师` : plain(name)
}

function isWithin(name: string, cell: Cell | undefined): boolean {
  return fold(textOf(cell)).includes(fold(name))
}
