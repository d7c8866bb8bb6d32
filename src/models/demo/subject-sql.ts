import type { Clock } from './clock.ts'
import { likePattern, quote, rangeConditions } from './conditions.ts'
import type { Question, Slots, Term } from './question.ts'

/** All assignments by name, to compare the words of a question with. */
export const assignmentNamesSql =
  'SELECT DISTINCT title, course_name FROM Assignments ORDER BY title, course_name'

/** What is due, in order of time; what is still to come where no other time is said. */
export function assignmentsSql({ intent, slots }: Question, clock: Clock | null): string {
  const pick = intent.kind === 'assignments' ? intent.pick : 'list'
  const conditions = [
    ...rangeConditions(slots.ranges, 'due_date'),
    ...slots.terms.map(({ any, not }) => {
      const joined = any.map((term) => assignmentCondition(term)).join(' OR ')
      return not ? `NOT (${joined})` : `(${joined})`
    }),
    ...dueConditions(slots, clock),
  ]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  if (pick === 'count') return `SELECT COUNT(*) AS assignments FROM Assignments${where}`
  const limit = pick === 'next' ? ' LIMIT 1' : ''
  return `SELECT title, course_name, due_date, due_time FROM Assignments${where} ORDER BY due_date, due_time, title${limit}`
}

function assignmentCondition({ text, column, exact, isTitle }: Term): string {
  if (exact !== undefined) {
    const names = exact.map((name) => quote(name)).join(', ')
    if (isTitle === true) return `title IN (${names})`
    if (column !== 'instructor') return `course_name IN (${names})`
    return `course_name IN (SELECT course_name FROM Courses WHERE instructor IN (${names}))`
  }
  const pattern = likePattern(text)
  return `title LIKE ${pattern} OR course_name LIKE ${pattern}`
}

function dueConditions(slots: Slots, clock: Clock | null): string[] {
  const { ranges, when, terms } = slots
  if (clock === null) return []
  const moment = `'${clock.today.toString()} ${clock.time}'`
  const due = "due_date || ' ' || due_time"
  if (when === 'past') return [`${due} <= ${moment}`]
  const isTitled = terms.some(({ any }) => any.some(({ isTitle }) => isTitle === true))
  if (when === 'all' || (when !== 'upcoming' && (ranges.length > 0 || isTitled))) return []
  return [`${due} > ${moment}`]
}

/** The term that is on or comes next; or the one after it, or before it. */
export function termsSql({ intent }: Question, clock: Clock | null): string {
  const which = intent.kind === 'terms' ? intent.which : 'present'
  const today = clock === null ? "date('now')" : quote(clock.today.toString())
  const columns = 'SELECT name, first_date, last_date, weeks FROM Terms'
  if (which === 'previous') {
    return `${columns} WHERE last_date < ${today} ORDER BY last_date DESC LIMIT 1`
  }
  if (which === 'next') return `${columns} WHERE first_date > ${today} ORDER BY first_date LIMIT 1`
  return `${columns} ORDER BY last_date < ${today}, CASE WHEN last_date < ${today} THEN -julianday(last_date) ELSE julianday(first_date) END LIMIT 1`
}

/** Holidays that touch the days that were named; none named: all, or those that are not over. */
export function holidaysSql({ intent, slots }: Question, clock: Clock | null): string {
  const pick = intent.kind === 'holidays' ? intent.pick : 'list'
  const conditions = slots.ranges.map(({ from, to }) =>
    [
      ...(from === null ? [] : [`last_date >= '${from.toString()}'`]),
      ...(to === null ? [] : [`first_date <= '${to.toString()}'`]),
    ].join(' AND '),
  )
  const isAhead = pick === 'next' || (slots.when === 'upcoming' && conditions.length === 0)
  const ahead = isAhead && clock !== null ? [`last_date >= '${clock.today.toString()}'`] : []
  const all = [...ahead, ...(conditions.length > 0 ? [`(${conditions.join(' OR ')})`] : [])]
  const where = all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`
  if (pick === 'count') return `SELECT COUNT(*) AS holidays FROM Holidays${where}`
  const limit = pick === 'next' ? ' LIMIT 1' : ''
  return `SELECT name, first_date, last_date FROM Holidays${where} ORDER BY first_date${limit}`
}
