import type { Assignment, ClassMeeting } from '../timetable.ts'
import { decideOrder, parseDate, type DayMonthOrder } from './dates.ts'
import type { DraftBuilder, Field, ImportContext, PeriodTimes, ProblemReason } from './draft.ts'
import type { Mapping } from './headings.ts'
import { importLimits } from './limits.ts'
import { isBlank, type TableRow } from './table.ts'
import { createTermWeeks } from './term-weeks.ts'
import { toName, toNameOrNull, toNotes, toWebAddress } from './text-fields.ts'
import { parsePeriods, parseTime, parseTimeRange, usualPeriods, type PeriodSpan } from './times.ts'
import { parseWeekdays, parseWeeks } from './weeks.ts'
import { parseWhen } from './when.ts'

interface ListDeps {
  mapping: Mapping
  builder: DraftBuilder
  context: ImportContext
  sheet: string | null
}

/** Why a row is left out. */
interface RowProblem {
  reason: ProblemReason
  field?: Field
  value?: string
}

/** The dates or the times of a row, or why there are none. */
type Found<Value> = { value: Value } | { problem: RowProblem }

const endOfDay = '23:59:00'

/** Reads the rows below the headings: a class, or the classes of a term, or an assignment each. */
export function readListRows(rows: readonly TableRow[], deps: ListDeps): void {
  const reader = createRowReader(rows, deps)
  for (const row of rows) {
    if (isBlank(row)) continue
    reader.read(row)
  }
}

function createRowReader(rows: readonly TableRow[], deps: ListDeps) {
  const { mapping, builder, context, sheet } = deps
  const { indexOf } = mapping
  const cellOf = ({ cells }: TableRow, field: Field): string => {
    const index = indexOf[field]
    return index === undefined ? '' : (cells[index]?.trim() ?? '')
  }
  const place = (line: number, field?: Field) => {
    const index = field === undefined ? undefined : indexOf[field]
    const column = index === undefined ? undefined : mapping.columns[index]?.column
    return {
      line,
      ...(sheet === null ? {} : { sheet }),
      ...(column === undefined ? {} : { column }),
    }
  }
  const orders = {
    date: orderOf('date', { rows, cellOf, builder, place, near: context.today }),
    due: orderOf('due', { rows, cellOf, builder, place, near: context.today }),
  }
  const near = nearDate(context)
  const weeksOfTerm = createTermWeeks(context)
  let isTermMissing = false

  function readDate(row: TableRow, field: 'date' | 'due') {
    const read = parseDate(cellOf(row, field), { order: orders[field], near })
    if (read?.isYearGuessed) {
      builder.note({ ...place(0, field), reason: 'year_guessed', value: read.date.slice(0, 4) })
    }
    return read
  }

  function findTimes(row: TableRow): Found<PeriodTimes> {
    const [start, end, time, period] = (['start', 'end', 'time', 'period'] as const).map((field) =>
      cellOf(row, field),
    ) as [string, string, string, string]
    if (start !== '') {
      const range = parseTimeRange(start)
      if (range && end === '') return checkOrder(range, 'start')
      const from = parseTime(timeBehindDate(start, near))
      if (from === null) return bad('bad_time', 'start', start)
      if (end === '') return { problem: { reason: 'no_end' } }
      const to = parseTime(timeBehindDate(end, near))
      if (to === null) return bad('bad_time', 'end', end)
      return checkOrder({ start: from, end: to }, 'end')
    }
    const dateTime = readTimeOfDate(row)
    const text = time || dateTime
    if (text !== '') {
      const when = parseWhen(text)
      const range = parseTimeRange(text) ?? when.range
      if (range) return checkOrder(range, 'time')
      const periods = when.periods ?? parsePeriods(text)
      if (periods) return findPeriodTimes(periods, 'time')
      const from = parseTime(text) ?? when.start
      if (from === null) return bad('bad_time', time === '' ? 'date' : 'time', text)
      const to = parseTime(timeBehindDate(end, near))
      if (to !== null) return checkOrder({ start: from, end: to }, 'end')
      if (period === '') return { problem: { reason: 'no_end' } }
    }
    if (period === '') return { problem: { reason: 'no_time' } }
    const range = parseTimeRange(period)
    if (range) return checkOrder(range, 'period')
    const periods = parsePeriods(period) ?? parseWhen(period).periods
    return periods ? findPeriodTimes(periods, 'period') : bad('bad_time', 'period', period)
  }

  function readTimeOfDate(row: TableRow): string {
    const read = parseDate(cellOf(row, 'date'), { order: orders.date, near })
    return read?.time ?? ''
  }

  function findPeriodTimes(span: PeriodSpan, field: Field): Found<PeriodTimes> {
    const times = timesOfPeriods(span, context)
    if (!times) return bad('period_unknown', field, `${span.first}-${span.last}`)
    if (times.isAssumed) builder.note({ ...place(0, field), reason: 'periods_assumed' })
    return checkOrder(times, field)
  }

  function findDates(row: TableRow): Found<string[]> {
    const date = cellOf(row, 'date')
    const start = cellOf(row, 'start')
    if (date !== '') {
      const read = readDate(row, 'date')
      if (read) return { value: [read.date] }
      if (!parseWeekdays(date)) return bad('bad_date', 'date', date)
    } else if (start !== '') {
      const read = parseDate(start, { order: orders.date, near })
      if (read?.time) return { value: [read.date] }
    }
    return findTermDates(row)
  }

  function findTermDates(row: TableRow): Found<string[]> {
    const when = [cellOf(row, 'time'), cellOf(row, 'period')].map(parseWhen)
    const written = cellOf(row, 'weekday') || cellOf(row, 'date')
    const fromTimes = when.find(({ weekdays }) => weekdays)?.weekdays
    const weekdays = written === '' ? fromTimes : parseWeekdays(written)
    if (!weekdays) {
      if (written !== '') return bad('bad_weekday', 'weekday', written)
      return { problem: { reason: 'no_date' } }
    }
    const weeks = cellOf(row, 'weeks') || when.find((each) => each.weeks)?.weeks || ''
    return expandWeeks(weeks, weekdays)
  }

  function expandWeeks(text: string, weekdays: readonly number[]): Found<string[]> {
    const { term } = weeksOfTerm
    const read = parseWeeks(text, term?.weeks ?? 1)
    if (!read) return bad('bad_weeks', 'weeks', text)
    if (!term) {
      if (!isTermMissing) builder.problem({ ...place(0), reason: 'term_unknown' })
      isTermMissing = true
      return { problem: { reason: 'term_unknown' } }
    }
    if (read.isWholeTerm) {
      builder.note({ ...place(0), reason: 'term_weeks_assumed', value: `${term.weeks}` })
    }
    const { dates, holidays } = weeksOfTerm.dates(read.weeks, weekdays)
    if (holidays > 0) builder.note({ ...place(0), reason: 'holidays_skipped' })
    return { value: dates }
  }

  function bad(reason: ProblemReason, field: Field, value: string): { problem: RowProblem } {
    return { problem: { reason, field, value } }
  }

  function complain(row: TableRow, { reason, field, value }: RowProblem): void {
    builder.problem({
      ...place(row.line, field),
      reason,
      ...(value === undefined ? {} : { value }),
    })
  }

  function readClass(row: TableRow): void {
    const courseName = toName(cellOf(row, 'course'))
    if (courseName === '') return complain(row, { reason: 'no_course', field: 'course' })
    const dates = findDates(row)
    if ('problem' in dates) return complain(row, dates.problem)
    const times = findTimes(row)
    if ('problem' in times) return complain(row, times.problem)
    const meeting = {
      start_time: times.value.start,
      end_time: times.value.end,
      course_name: courseName,
      ...commonFields(row),
    }
    for (const date of dates.value) {
      if (!builder.addClass({ course_date: date, ...meeting }, row.line)) return
    }
  }

  function commonFields(
    row: TableRow,
  ): Omit<ClassMeeting, 'course_date' | 'start_time' | 'end_time' | 'course_name'> {
    const url = cellOf(row, 'url')
    const address = toWebAddress(url) ?? toWebAddress(cellOf(row, 'room'))
    if (url !== '' && address === null) {
      builder.note({ ...place(row.line, 'url'), reason: 'bad_url', value: url })
    }
    return {
      instructor: toName(cellOf(row, 'teacher')),
      room: toNameOrNull(cellOf(row, 'room')),
      online_url: address,
      notes: toNotes(cellOf(row, 'notes')),
      source_id: null,
    }
  }

  function readAssignment(row: TableRow): void {
    const title = toName(cellOf(row, 'title') || cellOf(row, 'course'))
    if (title === '') return complain(row, { reason: 'no_title', field: 'title' })
    const due = cellOf(row, 'due')
    const read = readDate(row, 'due')
    const time = read?.time ?? cellOf(row, 'time')
    const dueTime = time === '' ? endOfDay : parseTime(time)
    if (!read || dueTime === null)
      return complain(row, { reason: 'bad_due', field: 'due', value: due })
    const hasTitle = cellOf(row, 'title') !== ''
    const assignment: Assignment = {
      title,
      course_name: hasTitle ? toNameOrNull(cellOf(row, 'course')) : null,
      due_date: read.date,
      due_time: dueTime,
      url: toWebAddress(cellOf(row, 'url')),
      notes: toNotes(cellOf(row, 'notes')),
      source_id: null,
    }
    builder.addAssignment(assignment, row.line)
  }

  return {
    /** A row that is due and takes place on no day is an assignment. */
    read(row: TableRow): void {
      const isDue = cellOf(row, 'due') !== ''
      const takesPlace = (['date', 'weekday', 'start', 'period'] as const).some(
        (field) => cellOf(row, field) !== '',
      )
      if (isDue && !takesPlace) readAssignment(row)
      else readClass(row)
    },
  }
}

/** The times from the beginning of the first period to the end of the last; null: one is not known. */
export function timesOfPeriods(
  { first, last }: PeriodSpan,
  { periods }: Pick<ImportContext, 'periods'>,
): (PeriodTimes & { isAssumed: boolean }) | null {
  const start = periods[first] ?? usualPeriods[first]
  const end = periods[last] ?? usualPeriods[last]
  if (!start || !end) return null
  return {
    start: start.start,
    end: end.end,
    isAssumed: !(first in periods) || !(last in periods),
  }
}

function checkOrder(times: PeriodTimes, field: Field): Found<PeriodTimes> {
  const { start, end } = times
  if (start < end) return { value: { start, end } }
  return { problem: { reason: 'ends_before_start', field, value: `${start}-${end}` } }
}

/** Cells of spreadsheets may hold a time stamp where the heading says "start". */
function timeBehindDate(text: string, near: string): string {
  return parseDate(text, { order: 'month_day', near })?.time ?? text
}

/** Dates without a year are those of the term, if it is known. */
function nearDate({ terms, today }: ImportContext): string {
  const { term } = createTermWeeks({ terms, holidays: [], today })
  if (!term) return today
  return Temporal.PlainDate.from(term.first_date)
    .add({ weeks: Math.floor(term.weeks / 2) })
    .toString()
}

interface OrderDeps {
  rows: readonly TableRow[]
  cellOf: (row: TableRow, field: Field) => string
  builder: DraftBuilder
  place: (line: number, field?: Field) => { line: number; sheet?: string; column?: string }
  near: string
}

function orderOf(
  field: 'date' | 'due',
  { rows, cellOf, builder, place, near }: OrderDeps,
): DayMonthOrder {
  const cells = rows.slice(0, importLimits.rows).map((row) => cellOf(row, field))
  const { order, basis } = decideOrder(cells, near)
  if (basis === 'certain') builder.note({ ...place(0, field), reason: order })
  if (basis === 'guessed') builder.note({ ...place(0, field), reason: `${order}_guessed` })
  return order
}
