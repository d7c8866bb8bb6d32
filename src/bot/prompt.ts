import type { Schedule } from '../schedule/schedule.ts'
import { termWeekFinder } from '../schedule/term-week.ts'
import type { Term } from '../schedule/timetable.ts'

/** Longest question that is passed on, in UTF-16 units. Discord itself allows 2000, with Nitro 4000. */
const maxTextLength = 8000
const maxNameLength = 64

/** Who or what an id in a message stands for; null where it is not known. */
export interface Names {
  user(id: string): string | null
  role(id: string): string | null
  channel(id: string): string | null
}

/**
 * A message's text as the model should read it: the bot's own mention is gone, other mentions are
 * `@name` and `#channel`, custom emoji `:name:`.
 */
export function readableText(content: string, { botId, names }: ReadableTextOptions): string {
  return content
    .slice(0, maxTextLength)
    .replaceAll(/<@!?(\d+)>/g, (_, id: string) =>
      id === botId ? ' ' : `@${names.user(id) ?? 'someone'}`,
    )
    .replaceAll(/<@&(\d+)>/g, (_, id: string) => `@${names.role(id) ?? 'role'}`)
    .replaceAll(/<#(\d+)>/g, (_, id: string) => `#${names.channel(id) ?? 'channel'}`)
    .replaceAll(/<a?(:\w+:)\d+>/g, '$1')
    .replaceAll(/<\/([^:<>]+):\d+>/g, '/$1')
    .replaceAll(/^[ \t]+|[ \t]+$/gm, '')
    .trim()
    .toWellFormed()
}

export interface ReadableTextOptions {
  botId: string
  names: Names
}

/**
 * The first line by which the model knows who speaks in a shared conversation, and the text. A name
 * can hold neither brackets nor line ends, so nobody can write another's first line.
 */
export function withSpeaker(name: string, text: string): string {
  return `[from ${cleanName(name)}]\n${text}`
}

/**
 * The text, and below it the names of the files that came with it. Names are cleaned already
 * (`cleanFileName`), so they cannot end the line or the quotation marks.
 */
export function withFileNames(text: string, files: FileNames): string {
  const quotedNames = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')
  const { read, notRead } = files
  return [
    text,
    ...(read.length > 0 ? [`[attached: ${quotedNames(read)}]`] : []),
    ...(notRead.length > 0 ? [`[could not be read: ${quotedNames(notRead)}]`] : []),
  ].join('\n')
}

export interface FileNames {
  read: readonly string[]
  notRead: readonly string[]
}

/** A display name without brackets, control and invisible characters, at most 64 characters. */
export function cleanName(name: string): string {
  const visible = name
    .toWellFormed()
    .replaceAll(/[[\]{}<>【】［］]/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return Array.from(visible).slice(0, maxNameLength).join('').trim() || 'someone'
}

/** The line that tells a run what time it is: `Now: 2026-11-22 18:05, Sunday, time zone Asia/Shanghai.` */
export function nowLine(now: number, timeZone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone)
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' })
  const weekday = weekdays[local.dayOfWeek - 1]
  return `Now: ${local.toPlainDate().toString()} ${time}, ${weekday}, time zone ${timeZone}.`
}

const maxQuotedLength = 60

/**
 * Which week of a term it is, and which holiday, as lines for a run: `Term week: 12 (an even week, 双周)
 * of "2026 秋", which has 18.` None where the timetable has no terms and no holiday is on.
 */
export function termLines(now: number, schedule: TermFacts): string[] {
  const { terms, holidays, timeZone } = schedule
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone)
  const today = local.toPlainDate().toString()
  const holiday = holidays.find(({ first_date: first, last_date: last }) => {
    return first <= today && today <= last
  })
  return [
    ...(terms.length === 0 ? [] : [`Term week: ${termText(terms, today)}`]),
    ...(holiday
      ? [`Holiday: ${quoted(holiday.name)}, ${holiday.first_date} to ${holiday.last_date}.`]
      : []),
  ]
}

export type TermFacts = Pick<Schedule, 'terms' | 'holidays' | 'timeZone'>

function termText(terms: readonly Term[], today: string): string {
  const found = termWeekFinder(terms)(today)
  if (found) {
    const parity = found.week % 2 === 1 ? 'an odd week, 单周' : 'an even week, 双周'
    const weeks = terms.find(({ name }) => name === found.term)?.weeks
    return `${found.week} (${parity}) of ${quoted(found.term)}, which has ${weeks}.`
  }
  const next = terms.find(({ first_date: first }) => first > today)
  return next
    ? `none, it is between terms; ${quoted(next.name)} begins on ${next.first_date}.`
    : 'none, the last term is over.'
}

/** A name that people chose, so that it cannot pass for words of ours. */
function quoted(name: string): string {
  return JSON.stringify(Array.from(name).slice(0, maxQuotedLength).join(''))
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
