import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createTranslations } from '../../../src/i18n.ts'
import { weekAltText } from '../../../src/schedule/picture/alt-text.ts'
import type { Week } from '../../../src/schedule/picture/week.ts'
import { hostileTexts, meeting, weekOf } from './weeks.ts'

const translations = createTranslations()
const say = (week: Week) => weekAltText(week, translations(week.locale))

const assignments = [
  { title: 'Essay', course_name: null, due_date: '2026-11-25', due_time: '23:59:00' },
]
const holidays = [{ name: 'Founders’ Day', first_date: '2026-11-27', last_date: '2026-11-27' }]

describe('weekAltText', () => {
  it('lists what the picture shows', () => {
    const classes = [
      meeting(1, '10:00-12:00', { course_name: 'Physics', room: null, online_url: 'https://x.y' }),
      meeting(1, '09:00-11:00'),
      meeting(4, '09:00-11:00'),
    ]
    assert.equal(
      say(weekOf(classes, { assignments, holidays })),
      [
        'Timetable of November 23 – 29, 2026 · Week 12 · Year 2.',
        'Tuesday, November 24: 09:00–11:00 Linear Algebra (A-101, Emily Zhang, at the same time as another class); 10:00–12:00 Physics (Online, Emily Zhang, at the same time as another class).',
        'Wednesday, November 25: Essay due at 23:59.',
        'Friday, November 27: holiday (Founders’ Day); 09:00–11:00 Linear Algebra (A-101, Emily Zhang, does not take place).',
      ].join('\n'),
    )
  })

  it('speaks Chinese', () => {
    const chinese = { locale: 'zh-CN', title: '', weekLabel: null } as const
    assert.equal(
      say(weekOf([meeting(0, '08:00-09:35', { course_name: '高等数学' })], chinese)),
      '2026年11月23日 – 29日的课程表。\n11月23日星期一：08:00–09:35 高等数学（A-101，Emily Zhang）。',
    )
    assert.match(say(weekOf([], chinese)), /没有课/)
  })

  it('says how much more there is than it has room for', () => {
    const many = Array.from({ length: 70 }, (_each, id) =>
      meeting(id % 7, `${10 + (id % 10)}:00-${10 + (id % 10)}:30`, { id }),
    )
    const text = say(weekOf(many))
    assert.ok(text.length <= 1_024)
    const said = [...text.matchAll(/Linear Algebra/gu)].length
    assert.ok(said > 5)
    assert.ok(text.endsWith(`And ${70 - said} more.`), text.slice(-40))
  })

  it('stays within its length whatever names there are', () => {
    for (const name of hostileTexts) {
      const text = say(
        weekOf([meeting(0, '08:00-09:00', { course_name: name, instructor: name })], {
          title: name,
          weekLabel: name,
          holidays: [{ name, first_date: '2026-11-23', last_date: '2026-11-29' }],
        }),
      )
      assert.ok(text.length <= 1_024)
      assert.ok(text.isWellFormed())
      assert.doesNotMatch(text, /(?!\n)\p{Cc}/u)
    }
  })
})
