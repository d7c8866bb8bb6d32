import type { Entry } from './questions.ts'
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
  clashes,
  seconds,
  hours,
  nothing,
} from './reference.ts'

const roomOf = (where: string) => `SELECT DISTINCT room FROM Courses WHERE ${where}`
const ahead = "due_date || ' ' || due_time > '2026-09-22 15:20'"
const autumn = "SELECT first_date, last_date FROM Terms WHERE name = '2026 秋季学期'"
/** Classes of next week that begin between two hours. */
const countBetween = (from: string, to: string) =>
  `SELECT COUNT(*) FROM Courses WHERE course_date BETWEEN '2026-09-28' AND '2026-10-04' AND start_time >= '${from}' AND start_time < '${to}'`

/** In the words in which students ask, short and careless. */
export const everyday: Readonly<Record<'zh' | 'en', readonly Entry[]>> = {
  zh: [
    ['01', '明早有课没', nothing],
    [
      '02',
      '我明天几点要起床上课啊',
      ["SELECT MIN(start_time) FROM Courses WHERE course_date='2026-09-23'", on('2026-09-23')],
    ],
    ['03', '礼拜四满课吗', on('2026-09-24')],
    ['04', '今儿晚上那节课在哪儿上', on('2026-09-22', " AND start_time>='18:00'")],
    ['05', '高数老师叫啥', `SELECT DISTINCT instructor FROM Courses WHERE ${of('高等数学')}`],
    ['06', '高数啥时候上', when(`${of('高等数学')} AND ${now}`)],
    ['07', '数据结构还剩几次课', count(`${of('数据结构')} AND ${now}`)],
    [
      '08',
      '下个礼拜三下午有没有课呀',
      on('2026-09-30', " AND start_time>='12:00' AND start_time<'18:00'"),
    ],
    ['09', '周老师教啥', `SELECT DISTINCT course_name FROM Courses WHERE ${by('周敏')}`],
    [
      '10',
      '国庆前还有几天课',
      [
        `SELECT COUNT(DISTINCT course_date) FROM Courses WHERE ${now} AND course_date<'2026-10-01'`,
        classes(`${now} AND course_date<'2026-10-01'`),
      ],
    ],
    ['11', '作业都啥时候交', due(ahead)],
    ['12', '离下次放假还有多久', 'SELECT first_date FROM Holidays ORDER BY first_date LIMIT 1'],
    ['13', '这周末能睡懒觉吗', nothing],
    ['14', '操作系统课在几教', roomOf(of('操作系统'))],
    [
      '15',
      '链表那个项目啥时候交',
      "SELECT due_date, due_time FROM Assignments WHERE title LIKE '%链表%'",
    ],
    [
      '16',
      '大物单周还是双周',
      [
        `SELECT DISTINCT week FROM Courses WHERE ${of('大学物理')}`,
        `SELECT DISTINCT week FROM Courses WHERE ${of('大学物理')} AND ${now}`,
      ],
    ],
    ['17', '我想找一下A101的课表', [classes(`room='A101' AND ${now}`), classes(`room='A101'`)]],
    ['18', '今天下午三点半以后还有课么', on('2026-09-22', " AND start_time>='15:30'")],
    [
      '19',
      '王老师和李老师这周谁课多',
      "SELECT instructor, COUNT(*) FROM Courses WHERE instructor IN ('王卓然','李明') AND course_date BETWEEN '2026-09-21' AND '2026-09-27' GROUP BY 1",
    ],
    ['20', '体育课在哪上呀', roomOf(of('体育'))],
    ['21', '实验课什么时候', when(`${of('数据结构实验')} AND ${now}`)],
    [
      '22',
      '明天的课都在哪个教室',
      "SELECT course_name, room FROM Courses WHERE course_date='2026-09-23'",
    ],
    ['23', '下周四有实验吗', nothing],
    ['24', '下周有早八吗', within('2026-09-28', '2026-10-04', " AND start_time<'09:00'")],
    [
      '25',
      '最近有什么ddl',
      [
        due(ahead),
        due(`${ahead} AND due_date<='2026-09-27'`),
        due(`${ahead} AND due_date<='2026-09-29'`),
      ],
    ],
    [
      '26',
      '王卓然老师的课都在什么地方上',
      `SELECT DISTINCT course_name, room FROM Courses WHERE ${by('王卓然')}`,
    ],
    ['27', '十月十号是补哪天的课', on('2026-10-10')],
    ['28', '上周四我上了啥', on('2026-09-17')],
    ['29', '明晚上啥课', on('2026-09-23', " AND start_time>='18:00'")],
    [
      '30',
      '下礼拜一早上第一节几点',
      ["SELECT MIN(start_time) FROM Courses WHERE course_date='2026-09-28'"],
    ],
    ['31', '数据结构实验下次是几号', when(`${of('数据结构实验')} AND ${now}`, 'LIMIT 1')],
    [
      '32',
      '周三晚上的课谁带',
      "SELECT instructor FROM Courses WHERE course_date='2026-09-23' AND start_time>='18:00'",
    ],
    [
      '33',
      '下周三下午的课几点下',
      "SELECT end_time FROM Courses WHERE course_date='2026-09-30' AND start_time>='12:00' AND start_time<'18:00'",
    ],
    ['34', '孙老师的课在哪', roomOf(by('孙涛'))],
    ['35', '元旦放几天假', ["SELECT first_date, last_date FROM Holidays WHERE name='元旦'"]],
    [
      '36',
      '这周五为啥没课',
      [nothing, "SELECT name, first_date FROM Holidays WHERE name='中秋节'"],
    ],
    ['37', '第十周有几节数据结构', count(`${of('数据结构')} AND week=10`)],
    ['38', '赵老师下次课啥时候', when(`${by('赵磊')} AND ${now}`, 'LIMIT 1')],
    [
      '39',
      '十一假期之后什么时候开始上课',
      "SELECT course_date FROM Courses WHERE course_date>'2026-10-07' ORDER BY 1 LIMIT 1",
    ],
    ['40', '今天还有课吗', on('2026-09-22', " AND start_time>'15:20'")],
    ['41', '下周一下午有体育吗', on('2026-09-28', " AND course_name='体育'")],
    ['42', '有没有晚上的课', classes(`${now} AND start_time>='18:00'`)],
    [
      '43',
      '下周要交几个作业',
      [
        "SELECT COUNT(*) FROM Assignments WHERE due_date BETWEEN '2026-09-28' AND '2026-10-04'",
        due("due_date BETWEEN '2026-09-28' AND '2026-10-04'"),
      ],
    ],
    [
      '44',
      '后天有几门课',
      [
        ...count("course_date='2026-09-24'"),
        "SELECT COUNT(DISTINCT course_name) FROM Courses WHERE course_date='2026-09-24'",
      ],
    ],
    ['45', '周六还要上课吗', nothing],
    ['46', '陈静是教什么的', `SELECT DISTINCT course_name FROM Courses WHERE ${by('陈静')}`],
    [
      '47',
      '我这学期一共有多少门课',
      [
        `SELECT COUNT(DISTINCT course_name) FROM Courses WHERE ${term}`,
        'SELECT COUNT(DISTINCT course_name) FROM Courses',
      ],
    ],
    [
      '48',
      '怎么进 Web Programming 的直播间',
      "SELECT DISTINCT online_url FROM Courses WHERE course_name='Web Programming'",
    ],
    ['49', '学期什么时候结束', autumn],
    ['50', '这学期还有几周', autumn],
    ['51', '下周是单周吗', [], { says: /双周/ }],
    ['52', '班会是什么时候', when(of('班会'))],
    ['53', '下周有班会吗', classes(of('班会'))],
    [
      '54',
      '下周上午的课多还是下午的课多',
      [countBetween('00:00', '12:00'), countBetween('12:00', '18:00')],
    ],
    ['55', '四小时内有课吗', on('2026-09-22', " AND start_time='19:00:00'")],
  ],
  en: [
    ['01', 'got anything tmrw morning?', nothing],
    [
      '02',
      'wheres my ML class',
      ["SELECT DISTINCT online_url FROM Courses WHERE course_name='Machine Learning'"],
    ],
    [
      '03',
      "Who's the linear algebra prof?",
      `SELECT DISTINCT instructor FROM Courses WHERE ${of('Linear Algebra')}`,
    ],
    ['04', 'do i have anything after lunch today', [on('2026-09-22', " AND start_time>='12:00'")]],
    [
      '05',
      'what time does python workshop finish',
      [
        `SELECT DISTINCT end_time FROM Courses WHERE ${of('Python Workshop')}`,
        `SELECT course_date, end_time FROM Courses WHERE ${of('Python Workshop')} AND ${now}`,
      ],
    ],
    ['06', 'how long till my next class', when(now, 'LIMIT 1')],
    [
      '07',
      'whats due this week',
      [
        due("due_date BETWEEN '2026-09-22' AND '2026-09-27'"),
        due("due_date BETWEEN '2026-09-21' AND '2026-09-27'"),
      ],
    ],
    [
      '08',
      'did i miss any deadlines',
      "SELECT title FROM Assignments WHERE due_date < '2026-09-22'",
    ],
    [
      '09',
      'when do we have the national day break',
      ["SELECT first_date, last_date FROM Holidays WHERE name='国庆节'"],
    ],
    ['10', 'Are there any lectures in Lab 2 this week?', nothing],
    ['11', 'how many weeks are left in the term', 'SELECT 15', { says: /\b1[56]\b/ }],
    [
      '12',
      'which days do I have Machine Learning',
      [
        when(`${of('Machine Learning')} AND ${now}`),
        "SELECT DISTINCT course_date FROM Courses WHERE course_name='Machine Learning'",
      ],
    ],
    ['13', 'can I sleep in on thursday', on('2026-09-24')],
    ['14', 'give me everything for thurs pls', on('2026-09-24')],
    ['15', 'What room is Academic Writing in?', roomOf(of('Academic Writing'))],
    ['16', 'anything on sat', nothing],
    [
      '17',
      'who has the fewest classes in october',
      "SELECT instructor FROM Courses WHERE instructor<>'' AND course_date LIKE '2026-10-%' GROUP BY 1 HAVING COUNT(*) = (SELECT MIN(c) FROM (SELECT COUNT(*) c FROM Courses WHERE instructor<>'' AND course_date LIKE '2026-10-%' GROUP BY instructor))",
      { order: 'first' },
    ],
    ['18', 'whens davids next class', when(`${by('David Chen')} AND ${now}`, 'LIMIT 1')],
    [
      '19',
      'list the online classes for next week',
      within('2026-09-28', '2026-10-04', ' AND online_url IS NOT NULL'),
    ],
    [
      '20',
      'when is the essay draft due?',
      "SELECT due_date, due_time FROM Assignments WHERE title='Essay Draft'",
    ],
    [
      '21',
      "What's the earliest class I have this week?",
      [
        "SELECT course_date, start_time FROM Courses WHERE course_date='2026-09-21' ORDER BY 2 LIMIT 1",
        "SELECT course_date, start_time FROM Courses WHERE course_date='2026-09-24' ORDER BY 2 LIMIT 1",
      ],
    ],
    ['22', 'how many hours do i have on monday', hours("course_date='2026-09-28'")],
    ['23', 'is week 6 an odd week?', [], { says: /even|not odd/i }],
    ['24', 'what did we do last thursday', on('2026-09-17')],
    [
      '25',
      "when's Python Workshop back on",
      [
        when(`${of('Python Workshop')} AND ${now}`, 'LIMIT 1'),
        when(`${of('Python Workshop')} AND ${now}`),
      ],
    ],
    [
      '26',
      'is there anything between 2 and 4pm on wednesday',
      on('2026-09-23', " AND start_time<'16:00' AND end_time>'14:00'"),
    ],
    ['27', 'any assignments for web programming?', nothing],
    ['28', 'do I have classes over the mid-autumn holiday', nothing],
    ['29', 'how many times do we meet for 人工智能导论 this term', count(of('人工智能导论'))],
    ['30', 'tues schedule?', [on('2026-09-29'), on('2026-09-22')]],
    ['31', 'what have i got on today still', on('2026-09-22', " AND start_time>'15:20'")],
    ['32', 'where do i go for academic writing', roomOf(of('Academic Writing'))],
    ['33', 'is the lab on this thursday', nothing],
    [
      '34',
      'how many academic writing classes before National Day?',
      [
        ...count(`${of('Academic Writing')} AND course_date<'2026-10-01' AND ${now}`),
        ...count(`${of('Academic Writing')} AND course_date<'2026-10-01'`),
      ],
    ],
    ['35', 'does prof wang have a class tonight', nothing],
    ['36', 'wat classes r on wensday', on('2026-09-23')],
    [
      '37',
      'which teacher do I see most this term',
      `SELECT instructor FROM Courses WHERE instructor<>'' AND ${term} GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1`,
      { order: 'first' },
    ],
    [
      '38',
      'Are any of my classes online next week?',
      within('2026-09-28', '2026-10-04', ' AND online_url IS NOT NULL'),
    ],
    [
      '39',
      "what's the deadline for ML Homework 2",
      "SELECT due_date, due_time FROM Assignments WHERE title='ML Homework 2'",
    ],
    [
      '40',
      'which assignments are due in October',
      "SELECT title, due_date FROM Assignments WHERE due_date LIKE '2026-10-%'",
    ],
    ['41', 'do we have school on Oct 2', nothing],
    [
      '42',
      "What's my last class on Thursday",
      "SELECT start_time, course_name FROM Courses WHERE course_date='2026-09-24' ORDER BY 1 DESC LIMIT 1",
    ],
    ['43', 'is anyone teaching on sunday', nothing],
    ['44', 'show me week 4', classes("week=4 AND term='2026 秋季学期'")],
    [
      '45',
      'how long is the python workshop',
      [`SELECT DISTINCT ${seconds}/60 FROM Courses WHERE ${of('Python Workshop')}`],
    ],
    ['46', 'who teaches in B203', "SELECT DISTINCT instructor FROM Courses WHERE room='B203'"],
    ['47', 'is next week odd or even', [], { says: /even/i }],
    [
      '48',
      'when do classes start again after national day',
      "SELECT course_date FROM Courses WHERE course_date>'2026-10-07' ORDER BY 1 LIMIT 1",
    ],
    [
      '49',
      'how do I join Machine Learning online',
      "SELECT DISTINCT online_url FROM Courses WHERE course_name='Machine Learning'",
    ],
    ['50', 'which lessons collide in October', clashes("a.course_date LIKE '2026-10-%'")],
    ['51', 'when does the semester start', autumn],
    ['52', 'when is the semester over', autumn],
    ['53', 'is this an odd week?', [], { says: /odd/ }],
    [
      '54',
      'Are there more classes in the morning or in the afternoon next week?',
      [countBetween('00:00', '12:00'), countBetween('12:00', '18:00')],
    ],
    ['55', 'do I have anything in 25 minutes', nothing],
    [
      '56',
      'is there class within the next 4 hours',
      on('2026-09-22', " AND start_time='19:00:00'"),
    ],
  ],
}
