import type { ClassMeeting } from '../timetable.ts'
import type { DraftBuilder, ImportContext, PeriodTimes } from './draft.ts'
import { timesOfPeriods } from './list-rows.ts'
import { toPlain } from './plain-text.ts'
import type { Table, TableRow } from './table.ts'
import { createTermWeeks } from './term-weeks.ts'
import { toName, toNameOrNull, toNotes, toWebAddress } from './text-fields.ts'
import { parsePeriods, parseTimeRange, type PeriodSpan } from './times.ts'
import { parseWeekdays, parseWeeks } from './weeks.ts'
import { parseWhen, type When } from './when.ts'

/** A week drawn as a table: a column for each weekday, a row for each period. */
export interface Grid {
  /** Index of the first row below the weekdays. */
  firstRow: number
  /** Column → ISO weekday. */
  weekdays: Map<number, number>
}

const searchedRows = 20
const fewestDays = 3

/** Finds the row that has the weekdays side by side; null if there is none. */
export function findGrid({ rows }: Table): Grid | null {
  for (const [index, { cells }] of rows.slice(0, searchedRows).entries()) {
    const weekdays = new Map<number, number>()
    for (const [column, cell] of cells.entries()) {
      const days = parseWeekdays(cell)
      const [day] = days ?? []
      const isNew = day !== undefined && ![...weekdays.values()].includes(day)
      // Bare digits may be anything, and a merged heading names its day once.
      if (days?.length === 1 && isNew && !/^\d$/u.test(cell.trim())) weekdays.set(column, day)
    }
    if (weekdays.size >= fewestDays) return { firstRow: index + 1, weekdays }
  }
  return null
}

/** What the cells to the left of the weekdays say about a row. */
interface RowTimes {
  periods: PeriodSpan | null
  range: PeriodTimes | null
}

interface Block {
  line: number
  weekday: number
  text: string
  from: RowTimes
  /** Of the last of the rows that it reaches over. */
  to: RowTimes
}

interface GridDeps {
  builder: DraftBuilder
  context: ImportContext
  sheet: string | null
}

export function readGrid(table: Table, grid: Grid, deps: GridDeps): void {
  const reader = createCellReader(deps)
  for (const block of blocksOf(table.rows.slice(grid.firstRow), grid)) {
    for (const text of splitCourses(block.text)) reader.read(text, block)
  }
}

/** Cells, with those joined that say the same in rows that follow each other: a merged cell. */
function blocksOf(rows: readonly TableRow[], { weekdays }: Grid): Block[] {
  const blocks: Block[] = []
  const firstDay = Math.min(...weekdays.keys())
  for (const [column, weekday] of weekdays) {
    let open: Block | null = null
    for (const { line, cells } of rows) {
      const text = cells[column]?.trim() ?? ''
      const times = timesOfRow(cells.slice(0, firstDay))
      if (open && open.text === text) open.to = times
      else {
        open = text === '' ? null : { line, weekday, text, from: times, to: times }
        if (open) blocks.push(open)
      }
    }
  }
  return blocks
}

function timesOfRow(labels: readonly string[]): RowTimes {
  const parts = labels.flatMap((label) => label.split('\n')).map(toPlain)
  const wholes = labels.map(toPlain)
  const first = <Value>(read: (text: string) => Value | null): Value | null => {
    for (const text of [...parts, ...wholes]) {
      const value = text === '' ? null : read(text)
      if (value !== null) return value
    }
    return null
  }
  return {
    periods: first((text) => parseWhen(text).periods ?? parsePeriods(text)),
    range: first((text) => parseTimeRange(text) ?? parseWhen(text).range),
  }
}

/** Several courses in one cell stand apart by blank lines or rules. */
function splitCourses(text: string): string[] {
  return text
    .split(/\n[ \t]*(?:[-—–=_*]{3,}[ \t]*)?\n|\n[-—–=_*]{3,}\n?|[◇◆]{2,}/u)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .slice(0, 20)
}

const labels: [RegExp, 'teacher' | 'room' | 'course' | 'other'][] = [
  [
    /^(?:任课|授课|主讲)?(?:教师|老师|讲师)(?:姓名)?[:：]|^(?:teacher|instructor|lecturer)[:：]/iu,
    'teacher',
  ],
  [/^(?:上课|教学)?(?:地点|教室|场地|校区)[:：]|^(?:room|location|venue)[:：]/iu, 'room'],
  [/^课程(?:名称?)?[:：]|^course[:：]/iu, 'course'],
  [
    /^(?:教学班|班级|考核方式|选课备注|学分|总?学时|备注|课程学时组成|周学时|教学班组成)[:：]/u,
    'other',
  ],
]
const roomLike =
  /楼|室|馆|厅|教学|校区|机房|操场|实验|线上|腾讯会议|room|hall|lab\b|building|zoom|online|^[a-z]{0,3}[-\s]?\d{3,4}[a-z]?$/iu
const teacherLike =
  /^\p{Script=Han}{2,4}(?:老师|教授|讲师)?(?:[,、，]\p{Script=Han}{2,4})*$|老师$|^(?:prof|dr|mr|ms|mrs)\b/iu

interface CellParts {
  course: string
  teacher: string
  room: string
  notes: string[]
  when: When
}

/** Takes the text of one course apart: its name first, then in any order who, when and where. */
function parseCell(text: string): CellParts {
  const lines = text
    .split('\n')
    .flatMap(splitLine)
    .map(toPlain)
    .filter((line) => line !== '')
  const parts: CellParts = {
    course: '',
    teacher: '',
    room: '',
    notes: [],
    when: { weekdays: null, weeks: null, periods: null, range: null, start: null },
  }
  for (const [index, line] of lines.entries()) {
    const label = labels.find(([pattern]) => pattern.test(line))
    if (label) placeLabelled(line, label, parts)
    else if (index === 0) parts.course = takeWhen(line, parts) || line
    else placePlain(takeWhen(line, parts), parts)
  }
  return parts
}

/** Slashes separate parts where there are several of them; else they belong to names. */
function splitLine(line: string): string[] {
  return (line.match(/\//gu)?.length ?? 0) >= 2 && !/https?:/iu.test(line)
    ? line.split('/')
    : [line]
}

function placeLabelled(
  line: string,
  [pattern, kind]: (typeof labels)[number],
  parts: CellParts,
): void {
  const value = line.replace(pattern, '').trim()
  if (kind === 'other' || value === '') return
  parts[kind] = kind === 'room' && parts.room !== '' ? `${parts.room} ${value}` : value
}

/** Remembers what the line says about the time, and answers the rest. */
function takeWhen(line: string, { when }: CellParts): string {
  const found = parseWhen(line)
  const isWhen = found.weeks !== null || found.periods !== null || found.range !== null
  if (!isWhen) return line
  when.weeks ??= found.weeks
  when.periods ??= found.periods
  when.range ??= found.range
  return found.rest.replaceAll(/^[()[\]]+|[([{]+$/gu, '').trim()
}

function placePlain(text: string, parts: CellParts): void {
  if (text === '') return
  if (parts.room === '' && roomLike.test(text)) parts.room = text
  else if (parts.teacher === '' && teacherLike.test(text)) parts.teacher = text
  else if (parts.teacher === '' && !/\d/u.test(text)) parts.teacher = text
  else if (parts.room === '') parts.room = text
  else parts.notes.push(text)
}

function createCellReader({ builder, context, sheet }: GridDeps) {
  const weeksOfTerm = createTermWeeks(context)
  const inSheet = sheet === null ? {} : { sheet }
  let isTermMissing = false

  function findTimes({ when }: CellParts, { from, to }: Block): PeriodTimes | null {
    if (when.range) return when.range
    if (when.periods) return ofPeriods(when.periods)
    if (from.range && to.range) return { start: from.range.start, end: to.range.end }
    if (from.periods && to.periods) {
      return ofPeriods({ first: from.periods.first, last: to.periods.last })
    }
    return null
  }

  function ofPeriods(span: PeriodSpan): PeriodTimes | null {
    const times = timesOfPeriods(span, context)
    if (times?.isAssumed) builder.note({ ...inSheet, line: 0, reason: 'periods_assumed' })
    return times && { start: times.start, end: times.end }
  }

  function findDates(weeks: string, block: Block): string[] | null {
    const { term } = weeksOfTerm
    if (!term) {
      if (!isTermMissing) builder.problem({ ...inSheet, line: 0, reason: 'term_unknown' })
      isTermMissing = true
      return null
    }
    const read = parseWeeks(weeks, term.weeks)
    if (!read) {
      builder.problem({ ...inSheet, line: block.line, reason: 'bad_weeks', value: weeks })
      return null
    }
    if (read.isWholeTerm) {
      builder.note({ ...inSheet, line: 0, reason: 'term_weeks_assumed', value: `${term.weeks}` })
    }
    const { dates, holidays } = weeksOfTerm.dates(read.weeks, [block.weekday])
    if (holidays > 0) builder.note({ ...inSheet, line: 0, reason: 'holidays_skipped' })
    return dates
  }

  return {
    read(text: string, block: Block): void {
      const parts = parseCell(text)
      const courseName = toName(parts.course)
      const complain = (reason: 'no_course' | 'no_time' | 'ends_before_start') =>
        builder.problem({ ...inSheet, line: block.line, reason, value: toPlain(text) })
      if (courseName === '') return complain('no_course')
      const times = findTimes(parts, block)
      if (!times) return complain('no_time')
      if (times.start >= times.end) return complain('ends_before_start')
      const dates = findDates(parts.when.weeks ?? '', block)
      const meeting: Omit<ClassMeeting, 'course_date'> = {
        start_time: times.start,
        end_time: times.end,
        course_name: courseName,
        instructor: toName(parts.teacher),
        room: toNameOrNull(parts.room),
        online_url: toWebAddress(text),
        notes: toNotes(parts.notes.join('\n')),
        source_id: null,
      }
      for (const date of dates ?? []) {
        if (!builder.addClass({ course_date: date, ...meeting }, block.line)) return
      }
    },
  }
}
