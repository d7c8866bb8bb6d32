import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { detectDelimiter } from '../../../src/schedule/import/csv.ts'
import { brief, read } from './context.ts'
import { stringify } from './csv-text.ts'

describe('importing CSV', () => {
  it('reads the seed columns as they are', async () => {
    const draft = await read(
      'id,course_date,start_time,end_time,course_name,instructor\n' +
        '7,2026-09-01,19:00:00,20:30:00,Prompt engineering,Zhang San\n',
    )
    assert.deepEqual(draft.problems, [])
    assert.deepEqual(draft.classes, [
      {
        course_date: '2026-09-01',
        start_time: '19:00:00',
        end_time: '20:30:00',
        course_name: 'Prompt engineering',
        instructor: 'Zhang San',
        room: null,
        online_url: null,
        notes: null,
        source_id: null,
      },
    ])
    assert.deepEqual(
      draft.mapping.map(({ column, field }) => [column, field]),
      [
        ['id', null],
        ['course_date', 'date'],
        ['start_time', 'start'],
        ['end_time', 'end'],
        ['course_name', 'course'],
        ['instructor', 'teacher'],
      ],
    )
  })

  it('reads Chinese headings below a title, and says which rows are bad and why', async () => {
    const draft = await read(
      'AGI课堂 2026年秋季课程表;;;;;;\n;;;;;;\n' +
        '日期;课程名称;任课教师;上课时间;教室;链接;备注\n' +
        '2026/9/1;大模型;张三;晚上7点到8点半;教学楼A101;https://meeting.tencent.com/dm/1;"带电脑\n和笔"\n' +
        '\n' +
        '2026/9/31;大模型;张三;19:00-20:30;A101;;\n' +
        '2026/9/8;;张三;19:00-20:30;A101;;\n' +
        '2026/9/9;大模型;张三;20:30-19:00;A101;;\n' +
        '二〇二六年九月十一日;智能体;李四;19：00～20：30;线上;;\n',
    )
    assert.deepEqual(brief(draft.classes), [
      '2026-09-01 19:00-20:30 大模型',
      '2026-09-11 19:00-20:30 智能体',
    ])
    assert.deepEqual(draft.classes[0], {
      course_date: '2026-09-01',
      start_time: '19:00:00',
      end_time: '20:30:00',
      course_name: '大模型',
      instructor: '张三',
      room: '教学楼A101',
      online_url: 'https://meeting.tencent.com/dm/1',
      notes: '带电脑\n和笔',
      source_id: null,
    })
    assert.deepEqual(draft.problems, [
      { line: 7, column: '日期', reason: 'bad_date', value: '2026/9/31' },
      { line: 8, column: '课程名称', reason: 'no_course' },
      { line: 9, column: '上课时间', reason: 'ends_before_start', value: '20:30:00-19:00:00' },
    ])
  })

  for (const [delimiter, name] of [
    [',', 'commas'],
    [';', 'semicolons'],
    ['\t', 'tabs'],
    ['|', 'bars'],
  ] as const) {
    it(`finds ${name} by itself`, async () => {
      const rows = [
        ['Date', 'Time', 'Course', 'Notes'],
        ['Sep 1 2026', '7:00 PM-8:30 PM', 'Agents, part 1', 'a; b'],
        ['Sep 2 2026', '7:00 PM-8:30 PM', 'Agents | part 2', 'x'],
      ]
      const text = stringify(rows, delimiter)
      assert.equal(detectDelimiter(text), delimiter)
      assert.deepEqual(brief((await read(text)).classes), [
        '2026-09-01 19:00-20:30 Agents, part 1',
        '2026-09-02 19:00-20:30 Agents | part 2',
      ])
    })
  }

  it('decides day and month by the whole column, and says so', async () => {
    const head = 'date,start,end,course\n'
    const certain = await read(`${head}3/9/2026,9:00,10:00,A\n17/9/2026,9:00,10:00,A\n`)
    assert.deepEqual(brief(certain.classes), [
      '2026-09-03 09:00-10:00 A',
      '2026-09-17 09:00-10:00 A',
    ])
    assert.deepEqual(certain.notes, [{ line: 0, column: 'date', reason: 'day_month' }])
    const guessed = await read(`${head}9/3/2026,9:00,10:00,A\n9/10/2026,9:00,10:00,A\n`)
    assert.deepEqual(brief(guessed.classes), [
      '2026-09-03 09:00-10:00 A',
      '2026-09-10 09:00-10:00 A',
    ])
    assert.deepEqual(guessed.notes, [{ line: 0, column: 'date', reason: 'month_day_guessed' }])
  })

  it('expands weekdays and weeks by the term, without its holidays', async () => {
    const draft = await read(
      '课程,教师,星期,节次,周次,教室\n' +
        '高等数学,张三,周四,第1-2节,"3-5",A101\n' +
        '线性代数,李四,周一,3-4节,1-6(单),A102\n' +
        '英语,王五,星期二,5,双周,A103\n',
    )
    assert.deepEqual(draft.problems, [])
    assert.deepEqual(brief(draft.classes).slice(0, 5), [
      '2026-09-24 08:00-09:40 高等数学',
      '2026-10-08 08:00-09:40 高等数学',
      '2026-09-07 10:00-11:40 线性代数',
      '2026-09-21 10:00-11:40 线性代数',
      '2026-09-15 14:00-14:45 英语',
    ])
    assert.equal(draft.classes.filter(({ course_name: name }) => name === '英语').length, 9)
    assert.deepEqual(draft.notes.map(({ reason }) => reason).toSorted(), [
      'holidays_skipped',
      'periods_assumed',
      'term_weeks_assumed',
    ])
  })

  it('takes the periods that it is told', async () => {
    const draft = await read('课程,星期,节次,周次\n高等数学,周四,第1-2节,3\n', {
      periods: {
        1: { start: '09:00:00', end: '09:50:00' },
        2: { start: '10:00:00', end: '10:50:00' },
      },
    })
    assert.deepEqual(brief(draft.classes), ['2026-09-24 09:00-10:50 高等数学'])
    assert.deepEqual(draft.notes, [])
  })

  it('needs the first day of the term for weeks, and says so for the file and for each row', async () => {
    const draft = await read('course,weekday,time,weeks\nA,Mon,9:00-10:00,1-8\n', { terms: [] })
    assert.deepEqual(draft.classes, [])
    assert.deepEqual(
      draft.problems.map(({ line, reason }) => [line, reason]),
      [
        [0, 'term_unknown'],
        [2, 'term_unknown'],
      ],
    )
  })

  it('reads weekday, weeks and periods out of one cell', async () => {
    const draft = await read('课程名称,任课老师,上课时间\n高等数学,张三,"周三第3,4节{第2-3周}"\n')
    assert.deepEqual(brief(draft.classes), [
      '2026-09-16 10:00-11:40 高等数学',
      '2026-09-23 10:00-11:40 高等数学',
    ])
  })

  it('maps columns as it is told, by heading or by number', async () => {
    const text = 'date,von,bis,A,B\n2026-09-01,9:00,10:00,Algebra,Zhang\n'
    const draft = await read(text, {
      mapping: { von: 'start', bis: 'end', 4: 'course', B: 'teacher' },
    })
    assert.deepEqual(brief(draft.classes), ['2026-09-01 09:00-10:00 Algebra'])
    assert.equal(draft.classes[0]?.instructor, 'Zhang')
    const bare = await read('2026-09-01,9:00-10:00,Algebra\n', {
      mapping: { 1: 'date', 2: 'time', 3: 'course' },
    })
    assert.deepEqual(brief(bare.classes), ['2026-09-01 09:00-10:00 Algebra'])
  })

  it('says that there are no headings, and offers the columns by number', async () => {
    const draft = await read('2026-09-01,9:00-10:00,Algebra\n')
    assert.deepEqual(draft.problems, [{ line: 0, reason: 'no_header' }])
    assert.deepEqual(
      draft.mapping.map(({ column }) => column),
      ['1', '2', '3'],
    )
  })

  it('reads assignments', async () => {
    const draft = await read(
      '课程,作业,截止日期,链接\n高等数学,习题一,2026年9月30日 23:59,https://example.org/1\n英语,作文,10月15日,\n',
    )
    assert.deepEqual(
      draft.assignments.map(({ title, course_name: course, due_date: date, due_time: time }) => [
        title,
        course,
        date,
        time,
      ]),
      [
        ['习题一', '高等数学', '2026-09-30', '23:59:00'],
        ['作文', '英语', '2026-10-15', '23:59:00'],
      ],
    )
  })

  const word = fc.stringMatching(
    /^[\p{Script=Han}A-Za-z][\p{Script=Han}A-Za-z0-9 ,;"'|.()-]{0,20}[A-Za-z\p{Script=Han}]$/u,
  )
  const classes = fc.array(
    fc.record({
      day: fc.integer({ min: 0, max: 700 }),
      start: fc.integer({ min: 0, max: 1380 }),
      length: fc.integer({ min: 1, max: 59 }),
      course: word,
      teacher: word,
      room: word,
    }),
    { minLength: 1, maxLength: 20 },
  )

  it('reads back what was written, in any delimiter', async () => {
    await fc.assert(
      fc.asyncProperty(classes, fc.constantFrom(',', ';', '\t', '|'), async (rows, delimiter) => {
        const clock = (minutes: number) =>
          `${`${Math.floor(minutes / 60)}`.padStart(2, '0')}:${`${minutes % 60}`.padStart(2, '0')}:00`
        const expected = rows.map(({ day, start, length, course, teacher, room }) => [
          Temporal.PlainDate.from('2026-01-01').add({ days: day }).toString(),
          clock(start),
          clock(start + length),
          course,
          teacher,
          room,
        ])
        const head = ['日期', '开始', '结束', '课程', '教师', '教室']
        const draft = await read(stringify([head, ...expected], delimiter))
        assert.deepEqual(draft.problems, [])
        assert.deepEqual(
          draft.classes.map((each) => [
            each.course_date,
            each.start_time,
            each.end_time,
            each.course_name,
            each.instructor,
            each.room,
          ]),
          expected,
        )
      }),
      { numRuns: 60 },
    )
  })
})
