import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { vocabularySql } from '../../../src/models/demo/sql.ts'
import { ask, conversation, toIds, user, type Asked, type Message, type Table } from './fixture.ts'
import { followUps, questions } from './questions.ts'

/** What was found for the question itself; a look at the names does not count. */
function lastResult({ queries, tables }: Asked): Table | undefined {
  return tables.findLast((_, index) => queries[index] !== vocabularySql)
}

describe('questions about the schedule', () => {
  for (const [question, found] of questions) {
    it(`finds the rows for: ${question}`, async () => {
      const asked = await ask(conversation('hi', question))
      const { text } = asked
      const last = lastResult(asked)
      assert.ok(last, `nothing was asked; the answer was: ${text}`)
      assert.deepEqual(toIds(last), found)
      assert.ok(text.length > 0)
    })
  }
})

describe('follow-up questions', () => {
  for (const [asked, found] of followUps) {
    it(`remembers: ${asked.join(' / ')}`, async () => {
      const last = lastResult(await ask(conversation(...asked)))
      assert.ok(last)
      assert.deepEqual(toIds(last), found)
    })
  }

  it('knows from its own answer whom "he" means', async () => {
    const messages: Message[] = [user('这个月谁的课最多？')]
    const first = await ask(messages)
    messages.push({ role: 'assistant', content: first.text }, user('他下周有课吗'))
    const { tables } = await ask(messages)
    assert.deepEqual(tables.map(toIds), [[19, 23, 24]])
  })

  it('knows from its own answer which class "that class" is', async () => {
    const messages: Message[] = [user('When is the next class?')]
    const first = await ask(messages)
    messages.push(
      { role: 'assistant', content: first.text },
      user('how many times do we have that class in December?'),
    )
    const { tables } = await ask(messages)
    assert.deepEqual(tables.at(-1)?.rows, [[1]])
  })
})

describe('several questions at once', () => {
  it('looks each of them up in one round', async () => {
    const { queries, tables, text } = await ask(conversation('hi', '今天有什么课？明天呢？'))
    assert.equal(queries.length, 2)
    assert.deepEqual(tables.map(toIds), [
      [16, 17],
      [18, 19],
    ])
    assert.match(text, /今天（11月22日 周日）有 2 节课/)
    assert.match(text, /明天（11月23日 周一）有 2 节课/)
  })

  it('looks them up one after the other without parallel calls', async () => {
    const { queries, events } = await ask(conversation('今天有什么课？明天呢？'), {
      request: { parallel_tool_calls: false },
    })
    assert.equal(queries.length, 2)
    assert.equal(events.filter(({ type }) => type === 'finish').length, 3)
  })

  it('takes two days with two times apart', async () => {
    const { tables } = await ask(conversation('tomorrow morning and Wednesday evening'))
    assert.deepEqual(tables.map(toIds), [[18], [23]])
  })

  it('answers several speakers by name', async () => {
    const { text, queries } = await ask([
      user('[from 小红]\n今天有课吗'),
      user('[from Bob]\nwho teaches RAG?'),
    ])
    assert.equal(queries.length, 2)
    assert.match(text, /\*\*小红\*\*\n有的。今天/)
    assert.match(text, /\*\*Bob\*\*\n\*\*RAG 检索增强生成\*\* is taught by 李明\./)
  })

  it('does not read a speaker’s name as part of the question', async () => {
    const { queries } = await ask([user('[from 王卓然]\n明天有课吗')])
    assert.doesNotMatch(queries.join(), /王卓然/)
  })
})
