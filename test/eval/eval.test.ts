import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createLogger } from '../../src/log.ts'
import { isMatch } from './compare.ts'
import { measure, scoreOf, shareOf } from './measure.ts'
import { chooseModels } from './models.ts'
import { questions } from './questions.ts'
import { toText } from './report.ts'
import { openStage, type Stage } from './stage.ts'

const log = createLogger({ level: 'silent', pretty: false })

/** They ask for what is not there. */
const withoutRows = [
  'zh-everyday-01',
  'zh-everyday-13',
  'zh-everyday-23',
  'zh-everyday-45',
  'en-everyday-01',
  'en-everyday-10',
  'en-everyday-16',
  'en-everyday-27',
  'en-everyday-28',
  'en-everyday-33',
  'en-everyday-35',
  'en-everyday-41',
  'en-everyday-43',
  'en-everyday-55',
  'zh-dates-tomorrow_morning',
  'zh-dates-weekend',
  'zh-dates-after_next_monday',
  'en-dates-weekend',
  'zh-teachers-surname',
  'en-teachers-next_week',
  'zh-free_days-is_free',
  'en-free_days-is_free',
  'zh-deadlines-tomorrow',
  'zh-holidays-on_holiday',
  'zh-conflicts-next_week',
  'en-conflicts-this_week',
  'zh-nothing_there-teacher',
  'zh-nothing_there-course',
  'zh-nothing_there-date',
  'zh-nothing_there-room',
  'en-nothing_there-teacher',
  'en-nothing_there-course',
  'en-nothing_there-week',
]

describe('the questions', () => {
  let stage: Stage
  before(async () => {
    stage = await openStage({ ...chooseModels(null, log), log })
  })
  after(() => stage.close())

  it('are at least 120, about half of them in each language, and each has a name of its own', () => {
    const count = (language: string): number =>
      questions.filter((question) => question.language === language).length
    assert.ok(questions.length >= 120)
    assert.ok(count('zh') >= 50 && count('en') >= 50 && count('mixed') >= 5)
    assert.equal(new Set(questions.map(({ id }) => id)).size, questions.length)
  })

  it('have answers in the timetable, but for these', async () => {
    const empty: string[] = []
    for (const { id, finds } of questions) {
      const found = await Promise.all(finds.map((sql) => stage.query(sql)))
      if (found.length > 0 && found.every(({ rows }) => rows.length === 0)) empty.push(id)
    }
    assert.deepEqual(empty, withoutRows)
  })

  it('are answered by the demo, but for one in twenty at most', async () => {
    const outcomes = await measure({ stage, questions, concurrency: 8 })
    assert.ok(shareOf(scoreOf(outcomes)) >= 0.95, toText(outcomes, stage.spent()))
  })

  it('are not answered by a model that looks up something else', async () => {
    const rows = { columns: ['id'], rows: [[1], [2]] }
    const told = {
      text: 'Sure!',
      calls: [{ sql: 'SELECT id', rows, problem: null }],
      failure: null,
    }
    const careless = { ...stage, ask: async () => told }
    const outcomes = await measure({ stage: careless, questions, concurrency: 8 })
    assert.deepEqual(
      outcomes.filter(({ isRight }) => isRight).map(({ question }) => question.id),
      [],
    )
  })

  it('are not answered by a model that asks nothing, but for what it was told', async () => {
    const told = { text: 'It is week 3 (第3周).', calls: [], failure: null }
    const outcomes = await measure({
      stage: { ...stage, ask: async () => told },
      questions,
      concurrency: 8,
    })
    assert.deepEqual(
      outcomes.filter(({ isRight }) => isRight).map(({ question }) => question.id),
      ['zh-weeks-which_week', 'en-weeks-which_week'],
    )
  })
})

describe('isMatch', () => {
  const expected = {
    columns: ['start_time', 'course_name'],
    rows: [
      ['19:00:00', 'RAG'],
      ['20:00:00', 'Agents'],
    ],
  }

  it('takes other columns, names and orders as they come', () => {
    const got = {
      columns: ['n', 'name', 'begin'],
      rows: [
        [7, 'Agents', '20:00'],
        [8, 'RAG', '19:00'],
      ],
    }
    assert.equal(isMatch(got, expected), true)
    assert.equal(isMatch(got, expected, 'same'), false)
  })

  it('refuses values that stand in other rows, too few and too many', () => {
    const columns = ['start_time', 'course_name']
    const crossed = [
      ['19:00:00', 'Agents'],
      ['20:00:00', 'RAG'],
    ]
    assert.equal(isMatch({ columns, rows: crossed }, expected), false)
    assert.equal(isMatch({ columns, rows: expected.rows.slice(1) }, expected), false)
    const more = [...expected.rows, ['21:00:00', 'RAG']]
    assert.equal(isMatch({ columns, rows: more }, expected), false)
    assert.equal(isMatch({ columns, rows: more }, expected, 'first'), true)
  })

  it('takes nothing, or a count of 0, for nothing', () => {
    const nothing = { columns: ['x'], rows: [] }
    assert.equal(isMatch({ columns: ['n'], rows: [] }, nothing), true)
    assert.equal(isMatch({ columns: ['n'], rows: [[0]] }, nothing), true)
    assert.equal(isMatch({ columns: ['n'], rows: [[1]] }, nothing), false)
  })
})
