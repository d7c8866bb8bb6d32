import type { Order } from './compare.ts'
import { everyday } from './everyday.ts'
import {
  classes,
  on,
  within,
  count,
  due,
  now,
  term,
  of,
  by,
  when,
  teachers,
  week,
  freeDays,
  clashes,
  seconds,
  hours,
  minutes,
  nothing,
} from './reference.ts'

const languages = ['zh', 'en', 'mixed'] as const
export type Language = (typeof languages)[number]

/** A question, what was asked before it in the same conversation, and what answers it. */
export interface Question {
  /** `<language>-<kind>-<name>` */
  id: string
  language: Language
  kind: string
  /** The last one counts. */
  asked: readonly string[]
  /**
   * Queries of which one finds what the answer needs, with no other columns than those. None: the
   * words of the answer tell, as they do where a run is told what is asked for.
   */
  finds: readonly string[]
  order: Order
  says?: RegExp
}

/** Name, question (or a conversation, of which the last sentence counts), and what answers it. */
export type Entry = readonly [
  name: string,
  asked: string | readonly string[],
  finds: string | readonly string[],
  more?: { order?: Order; says?: RegExp },
]

const kinds: Record<string, Partial<Record<Language, readonly Entry[]>>> = {
  everyday,
  dates: {
    zh: [
      ['today', '今天有什么课', on('2026-09-22')],
      ['tomorrow_morning', '明天上午有课吗', nothing],
      ['tomorrow', '明天有什么课？', on('2026-09-23')],
      ['day_after', '后天有哪些课', on('2026-09-24')],
      ['next_tuesday_evening', '下周二晚上有课吗', on('2026-09-29', " AND start_time >= '18:00'")],
      ['this_thursday', '这周四有什么课', on('2026-09-24')],
      ['yesterday', '昨天上了什么课', on('2026-09-21')],
      ['date', '10月12号有什么课', on('2026-10-12')],
      ['this_week_left', '这周还有什么课', within('2026-09-22', '2026-09-27', ` AND ${now}`)],
      ['next_week', '下周有哪些课', within('2026-09-28', '2026-10-04')],
      ['weekend', '下周末有课吗', within('2026-10-03', '2026-10-04')],
      [
        'tonight',
        '今晚几点上课',
        "SELECT start_time FROM Courses WHERE course_date = '2026-09-22' AND start_time >= '18:00'",
      ],
      ['after_next_monday', '下下周一有课吗', on('2026-10-05')],
      [
        'month_end',
        '月底还有什么课',
        [
          within('2026-09-21', '2026-09-30', ` AND ${now}`),
          within('2026-09-25', '2026-09-30'),
          within('2026-09-28', '2026-09-30'),
          within('2026-09-21', '2026-09-30'),
        ],
      ],
    ],
    en: [
      ['today', "What's on today?", on('2026-09-22')],
      ['tomorrow', 'Which classes do I have tomorrow?', on('2026-09-23')],
      [
        'tomorrow_evening',
        'anything tomorrow evening?',
        on('2026-09-23', " AND start_time >= '17:00'"),
      ],
      ['next_wednesday', 'What classes are there next Wednesday?', on('2026-09-30')],
      ['thursday', 'What do we have on Thursday?', on('2026-09-24')],
      [
        'thursday_afternoon',
        'Is there class on Thursday afternoon?',
        on('2026-09-24', " AND start_time >= '12:00'"),
      ],
      ['yesterday', 'what did we have yesterday?', on('2026-09-21')],
      ['date', 'Do I have class on October 12?', on('2026-10-12')],
      ['next_week', 'Show me the classes of next week', within('2026-09-28', '2026-10-04')],
      ['weekend', 'anything on this weekend?', nothing],
      [
        'in_two_weeks',
        'What is on in two weeks?',
        [on('2026-10-06'), within('2026-10-05', '2026-10-11')],
      ],
      [
        'after_three',
        'which classes start after 3pm next week?',
        within('2026-09-28', '2026-10-04', " AND start_time > '15:00'"),
      ],
    ],
  },
  first_last: {
    zh: [
      [
        'next',
        '下一节课是什么',
        `SELECT course_name FROM Courses WHERE ${now} ORDER BY course_date, start_time LIMIT 1`,
      ],
      [
        'last_of_month',
        '这个月最后一节课是什么时候',
        "SELECT course_date, start_time FROM Courses WHERE course_date < '2026-10-01' ORDER BY 1 DESC, 2 DESC LIMIT 1",
      ],
      [
        'before_national_day',
        '国庆前最后一次课是什么',
        "SELECT course_date, course_name FROM Courses WHERE course_date < '2026-10-01' ORDER BY course_date DESC, start_time DESC LIMIT 1",
      ],
      [
        'after_national_day',
        '国庆之后第一节课是哪天',
        "SELECT course_date FROM Courses WHERE course_date > '2026-10-07' ORDER BY 1, start_time LIMIT 1",
      ],
      [
        'next_of_course',
        '下一节数据结构什么时候上',
        when(`${of('数据结构')} AND ${now}`, 'LIMIT 1'),
      ],
      [
        'last_of_term',
        '这学期最后一节操作系统是哪天',
        `SELECT MAX(course_date) FROM Courses WHERE ${of('操作系统')}`,
      ],
      [
        'first_tomorrow',
        '明天第一节课几点',
        "SELECT MIN(start_time) FROM Courses WHERE course_date = '2026-09-23'",
      ],
      [
        'earliest',
        '后天最早的课是几点',
        "SELECT MIN(start_time) FROM Courses WHERE course_date = '2026-09-24'",
      ],
      [
        'last_thursday',
        '周四最后一节课几点下课',
        "SELECT MAX(end_time) FROM Courses WHERE course_date = '2026-09-24'",
      ],
      ['next_three', '接下来三节课是什么', `${classes(now)} ORDER BY 1, 2 LIMIT 3`],
    ],
    en: [
      ['next', 'When is the next class?', when(now, 'LIMIT 1')],
      [
        'last_of_month',
        'When is the last class of this month?',
        "SELECT course_date, start_time FROM Courses WHERE course_date < '2026-10-01' ORDER BY 1 DESC, 2 DESC LIMIT 1",
      ],
      [
        'first_of_october',
        "What's the first class in October?",
        "SELECT course_date, course_name FROM Courses WHERE course_date >= '2026-10-01' ORDER BY 1, start_time LIMIT 1",
      ],
      [
        'next_of_course',
        'When is the next Machine Learning class?',
        when(`${of('Machine Learning')} AND ${now}`, 'LIMIT 1'),
      ],
      [
        'next_of_teacher',
        'When does David Chen teach next?',
        when(`${by('David Chen')} AND ${now}`, 'LIMIT 1'),
      ],
      [
        'last_of_course',
        'When is the last Python Workshop?',
        `SELECT MAX(course_date) FROM Courses WHERE ${of('Python Workshop')}`,
      ],
      [
        'first_tomorrow',
        'What time is my first class tomorrow?',
        "SELECT MIN(start_time) FROM Courses WHERE course_date = '2026-09-23'",
      ],
      [
        'previous',
        'what was the previous class?',
        "SELECT course_name FROM Courses WHERE course_date = '2026-09-22' AND end_time <= '15:20' ORDER BY start_time DESC LIMIT 1",
      ],
      [
        'before_national_day',
        'What is the last class before National Day?',
        "SELECT course_date, course_name FROM Courses WHERE course_date < '2026-10-01' ORDER BY course_date DESC, start_time DESC LIMIT 1",
      ],
    ],
  },
  teachers: {
    zh: [
      [
        'most',
        '这学期谁的课最多',
        `${teachers(term)} ORDER BY COUNT(*) DESC LIMIT 1`,
        { order: 'first' },
      ],
      [
        'most_next_week',
        '下周谁的课最多？',
        `${teachers("course_date BETWEEN '2026-09-28' AND '2026-10-04'")} HAVING COUNT(*) = 2`,
        { order: 'first' },
      ],
      [
        'who_teaches',
        '操作系统是谁教的',
        `SELECT DISTINCT instructor FROM Courses WHERE ${of('操作系统')}`,
      ],
      [
        'what_teaches',
        '王卓然教哪些课',
        `SELECT DISTINCT course_name FROM Courses WHERE ${by('王卓然')}`,
      ],
      ['surname', '李老师明天有课吗', nothing],
      [
        'this_week',
        '王卓然这周有什么课',
        within('2026-09-21', '2026-09-27', ` AND ${by('王卓然')}`),
      ],
      ['all', '有哪些老师', "SELECT DISTINCT instructor FROM Courses WHERE instructor <> ''"],
      [
        'idle',
        '下周哪些老师没课',
        "SELECT DISTINCT instructor FROM Courses WHERE instructor <> '' AND instructor NOT IN (SELECT instructor FROM Courses WHERE course_date BETWEEN '2026-09-28' AND '2026-10-04')",
      ],
    ],
    en: [
      [
        'most',
        'Who teaches the most classes?',
        `${teachers()} ORDER BY COUNT(*) DESC LIMIT 1`,
        { order: 'first' },
      ],
      [
        'who_teaches',
        'Who teaches Linear Algebra?',
        `SELECT DISTINCT instructor FROM Courses WHERE ${of('Linear Algebra')}`,
      ],
      [
        'what_teaches',
        'What does Sarah Miller teach?',
        `SELECT DISTINCT course_name FROM Courses WHERE ${by('Sarah Miller')}`,
      ],
      ['next_week', 'Does Emily Zhang teach next week?', nothing],
      [
        'surname',
        "When are Ms Miller's classes next week?",
        when(`${by('Sarah Miller')} AND course_date BETWEEN '2026-09-28' AND '2026-10-04'`),
      ],
      [
        'compare',
        'Who has more classes, David Chen or Sarah Miller?',
        "SELECT instructor, COUNT(*) FROM Courses WHERE instructor IN ('David Chen', 'Sarah Miller') GROUP BY 1",
      ],
      [
        'all',
        'List all the teachers',
        "SELECT DISTINCT instructor FROM Courses WHERE instructor <> ''",
      ],
    ],
  },
  counts: {
    zh: [
      ['next_week', '下周有几节课', count("course_date BETWEEN '2026-09-28' AND '2026-10-04'")],
      ['october', '十月有多少节课', count("course_date LIKE '2026-10-%'")],
      [
        'teacher_month',
        '李明这个月有几节课',
        count(`${by('李明')} AND course_date LIKE '2026-09-%'`),
      ],
      ['course_term', '这学期体育一共几节', count(`${of('体育')} AND ${term}`)],
      ['left', '这个月还剩几节课', count(`${now} AND course_date < '2026-10-01'`)],
      [
        'teachers',
        '一共有几位老师',
        ["SELECT COUNT(DISTINCT instructor) FROM Courses WHERE instructor <> ''"],
      ],
      [
        'assignments',
        '现在有几个作业还没截止',
        [
          "SELECT COUNT(*) FROM Assignments WHERE due_date || ' ' || due_time > '2026-09-22 15:20'",
          due("due_date || ' ' || due_time > '2026-09-22 15:20'"),
        ],
      ],
    ],
    en: [
      [
        'next_week',
        'How many classes are there next week?',
        count("course_date BETWEEN '2026-09-28' AND '2026-10-04'"),
      ],
      ['october', 'How many classes do we have in October?', count("course_date LIKE '2026-10-%'")],
      [
        'teacher_october',
        'How many classes does David Chen teach in October?',
        count(`${by('David Chen')} AND course_date LIKE '2026-10-%'`),
      ],
      [
        'course_left',
        'How many Linear Algebra classes are left?',
        count(`${of('Linear Algebra')} AND ${now}`),
      ],
      ['tomorrow', 'how many classes tomorrow', count("course_date = '2026-09-23'")],
      [
        'holidays',
        'How many holidays are in the calendar?',
        ['SELECT COUNT(*) FROM Holidays', 'SELECT name, first_date FROM Holidays'],
      ],
    ],
  },
  durations: {
    zh: [
      ['course', 'Python Workshop 一节课多长时间', minutes(of('Python Workshop'))],
      [
        'hours_month',
        '王卓然这个月一共上多少小时课',
        hours(`${by('王卓然')} AND course_date LIKE '2026-09-%'`),
      ],
      [
        'longest',
        '哪门课最长',
        [`SELECT DISTINCT course_name FROM Courses ORDER BY ${seconds} DESC LIMIT 1`],
        { order: 'first' },
      ],
      ['per_day', '后天一共要上几个小时', hours("course_date = '2026-09-24'")],
    ],
    en: [
      ['course', 'How long is Academic Writing?', minutes(of('Academic Writing'))],
      [
        'hours_october',
        'How many hours does Sarah Miller teach in October?',
        hours(`${by('Sarah Miller')} AND course_date LIKE '2026-10-%'`),
      ],
      [
        'hours_week',
        'How many hours of class are there next week?',
        hours("course_date BETWEEN '2026-09-28' AND '2026-10-04'"),
      ],
      [
        'longest_day',
        'Which day next week has the most hours of class?',
        "SELECT '2026-09-28'",
        { order: 'first' },
      ],
    ],
  },
  free_days: {
    zh: [
      ['next_week', '下周哪几天没课', freeDays('2026-09-28', '2026-10-04')],
      ['is_free', '周五有空吗', on('2026-09-25')],
      [
        'evenings',
        '下周哪天晚上没课',
        freeDays('2026-09-28', '2026-10-04', " WHERE start_time >= '18:00'"),
      ],
      ['busiest', '下周哪天课最多', "SELECT '2026-09-28'", { order: 'first' }],
    ],
    en: [
      ['next_week', 'Which days are free next week?', freeDays('2026-09-28', '2026-10-04')],
      ['is_free', 'Am I free tomorrow morning?', nothing],
      [
        'this_week',
        'On which days is there no class this week?',
        [freeDays('2026-09-21', '2026-09-27'), freeDays('2026-09-22', '2026-09-27')],
      ],
      ['busiest', 'What is the busiest day next week?', "SELECT '2026-09-28'", { order: 'first' }],
    ],
  },
  rooms: {
    zh: [
      ['course', '大学物理在哪上课', `SELECT DISTINCT room FROM Courses WHERE ${of('大学物理')}`],
      [
        'course_room',
        '数据结构实验在哪个教室？',
        `SELECT DISTINCT room FROM Courses WHERE ${of('数据结构实验')}`,
      ],
      [
        'tomorrow',
        '明天的课都在哪个教室',
        "SELECT course_name, room FROM Courses WHERE course_date = '2026-09-23'",
      ],
      ['in_room', 'B203 下周有什么课', within('2026-09-28', '2026-10-04', " AND room = 'B203'")],
      [
        'link',
        'Machine Learning 的上课链接是什么',
        `SELECT DISTINCT online_url FROM Courses WHERE ${of('Machine Learning')}`,
      ],
      [
        'online',
        '哪些课是线上的',
        'SELECT DISTINCT course_name FROM Courses WHERE online_url IS NOT NULL',
      ],
      [
        'next',
        '下一节课在哪上',
        [`SELECT online_url FROM Courses WHERE ${now} ORDER BY course_date, start_time LIMIT 1`],
      ],
    ],
    en: [
      [
        'course',
        'Where is Linear Algebra?',
        `SELECT DISTINCT room FROM Courses WHERE ${of('Linear Algebra')}`,
      ],
      [
        'course_room',
        'Which room is Academic Writing in?',
        `SELECT DISTINCT room FROM Courses WHERE ${of('Academic Writing')}`,
      ],
      [
        'in_room',
        'What is on in A205 next week?',
        within('2026-09-28', '2026-10-04', " AND room = 'A205'"),
      ],
      [
        'link',
        "What's the link for Web Programming?",
        `SELECT DISTINCT online_url FROM Courses WHERE ${of('Web Programming')}`,
      ],
      [
        'online',
        'Which courses are online?',
        'SELECT DISTINCT course_name FROM Courses WHERE online_url IS NOT NULL',
      ],
      [
        'thursday',
        'Where are my classes on Thursday?',
        "SELECT course_name, room FROM Courses WHERE course_date = '2026-09-24'",
      ],
    ],
  },
  weeks: {
    zh: [
      ['fifth', '第5周有什么课', classes(week(5))],
      ['seventh_wednesday', '第七周周三有什么课', on('2026-10-21')],
      ['count', '第8周有几节课', count(week(8))],
      [
        'odd',
        '大学物理是单周上还是双周上',
        [
          `SELECT DISTINCT week FROM Courses WHERE ${of('大学物理')}`,
          `SELECT DISTINCT week % 2 FROM Courses WHERE ${of('大学物理')}`,
          `SELECT DISTINCT week FROM Courses WHERE ${of('大学物理')} AND ${now}`,
        ],
      ],
      [
        'even_classes',
        '双周周四有什么课',
        [
          `SELECT DISTINCT start_time, course_name FROM Courses WHERE week % 2 = 0 AND term = '2026 秋季学期' AND strftime('%w', course_date) = '4'`,
          `SELECT DISTINCT start_time, course_name FROM Courses WHERE week % 2 = 0 AND strftime('%w', course_date) = '4' AND ${now}`,
        ],
      ],
      ['which_week', '今天是第几周', [], { says: /3|三/ }],
      [
        'week_of_date',
        '10月20号是第几周',
        ["SELECT DISTINCT week FROM Courses WHERE course_date = '2026-10-20'"],
        { says: /(?:第 ?7|第七|7) ?周/ },
      ],
      [
        'which_is_holiday',
        '这学期哪几周有班会',
        `SELECT DISTINCT week FROM Courses WHERE ${of('班会')}`,
      ],
    ],
    en: [
      ['fifth', 'What classes are there in week 5?', classes(week(5))],
      ['seven_tuesday', 'What is on on Tuesday of week 7?', on('2026-10-20')],
      ['count', 'How many classes are in week 8?', count(week(8))],
      [
        'from_to',
        'Which classes does Sarah Miller teach in weeks 6 to 7?',
        classes(`${by('Sarah Miller')} AND term = '2026 秋季学期' AND week BETWEEN 6 AND 7`),
      ],
      [
        'odd',
        'Which courses only meet in odd weeks?',
        `SELECT course_name FROM Courses WHERE term = '2026 秋季学期' GROUP BY course_name HAVING MIN(week % 2) = 1 AND COUNT(*) > 1`,
      ],
      ['which_week', 'Which week of the term is it?', [], { says: /\b(?:3|three|third|3rd)\b/i }],
      ['last_week', 'What is on in the last week of classes, week 16?', classes(week(16))],
    ],
  },
  deadlines: {
    zh: [
      [
        'next',
        '下次作业什么时候交',
        "SELECT due_date, due_time FROM Assignments WHERE due_date = '2026-09-22'",
      ],
      [
        'this_week',
        '这周有什么作业要交',
        [
          due("due_date BETWEEN '2026-09-22' AND '2026-09-27'"),
          due("due_date BETWEEN '2026-09-21' AND '2026-09-27'"),
        ],
      ],
      [
        'course',
        '数据结构的作业什么时候截止',
        `SELECT due_date, due_time FROM Assignments WHERE ${of('数据结构')}`,
      ],
      ['tomorrow', '明天有作业要交吗', nothing],
      [
        'october',
        '十月有哪些作业',
        "SELECT title, due_date FROM Assignments WHERE due_date LIKE '2026-10-%'",
      ],
      ['math', '高数作业二几号交', "SELECT due_date FROM Assignments WHERE title = '高数作业二'"],
      [
        'overdue',
        '有哪些作业已经过期了',
        "SELECT title FROM Assignments WHERE due_date < '2026-09-22'",
      ],
    ],
    en: [
      [
        'next',
        'When is the next assignment due?',
        "SELECT due_date, due_time FROM Assignments WHERE due_date = '2026-09-22'",
      ],
      [
        'next_week',
        'What is due next week?',
        due("due_date BETWEEN '2026-09-28' AND '2026-10-04'"),
      ],
      [
        'course',
        'When is the Machine Learning homework due?',
        [
          `SELECT due_date, due_time FROM Assignments WHERE ${of('Machine Learning')}`,
          `SELECT due_date, due_time FROM Assignments WHERE ${of('Machine Learning')} ORDER BY 1 LIMIT 1`,
        ],
      ],
      [
        'title',
        'When is Problem Set 2 due?',
        "SELECT due_date, due_time FROM Assignments WHERE title = 'Problem Set 2'",
      ],
      [
        'today',
        'Is anything due today?',
        "SELECT title, due_time FROM Assignments WHERE due_date = '2026-09-22'",
      ],
      [
        'all',
        'List all upcoming deadlines',
        "SELECT title, due_date FROM Assignments WHERE due_date >= '2026-09-22'",
      ],
    ],
  },
  holidays: {
    zh: [
      ['when', '国庆放假放到哪天', "SELECT last_date FROM Holidays WHERE name = '国庆节'"],
      [
        'next',
        '下一个假期是什么时候',
        'SELECT name, first_date FROM Holidays ORDER BY first_date LIMIT 1',
      ],
      ['on_holiday', '中秋节有课吗', nothing],
    ],
    en: [
      [
        'list',
        'Which holidays are there this term?',
        'SELECT name, first_date, last_date FROM Holidays',
      ],
      [
        'next',
        'When is the next holiday?',
        'SELECT first_date, last_date FROM Holidays ORDER BY first_date LIMIT 1',
      ],
      [
        'term_end',
        'When does the term end?',
        [
          "SELECT last_date FROM Terms WHERE name = '2026 秋季学期'",
          'SELECT MAX(course_date) FROM Courses',
        ],
      ],
    ],
  },
  conflicts: {
    zh: [
      ['next_week', '第4周有冲突的课吗', clashes("a.term = '2026 秋季学期' AND a.week = 4")],
      ['sixth', '第6周哪些课时间冲突', clashes("a.term = '2026 秋季学期' AND a.week = 6")],
      ['october', '十月有哪些课撞了', clashes("a.course_date LIKE '2026-10-%'")],
    ],
    en: [
      [
        'saturday',
        'Do any classes overlap on October 10?',
        clashes("a.course_date = '2026-10-10'"),
      ],
      ['this_week', 'Are there any clashes this week?', nothing],
      ['october', 'Which classes conflict in October?', clashes("a.course_date LIKE '2026-10-%'")],
    ],
  },
  follow_ups: {
    zh: [
      ['monday', ['下周三有什么课', '那周一呢？'], on('2026-09-28')],
      [
        'next_week',
        ['李明这周有什么课', '下周呢'],
        within('2026-09-28', '2026-10-04', ` AND ${by('李明')}`),
      ],
      [
        'who',
        ['今晚有什么课', '谁讲？'],
        "SELECT instructor FROM Courses WHERE course_date = '2026-09-22' AND start_time >= '18:00'",
      ],
      [
        'one_after',
        ['下一节课是什么', '再下一节呢'],
        `SELECT course_name, start_time FROM Courses WHERE ${now} ORDER BY course_date, start_time LIMIT 1 OFFSET 1`,
      ],
      [
        'other_teacher',
        ['王卓然这周有课吗', '那孙涛呢'],
        within('2026-09-21', '2026-09-27', ` AND ${by('孙涛')}`),
      ],
      [
        'where',
        ['大学物理什么时候上', '在哪个教室？'],
        `SELECT DISTINCT room FROM Courses WHERE ${of('大学物理')}`,
      ],
    ],
    en: [
      ['wednesday', ['What is on next Monday?', 'and on Wednesday?'], on('2026-09-30')],
      [
        'one_after',
        ['When is the next class?', 'and the one after?'],
        `${when(now, 'LIMIT 1 OFFSET 1')}`,
      ],
      [
        'teacher',
        ['How many classes does David Chen teach in October?', 'what about Sarah Miller?'],
        count(`${by('Sarah Miller')} AND course_date LIKE '2026-10-%'`),
      ],
      [
        'who',
        ['When is Academic Writing?', 'who teaches it?'],
        `SELECT DISTINCT instructor FROM Courses WHERE ${of('Academic Writing')}`,
      ],
      [
        'where',
        ['What is on tomorrow?', 'and where?'],
        "SELECT course_name, room FROM Courses WHERE course_date = '2026-09-23'",
      ],
      ['week', ['What classes are there in week 5?', 'and in week 6?'], classes(week(6))],
    ],
  },
  nothing_there: {
    zh: [
      ['teacher', '李雷老师下周有课吗', nothing],
      ['course', '有没有日语课', nothing],
      ['date', '1月20日有课吗', nothing],
      ['room', 'D404 有什么课', nothing],
    ],
    en: [
      ['teacher', 'Does Professor Snape teach this week?', nothing],
      ['course', 'Is there a chemistry class?', nothing],
      [
        'date',
        'What classes are there on Christmas Eve?',
        "SELECT start_time, course_name FROM Courses WHERE course_date = '2026-12-24'",
      ],
      [
        'week',
        'What is on in week 25?',
        nothing,
        { says: /no such|\b18\b|does(?:n't| not) (?:have|exist)/i },
      ],
    ],
  },
  misspelt: {
    zh: [
      ['teacher', '王卓燃下周有课吗', within('2026-09-28', '2026-10-04', ` AND ${by('王卓然')}`)],
      [
        'course',
        '大学物里谁教的',
        `SELECT DISTINCT instructor FROM Courses WHERE ${of('大学物理')}`,
      ],
      ['traditional', '下週二晚上有什麼課', on('2026-09-29', " AND start_time >= '18:00'")],
    ],
    en: [
      ['day', 'what clases are on thurday', on('2026-09-24')],
      [
        'course',
        'when is the next Linar Algebra class?',
        when(`${of('Linear Algebra')} AND ${now}`, 'LIMIT 1'),
      ],
      [
        'teacher',
        'what does Sara Miller teach?',
        `SELECT DISTINCT course_name FROM Courses WHERE ${by('Sarah Miller')}`,
      ],
    ],
  },
  mixed: {
    mixed: [
      [
        'course',
        '下一节 Machine Learning 是什么时候',
        when(`${of('Machine Learning')} AND ${now}`, 'LIMIT 1'),
      ],
      [
        'teacher',
        'David Chen 这周有课吗',
        within('2026-09-21', '2026-09-27', ` AND ${by('David Chen')}`),
      ],
      [
        'chinese_name',
        'When does 王卓然 teach next?',
        when(`${by('王卓然')} AND ${now}`, 'LIMIT 1'),
      ],
      [
        'pinyin',
        'Who is Wang Zhuoran? What does he teach?',
        `SELECT DISTINCT course_name FROM Courses WHERE ${by('王卓然')}`,
      ],
      [
        'chinese_course',
        'how many 高等数学 classes are there next week?',
        count(`${of('高等数学')} AND course_date BETWEEN '2026-09-28' AND '2026-10-04'`),
      ],
      [
        'week',
        'week 7 的 Linear Algebra 是几号',
        "SELECT course_date FROM Courses WHERE course_date = '2026-10-21' LIMIT 1",
      ],
      [
        'due',
        'Essay Draft 什么时候 due',
        "SELECT due_date FROM Assignments WHERE title = 'Essay Draft'",
      ],
      ['tomorrow', 'tomorrow 晚上有课吗', on('2026-09-23', " AND start_time >= '18:00'")],
    ],
  },
}

/** At least 120, about half of them in each language. */
export const questions: readonly Question[] = Object.entries(kinds).flatMap(([kind, byLanguage]) =>
  languages.flatMap((language) =>
    (byLanguage[language] ?? []).map((entry) => toQuestion(entry, { kind, language })),
  ),
)

function toQuestion(
  entry: Entry,
  { kind, language }: Pick<Question, 'kind' | 'language'>,
): Question {
  const [name, asked, finds, { order = 'any', says } = {}] = entry
  return {
    id: `${language}-${kind}-${name}`,
    language,
    kind,
    asked: typeof asked === 'string' ? [asked] : asked,
    finds: typeof finds === 'string' ? [finds] : finds,
    order,
    ...(says && { says }),
  }
}
