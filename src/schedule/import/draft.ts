import { rowLimits } from '../timetable-rows.ts'
import type { Assignment, ClassMeeting, Holiday, Term } from '../timetable.ts'
import { importLimits } from './limits.ts'

/** What a column of a table can mean. */
export const fields = [
  'date',
  'weekday',
  'weeks',
  'start',
  'end',
  'time',
  'period',
  'course',
  'teacher',
  'room',
  'url',
  'notes',
  'title',
  'due',
] as const

export type Field = (typeof fields)[number]

/** A column of the file, and what it is taken for. */
export interface MappedColumn {
  /** Its heading; the number of the column, from 1, where it has none. */
  column: string
  field: Field | null
  /** 0 to 1; 1 also where a person has said it. */
  confidence: number
}

/** A person's correction: heading, or number of the column from 1 → field; null is for "leave out". */
export type MappingCorrection = Record<string, Field | null>

/** Why a row is left out, or the whole file lacks something. */
export type ProblemReason =
  | 'no_header'
  | 'no_course'
  | 'no_date'
  | 'no_time'
  | 'no_end'
  | 'bad_date'
  | 'bad_time'
  | 'bad_weekday'
  | 'bad_weeks'
  | 'bad_due'
  | 'ends_before_start'
  | 'term_unknown'
  | 'period_unknown'
  | 'no_title'
  | 'too_many_classes'
  | 'too_many_rows'
  | 'unknown_field'
  | 'bad_event'
  | 'bad_recurrence'
  | 'unknown_zone'
  | 'too_long'
  | 'too_dense'
  | 'all_day'

/** Something that is told although nothing is left out. */
export type NoteReason =
  | 'day_month'
  | 'month_day'
  | 'day_month_guessed'
  | 'month_day_guessed'
  | 'year_guessed'
  | 'periods_assumed'
  | 'term_weeks_assumed'
  | 'holidays_skipped'
  | 'sheet_skipped'
  | 'outside_years'
  | 'bad_url'
  | 'all_day_holiday'
  | 'damaged_characters'

interface Place {
  /** From 1, as an editor counts; 0 is for the whole file. */
  line: number
  sheet?: string
  column?: string
  /** What stands there, or how many there are. */
  value?: string
}

export interface Problem extends Place {
  reason: ProblemReason
}

export interface Note extends Place {
  reason: NoteReason
}

/** What has been read from a file, before it is compared with what is there. */
export interface Draft {
  format: 'csv' | 'xlsx' | 'ics'
  /** Of a text; null for a workbook. */
  encoding: string | null
  classes: ClassMeeting[]
  assignments: Assignment[]
  terms: Term[]
  holidays: Holiday[]
  problems: Problem[]
  /** Also counts the problems that are not kept. */
  problemCount: number
  notes: Note[]
  /** Empty where the file has no columns to be mapped: calendars, and weeks drawn as a grid. */
  mapping: MappedColumn[]
}

/** What the reading of a file depends on besides its bytes. */
export interface ImportContext {
  /** IANA name of the zone of the timetable. */
  timeZone: string
  /** `YYYY-MM-DD`: years that are left out are those around it. */
  today: string
  /** In order of time; the weeks of a file count in the one that it names, else in the current or next. */
  terms: readonly Term[]
  holidays: readonly Holiday[]
  mapping: MappingCorrection
  /** Number of a period → its times; whatever is missing is assumed. */
  periods: Readonly<Record<number, PeriodTimes>>
}

/** `HH:MM:SS` */
export interface PeriodTimes {
  start: string
  end: string
}

/** Collects what is read, within the limits. */
export interface DraftBuilder {
  readonly draft: Draft
  problem(problem: Problem): void
  /** The same note is kept once. */
  note(note: Note): void
  /** False when there are too many already. */
  addClass(meeting: ClassMeeting, line: number): boolean
  addAssignment(assignment: Assignment, line: number): void
  addHoliday(holiday: Holiday, line: number): void
}

export function createDraft(format: Draft['format'], encoding: string | null = null): DraftBuilder {
  const draft: Draft = {
    format,
    encoding,
    classes: [],
    assignments: [],
    terms: [],
    holidays: [],
    problems: [],
    problemCount: 0,
    notes: [],
    mapping: [],
  }
  const noted = new Set<string>()
  let isFull = false
  const problem = (each: Problem) => {
    draft.problemCount += 1
    if (draft.problems.length < importLimits.problems) draft.problems.push(shorten(each))
  }
  return {
    draft,
    problem,
    note(each) {
      const key = `${each.reason} ${each.sheet ?? ''} ${each.column ?? ''} ${each.line}`
      if (noted.has(key) || noted.size >= importLimits.problems) return
      noted.add(key)
      draft.notes.push(shorten(each))
    },
    addClass(meeting, line) {
      if (draft.classes.length >= rowLimits.classes) {
        if (!isFull) problem({ line, reason: 'too_many_classes', value: `${rowLimits.classes}` })
        isFull = true
        return false
      }
      draft.classes.push(meeting)
      return true
    },
    addAssignment(assignment, line) {
      if (draft.assignments.length < rowLimits.assignments) draft.assignments.push(assignment)
      else problem({ line, reason: 'too_many_rows', value: `${rowLimits.assignments}` })
    },
    addHoliday(holiday, line) {
      if (draft.holidays.length < rowLimits.holidays) draft.holidays.push(holiday)
      else problem({ line, reason: 'too_many_rows', value: `${rowLimits.holidays}` })
    },
  }
}

function shorten<T extends Place>(place: T): T {
  if (place.value === undefined || place.value.length <= 80) return place
  return { ...place, value: `${place.value.slice(0, 80)}…` }
}
