import { parseDate } from './dates.ts'
import { fields, type Field, type MappedColumn, type MappingCorrection } from './draft.ts'
import { toPlain } from './plain-text.ts'
import type { TableRow } from './table.ts'
import { parsePeriods, parseTime, parseTimeRange } from './times.ts'
import { parseWeekdays, parseWeeks } from './weeks.ts'

/** Exact headings, without spaces and punctuation. */
const headings: Record<Field, string> = {
  date: '日期 上课日期 课程日期 时间日期 coursedate date classdate day datum',
  weekday: '星期 周几 星期几 上课星期 礼拜 weekday dayofweek weekdays days',
  weeks: '周次 周数 上课周次 上课周 起止周 教学周 week weeks weekno weeknumber',
  start: '开始 开始时间 上课开始 起始时间 starttime start begin begins from starts 开始时刻',
  end: '结束 结束时间 下课时间 终止时间 endtime end ends finish until to',
  time: '时间 上课时间 时段 课程时间 time times hours when timeslot slot 时间段',
  period: '节次 节数 上课节次 节 课节 period periods lesson lessons section sections',
  course:
    '课程 课程名 课程名称 科目 学科 课名 课 coursename course class classname subject module lecture 上课内容',
  teacher:
    '教师 老师 任课教师 任课老师 授课教师 授课老师 讲师 主讲 主讲人 主讲教师 主讲老师 教师姓名 instructor teacher lecturer professor tutor faculty prof instructors teachers',
  room: '教室 地点 上课地点 上课教室 场地 房间 教学地点 room location classroom venue place where hall',
  url: '链接 会议链接 网址 线上链接 直播链接 腾讯会议 url link onlineurl zoom meeting meetinglink meetingurl online',
  notes: '备注 说明 注释 附注 notes note remarks remark comment comments description',
  title:
    '作业 作业名称 作业标题 任务 题目 标题 assignment assignments homework title task deliverable',
  due: '截止 截止日期 截止时间 提交截止 截至日期 截至时间 提交时间 due duedate deadline dueat dueby submitby',
}

const exact = new Map<string, Field>(
  fields.flatMap((field) => headings[field].split(' ').map((name) => [name, field] as const)),
)
/** Parts of longer headings; the first that is found counts. */
const parts: [RegExp, Field][] = [
  [/截止|截至|due|deadline/u, 'due'],
  [/开始|起始|start|begin/u, 'start'],
  [/结束|下课|终止|\bend/u, 'end'],
  [/教师|老师|讲师|主讲|teacher|instructor|lecturer|professor/u, 'teacher'],
  [/教室|地点|场地|room|location|venue/u, 'room'],
  [/星期|周几|weekday/u, 'weekday'],
  [/周次|周数|教学周|weeks?$/u, 'weeks'],
  [/节次|period/u, 'period'],
  [/日期|date/u, 'date'],
  [/时间|时段|time/u, 'time'],
  [/链接|网址|link|url/u, 'url'],
  [/作业|assignment|homework/u, 'title'],
  [/课程|科目|course|subject/u, 'course'],
  [/备注|说明|note|remark|comment/u, 'notes'],
]

/** Columns that tables have and a timetable has no use for. */
const ignored = new Set([
  'id',
  '序号',
  '编号',
  'no',
  'nr',
  'number',
  '课程id',
  '课程编号',
  '课程代码',
  'coursecode',
  'coursenumber',
  'code',
  '学分',
  'credits',
  'credit',
  '班级',
  '人数',
])

interface NamedField {
  field: Field
  confidence: number
}

/** What a heading says by itself. */
function fieldOfHeading(heading: string): NamedField | null {
  const plain = toPlain(heading).toLowerCase().slice(0, 80)
  const bare = plain.replaceAll(/[^\p{Letter}\p{Number}]/gu, '')
  if (bare === '' || ignored.has(bare)) return null
  const field = exact.get(bare)
  if (field) return { field, confidence: 1 }
  const unbracketed = exact.get(
    plain.replaceAll(/[([].*?[)\]]/gu, '').replaceAll(/[^\p{Letter}\p{Number}]/gu, ''),
  )
  if (unbracketed) return { field: unbracketed, confidence: 0.9 }
  // Long texts are titles and data.
  if (bare.length > 20) return null
  const part = parts.find(([pattern]) => pattern.test(plain))
  return part ? { field: part[1], confidence: 0.6 } : null
}

export interface Header {
  /** Index of the first row below the headings. */
  firstRow: number
  columns: string[]
}

const searchedRows = 20

/**
 * Finds the row of headings below titles and blank lines: the one of the first rows that names the
 * most fields, alone or together with the row below it (a heading over several columns). Null if no
 * row names two, one of them a course, a date or work that is due. Headings that a person has spoken
 * of count as well.
 */
export function findHeader(
  rows: readonly TableRow[],
  correction: MappingCorrection,
): Header | null {
  const told = new Map(
    Object.entries(correction).map(([name, field]) => [toHeading(name).toLowerCase(), field]),
  )
  let best: (Header & { score: number }) | null = null
  for (let at = 0; at < Math.min(rows.length, searchedRows); at += 1) {
    const upper = rows[at]?.cells ?? []
    const lower = rows[at + 1]?.cells
    for (const candidate of [
      { firstRow: at + 1, columns: upper.map(toHeading) },
      ...(lower ? [{ firstRow: at + 2, columns: joinHeadings(upper, lower) }] : []),
    ]) {
      const score = scoreOf(candidate.columns, told)
      if (score >= 2 && score > (best?.score ?? 0)) best = { ...candidate, score }
    }
  }
  return best && { firstRow: best.firstRow, columns: best.columns }
}

function toHeading(cell: string): string {
  return toPlain(cell).slice(0, 80)
}

function joinHeadings(upper: readonly string[], lower: readonly string[]): string[] {
  const width = Math.max(upper.length, lower.length)
  return Array.from({ length: width }, (_each, index) => {
    const [over, under] = [toHeading(upper[index] ?? ''), toHeading(lower[index] ?? '')]
    if (under === '' || under === over) return over
    return fieldOfHeading(under) || over === '' ? under : over
  })
}

function scoreOf(columns: readonly string[], told: ReadonlyMap<string, Field | null>): number {
  const fieldOf = (column: string) => {
    const field = told.get(column.toLowerCase())
    return field ? { field, confidence: 1 } : fieldOfHeading(column)
  }
  const found = columns.map(fieldOf).filter((each) => each !== null)
  const named = new Set(found.map(({ field }) => field))
  const isTable = (['course', 'title', 'due', 'date'] as const).some((field) => named.has(field))
  if (!isTable) return 0
  return [...named].reduce(
    (sum, field) =>
      sum +
      Math.max(...found.filter((each) => each.field === field).map((each) => each.confidence)),
    0,
  )
}

const sampleSize = 200
/** Of the values, so that the contents speak against a heading or for one. */
const readers: Partial<Record<Field, (text: string) => boolean>> = {
  date: (text) =>
    parseDate(text, { order: 'month_day', near: '2026-01-01' }) !== null ||
    parseDate(text, { order: 'day_month', near: '2026-01-01' }) !== null,
  due: (text) =>
    parseDate(text, { order: 'month_day', near: '2026-01-01' }) !== null ||
    parseDate(text, { order: 'day_month', near: '2026-01-01' }) !== null,
  weekday: (text) => parseWeekdays(text) !== null,
  weeks: (text) => parseWeeks(text, 20) !== null,
  start: (text) => parseTime(text) !== null || hasClock(text),
  end: (text) => parseTime(text) !== null || hasClock(text),
  period: (text) => parsePeriods(text) !== null,
  url: (text) => /^https?:/iu.test(text.trim()) || text.trim() === '',
}
/** What a column is taken for when its contents are not what the heading says. */
const alternatives: Partial<Record<Field, Field[]>> = {
  date: ['weekday'],
  weekday: ['date'],
  weeks: ['weekday', 'date'],
  start: ['date'],
}

function hasClock(text: string): boolean {
  return /\d[:：.点]\d\d|\d点|\d ?[ap]m/iu.test(text) || parseTimeRange(text) !== null
}

export interface Mapping {
  columns: MappedColumn[]
  /** Index of the column of each field that there is. */
  indexOf: Partial<Record<Field, number>>
  /** Corrections that name no column of this table. */
  unused: string[]
}

/** Guesses what each column holds, from its heading and its contents; what a person says goes first. */
export function mapColumns(
  columns: readonly string[],
  rows: readonly TableRow[],
  correction: MappingCorrection,
): Mapping {
  const told = correctionsByIndex(columns, correction)
  const guesses = columns.map((column, index) => {
    const said = told.byIndex.get(index)
    if (said !== undefined) return { field: said, confidence: 1 }
    return guess(column, contentsOf(rows, index))
  })
  const indexOf = assign(guesses, told.byIndex)
  const mapped = guesses.map(({ confidence }, index) => {
    const field = fields.find((each) => indexOf[each] === index) ?? null
    const column = columns[index] === '' ? `${index + 1}` : (columns[index] ?? `${index + 1}`)
    return { column, field, confidence: field ? confidence : told.byIndex.has(index) ? 1 : 0 }
  })
  return { columns: mapped, indexOf, unused: told.unused }
}

function contentsOf(rows: readonly TableRow[], index: number): string[] {
  const texts = rows.slice(0, sampleSize).map(({ cells }) => cells[index]?.trim() ?? '')
  return texts.filter((text) => text !== '')
}

function correctionsByIndex(columns: readonly string[], correction: MappingCorrection) {
  const byIndex = new Map<number, Field | null>()
  const unused: string[] = []
  for (const [name, field] of Object.entries(correction)) {
    const plain = toHeading(name).toLowerCase()
    let index = columns.findIndex((column) => column.toLowerCase() === plain)
    if (index < 0 && /^\d{1,3}$/u.test(plain)) index = Number(plain) - 1
    if (index >= 0 && index < columns.length) byIndex.set(index, field)
    else unused.push(name)
  }
  return { byIndex, unused }
}

function guess(
  column: string,
  contents: readonly string[],
): { field: Field | null; confidence: number } {
  const named = fieldOfHeading(column)
  if (!named) return { field: null, confidence: 0 }
  const share = shareThatFits(named.field, contents)
  if (share >= 0.3) return { field: named.field, confidence: named.confidence * share }
  for (const other of alternatives[named.field] ?? []) {
    const otherShare = shareThatFits(other, contents)
    if (otherShare >= 0.5) return { field: other, confidence: 0.8 * otherShare }
  }
  return { field: named.field, confidence: named.confidence * Math.max(share, 0.1) }
}

function shareThatFits(field: Field, contents: readonly string[]): number {
  const fits = readers[field]
  if (!fits || contents.length === 0) return 1
  return contents.filter(fits).length / contents.length
}

/** Each field gets the column that is surest of it; what a person says is surer. */
function assign(
  guesses: readonly { field: Field | null; confidence: number }[],
  told: ReadonlyMap<number, Field | null>,
): Partial<Record<Field, number>> {
  const indexOf: Partial<Record<Field, number>> = {}
  const sure = new Map<Field, number>()
  for (const [index, { field, confidence }] of guesses.entries()) {
    if (!field) continue
    const weight = told.has(index) ? 2 : confidence
    if (weight <= (sure.get(field) ?? 0)) continue
    sure.set(field, weight)
    indexOf[field] = index
  }
  return indexOf
}
