import type { RowEdits, Stored, StoredTimetable, TimetableEdits } from '../store/schedule-store.ts'
import type { Assignment, ClassMeeting, Holiday, Term } from '../timetable.ts'
import type { Draft, Field } from './draft.ts'

/**
 * What becomes of classes that the file does not have: `range` removes those of the dates that the file
 * covers, `courses` those of the courses in it within these dates, `all` every one.
 */
export const replaceModes = ['range', 'courses', 'all'] as const

export type ReplaceMode = (typeof replaceModes)[number]

export interface CompareOptions {
  mode: ReplaceMode
  /**
   * Only these classes are compared, e.g. those of one subscription; assignments of others stay too.
   */
  isMine?: (meeting: Stored<ClassMeeting>) => boolean
}

type Present = Pick<StoredTimetable, 'classes' | 'assignments' | 'holidays' | 'terms'>

/**
 * The edits that make a timetable out of the present one and a draft. Classes keep their ids: the same
 * one has the same `source_id`, else the same date, start and course, else it is the next one of the same
 * course in the same week.
 */
export function compare(
  present: Present | null,
  draft: Omit<Draft, 'problems' | 'problemCount' | 'notes' | 'encoding'>,
  { mode, isMine }: CompareOptions,
): TimetableEdits {
  const covered = coverOf(draft.classes, mode)
  return {
    classes: editRows(
      present?.classes.filter((each) => isMine?.(each) ?? true) ?? [],
      draft.classes,
      {
        keys: createClassKeys(),
        isCovered: covered,
        silent: silentMembers(draft),
      },
    ),
    assignments: editRows(present?.assignments ?? [], draft.assignments, {
      keys: assignmentKeys,
      // A table of classes says nothing about assignments, and a list of some does not end the others.
      isCovered: () => mode === 'all' && !isMine && draft.assignments.length > 0,
    }),
    holidays: editRows(present?.holidays ?? [], draft.holidays, {
      keys: holidayKeys,
      isCovered: () => false,
    }),
    terms: editRows(present?.terms ?? [], draft.terms, { keys: termKeys, isCovered: () => false }),
  }
}

function coverOf(
  classes: readonly ClassMeeting[],
  mode: ReplaceMode,
): (meeting: ClassMeeting) => boolean {
  if (mode === 'all') return () => true
  let first = '9999'
  let last = ''
  for (const { course_date: date } of classes) {
    if (date < first) first = date
    if (date > last) last = date
  }
  const courses = new Set(classes.map(({ course_name: name }) => name))
  return ({ course_date: date, course_name: name }) =>
    first <= date && date <= last && (mode === 'range' || courses.has(name))
}

/** Ways to know a row again, the surest first. */
type Keys<Row> = ((row: Row) => string | null)[]

function createClassKeys(): Keys<ClassMeeting> {
  const weekOf = createWeekOf()
  return [
    ({ source_id: id }) => id,
    (each) => `${each.course_date} ${each.start_time} ${each.course_name}`,
    (each) => `${each.course_name} ${weekOf(each.course_date)}`,
  ]
}

const assignmentKeys: Keys<Assignment> = [
  (each) => `${each.course_name} ${each.title} ${each.due_date}`,
  (each) => `${each.course_name} ${each.title}`,
]
const holidayKeys: Keys<Holiday> = [(each) => `${each.name} ${each.first_date}`]
const termKeys: Keys<Term> = [(each) => each.first_date, (each) => each.name]

/** ISO weeks; dates come again and again. */
function createWeekOf(): (date: string) => string {
  const weeks = new Map<string, string>()
  return (date) => {
    let week = weeks.get(date)
    if (week === undefined) {
      const { yearOfWeek, weekOfYear } = Temporal.PlainDate.from(date)
      week = `${yearOfWeek}-${weekOfYear}`
      weeks.set(date, week)
    }
    return week
  }
}

const columnFields = {
  teacher: 'instructor',
  room: 'room',
  url: 'online_url',
  notes: 'notes',
} as const satisfies Partial<Record<Field, keyof ClassMeeting>>

/** What a file without such a column does not speak of, and so does not change. */
function silentMembers({ format, mapping }: Pick<Draft, 'format' | 'mapping'>): Set<string> {
  const silent = new Set<string>()
  if (format === 'ics') return silent
  silent.add('source_id')
  if (mapping.length === 0) return silent
  const known = new Set(mapping.map(({ field }) => field))
  for (const field of ['teacher', 'room', 'url', 'notes'] as const) {
    if (!known.has(field)) silent.add(columnFields[field])
  }
  return silent
}

interface EditOptions<Row> {
  keys: Keys<Row>
  /** Whether a row that is not in the file goes. */
  isCovered: (row: Row) => boolean
  /** Members that stay as they are. */
  silent?: ReadonlySet<string>
}

function editRows<Row extends object>(
  present: readonly Stored<Row>[],
  wanted: readonly Row[],
  { keys, isCovered, silent = new Set() }: EditOptions<Row>,
): Required<RowEdits<Row>> {
  const openPresent = new Set(present)
  let openWanted = [...wanted]
  const update: (Partial<Row> & { id: number })[] = []
  for (const key of keys) {
    const byKey = queuesBy(openPresent, key)
    openWanted = openWanted.filter((row) => {
      const of = key(row)
      const match = of === null ? undefined : byKey.get(of)?.shift()
      if (!match) return true
      openPresent.delete(match)
      const changes = changesOf(match, row, silent)
      if (changes) update.push(changes)
      return false
    })
  }
  const remove = [...openPresent].filter((row) => isCovered(row)).map(({ id }) => id)
  return { add: openWanted, update, remove }
}

function queuesBy<Row>(
  rows: Iterable<Stored<Row>>,
  key: (row: Row) => string | null,
): Map<string, Stored<Row>[]> {
  const queues = new Map<string, Stored<Row>[]>()
  for (const row of rows) {
    const of = key(row)
    if (of === null) continue
    const queue = queues.get(of)
    if (queue) queue.push(row)
    else queues.set(of, [row])
  }
  return queues
}

/** Null: they say the same. */
function changesOf<Row extends object>(
  present: Stored<Row>,
  wanted: Row,
  silent: ReadonlySet<string>,
): (Partial<Row> & { id: number }) | null {
  const before = new Map<string, unknown>(Object.entries(present))
  const changed = Object.entries(wanted).filter(
    ([name, value]) => before.get(name) !== value && !silent.has(name),
  )
  if (changed.length === 0) return null
  const changes: Partial<Row> & { id: number } = {
    // The entries are those of a row.
    ...(Object.fromEntries(changed) as Partial<Row>),
    id: present.id,
  }
  return changes
}
