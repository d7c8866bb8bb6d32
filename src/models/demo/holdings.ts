import type { ModelRequest } from '../driver.ts'
import { mondayOf, toPlainDate } from './date-range.ts'

/** A stretch of numbered weeks; week 1 begins on `monday`. */
export interface KnownTerm {
  name: string
  monday: Temporal.PlainDate
  weeks: number
}

/** What the timetable holds besides dates, times, courses and teachers, as its function says. */
export interface Holdings {
  /** `Courses` has rooms and links. */
  places: boolean
  assignments: boolean
  holidays: boolean
  /** `Courses` says which classes fall on a holiday. */
  daysOff: boolean
  /** In order of time. */
  terms: readonly KnownTerm[]
}

/** Longer descriptions are read no further. */
const maxLength = 20_000
/** Quoted as JSON, so that no name can pass for what follows it. */
const termPattern =
  /("(?:[^"\\]|\\.){0,400}") \((\d{1,2}) weeks, first_date (\d{4}-\d\d-\d\d), last_date \d{4}-\d\d-\d\d\)/g

/** Reads the description of `ask_database`: its schema, and what it says of the rows. */
export function readHoldings(tools: ModelRequest['tools']): Holdings {
  const text = describe(tools)
  const isSample = text.includes('This is a sample timetable')
  const has = (table: string): boolean =>
    !isSample && text.includes(`CREATE TABLE ${table} (`) && !text.includes(`${table} is empty.`)
  return {
    places: !isSample && /CREATE TABLE Courses \([^;]*\broom\b[^;]*\bonline_url\b/.test(text),
    assignments: has('Assignments'),
    holidays: has('Holidays'),
    daysOff: has('Holidays') && /^\s*holiday VARCHAR/m.test(text),
    terms: /^\s*week INTEGER/m.test(text) ? readTerms(text) : [],
  }
}

function describe(tools: ModelRequest['tools']): string {
  const tool = (tools ?? []).find(
    (each) => each.type === 'function' && each.function.name === 'ask_database',
  )
  const properties = tool?.type === 'function' ? tool.function.parameters?.['properties'] : null
  const query = member(properties, 'query')
  const description = member(query, 'description')
  return typeof description === 'string' ? description.slice(0, maxLength) : ''
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

function readTerms(text: string): KnownTerm[] {
  const line = /^Terms: .*$/m.exec(text)?.[0] ?? ''
  return [...line.matchAll(termPattern)].flatMap(([, name = '""', weeks, first = '']) => {
    const date = toPlainDate(first)
    return date === null
      ? []
      : [{ name: toName(name), monday: mondayOf(date), weeks: Number(weeks) }]
  })
}

function toName(json: string): string {
  try {
    return String(JSON.parse(json))
  } catch {
    return ''
  }
}

/** The term of a date with the week that it is in; null: it is in none. Of two, the later one. */
export function termWeekOf(
  date: Temporal.PlainDate,
  terms: readonly KnownTerm[],
): { term: KnownTerm; week: number } | null {
  const within = terms.map((term) => ({
    term,
    week: Math.floor(term.monday.until(date).days / 7) + 1,
  }))
  return within.findLast(({ term, week }) => week >= 1 && week <= term.weeks) ?? null
}

/** The term that is on; between two the coming one, and after all the last one. */
export function presentTerm(
  today: Temporal.PlainDate,
  terms: readonly KnownTerm[],
): KnownTerm | null {
  const on = termWeekOf(today, terms)
  if (on !== null) return on.term
  const coming = terms.find(({ monday }) => Temporal.PlainDate.compare(monday, today) > 0)
  return coming ?? terms.at(-1) ?? null
}
