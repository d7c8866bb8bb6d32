import type { Clock } from './clock.ts'
import { toPlainDate, type DateRange } from './date-range.ts'
import type { Language } from './language.ts'
import { displayNames, isPersons } from './names.ts'
import { englishPhrases } from './phrases-en.ts'
import { chinesePhrases } from './phrases-zh.ts'
import {
  isMoment,
  plain,
  type ClassRow,
  type GroupRow,
  type Phrases,
  type Scope,
  type Subject,
} from './phrases.ts'
import type { Grouping, Question } from './question.ts'
import { impliedTime, searchedDays } from './sql.ts'
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
      if (value === 0) return phrases.none(scope, false)
      return phrases.count(scope, { of: intent.of, count: value })
    }
    case 'hours': {
      const hours = numberOf(first?.['hours'])
      return phrases.hours(scope, { hours, classes: numberOf(first?.['classes']) })
    }
    case 'assignments':
    case 'holidays':
    case 'clashes':
    case 'weeks':
    case 'parity':
    case 'terms':
      return phraseSubject(intent.kind, phrasing)
    case 'free_days':
      return [
        phrases.freeDays(scope, records.length),
        ...records.slice(0, 31).map((record) => `- ${dayOf(record['free_date'], phrases)}`),
      ].join('\n')
    case 'idle':
      return phrases.idle(
        scope,
        records.map((record) => textOf(record['instructor'])),
      )
    case 'duration':
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

function phraseSubject(kind: Subject, { phrases, records, scope }: Phrasing): string {
  const [first] = records
  const counted = first?.[kind]
  if (counted !== undefined) return phrases.subject(kind, scope, numberOf(counted))
  if (first === undefined) return phrases.subject(kind, scope, 0)
  const lines = records.map((record) => {
    const texts = Object.fromEntries(
      Object.entries(record).map(([column, cell]) => [column, textOf(cell)]),
    )
    const day = (column: string): string => dayOf(record[column], phrases)
    return `- ${phrases.subjectLine(kind, (column) => plain(texts[column] ?? ''), day)}`
  })
  if (kind === 'terms') return lines.map((line) => line.slice(2)).join('\n')
  return [`${phrases.subject(kind, scope, records.length)}`, ...shorten(lines, phrases)].join('\n')
}

/** "Is Friday free?": classes are a no, and nothing is a yes. */
function asksWhetherFree({ text }: Question): boolean {
  return /有空|空闲|空不空|\bfree\b/i.test(text)
}

/** "Is there no class?", "is it busy?": a yes or no would be taken for its opposite. */
function isUnclear({ text }: Question): boolean {
  return /忙|放假|休息|同一|一样|还是|\b(?:busy|same|or)\b|\b(?:no|not)\b|n't\b/i.test(text)
}

function nothing({ question, phrases, scope }: Phrasing): string {
  const isYesNo = question.intent.kind === 'exists'
  const isPlain = !asksWhetherFree(question) && !isUnclear(question)
  const none = phrases.none(scope, isYesNo && isPlain)
  return asksWhetherFree(question) ? none : `${none}${gap(question)}${phrases.suggestion}`
}

/** `records` is not empty. */
function phraseList(phrasing: Phrasing): string {
  const { question, phrases, records, scope } = phrasing
  const { intent } = question
  if (intent.kind === 'group') return phraseGroup(phrasing)
  if (intent.kind === 'duration') {
    const rows = records.map((record) => ({
      course: textOf(record['course_name']),
      minutes: numberOf(record['minutes']),
      classes: numberOf(record['classes']),
    }))
    const [head = '', ...lines] = phrases.durations(scope, rows)
    return [head, ...shorten(lines, phrases)].join('\n')
  }
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

function phraseClasses({ question, phrases, records: all, scope }: Phrasing): string {
  const { intent } = question
  const records = atThatTime(question, all)
  const teachers = [...new Set(records.map((record) => textOf(record['instructor'])))]
  if (records[0]?.['course_date'] === undefined && intent.kind === 'where') {
    const lines = records.map((record) => phrases.placeLine(toClassRow(record)))
    return lines.length === 1
      ? (lines[0] ?? '')
      : shorten(
          lines.map((line) => `- ${line}`),
          phrases,
        ).join('\n')
  }
  if (records[0]?.['course_date'] === undefined) {
    const pairs = records.map((record) => toClassRow(record))
    const [only] = pairs
    if (pairs.length === 1 && only !== undefined) return phrases.taughtBy(only)
    if (teachers.length === 1) {
      const owner = { ...scope, names: plain(teachers[0] ?? ''), isTeacher: true }
      const courses = pairs.map((row) => phrases.courseLine(row.course_name))
      const head = phrases.nameCount('course_name', owner, pairs.length)
      return [head, ...shorten(courses, phrases)].join('\n')
    }
    const lines = pairs.map((row) => phrases.teaches(row))
    const head = phrases.teachers(teachers.slice(0, maxLines))
    return [head, ...shorten(lines, phrases)].join('\n')
  }
  const head = phrases.list(scope, records.length)
  const lead = {
    who: `${phrases.teachers(teachers.slice(0, maxLines))}${gap(question)}`,
    exists: yesOrNo(question, phrases),
    where: question.hasPlaces === true ? '' : `${phrases.noRooms}${gap(question)}`,
    other: '',
  }
  const key = intent.kind === 'who' || intent.kind === 'exists' || intent.kind === 'where'
  const prefix = key ? lead[intent.kind] : lead.other
  return [`${prefix}${head}`, ...classLines(records, phrases)].join('\n')
}

function yesOrNo(question: Question, phrases: Phrases): string {
  if (isUnclear(question)) return ''
  const word = asksWhetherFree(question) ? phrases.notFree : phrases.yes(question.text)
  return word === '' ? '' : `${word}${gap(question)}`
}

/** 19:30 的课 are those that begin then, if any do, rather than those that are going on. */
function atThatTime({ slots }: Question, records: Record<string, Cell>[]): Record<string, Cell>[] {
  const { time } = slots
  if (time === null || !isMoment(time)) return records
  const exact = records.filter((record) => record['start_time'] === time.from)
  return exact.length > 0 ? exact : records
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
  const text = phrases.group(scope, {
    ...intent,
    top: groups.filter((row) => isTop(row)),
    rest: groups.filter((row) => !isTop(row)),
  })
  const [head = '', ...lines] = text.split('\n')
  return [head, ...shorten(lines, phrases)].join('\n')
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
    room: textOf(record['room']),
    online_url: textOf(record['online_url']),
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
  question: Question,
  records: readonly Record<string, Cell>[],
  clock: Clock | null,
): Scope {
  const { language } = question
  const slots = withSearchedDays(question, clock)
  const when = impliedTime(question, clock)
  return {
    when: phrasesOf[language].when(slots, when, clock),
    names: displayNames(question, records, phrasesOf[language]),
    isTeacher: isPersons(question, records),
    isPast: when === 'past' || isOver(slots.ranges, clock),
  }
}

/** Free days are looked for within some time, which the answer names. */
function withSearchedDays({ intent, slots }: Question, clock: Clock | null): Question['slots'] {
  const isOpen = intent.kind === 'free_days' && slots.ranges.length === 0
  return isOpen && clock !== null ? { ...slots, ranges: [searchedDays(clock.today)] } : slots
}

function isOver(ranges: readonly DateRange[], clock: Clock | null): boolean {
  return (
    clock !== null &&
    ranges.length > 0 &&
    ranges.every(({ to }) => to !== null && Temporal.PlainDate.compare(to, clock.today) < 0)
  )
}
