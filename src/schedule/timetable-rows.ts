import { z } from 'zod'

import type { Assignment, ClassMeeting, Holiday, Term } from './timetable.ts'

/** The most rows that a timetable can hold, of each kind. */
export const rowLimits = { classes: 10_000, assignments: 1_000, holidays: 400, terms: 100 } as const

/** The most that all rows of a timetable take together, as JSON in UTF-8. */
export const timetableBytes = 6 * 1024 * 1024

/** The most characters (UTF-16 code units) of each text. */
export const lengthLimits = { name: 255, url: 2_000, notes: 2_000, sourceId: 1_000 } as const

const hasControl = /[\p{Cc}\p{Zl}\p{Zp}]/u
const hasControlInLines = /(?![\t\n\r])[\p{Cc}\p{Zl}\p{Zp}]/u

const text = (max: number, control = hasControl) =>
  z
    .string()
    .max(max, `expected at most ${max} characters`)
    .refine((value) => value.isWellFormed(), 'expected Unicode text')
    .refine((value) => !control.test(value), 'expected no control characters')

const name = text(lengthLimits.name).refine((value) => value.trim() !== '', 'expected a name')
const notes = text(lengthLimits.notes, hasControlInLines).nullable()

const tooManyWeeks = 'expected a number of weeks from 1 to 60'
const date = z.string().refine(isDate, 'expected a date as YYYY-MM-DD from 1900 to 2200')
const time = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/, 'expected a time as HH:MM:SS')

const webAddress = text(lengthLimits.url)
  .refine(isWebAddress, 'expected an address that begins with http:// or https://')
  .nullable()

/** IANA name of a time zone. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, 'expected the name of a time zone such as Asia/Shanghai')

/** What every class of a timetable keeps to. */
export const classMeetingSchema = z
  .strictObject({
    course_date: date,
    start_time: time,
    end_time: time,
    course_name: name,
    instructor: text(lengthLimits.name),
    room: text(lengthLimits.name).nullable(),
    online_url: webAddress,
    notes,
    source_id: text(lengthLimits.sourceId).nullable(),
  })
  .refine(({ start_time: start, end_time: end }) => start < end, {
    message: 'expected the class to end after it starts, on the same day',
    path: ['end_time'],
  }) satisfies z.ZodType<ClassMeeting>

/** What every assignment of a timetable keeps to. */
export const assignmentSchema = z.strictObject({
  title: name,
  course_name: name.nullable(),
  due_date: date,
  due_time: time,
  url: webAddress,
  notes,
  source_id: text(lengthLimits.sourceId).nullable(),
}) satisfies z.ZodType<Assignment>

/** What every holiday of a timetable keeps to. */
export const holidaySchema = z
  .strictObject({ name, first_date: date, last_date: date })
  .refine(({ first_date: first, last_date: last }) => first <= last, {
    message: 'expected the last day not to be before the first',
    path: ['last_date'],
  }) satisfies z.ZodType<Holiday>

/** What every term of a timetable keeps to. */
export const termSchema = z.strictObject({
  name,
  first_date: date,
  weeks: z.int().min(1, tooManyWeeks).max(60, tooManyWeeks),
}) satisfies z.ZodType<Term>

function isDate(value: string): boolean {
  if (!/^(?:19|20|21)\d\d-\d\d-\d\d$/.test(value) && !/^2200-\d\d-\d\d$/.test(value)) return false
  try {
    return Temporal.PlainDate.from(value, { overflow: 'reject' }).toString() === value
  } catch {
    return false
  }
}

function isWebAddress(value: string): boolean {
  const url = URL.parse(value)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
}

function isTimeZone(value: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(value).timeZoneId !== ''
  } catch {
    return false
  }
}
