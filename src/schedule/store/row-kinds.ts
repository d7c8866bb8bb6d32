import type { z } from 'zod'

import {
  assignmentSchema,
  classMeetingSchema,
  holidaySchema,
  rowLimits,
  termSchema,
} from '../timetable-rows.ts'
import type { Assignment, ClassMeeting, Holiday, Term } from '../timetable.ts'

/** What the store has to know of one kind of row. */
export interface RowKind<Row> {
  /** The table, and the member of a timetable. */
  name: keyof typeof rowLimits
  /** One of them, for messages. */
  word: string
  schema: z.ZodType<Row>
  columns: readonly (keyof Row & string)[]
  order: readonly (keyof Row & string)[]
  max: number
}

export const classKind: RowKind<ClassMeeting> = {
  name: 'classes',
  word: 'class',
  schema: classMeetingSchema,
  columns: [
    'course_date',
    'start_time',
    'end_time',
    'course_name',
    'instructor',
    'room',
    'online_url',
    'notes',
    'source_id',
  ],
  order: ['course_date', 'start_time'],
  max: rowLimits.classes,
}

export const assignmentKind: RowKind<Assignment> = {
  name: 'assignments',
  word: 'assignment',
  schema: assignmentSchema,
  columns: ['title', 'course_name', 'due_date', 'due_time', 'url', 'notes', 'source_id'],
  order: ['due_date', 'due_time'],
  max: rowLimits.assignments,
}

export const holidayKind: RowKind<Holiday> = {
  name: 'holidays',
  word: 'holiday',
  schema: holidaySchema,
  columns: ['name', 'first_date', 'last_date'],
  order: ['first_date'],
  max: rowLimits.holidays,
}

export const termKind: RowKind<Term> = {
  name: 'terms',
  word: 'term',
  schema: termSchema,
  columns: ['name', 'first_date', 'weeks'],
  order: ['first_date'],
  max: rowLimits.terms,
}
