import type { Locale, Translate } from '../../i18n.ts'
import type {
  Difference,
  Revision,
  RowsDifference,
  Stored,
} from '../../schedule/store/schedule-store.ts'
import type { ClassMeeting, Holiday, Term } from '../../schedule/timetable.ts'
import { asWritten } from '../as-written.ts'
import { assignmentText, courseText, dayRange } from './day-list.ts'
import { dayAndTimesFor } from './local-time.ts'

export interface DifferenceTextOptions {
  locale: Locale
  t: Translate
  /** Of the timetable as it is after the change. */
  timeZone: string
  /** The most lines of rows; the others are counted. */
  most: number
}

/** What a change adds, changes and removes: one line for each row. */
export function differenceText(difference: Difference, options: DifferenceTextOptions): string {
  const { t, most } = options
  const lines = differenceLines(difference, options)
  const more = lines.length - most
  const shown = lines.slice(0, most)
  return [
    ...shown,
    ...(more > 0 ? [`-# ${t('commands.schedule.more', { count: more })}`] : []),
  ].join('\n')
}

/** How many rows a change adds, changes and removes; what it does not do is left out. */
export function countsText({ added, changed, removed }: Revision['counts']): string {
  const parts = [
    { sign: '➕', count: added },
    { sign: '✏️', count: changed },
    { sign: '➖', count: removed },
  ]
  return parts
    .filter(({ count }) => count > 0)
    .map(({ sign, count }) => `${sign} ${count}`)
    .join(' ')
}

type LineOptions = Omit<DifferenceTextOptions, 'most'>

function differenceLines(difference: Difference, options: LineOptions): string[] {
  const { t, locale } = options
  const after = options.timeZone
  const before = difference.timeZone?.before ?? after
  const zoneOf = (side: Side) => (side === 'before' ? before : after)
  const { classes, assignments, holidays, terms, timeZone } = difference
  return [
    ...(timeZone ? [`🌐 ${timeZone.before} → ${timeZone.after}`] : []),
    ...rowLines(sortRows(classes, classTime), {
      text: (row, side) => `${dayAndTimesFor(row, zoneOf(side))} ${courseText(row, t)}`,
      change: (from, to) => changedClass(from, to, { t, zoneOf }),
    }),
    ...rowLines(assignments, {
      text: (row, side) => `📝 ${assignmentText(row, zoneOf(side))}`,
    }),
    ...rowLines(holidays, { text: (row) => `🎉 ${holidayText(row, locale)}` }),
    ...rowLines(terms, { text: (row) => termText(row, options) }),
  ]
}

type Side = 'before' | 'after'

interface RowTexts<Row> {
  text: (row: Row, side: Side) => string
  change?: (before: Row, after: Row) => string
}

function rowLines<Row>(rows: RowsDifference<Row>, { text, change }: RowTexts<Stored<Row>>) {
  const changeText = (before: Stored<Row>, after: Stored<Row>) =>
    change?.(before, after) ?? `${text(before, 'before')} → ${text(after, 'after')}`
  return [
    ...rows.added.map((row) => `➕ ${text(row, 'after')}`),
    ...rows.changed.map(({ before, after }) => `✏️ ${changeText(before, after)}`),
    ...rows.removed.map((row) => `➖ ${text(row, 'before')}`),
  ]
}

interface ChangedClassOptions {
  t: Translate
  zoneOf: (side: Side) => string
}

/** The time before is struck through where it is another one. */
function changedClass(
  before: ClassMeeting,
  after: ClassMeeting,
  { t, zoneOf }: ChangedClassOptions,
): string {
  const from = dayAndTimesFor(before, zoneOf('before'))
  const to = dayAndTimesFor(after, zoneOf('after'))
  const times = from === to ? to : `~~${from}~~ → ${to}`
  const was = courseText(before, t)
  const is = courseText(after, t)
  return `${times} ${was === is ? is : `~~${was}~~ → ${is}`}`
}

function classTime({ course_date: date, start_time: time }: ClassMeeting): string {
  return `${date} ${time}`
}

function sortRows<Row>(rows: RowsDifference<Row>, key: (row: Row) => string): RowsDifference<Row> {
  const compare = (a: Row, b: Row) => key(a).localeCompare(key(b), 'en')
  return {
    added: rows.added.toSorted(compare),
    changed: rows.changed.toSorted((a, b) => compare(a.after, b.after)),
    removed: rows.removed.toSorted(compare),
  }
}

export function holidayText(holiday: Holiday, locale: Locale): string {
  const { name, first_date: from, last_date: to } = holiday
  return `${asWritten(name)} ${dayRange({ from, to }, locale)}`
}

export function termText(
  { name, first_date: firstDate, weeks }: Term,
  { t, locale }: Pick<LineOptions, 't' | 'locale'>,
): string {
  const first = dayRange({ from: firstDate, to: firstDate }, locale)
  return t('commands.schedule.termLine', { name: asWritten(name), first, weeks })
}
