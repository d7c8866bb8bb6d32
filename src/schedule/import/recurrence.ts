import ICAL from 'ical.js'

import { rowLimits } from '../timetable-rows.ts'
import { toPlain, type CalendarTime, type Zones } from './calendar-zones.ts'
import { EventError } from './event-error.ts'

/** One VEVENT or VTODO that could be parsed. */
export interface CalendarItem {
  line: number
  component: ICAL.Component
  uid: string
}

/** An event on one day. */
export interface Occurrence {
  /** The series, or the single event that takes the place of one of its days. */
  item: CalendarItem
  start: CalendarTime
  end: CalendarTime
  /** ISO 8601 in UTC (a day alone for all-day events); null for an event that does not repeat. */
  recurrenceId: string | null
}

interface ExpandDeps {
  zones: Zones
  /** Milliseconds since the Unix epoch; what lies outside is left out. */
  window: { from: number; to: number }
  /** How many more steps the rules of this file may take; it is taken from. */
  steps: { left: number }
}

interface Expanded {
  occurrences: Occurrence[]
  /** Single events of the group that cannot be read. */
  failures: { item: CalendarItem; error: unknown }[]
  /** Something lies outside of the window. */
  isOutside: boolean
}

/**
 * All days of the events that share a UID: those of RRULE and RDATE without those of EXDATE, each in the
 * place that a RECURRENCE-ID moves it to. Rules are followed on the clocks of the zone of DTSTART, so
 * that a class stays at its hour when the clocks change. Throws `EventError`.
 */
export function expand(group: readonly CalendarItem[], deps: ExpandDeps): Expanded {
  const { zones, window, steps } = deps
  const failures: Expanded['failures'] = []
  const masters = latest(group.filter(({ component }) => !component.hasProperty('recurrence-id')))
  const moved = readMoved(group, { zones, failures })
  const occurrences: Occurrence[] = []
  let isOutside = false
  const isInside = ({ start, end }: Pick<Occurrence, 'start' | 'end'>) => {
    const inside =
      end.instant.epochMilliseconds >= window.from && start.instant.epochMilliseconds < window.to
    isOutside ||= !inside
    return inside
  }

  for (const master of masters) {
    const series = readSeries(master, zones)
    for (const start of startsOf(series, { window, steps })) {
      const key = keyOf(start)
      if (series.excluded.has(key) || moved.single.has(key)) continue
      const occurrence = shift({ series, start, moved, zones })
      if (isInside(occurrence)) occurrences.push(occurrence)
    }
  }
  for (const occurrence of moved.single.values()) {
    if (isInside(occurrence)) occurrences.push(occurrence)
  }
  return { occurrences, failures, isOutside }
}

/** A newer version of an event (SEQUENCE) replaces an older one in the same file. */
function latest(masters: readonly CalendarItem[]): CalendarItem[] {
  const sequenceOf = ({ component }: CalendarItem) =>
    Number(component.getFirstPropertyValue('sequence') ?? 0)
  const [first, ...rest] = masters
  if (!first) return []
  return [rest.reduce((best, each) => (sequenceOf(each) >= sequenceOf(best) ? each : best), first)]
}

/** Days are known by the instant that they would begin at. */
function keyOf({ instant, local, isDate }: CalendarTime): string {
  return isDate ? local.toPlainDate().toString() : instant.toString({ smallestUnit: 'second' })
}

interface Series {
  item: CalendarItem
  start: CalendarTime
  durationOf: (start: CalendarTime) => CalendarTime
  rules: ICAL.Recur[]
  extra: CalendarTime[]
  excluded: Set<string>
  isRepeating: boolean
}

function readSeries(item: CalendarItem, zones: Zones): Series {
  const { component } = item
  const start = readStart(component, zones)
  const rules = component.getAllProperties('rrule').map((property) => readRule(property))
  const extra = component.getAllProperties('rdate').flatMap((each) => zones.readAll(each))
  const excluded = component.getAllProperties('exdate').flatMap((each) => zones.readAll(each))
  return {
    item,
    start,
    durationOf: readDuration(component, { start, zones }),
    rules,
    extra,
    excluded: new Set(excluded.flatMap((each) => excludedKeys(each, start))),
    isRepeating: rules.length + extra.length > 0,
  }
}

/** Some programs name the days that are left out without their time. */
function excludedKeys(excluded: CalendarTime, start: CalendarTime): string[] {
  if (!excluded.isDate || start.isDate) return [keyOf(excluded)]
  const local = excluded.local.toPlainDate().toPlainDateTime(start.local.toPlainTime())
  return [keyOf({ ...start, local, instant: start.zone.toInstant(local) })]
}

function readStart(component: ICAL.Component, zones: Zones): CalendarTime {
  const property = component.getFirstProperty('dtstart')
  if (!property) throw new EventError('no_date', '')
  return zones.read(property)
}

function readRule(property: ICAL.Property): ICAL.Recur {
  const rule = property.getFirstValue()
  if (!(rule instanceof ICAL.Recur)) throw new EventError('bad_recurrence', '')
  if (rule.freq === 'SECONDLY' || rule.freq === 'MINUTELY') {
    throw new EventError('too_dense', rule.toString())
  }
  return rule
}

interface DurationDeps {
  start: CalendarTime
  zones: Zones
}

/**
 * An end in days keeps its time on the clock, a duration in hours its length (RFC 5545, 3.8.2.5 and
 * 3.3.6). Without either, a day lasts a day and a time no time.
 */
function readDuration(
  component: ICAL.Component,
  { start, zones }: DurationDeps,
): (start: CalendarTime) => CalendarTime {
  const endProperty = component.getFirstProperty('dtend')
  if (endProperty) {
    const end = zones.read(endProperty)
    if (end.instant.epochMilliseconds < start.instant.epochMilliseconds) {
      throw new EventError('ends_before_start', end.local.toString())
    }
    const onClock = start.local.until(start.zone.toLocal(end.instant))
    return (each) => zones.at(each.local.add(onClock), each)
  }
  const duration = component.getFirstPropertyValue('duration')
  if (duration instanceof ICAL.Duration) {
    const { weeks, days, hours, minutes, seconds, isNegative } = duration
    if (isNegative) throw new EventError('ends_before_start', duration.toString())
    return (each) => {
      const day = zones.at(each.local.add({ weeks, days }), each)
      const instant = day.instant.add({ hours, minutes, seconds })
      return { ...day, instant, local: day.zone.toLocal(instant) }
    }
  }
  return (each) => (each.isDate ? zones.at(each.local.add({ days: 1 }), each) : each)
}

interface StartsDeps {
  window: ExpandDeps['window']
  steps: { left: number }
}

/** The beginnings of a series in the window, each once. */
function startsOf(series: Series, deps: StartsDeps): CalendarTime[] {
  if (!series.isRepeating) return [series.start]
  const found = new Map<string, CalendarTime>()
  const add = (time: CalendarTime) => found.set(keyOf(time), time)
  const at = series.start.instant.epochMilliseconds
  if (deps.window.from <= at && at < deps.window.to) add(series.start)
  for (const time of series.extra) add(time)
  for (const rule of series.rules) {
    for (const time of follow(rule, series, deps)) add(time)
  }
  return [...found.values()]
}

/** Follows a rule on the clocks of the series' zone, whose times are given to it without a zone. */
function follow(
  rule: ICAL.Recur,
  { start }: Series,
  { window, steps }: StartsDeps,
): CalendarTime[] {
  const until = untilOf(rule, start)
  const endless = rule.clone()
  endless.until = null
  const iterator = endless.iterator(toFloating(start))
  const found: CalendarTime[] = []
  for (;;) {
    steps.left -= 1
    if (steps.left < 0) throw new EventError('too_dense', rule.toString())
    const next = iterator.next()
    // Its types do not say that a rule can come to its end.
    if (!next || next.year > 2200) break
    if (isLongBefore(next, window.from)) continue
    const local = toPlain(next)
    if (!isOfRule(local, rule, start)) continue
    const instant = start.zone.toInstant(local)
    const at = instant.epochMilliseconds
    if (at >= window.to || (until !== null && at > until)) break
    if (at < window.from) continue
    found.push({ ...start, local, instant })
    if (found.length > rowLimits.classes) throw new EventError('too_dense', rule.toString())
  }
  return found
}

/**
 * Whether a day is one that the rule names: ical.js takes the first of March for a 29th of February that
 * there is not, where RFC 5545 (3.3.10) has such days left out.
 */
function isOfRule(
  { month, day, daysInMonth }: Temporal.PlainDateTime,
  rule: ICAL.Recur,
  start: CalendarTime,
): boolean {
  const { BYMONTH: months, BYMONTHDAY: days, ...others } = rule.parts
  if (months && !months.map(Number).includes(month)) return false
  if (days) return days.map(Number).some((each) => each === day || each === day - daysInMonth - 1)
  const isByStart = !('BYDAY' in others || 'BYYEARDAY' in others || 'BYWEEKNO' in others)
  if (!isByStart) return true
  if (rule.freq === 'MONTHLY') return day === start.local.day
  if (rule.freq === 'YEARLY') {
    return day === start.local.day && (months !== undefined || month === start.local.month)
  }
  return true
}

/** Without asking what the clocks of the zone say, which takes its time: none is off by two days. */
function isLongBefore({ year, month, day }: ICAL.Time, from: number): boolean {
  return Date.UTC(year, month - 1, day + 2) < from
}

/** Milliseconds since the epoch of the last moment; a day counts until its end. */
function untilOf(rule: ICAL.Recur, start: CalendarTime): number | null {
  const { until } = rule
  if (!until) return null
  const local = toPlain(until)
  if (until.isDate) return start.zone.toInstant(local.add({ days: 1 })).epochMilliseconds - 1
  const isUtc = until.zone === ICAL.Timezone.utcTimezone
  return isUtc
    ? local.toZonedDateTime('UTC').epochMilliseconds
    : start.zone.toInstant(local).epochMilliseconds
}

function toFloating({ local, isDate }: CalendarTime): ICAL.Time {
  const { year, month, day, hour, minute, second } = local
  return new ICAL.Time(
    { year, month, day, hour, minute, second, isDate },
    ICAL.Timezone.localTimezone,
  )
}

/** Events that take the place of a day of the series, and of all days from one on. */
interface Moved {
  single: Map<string, Occurrence>
  /** In order of time. */
  following: { from: CalendarTime; start: CalendarTime; series: Series }[]
}

interface MovedDeps {
  zones: Zones
  failures: Expanded['failures']
}

function readMoved(group: readonly CalendarItem[], { zones, failures }: MovedDeps): Moved {
  const moved: Moved = { single: new Map(), following: [] }
  const sequences = new Map<string, number>()
  for (const item of group) {
    const property = item.component.getFirstProperty('recurrence-id')
    if (!property) continue
    try {
      const from = zones.read(property)
      const key = keyOf(from)
      const series = readSeries(item, zones)
      if (property.getFirstParameter('range')?.toUpperCase() === 'THISANDFUTURE') {
        moved.following.push({ from, start: series.start, series })
        continue
      }
      const sequence = Number(item.component.getFirstPropertyValue('sequence') ?? 0)
      if (sequence < (sequences.get(key) ?? 0)) continue
      sequences.set(key, sequence)
      const { start } = series
      moved.single.set(key, { item, start, end: series.durationOf(start), recurrenceId: key })
    } catch (error) {
      failures.push({ item, error })
    }
  }
  moved.following.sort(
    (a, b) => a.from.instant.epochMilliseconds - b.from.instant.epochMilliseconds,
  )
  return moved
}

interface ShiftDeps {
  series: Series
  start: CalendarTime
  moved: Moved
  zones: Zones
}

/** The day of a series, or what "this and all following" has made of it. */
function shift({ series, start, moved, zones }: ShiftDeps): Occurrence {
  const recurrenceId = series.isRepeating ? keyOf(start) : null
  const change = moved.following.findLast(
    ({ from }) => from.instant.epochMilliseconds <= start.instant.epochMilliseconds,
  )
  if (!change) return { item: series.item, start, end: series.durationOf(start), recurrenceId }
  const offset = change.from.zone.toLocal(change.from.instant).until(change.start.local)
  const shifted = zones.at(start.local.add(offset), change.start)
  return {
    item: change.series.item,
    start: shifted,
    end: change.series.durationOf(shifted),
    recurrenceId,
  }
}
