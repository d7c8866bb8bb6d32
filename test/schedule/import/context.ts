import type { ImportContext } from '../../../src/schedule/import/draft.ts'
import { readFile } from '../../../src/schedule/import/read-file.ts'

/** A guild in Shanghai in the third week of its autumn term. */
export const shanghai: ImportContext = {
  timeZone: 'Asia/Shanghai',
  today: '2026-09-21',
  terms: [{ name: '2026 autumn', first_date: '2026-09-07', weeks: 18 }],
  holidays: [{ name: '国庆节', first_date: '2026-10-01', last_date: '2026-10-07' }],
  mapping: {},
  periods: {},
}

export const berlin: ImportContext = { ...shanghai, timeZone: 'Europe/Berlin', holidays: [] }

/** What is read from a text in UTF-8. */
export async function read(text: string, context: Partial<ImportContext> = {}) {
  return await readFile(Buffer.from(text), { ...shanghai, ...context })
}

/** Lines of an iCalendar as a file. */
export function calendar(...lines: string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//', ...lines, 'END:VCALENDAR', ''].join(
    '\r\n',
  )
}

/** A class in the fewest words: date, times, course. */
export function brief(
  classes: readonly {
    course_date: string
    start_time: string
    end_time: string
    course_name: string
  }[],
): string[] {
  return classes.map(
    ({ course_date: date, start_time: start, end_time: end, course_name: course }) =>
      `${date} ${start.slice(0, 5)}-${end.slice(0, 5)} ${course}`,
  )
}
