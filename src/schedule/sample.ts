import { parse } from 'csv-parse/sync'
import { z } from 'zod'

import type { Course } from './schedule.ts'
import { mondayOf } from './term-week.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time as HH:MM')

const sampleRow = z
  .object({
    week: z.coerce.number().int().min(-52).max(52),
    weekday: z.enum(weekdays),
    start: clockTime,
    end: clockTime,
    course: z.string().min(1).max(255),
    instructor: z.string().min(1).max(255),
  })
  .refine(({ start, end }) => start < end, 'expected the class to end after it starts')

/** One class of the sample file: a place in the weeks around today instead of a date. */
export type SampleRow = z.infer<typeof sampleRow>

/** Reads the sample file (format: the comment at its top). Throws an error that names a bad row. */
export function parseSample(text: string): SampleRow[] {
  const records: unknown[] = parse(text, { columns: true, comment: '#', trim: true })
  return records.map((record, index) => {
    const row = sampleRow.safeParse(record)
    if (row.success) return row.data
    throw new Error(`class ${index + 1} of the sample schedule: ${z.prettifyError(row.error)}`)
  })
}

/** Puts the sample onto the weeks around `today`; the classes come in order of time, ids from 1. */
export function laySample(rows: readonly SampleRow[], today: Temporal.PlainDate): Course[] {
  const monday = mondayOf(today)
  return rows
    .map((row) => ({
      course_date: monday.add({ days: row.week * 7 + weekdays.indexOf(row.weekday) }).toString(),
      start_time: `${row.start}:00`,
      end_time: `${row.end}:00`,
      course_name: row.course,
      instructor: row.instructor,
      room: null,
      online_url: null,
      notes: null,
      week: null,
      term: null,
      holiday: null,
    }))
    .toSorted((a, b) => inTime(a).localeCompare(inTime(b), 'en'))
    .map((course, index) => ({ id: index + 1, ...course }))
}

function inTime(course: Pick<Course, 'course_date' | 'start_time'>): string {
  return `${course.course_date} ${course.start_time}`
}
