import type { Schedule } from '../schedule.ts'
import type { About } from './reminder-tables.ts'

/** A class that begins, or an assignment that is due. */
export interface TimetableEvent {
  about: About
  /** Names the row of the timetable; the same after an edit. */
  key: string
  /** Milliseconds since the Unix epoch. */
  startsAt: number
  title: string
  /** Null: an assignment of no course. */
  course: string | null
  instructor: string
  room: string | null
  url: string | null
}

type Source = Pick<Schedule, 'own' | 'timeZone' | 'between' | 'assignmentsBetween'>

/**
 * What begins in a stretch of time (milliseconds since the Unix epoch), in order of time. On holidays
 * there are no classes; what is due then is due.
 */
export async function timetableEvents(
  schedule: Source,
  { from, to }: { from: number; to: number },
): Promise<TimetableEvent[]> {
  const { timeZone } = schedule
  const dates = [dateOf(from, timeZone), dateOf(to, timeZone)] as const
  const classes = (await schedule.between(...dates)).filter(({ holiday }) => holiday === null)
  const assignments = await schedule.assignmentsBetween(...dates)
  const events: TimetableEvent[] = [
    ...classes.map((course) => ({
      about: 'classes' as const,
      // The sample numbers its classes anew each week.
      key: schedule.own ? String(course.id) : `sample ${course.course_name}`,
      startsAt: instantOf(course.course_date, course.start_time, timeZone),
      title: course.course_name,
      course: course.course_name,
      instructor: course.instructor,
      room: course.room,
      url: course.online_url,
    })),
    ...assignments.map((assignment) => ({
      about: 'assignments' as const,
      key: String(assignment.id),
      startsAt: instantOf(assignment.due_date, assignment.due_time, timeZone),
      title: assignment.title,
      course: assignment.course_name,
      instructor: '',
      room: null,
      url: assignment.url,
    })),
  ]
  return events
    .filter(({ startsAt }) => from <= startsAt && startsAt <= to)
    .toSorted((a, b) => a.startsAt - b.startsAt)
}

/** A time that the clock jumps over is moved past the gap; one that comes twice is the first. */
function instantOf(date: string, time: string, timeZone: string): number {
  return Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime(timeZone).epochMilliseconds
}

function dateOf(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString()
}
