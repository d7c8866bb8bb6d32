import type { Clock } from './clock.ts'
import { readDates } from './dates.ts'
import { readIntent } from './intents.ts'
import type { Intent, Slots } from './question.ts'
import { readTerms } from './terms.ts'
import { createMask, fold, spanOf } from './text.ts'
import { readTime } from './times.ts'

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

export function readClause(text: string, clock: Clock | null): Clause {
  const folded = fold(text)
  const mask = createMask(folded.length)
  const dates = readDates(folded, clock?.today ?? unknownToday, mask)
  const time = readTime(folded, mask)
  const hasDates = dates.ranges.length > 0 || dates.weekdays.length > 0
  for (const match of folded.matchAll(/^(?:what|how) about\b/g)) mask.take(spanOf(match))
  const { intent, when, topical } = readIntent(folded, mask, hasDates || time !== null)
  const terms = readTerms(text, folded, mask)
  return {
    text,
    folded,
    intent,
    slots: {
      ranges: dates.ranges,
      weekdays: dates.weekdays,
      time,
      terms,
      when,
      relative: dates.relative,
    },
    topical,
    continues: continuation.test(folded),
    refers: reference.test(folded),
    bareWeekday: dates.bareWeekday,
    impossible: dates.impossible,
  }
}

/** Longer sentences are not taken apart. */
const maxDoubleLength = 160

/**
 * "Tomorrow morning and Wednesday evening": two questions, when each part has a day and a time of
 * its own. More than two are not looked for.
 */
export function splitTimes(text: string, clock: Clock | null): string[] {
  if (text.length > maxDoubleLength) return [text]
  for (const match of [...text.matchAll(/,|和|以及|还有|\band\b/g)].slice(0, 4)) {
    const parts = [text.slice(0, match.index), text.slice(match.index + match[0].length)]
    if (parts.every((part) => hasDayAndTime(readClause(part.trim(), clock)))) return parts
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
