import type { Week, WeekClass } from '../../../src/schedule/picture/week.ts'

/** A class of the week from Monday, 23 November 2026; `day` 0 is that Monday. */
export function meeting(day: number, times: `${string}-${string}`, more: Partial<WeekClass> = {}) {
  const [start = '', end = ''] = times.split('-')
  const course: WeekClass = {
    id: day * 100 + Number(start.replace(':', '')),
    course_date: Temporal.PlainDate.from('2026-11-23').add({ days: day }).toString(),
    start_time: `${start}:00`,
    end_time: `${end}:00`,
    course_name: 'Linear Algebra',
    instructor: 'Emily Zhang',
    room: 'A-101',
    online_url: null,
    ...more,
  }
  return course
}

/** Wednesday, 25 November 2026, 10:20 in Shanghai. */
export function weekOf(classes: readonly WeekClass[], more: Partial<Week> = {}): Week {
  return {
    monday: '2026-11-23',
    title: 'Year 2',
    weekLabel: 'Week 12',
    timeZone: 'Asia/Shanghai',
    now: Date.parse('2026-11-25T02:20:00Z'),
    locale: 'en',
    theme: 'light',
    classes,
    assignments: [],
    holidays: [],
    ...more,
  }
}

/** Every kind of character that somebody may think of to break a picture. */
export const hostileTexts = [
  '</text><script>alert(1)</script>',
  `&"'<>]]><!-- -->&lt;&#0;`,
  '\u202eevil\u202c\u200f\u200b\ufeff',
  '\u0000\u0007\u001b[31m\n\r\t\u2028',
  '\ud800 half',
  'שלום עולם العربية 한국어',
  '👨‍👩‍👧‍👦👩🏽‍💻🇨🇳',
  'a'.repeat(10_000),
  '中'.repeat(10_000),
  `e${'\u0301'.repeat(5_000)}`,
  '',
]
