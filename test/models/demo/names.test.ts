import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ask, conversation } from './fixture.ts'

const names = [
  ['José Müller', 'Économie générale'],
  ['Søren Ødegård', 'Operating Systems'],
  ['李明', '高等数学'],
]

/** Knows the names only as they are spelt, as `LIKE` does. */
function answer(sql: string): string {
  const [, column, name] = /(instructor|course_name) = '([^']+)'/.exec(sql) ?? []
  const isVocabulary = sql.startsWith('SELECT DISTINCT instructor, course_name FROM Courses ORDER')
  const found = names.filter((pair) => pair[column === 'instructor' ? 0 : 1] === name)
  const columns = ['instructor', 'course_name']
  return JSON.stringify({ columns, rows: isVocabulary ? names : found })
}

describe('names that a question spells in its own way', () => {
  for (const [question, found] of [
    ['What does Jose Muller teach?', /José Müller/],
    ['who teaches economie generale?', /\*\*Économie générale\*\* is taught by José Müller/],
    ['What does José Müller teach?', /José Müller/],
    ['what does Soren Odegard teach?', /Søren Ødegård/],
    ['What does Müller teach?', /José Müller/],
    ['who teaches OS?', /^I take it that you mean Operating Systems\.\n.*Søren Ødegård/],
    ['高数谁教', /^你说的应该是高等数学。\n.*李明/],
  ] as const) {
    it(`finds: ${question}`, async () => {
      const { text } = await ask(conversation('hi', question), { answer })
      assert.match(text, found)
    })
  }

  it('says that it does not speak other languages, whatever their accents', async () => {
    for (const question of ['¿Qué clases hay mañana?', 'Quels cours ai-je à 10h demain, José ?']) {
      const { text } = await ask(conversation('hi', question), { answer })
      assert.match(text, /I speak (?:English and Chinese|Chinese and English)/)
    }
  })
})

describe('what the demo says of itself', () => {
  for (const [question, parts] of [
    ['what can you do?', ['rooms', 'online links', 'weeks', 'deadlines', 'holidays', 'clash']],
    ['你能做什么', ['教室', '线上链接', '第几周', '作业截止', '假期', '冲突']],
  ] as const) {
    it(`names what it knows: ${question}`, async () => {
      const { text } = await ask(conversation(question))
      for (const part of parts) assert.ok(text.includes(part), part)
    })
  }
})
