import type { Clock } from './clock.ts'
import { isComparing } from './comparison.ts'
import { readDates } from './dates.ts'
import type { Holdings } from './holdings.ts'
import { readIntent } from './intents.ts'
import type { Intent, Slots, Term } from './question.ts'
import { readSubject } from './subjects.ts'
import { placeInWeeks, readTermWeeks } from './term-weeks.ts'
import { readTerms } from './terms.ts'
import { createMask, findFree, fold, spanOf, type Mask } from './text.ts'
import { readSoon, readTime, takeParts } from './times.ts'

/** One sentence as it stands, before what it leaves out is taken from the conversation. */
export interface Clause {
  text: string
  folded: string
  intent: Intent | null
  slots: Slots
  /** True when it speaks of classes, teachers or a timetable. */
  topical: boolean
  /** "and Wednesday?", 那周三呢: it continues what was said. */
  continues: boolean
  /** "when does she teach?": somebody or something named before. */
  refers: boolean
  /** A weekday without a week; it belongs to the week that the conversation is about. */
  bareWeekday: number | null
  /** The words for a day that no calendar has. */
  impossible: string | null
}

const continuation =
  /^\s*(?:那么?|还有|然后|之后|再|and\b|what about|how about|then\b|also\b|or\b)|呢\s*[?.!~]*\s*$|^(?:同样|一样)|\b(?:instead|too)\s*[?.!]*\s*$/
const reference =
  /(?<![其吉])他(?!们?的?人)|她|它|这(?:一)?(?:门|节|堂|个)?课|那(?:一)?(?:门|节|堂)(?:课)?|该(?:课|老师|课程)|这(?:个|位)老师|那(?:个|位)老师|其中|里面|\b(?:he|she|they|it|him|her|them|his|their|that (?:class|course|one|teacher|day)|this (?:class|course|one|teacher)|those|these|the (?:class|course) (?:start|begin|end|finish))\b|\bare there\b\s*[?.!]*\s*$/

/** Stands in for today where the prompt names no date; what depends on it is marked `relative`. */
const unknownToday = Temporal.PlainDate.from('2000-01-03')

/** What is known before anything is said. */
export interface Setting {
  clock: Clock | null
  holdings: Holdings
}

export function readClause(text: string, { clock, holdings }: Setting): Clause {
  const folded = fold(text)
  const mask = createMask(folded.length)
  const today = clock?.today ?? unknownToday
  const weeks = readTermWeeks(folded, { today, terms: holdings.terms }, mask)
  const dates = placeInWeeks(readDates(folded, today, mask), weeks)
  const soon = readSoon(folded, clock?.time ?? '00:00:00', mask)
  const time = soon ?? readTime(folded, mask)
  if (soon !== null) {
    dates.ranges = [{ from: today, to: today }]
    dates.relative = true
  }
  if (isComparing(folded)) takeParts(folded, mask)
  const hasDates = dates.ranges.length > 0 || dates.weekdays.length > 0
  for (const match of folded.matchAll(/^(?:what|how) about\b/g)) mask.take(spanOf(match))
  const subject = readSubject(folded, holdings, mask)
  const reading = readIntent(folded, mask, hasDates || time !== null)
  const isOnline = holdings.places && readOnline(folded, mask)
  const topical = reading.topical || subject !== null || isOnline
  const terms = readTerms(text, folded, mask).map((group) =>
    holdings.places ? { ...group, any: group.any.map((term) => withRoom(term)) } : group,
  )
  return {
    text,
    folded,
    intent: subject ?? (isOnline ? listOnline(reading.intent, hasDates) : reading.intent),
    slots: {
      ranges: dates.ranges,
      weekdays: dates.weekdays,
      time,
      terms,
      // which weeks it is is what is asked
      parity: subject?.kind === 'parity' || subject?.kind === 'weeks' ? null : weeks.parity,
      isOnline,
      when: reading.when,
      relative: dates.relative,
    },
    topical,
    continues: continuation.test(folded),
    refers: reference.test(folded),
    bareWeekday: dates.bareWeekday,
    impossible: dates.impossible,
  }
}

function readOnline(text: string, mask: Mask): boolean {
  const match = findFree(/线上|在线|网课|远程|\bonline\b|\bremote(?:ly)?\b/g, text, mask)
  if (match) mask.take(spanOf(match))
  return match !== null
}

/** "Which courses are online?" asks for their names. */
function listOnline(intent: Intent | null, hasDates: boolean): Intent | null {
  const isOpen = intent === null || intent.kind === 'list'
  return isOpen && !hasDates ? { kind: 'names', of: 'course_name' } : intent
}

function withRoom(term: Term): Term {
  const isRoom = /\d|[楼馆室厅场]$|\b(?:lab|room|hall|building)\b/i.test(term.text)
  return isRoom ? { ...term, isRoom, isNamed: true } : term
}

/** Longer sentences are not taken apart. */
const maxDoubleLength = 160

/**
 * "Tomorrow morning and Wednesday evening": two questions, when each part has a day and a time of
 * its own. More than two are not looked for.
 */
export function splitTimes(text: string, setting: Setting): string[] {
  if (text.length > maxDoubleLength) return [text]
  for (const match of [...text.matchAll(/,|和|以及|还有|\band\b/g)].slice(0, 4)) {
    const parts = [text.slice(0, match.index), text.slice(match.index + match[0].length)]
    if (parts.every((part) => hasDayAndTime(readClause(part.trim(), setting)))) return parts
  }
  return [text]
}

function hasDayAndTime({ slots }: Clause): boolean {
  return slots.ranges.length > 0 && slots.time !== null
}

/** The sentences of a message; the last ones, when there are many. */
export function splitClauses(text: string): string[] {
  return text
    .split(/(?<=[?!;\n])|(?<=\.)(?=\s|$|\p{Script=Han})|;/u)
    .map((clause) => clause.trim())
    .filter((clause) => /[\p{L}\p{N}?\p{Extended_Pictographic}]/u.test(clause))
    .slice(-6)
}
