import type { Clock } from './clock.ts'
import { likePattern, quote, rangeConditions } from './conditions.ts'
import { mondayOf, weekRange, type DateRange } from './date-range.ts'
import type { Question, Slots, Term, TermGroup } from './question.ts'
import { assignmentsSql, holidaysSql, termsSql } from './subject-sql.ts'
import type { TimeFilter } from './times.ts'

/** What the driver reads rows by; each query below names its columns as its answer needs them. */
const classColumns = 'course_date, start_time, end_time, course_name, instructor'
const minutes = "(strftime('%s', end_time) - strftime('%s', start_time)) / 60"
const hours = `ROUND(SUM(${minutes}) / 60.0, 2)`
const inOrder = 'course_date, start_time, course_name'

/** All names of the timetable, to compare the words of a question with. */
export const vocabularySql =
  'SELECT DISTINCT instructor, course_name FROM Courses ORDER BY instructor, course_name'

/** The same with rooms, where the timetable has them. */
export const placesVocabularySql =
  'SELECT DISTINCT instructor, course_name, room FROM Courses ORDER BY instructor, course_name, room'

/** The one SELECT that answers a question, for SQLite. */
export function toSql(question: Question, clock: Clock | null): string {
  const { intent, slots } = question
  const where = whereClause(question, impliedTime(question, clock), clock)
  const columns = question.hasPlaces === true ? `${classColumns}, room, online_url` : classColumns
  const classes = `SELECT ${columns} FROM Courses${where}`
  switch (intent.kind) {
    case 'list':
    case 'exists':
    case 'when':
      return `${classes} ORDER BY ${inOrder}`
    case 'where':
      return question.hasPlaces !== true || isNarrowed(slots)
        ? `${classes} ORDER BY ${inOrder}`
        : `SELECT DISTINCT course_name, room, online_url FROM Courses${where} ORDER BY course_name, room`
    case 'who':
      return isNarrowed(slots)
        ? `${classes} ORDER BY ${inOrder}`
        : `SELECT DISTINCT instructor, course_name FROM Courses${where} ORDER BY course_name, instructor`
    case 'count':
      return `SELECT ${countExpression(intent.of)} FROM Courses${where}`
    case 'hours':
      return `SELECT COALESCE(${hours}, 0) AS hours, COUNT(*) AS classes FROM Courses${where}`
    case 'pick': {
      const isBackwards = intent.which === 'last' || intent.which === 'previous'
      const byDate = isBackwards ? 'course_date DESC, start_time DESC, course_name' : inOrder
      const byHour = `${isBackwards ? 'end_time DESC' : 'start_time'}, ${inOrder}`
      const order = intent.byHour === true ? byHour : byDate
      const skip = intent.skip > 0 ? ` OFFSET ${intent.skip}` : ''
      return `${classes} ORDER BY ${order} LIMIT ${intent.count}${skip}`
    }
    case 'extreme': {
      const direction = intent.which === 'longest' ? 'DESC' : 'ASC'
      return `SELECT ${columns}, ${minutes} AS minutes FROM Courses${where} ORDER BY minutes ${direction}, ${inOrder} LIMIT 5`
    }
    case 'group': {
      const value = intent.measure === 'hours' ? `${hours} AS hours` : 'COUNT(*) AS classes'
      const direction = intent.pick === 'least' ? 'ASC' : 'DESC'
      const byDay = intent.pick === 'each' && intent.by === 'course_date'
      const order = byDay ? intent.by : `${intent.measure} ${direction}, ${intent.by}`
      const limit = intent.pick === 'each' ? '' : ' LIMIT 10'
      return `SELECT ${intent.by}, ${value} FROM Courses${named(where, intent.by)} GROUP BY ${intent.by} ORDER BY ${order}${limit}`
    }
    case 'names':
      return `SELECT ${intent.of}, COUNT(*) AS classes FROM Courses${named(where, intent.of)} GROUP BY ${intent.of} ORDER BY ${intent.of}`
    case 'duration':
      return `SELECT course_name, ${minutes} AS minutes, COUNT(*) AS classes FROM Courses${where} GROUP BY course_name, minutes ORDER BY course_name, minutes`
    case 'idle':
      return `SELECT DISTINCT instructor FROM Courses WHERE instructor <> '' AND instructor NOT IN (SELECT instructor FROM Courses${where}) ORDER BY instructor`
    case 'free_days':
      return freeDaysSql(question, clock)
    case 'clashes':
      return clashesSql(question, clock)
    case 'weeks':
      return `SELECT DISTINCT term, week FROM Courses${and(where, 'week IS NOT NULL')} ORDER BY term, week`
    case 'parity': {
      const rest = intent.parity === 'odd' ? 1 : 0
      const weeks = and(where, 'week IS NOT NULL')
      return `SELECT course_name, COUNT(*) AS classes FROM Courses${weeks} GROUP BY course_name HAVING MIN(week % 2) = ${rest} AND MAX(week % 2) = ${rest} ORDER BY course_name`
    }
    case 'assignments':
      return assignmentsSql(question, clock)
    case 'holidays':
      return holidaysSql(question, clock)
    case 'terms':
      return termsSql(question, clock)
    default:
      return intent satisfies never
  }
}

function and(where: string, condition: string): string {
  return where === '' ? ` WHERE ${condition}` : `${where} AND ${condition}`
}

/** A class that nobody is named for counts for no teacher. */
function named(where: string, column: string): string {
  return column === 'instructor' ? and(where, "instructor <> ''") : where
}

/** Each pair once; where a name was asked for, that class comes first. */
function clashesSql(question: Question, clock: Clock | null): string {
  const where = whereClause(question, impliedTime(question, clock), clock)
  const other = question.slots.terms.length > 0 ? '<>' : '<'
  return `SELECT a.course_date, a.start_time, a.end_time, a.course_name, b.course_name AS other_name, b.start_time AS other_start, b.end_time AS other_end FROM (SELECT * FROM Courses${where}) a JOIN Courses b ON a.course_date = b.course_date AND a.id ${other} b.id AND a.start_time < b.end_time AND b.start_time < a.end_time ORDER BY 1, 2, 4`
}

/** A plainer query with the same conditions, for when the first one was refused; null: none. */
export function toPlainSql(question: Question, clock: Clock | null): string | null {
  const plain = toSql({ ...question, intent: { kind: 'list' } }, clock)
  return plain === toSql(question, clock) ? null : plain
}

function countExpression(of: 'classes' | 'teachers' | 'courses' | 'days'): string {
  if (of === 'classes') return 'COUNT(*) AS classes'
  const column = { teachers: 'instructor', courses: 'course_name', days: 'course_date' }[of]
  return `COUNT(DISTINCT NULLIF(${column}, '')) AS ${of}`
}

function isNarrowed(slots: Slots): boolean {
  return slots.ranges.length > 0 || slots.time !== null || slots.when === 'now'
}

/**
 * What a question means that names no date: what is still to come when it asks for classes,
 * everything when it counts.
 */
export function impliedTime({ intent, slots }: Question, clock: Clock | null): Slots['when'] {
  const isOpenHour = intent.kind === 'pick' && intent.byHour === true && slots.ranges.length === 0
  if (isOpenHour) return 'upcoming'
  if (intent.kind === 'pick' && intent.which === 'next') return 'upcoming'
  if (intent.kind === 'pick' && intent.which === 'previous') return 'past'
  if (slots.when === 'upcoming') return slots.when
  if (slots.when === 'now' && slots.ranges.length === 0) return slots.when
  if (slots.when === 'all') return 'all'
  const isDaily = intent.kind === 'group' && intent.by === 'course_date'
  const asksForClasses =
    isDaily || ['clashes', 'list', 'exists', 'when', 'where'].includes(intent.kind)
  if (slots.ranges.length > 0) {
    if (slots.when === 'past' && slots.ranges.some((range) => isUnderWay(range, clock)))
      return 'past'
    // "until Sunday" begins now
    return asksForClasses && slots.ranges.every((range) => endsAhead(range, clock))
      ? 'upcoming'
      : 'all'
  }
  if (slots.when === 'past') return 'past'
  return asksForClasses ? 'upcoming' : 'all'
}

/** This week or this month; a single day is short enough to be shown whole. */
function isUnderWay({ from, to }: DateRange, clock: Clock | null): boolean {
  if (from === null || to === null || clock === null || from.equals(to)) return false
  return !isLater(from, clock.today) && !isLater(clock.today, to)
}

function isLater(a: Temporal.PlainDate, b: Temporal.PlainDate): boolean {
  return Temporal.PlainDate.compare(a, b) > 0
}

function endsAhead({ from, to }: DateRange, clock: Clock | null): boolean {
  return (
    from === null &&
    to !== null &&
    clock !== null &&
    Temporal.PlainDate.compare(to, clock.today) >= 0
  )
}

interface Narrowing {
  slots: Slots
  hasDaysOff?: true | undefined
}

function whereClause(
  { slots, hasDaysOff }: Narrowing,
  when: Slots['when'],
  clock: Clock | null,
): string {
  const conditions = [
    ...rangeConditions(slots.ranges, 'course_date'),
    ...weekdayConditions(slots.weekdays),
    ...timeConditions(slots.time),
    ...slots.terms.map(termCondition),
    ...(slots.parity === null ? [] : [`week % 2 = ${slots.parity === 'odd' ? 1 : 0}`]),
    ...(slots.isOnline ? ['online_url IS NOT NULL'] : []),
    ...nowConditions(when, clock, slots),
    ...(hasDaysOff === true ? ['holiday IS NULL'] : []),
  ]
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}

function weekdayConditions(weekdays: readonly number[]): string[] {
  if (weekdays.length === 0) return []
  // SQLite counts Sunday as 0
  const days = weekdays.map((day) => `'${day % 7}'`).join(', ')
  return [`strftime('%w', course_date) IN (${days})`]
}

function timeConditions(time: TimeFilter | null): string[] {
  if (time === null) return []
  const { kind, from, to } = time
  if (kind === 'during' && from !== null && to !== null) {
    const isMoment = from === to
    return [`start_time ${isMoment ? '<=' : '<'} '${to}'`, `end_time > '${from}'`]
  }
  return [
    ...(from === null ? [] : [`start_time >= '${from}'`]),
    ...(to === null ? [] : [`start_time < '${to}'`]),
  ]
}

function nowConditions(when: Slots['when'], clock: Clock | null, slots: Slots): string[] {
  if (clock === null) return []
  const today = clock.today.toString()
  if (when === 'now') {
    return [
      `course_date = '${today}'`,
      `start_time <= '${clock.time}'`,
      `end_time > '${clock.time}'`,
    ]
  }
  if (when === 'upcoming') {
    if (!couldBeToday(slots, clock)) return []
    return [
      `(course_date > '${today}' OR (course_date = '${today}' AND start_time > '${clock.time}'))`,
    ]
  }
  if (when === 'past') {
    return [
      `(course_date < '${today}' OR (course_date = '${today}' AND end_time <= '${clock.time}'))`,
    ]
  }
  return []
}

/** Dates that all lie ahead need no further condition for "still to come". */
function couldBeToday({ ranges }: Slots, { today }: Clock): boolean {
  return (
    ranges.length === 0 ||
    ranges.some(({ from }) => from === null || Temporal.PlainDate.compare(from, today) <= 0)
  )
}

function termCondition({ any, not }: TermGroup): string {
  const each = any.map((term) => matchCondition(term))
  const joined = each.length === 1 ? (each[0] ?? '') : `(${each.join(' OR ')})`
  return not ? `NOT (${joined})` : joined
}

function matchCondition({ text, column, exact, isRoom }: Term): string {
  if (exact !== undefined && column !== null) {
    return exact.length === 1
      ? `${column} = ${quote(exact[0] ?? '')}`
      : `${column} IN (${exact.map((name) => quote(name)).join(', ')})`
  }
  const pattern = likePattern(text)
  const named = column === null ? ['instructor', 'course_name'] : [column]
  const columns = isRoom === true ? [...named, 'room'] : named
  const each = columns.map((name) => `${name} LIKE ${pattern}`)
  return each.length === 1 ? (each[0] ?? '') : `(${each.join(' OR ')})`
}

/** The longest stretch whose free days are listed one by one. */
const maxFreeDays = 62

function freeDaysSql({ slots, hasDaysOff }: Narrowing, clock: Clock | null): string {
  const days = daysOf(slots, clock)
  const values = days.map((day) => `('${day}')`).join(', ')
  const everyDay = { ...slots, ranges: [], weekdays: [] }
  const busy = whereClause({ slots: everyDay, hasDaysOff }, 'all', clock)
  return `SELECT column1 AS free_date FROM (VALUES ${values}) WHERE column1 NOT IN (SELECT course_date FROM Courses${busy}) ORDER BY free_date`
}

function daysOf(slots: Slots, clock: Clock | null): string[] {
  const start = clock?.today ?? Temporal.PlainDate.from('2000-01-01')
  const [range = clock === null ? { from: start, to: start } : searchedDays(start)] = slots.ranges
  const from = range.from ?? start
  const to = range.to ?? from.add({ days: 13 })
  const days: string[] = []
  for (let day = from; days.length < maxFreeDays; day = day.add({ days: 1 })) {
    if (Temporal.PlainDate.compare(day, to) > 0) break
    const fits = slots.weekdays.length === 0 || slots.weekdays.includes(day.dayOfWeek)
    if (fits) days.push(day.toString())
    else if (Temporal.PlainDate.compare(day, from.add({ days: 400 })) > 0) break
  }
  return days.length > 0 ? days : [from.toString()]
}

/** Without a date, free days are looked for until the end of next week. */
export function searchedDays(today: Temporal.PlainDate): DateRange {
  return { from: today, to: weekRange(mondayOf(today), 1).to }
}
