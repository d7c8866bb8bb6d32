import type { TimetableEdits } from '../../src/schedule/store/schedule-store.ts'
import type { Assignment, ClassMeeting, Holiday } from '../../src/schedule/timetable.ts'

/** When all questions are asked: Tuesday, 22 September 2026, 15:20, in week 3 of the term. */
export const askedAt = Date.parse('2026-09-22T15:20:00+08:00')

const holidays: Holiday[] = [
  { name: '中秋节', first_date: '2026-09-25', last_date: '2026-09-27' },
  { name: '国庆节', first_date: '2026-10-01', last_date: '2026-10-07' },
  { name: '元旦', first_date: '2027-01-01', last_date: '2027-01-03' },
]

/** The Mondays of the first weeks of both terms. */
const summer = '2026-06-29'
const autumn = '2026-09-07'

/** A course that meets every week, or in odd or even ones, on one weekday (1 is Monday). */
interface Series {
  name: string
  teacher: string
  place: string | null
  url?: string
  weekday: number
  /** `HH:MM-HH:MM` */
  time: string
  weeks: [first: number, last: number, which?: 'odd' | 'even']
  monday?: string
}

const series: Series[] = [
  {
    name: '程序设计基础',
    teacher: '周敏',
    place: 'Lab 2',
    weekday: 1,
    time: '09:00-11:00',
    weeks: [1, 4],
    monday: summer,
  },
  {
    name: '程序设计基础',
    teacher: '周敏',
    place: 'Lab 2',
    weekday: 3,
    time: '09:00-11:00',
    weeks: [1, 4],
    monday: summer,
  },
  {
    name: '高等数学',
    teacher: '李明',
    place: 'A101',
    weekday: 1,
    time: '08:30-10:05',
    weeks: [1, 16],
  },
  {
    name: '高等数学',
    teacher: '李明',
    place: 'A101',
    weekday: 4,
    time: '08:30-10:05',
    weeks: [1, 16],
  },
  {
    name: '数据结构',
    teacher: '王卓然',
    place: 'B203',
    weekday: 2,
    time: '10:20-11:55',
    weeks: [1, 16],
  },
  {
    name: '数据结构实验',
    teacher: '周敏',
    place: '实验楼 305',
    weekday: 4,
    time: '14:00-16:30',
    weeks: [2, 16, 'even'],
  },
  {
    name: 'Linear Algebra',
    teacher: 'Sarah Miller',
    place: 'A205',
    weekday: 3,
    time: '14:00-15:35',
    weeks: [1, 16],
  },
  {
    name: '大学物理',
    teacher: '陈静',
    place: 'C301',
    weekday: 5,
    time: '10:20-11:55',
    weeks: [1, 15, 'odd'],
  },
  {
    name: 'Machine Learning',
    teacher: 'David Chen',
    place: null,
    url: 'https://meet.example.com/ml',
    weekday: 2,
    time: '19:00-20:35',
    weeks: [1, 16],
  },
  {
    name: 'Academic Writing',
    teacher: 'Emily Zhang',
    place: 'A110',
    weekday: 4,
    time: '10:20-11:55',
    weeks: [2, 15],
  },
  {
    name: '体育',
    teacher: '赵磊',
    place: '体育馆',
    weekday: 1,
    time: '16:00-17:30',
    weeks: [1, 14],
  },
  {
    name: 'Web Programming',
    teacher: 'David Chen',
    place: null,
    url: 'https://meet.example.com/web',
    weekday: 6,
    time: '09:30-11:30',
    weeks: [2, 10],
  },
  {
    name: '人工智能导论',
    teacher: '王卓然',
    place: 'B203',
    weekday: 3,
    time: '19:00-20:35',
    weeks: [3, 14],
  },
  {
    name: 'Python Workshop',
    teacher: 'Sarah Miller',
    place: 'Lab 2',
    weekday: 7,
    time: '14:00-17:00',
    weeks: [2, 12, 'even'],
  },
  {
    name: '操作系统',
    teacher: '孙涛',
    place: 'C301',
    weekday: 4,
    time: '15:30-17:05',
    weeks: [1, 16],
  },
]

/** A meeting about the class, which nobody teaches, and one that makes up for a holiday. */
const singles: ClassMeeting[] = [
  {
    course_date: '2026-09-28',
    start_time: '12:10:00',
    end_time: '13:00:00',
    course_name: '班会',
    instructor: '',
    room: 'A101',
    online_url: null,
    notes: null,
    source_id: null,
  },
  {
    course_date: '2026-10-10',
    start_time: '10:20:00',
    end_time: '11:55:00',
    course_name: '数据结构',
    instructor: '王卓然',
    room: 'B203',
    online_url: null,
    notes: '国庆调休补课',
    source_id: null,
  },
]

/** `title | course | due date | due time`; without a course for everybody. */
const assignments: Assignment[] = [
  '高数作业一|高等数学|2026-09-17|23:59',
  'Problem Set 1|Linear Algebra|2026-09-15|18:00',
  '选课确认表||2026-09-22|17:00',
  '高数作业二|高等数学|2026-09-24|23:59',
  'Problem Set 2|Linear Algebra|2026-09-25|18:00',
  '项目一：链表|数据结构|2026-09-28|22:00',
  'ML Homework 1|Machine Learning|2026-09-29|23:59',
  'Essay Draft|Academic Writing|2026-10-12|12:00',
  'ML Homework 2|Machine Learning|2026-10-20|23:59',
  '实验报告一|数据结构实验|2026-10-22|20:00',
].map((line) => {
  const [title = '', course = '', date = '', time = ''] = line.split('|')
  return {
    title,
    course_name: course === '' ? null : course,
    due_date: date,
    due_time: `${time}:00`,
    url: null,
    notes: null,
    source_id: null,
  }
})

/** A guild's own timetable, as one change of an empty one. */
export const timetable: TimetableEdits = {
  timeZone: 'Asia/Shanghai',
  terms: {
    add: [
      { name: '2026 夏季学期', first_date: summer, weeks: 4 },
      { name: '2026 秋季学期', first_date: autumn, weeks: 18 },
    ],
  },
  holidays: { add: holidays },
  classes: { add: [...series.flatMap((each) => toMeetings(each)), ...singles] },
  assignments: { add: assignments },
}

/** None is on a holiday. */
function toMeetings(course: Series): ClassMeeting[] {
  const [first, last, which] = course.weeks
  const [start = '', end = ''] = course.time.split('-')
  const monday = Temporal.PlainDate.from(course.monday ?? autumn)
  const weeks = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return weeks
    .filter((week) => which === undefined || (which === 'odd') === (week % 2 === 1))
    .map((week) => monday.add({ days: (week - 1) * 7 + course.weekday - 1 }).toString())
    .filter((date) => !isHoliday(date))
    .map((date) => ({
      course_date: date,
      start_time: `${start}:00`,
      end_time: `${end}:00`,
      course_name: course.name,
      instructor: course.teacher,
      room: course.place,
      online_url: course.url ?? null,
      notes: null,
      source_id: null,
    }))
}

function isHoliday(date: string): boolean {
  return holidays.some(({ first_date: first, last_date: last }) => first <= date && date <= last)
}
