import { findAntecedent } from './antecedent.ts'
import type { Clause } from './clause.ts'
import type { Clock } from './clock.ts'
import { weekdayIn } from './date-range.ts'
import type { Holdings } from './holdings.ts'
import type { Language } from './language.ts'
import type { Intent, Pick, Question, Slots } from './question.ts'
import { isHeldSubject } from './subjects.ts'

/** What a clause is completed with. */
export interface Context {
  /** The last question about the schedule, in the same conversation. */
  before: Question | null
  language: Language
  clock: Clock | null
  /** What was answered last before the sentence. */
  heard: string | null
  holdings: Holdings
}

/** A question that goes on about the classes of the last one: who, when, how many of them. */
const details: ReadonlySet<Intent['kind']> = new Set([
  'who',
  'when',
  'where',
  'count',
  'hours',
  'duration',
])
/** What may be asked with nothing but a name that might not be one. */
const guessable: ReadonlySet<Intent['kind']> = new Set([
  'who',
  'when',
  'where',
  'pick',
  'count',
  'hours',
  'duration',
])
const further =
  /^(?:那|然后|再)?(?:之后|然后|接着|下一?[节个])呢?$|^(?:and )?then$|再下一?[节个]|after/
const offTopic =
  /解释|翻译|写一|是什么意思|\bexplain\b|\bdefine\b|\btranslate\b|\b(?:drop|create|alter) table\b|\b(?:select|delete|insert|update)\b.{0,80}\b(?:from|into|set)\b|天气|新闻|股票|吃什么|笑话|weather|news|stock|joke|recipe|多少钱|价格|学费|费用|报名|作业|考试|成绩|\bprice|\bcost|\bfees?\b|\benroll|homework|\bexam/

/**
 * The question that a clause asks, completed from the one before it; null when the clause is not
 * about the schedule.
 */
export function toQuestion(clause: Clause, context: Context): Question | null {
  const { before, language, holdings } = context
  if (offTopic.test(clause.folded) && !isHeldSubject(clause.folded, holdings)) return null
  const held = {
    ...(holdings.places && { hasPlaces: true as const }),
    ...(holdings.daysOff && { hasDaysOff: true as const }),
  }
  const next = before === null ? null : nextOne(clause, before)
  if (next !== null) return next
  const isFollowUp = before !== null && followsUp(clause)
  const isAlone = standsAlone(clause)
  if (!isFollowUp && !isAlone && !couldBeName(clause)) return null
  const isGuess = !clause.topical && clause.slots.terms.length > 0
  if (before === null || !isFollowUp) {
    const slots = clause.slots
    return {
      intent: intentAlone(clause),
      slots,
      language,
      text: clause.text,
      ...(isGuess && { isGuess }),
      ...held,
    }
  }
  const isNameOnly = clause.intent === null && !clause.topical && !hasTime(clause)
  return {
    intent: mergeIntent(clause.intent, startOver(clause, before.intent)),
    slots: mergeSlots(clause, before, context),
    language,
    text: clause.slots.terms.length > 0 ? clause.text : before.text,
    ...(isNameOnly && { isGuess: true }),
    ...held,
  }
}

/** "When does it start?" without anything else is about the next class. */
function intentAlone(clause: Clause): Intent {
  const { intent } = clause
  const isOpen = intent?.kind === 'when' && !hasSlots(clause) && clause.slots.when === 'default'
  if (isOpen) return { kind: 'pick', which: 'next', count: 1, skip: 0 }
  return intent ?? { kind: 'list' }
}

/** Another name begins with its own next class. */
function startOver({ slots }: Clause, before: Intent): Intent {
  const isAnother = before.kind === 'pick' && before.which === 'next' && slots.terms.length > 0
  return isAnother ? { ...before, skip: 0 } : before
}

/** "And the one after that?" goes on from the next class. */
function nextOne({ folded, intent, slots }: Clause, before: Question): Question | null {
  const text = folded.replaceAll(/[?!.,\s]+$/g, '').trim()
  const isOther = intent !== null && intent.kind !== 'pick' && intent.kind !== 'list'
  if (before.intent.kind !== 'pick' || isOther || slots.ranges.length > 0) return null
  if (before.intent.which !== 'next' || !further.test(text)) return null
  const { count, skip } = before.intent
  const next: Pick = { kind: 'pick', which: 'next', count, skip: skip + count }
  return { ...before, intent: next }
}

function hasSlots(clause: Clause): boolean {
  return hasTime(clause) || clause.slots.parity !== null || clause.slots.terms.length > 0
}

function hasTime({ slots }: Clause): boolean {
  return slots.ranges.length > 0 || slots.weekdays.length > 0 || slots.time !== null
}

/** "王卓然", "who is Wang?", "fine-tuning": short, and nothing else in it is understood. */
function couldBeName({ folded, intent, slots }: Clause): boolean {
  const isShort = folded.length <= (/[a-z]{2}/.test(folded) ? 40 : 16)
  const isNaming = intent === null || guessable.has(intent.kind)
  return isShort && isNaming && slots.terms.length > 0 && slots.terms.length <= 2
}

/** Longer sentences complete nothing. */
const maxFragmentLength = 24
/** Longer sentences without a word about classes are about something else. */
const maxPlainLength = 100

function standsAlone(clause: Clause): boolean {
  if (clause.topical) return true
  const { intent, slots } = clause
  const asksWhen = intent?.kind === 'when' && slots.terms.length > 0
  const isShort = clause.folded.length <= (asksWhen || /[a-z]{2}/.test(clause.folded) ? 48 : 24)
  const hasDate = slots.ranges.length > 0 || slots.weekdays.length > 0 || slots.when === 'now'
  const isAboutTime = hasDate || (slots.time !== null && intent !== null)
  if (slots.terms.length === 0) {
    const isOnlyTime = slots.time !== null && clause.folded.length <= maxFragmentLength
    const isAhead = slots.when === 'upcoming' && intent?.kind === 'list' && isShort
    const isNext = intent?.kind === 'pick' && isShort
    if (isOnlyTime || isAhead || isNext) return true
    return isAboutTime && clause.folded.length <= maxPlainLength
  }
  return isShort && (hasDate || asksWhen)
}

function followsUp(clause: Clause): boolean {
  const { intent, slots } = clause
  if (clause.continues || clause.refers) {
    return hasSlots(clause) || intent !== null
  }
  const isFragment = clause.folded.length <= maxFragmentLength
  const isBareDetail =
    intent !== null && details.has(intent.kind) && !hasSlots(clause) && slots.when !== 'all'
  if (isBareDetail) return isFragment || !clause.topical
  return intent === null && hasSlots(clause) && isFragment && !clause.topical
}

function mergeIntent(asked: Intent | null, before: Intent): Intent {
  if (asked === null) return before
  const isDetail = ['who', 'when', 'where', 'duration'].includes(asked.kind)
  const isOneClass = before.kind === 'pick' || before.kind === 'extreme'
  if (asked.kind === 'group' && before.kind === 'group') return { ...before, pick: asked.pick }
  if (isDetail && isOneClass) return before
  if (asked.kind === 'list' && before.kind !== 'count' && before.kind !== 'hours') {
    return before.kind === 'exists' || before.kind === 'list' ? { kind: 'list' } : before
  }
  return asked
}

function mergeSlots(clause: Clause, before: Question, { clock, heard }: Context): Slots {
  const { slots } = clause
  const hasDates = slots.ranges.length > 0 || slots.weekdays.length > 0
  const dates = hasDates ? { ...slots, ranges: rangesOf(clause, before, clock) } : before.slots
  const isNarrower = hasDates && slots.ranges.length === 0
  // what else somebody teaches is not about the day that was spoken of
  if (clause.intent?.kind === 'names' && clause.refers && !hasDates) {
    const terms = findAntecedent(clause.folded, before, heard) ?? before.slots.terms
    return { ...slots, terms: slots.terms.length > 0 ? slots.terms : terms }
  }
  return {
    ranges: isNarrower ? before.slots.ranges : dates.ranges,
    weekdays: dates.weekdays,
    time: slots.time ?? before.slots.time,
    terms:
      slots.terms.length > 0
        ? slots.terms
        : (findAntecedent(clause.folded, before, heard) ?? before.slots.terms),
    parity: slots.parity ?? (hasDates ? null : before.slots.parity),
    isOnline: slots.isOnline || before.slots.isOnline,
    when: slots.when === 'default' && !hasDates ? before.slots.when : slots.when,
    relative: slots.relative || before.slots.relative,
  }
}

/** A weekday alone belongs to the week that was spoken of, unless it is already over there. */
function rangesOf(clause: Clause, before: Question, clock: Clock | null): Slots['ranges'] {
  const { bareWeekday } = clause
  const [said] = before.slots.ranges
  if (bareWeekday === null || clock === null || said?.from == null || said.to == null) {
    return clause.slots.ranges
  }
  const isWithinWeek = said.from.until(said.to).days < 7 && said.from.dayOfWeek <= said.to.dayOfWeek
  if (!isWithinWeek) return clause.slots.ranges
  const day = weekdayIn(said.from, 0, bareWeekday)
  const wasPast = Temporal.PlainDate.compare(said.to, clock.today) < 0
  const isOver = Temporal.PlainDate.compare(day, clock.today) < 0 && !wasPast
  return isOver ? clause.slots.ranges : [{ from: day, to: day }]
}
