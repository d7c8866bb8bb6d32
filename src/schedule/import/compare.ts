import type { RowEdits, Stored, StoredTimetable, TimetableEdits } from '../store/schedule-store.ts'
import type { Assignment, ClassMeeting, Holiday, Term } from '../timetable.ts'
import { fields, type Draft, type Field } from './draft.ts'
import { isFromGuild, ownUid } from './own-events.ts'

/**
 * What becomes of classes that the file does not have: `range` removes those of the dates that the file
 * covers, `courses` those of the courses in it within these dates, `all` every one.
 */
export const replaceModes = ['range', 'courses', 'all'] as const

export type ReplaceMode = (typeof replaceModes)[number]

export interface CompareOptions {
  mode: ReplaceMode
  /** Only these are compared, e.g. those of one subscription. */
  isMine?: (row: Stored<ClassMeeting> | Stored<Assignment>) => boolean
  /** Assignments that go when the file does not have them; default: all with the mode `all`. */
  isAssignmentCovered?: (assignment: Stored<Assignment>) => boolean
  /** Whose timetable it is: it knows its own rows again by the UIDs that it has given them. */
  guildId?: string
}

type Present = Pick<StoredTimetable, 'classes' | 'assignments' | 'holidays' | 'terms'>

/**
 * The edits that make a timetable out of the present one and a draft. Classes keep their ids: the same
 * one has the same `source_id`, else the same date, start and course, else it is the next one of the same
 * course in the same week. The same goes for assignments with course, title and date, else, where no
 * calendar names them, course and title.
 */
export function compare(
  present: Present | null,
  draft: Omit<Draft, 'problems' | 'problemCount' | 'notes' | 'encoding'>,
  { mode, isMine = () => true, isAssignmentCovered, guildId }: CompareOptions,
): TimetableEdits {
  const isOwn = (sourceId: unknown) =>
    guildId !== undefined && typeof sourceId === 'string' && isFromGuild(sourceId, guildId)
  const silentOf = (members: ReadonlySet<string>) => (name: string, value: unknown) =>
    members.has(name) || (name === 'source_id' && isOwn(value))
  // A table of classes says nothing about assignments, and a list of some does not end the others.
  const isWhole = mode === 'all' && draft.assignments.length > 0
  return {
    classes: editRows(present?.classes.filter(isMine) ?? [], draft.classes, {
      keys: [givenOutBy('class', guildId), ...createClassKeys()],
      isCovered: coverOf(draft.classes, mode),
      isSilent: silentOf(silentMembers(draft, classFields)),
    }),
    assignments: editRows(present?.assignments.filter(isMine) ?? [], draft.assignments, {
      keys: [givenOutBy('assignment', guildId), ...assignmentKeys],
      isCovered: isAssignmentCovered ?? (() => isWhole),
      isSilent: silentOf(silentMembers(draft, assignmentFields)),
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

/** Ways to know a row again, the surest first; those of the file have no id. */
type Key<Row> = (row: Row & { id?: number }) => string | null
type Keys<Row> = Key<Row>[]

function givenOutBy(
  kind: 'class' | 'assignment',
  guildId: string | undefined,
): Key<{ source_id: string | null }> {
  return ({ id, source_id: sourceId }) => {
    if (guildId === undefined) return null
    return id === undefined ? sourceId : ownUid(kind, id, guildId)
  }
}

function createClassKeys(): Keys<ClassMeeting> {
  const weekOf = createWeekOf()
  return [
    ({ source_id: id }) => id,
    (each) => `${each.course_date} ${each.start_time} ${each.course_name}`,
    (each) => `${each.course_name} ${weekOf(each.course_date)}`,
  ]
}

const assignmentKeys: Keys<Assignment> = [
  ({ source_id: id }) => id,
  (each) => `${each.course_name} ${each.title} ${each.due_date}`,
  // What a calendar names twice are two, such as the quiz of each week.
  (each) => (each.source_id === null ? `${each.course_name} ${each.title}` : null),
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

const classFields = {
  teacher: 'instructor',
  room: 'room',
  url: 'online_url',
  notes: 'notes',
} as const satisfies Partial<Record<Field, keyof ClassMeeting>>

const assignmentFields = {
  url: 'url',
  notes: 'notes',
} as const satisfies Partial<Record<Field, keyof Assignment>>

/** What a file without such a column does not speak of, and so does not change. */
function silentMembers(
  { format, mapping }: Pick<Draft, 'format' | 'mapping'>,
  members: Partial<Record<Field, string>>,
): Set<string> {
  const silent = new Set<string>()
  if (format === 'ics') return silent
  silent.add('source_id')
  if (mapping.length === 0) return silent
  const known = new Set(mapping.map(({ field }) => field))
  for (const field of fields) {
    const member = members[field]
    if (member !== undefined && !known.has(field)) silent.add(member)
  }
  return silent
}

interface EditOptions<Row> {
  keys: Keys<Row>
  /** Whether a row that is not in the file goes. */
  isCovered: (row: Stored<Row>) => boolean
  /** Members that stay as they are. */
  isSilent?: (name: string, value: unknown) => boolean
}

function editRows<Row extends object>(
  present: readonly Stored<Row>[],
  wanted: readonly Row[],
  { keys, isCovered, isSilent = () => false }: EditOptions<Row>,
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
      const changes = changesOf(match, row, isSilent)
      if (changes) update.push(changes)
      return false
    })
  }
  const remove = [...openPresent].filter((row) => isCovered(row)).map(({ id }) => id)
  return { add: openWanted, update, remove }
}

function queuesBy<Row>(rows: Iterable<Stored<Row>>, key: Key<Row>): Map<string, Stored<Row>[]> {
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
  isSilent: (name: string, value: unknown) => boolean,
): (Partial<Row> & { id: number }) | null {
  const before = new Map<string, unknown>(Object.entries(present))
  const changed = Object.entries(wanted).filter(
    ([name, value]) => before.get(name) !== value && !isSilent(name, value),
  )
  if (changed.length === 0) return null
  const changes: Partial<Row> & { id: number } = {
    // The entries are those of a row.
    ...(Object.fromEntries(changed) as Partial<Row>),
    id: present.id,
  }
  return changes
}
