import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { createDemoDriver } from '../../src/models/demo.ts'
import type { ModelRequest } from '../../src/models/driver.ts'
import {
  ask,
  askDatabase,
  collect,
  conversation,
  driver,
  now,
  runSql,
  toCalls,
  toText,
  user,
} from './demo/fixture.ts'

const system = { role: 'system', content: now } as const

function request(question: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'guagua-demo',
    messages: [system, user(question)],
    tools: [askDatabase],
    ...more,
  }
}

describe('createDemoDriver', () => {
  it('streams a tool call in fragments and finishes once', async () => {
    const events = await collect(request('下周二晚上有什么课？'))
    const [call, ...others] = toCalls(events)
    assert.ok(call)
    assert.equal(others.length, 0)
    assert.equal(call.name, 'ask_database')
    assert.match(call.id, /^call_\w+$/)
    assert.ok(call.fragments > 3)
    assert.match(JSON.parse(call.args).query, /^SELECT .*FROM Courses/)
    const finishes = events.filter(({ type }) => type === 'finish')
    assert.deepEqual(finishes, [events.at(-1)])
    assert.equal(finishes[0]?.type === 'finish' && finishes[0].reason, 'tool_calls')
  })

  it('streams words in small pieces and counts them', async () => {
    const events = await collect(request('who are you?'))
    const texts = events.filter((event) => event.type === 'text')
    assert.ok(texts.length > 20)
    assert.ok(texts.every((event) => event.text.length <= 24))
    const last = events.at(-1)
    assert.ok(last?.type === 'finish' && last.usage !== null)
    assert.equal(last.reason, 'stop')
    assert.equal(last.usage.total_tokens, last.usage.prompt_tokens + last.usage.completion_tokens)
    assert.ok(last.usage.completion_tokens > 20)
  })

  it('answers the same request with the same events', async () => {
    const question = request('今天有什么课？明天呢？')
    assert.deepEqual(await collect(question), await collect(question))
  })

  it('pauses before the first piece and between pieces', async () => {
    const pauses: number[] = []
    const paced = createDemoDriver({ sleep: async (ms) => void pauses.push(ms) })
    let count = 0
    const { signal } = new AbortController()
    for await (const event of paced.stream(request('hi'), { signal })) {
      if (event.type === 'text') count += 1
    }
    assert.equal(pauses.length, count)
    assert.equal(pauses[0], 400)
    assert.ok(pauses.slice(1).every((ms) => ms === 20))
  })

  it('stops with the signal’s reason between two pieces', async () => {
    const controller = new AbortController()
    const reason = new Error('stopped')
    const received: string[] = []
    await assert.rejects(async () => {
      for await (const event of driver.stream(request('hi'), { signal: controller.signal })) {
        received.push(event.type)
        controller.abort(reason)
      }
    }, reason)
    assert.deepEqual(received, ['text'])
  })

  it('stops while it pauses', async () => {
    const controller = new AbortController()
    const reason = new Error('stopped')
    const paced = createDemoDriver({
      pace: { firstMs: 0, tokenMs: 1 },
      sleep: async (_, { signal }) => {
        controller.abort(reason)
        signal.throwIfAborted()
      },
    })
    await assert.rejects(async () => {
      for await (const event of paced.stream(request('hi'), { signal: controller.signal })) {
        assert.equal(event.type, 'text')
      }
    }, reason)
  })

  it('calls no tool with tool_choice none', async () => {
    const events = await collect(request('明天有课吗', { tool_choice: 'none' }))
    assert.deepEqual(toCalls(events), [])
    assert.match(toText(events), /没能从课程表里查到/)
  })

  it('calls a tool with tool_choice required, once in a turn', async () => {
    const { queries, text } = await ask([user('hello')], { request: { tool_choice: 'required' } })
    assert.equal(queries.length, 1)
    assert.match(text, /Hello!/)
  })

  it('calls the function that tool_choice names', async () => {
    const parameters = { type: 'object', properties: { city: {} }, required: ['city'] }
    const other = { type: 'function', function: { name: 'weather', parameters } } as const
    const events = await collect(
      request('明天有课吗', {
        tools: [askDatabase, other],
        tool_choice: { type: 'function', function: { name: 'weather' } },
      }),
    )
    assert.deepEqual(
      toCalls(events).map(({ name, args }) => [name, args]),
      [['weather', '{"city":""}']],
    )
  })

  it('ends with length at max_completion_tokens', async () => {
    const events = await collect(request('who are you?', { max_completion_tokens: 10 }))
    const last = events.at(-1)
    assert.ok(last?.type === 'finish')
    assert.equal(last.reason, 'length')
    assert.ok((last.usage?.completion_tokens ?? 99) <= 10)
    assert.ok(toText(events).length > 0)
  })

  it('answers an object in JSON mode', async () => {
    const events = await collect(request('hi', { response_format: { type: 'json_object' } }))
    assert.match(JSON.parse(toText(events)).answer, /offline demo/)
  })

  it('offers one model', async () => {
    const { signal } = new AbortController()
    const models = await driver.listModels({ signal })
    assert.deepEqual(
      models.map(({ id }) => id),
      ['guagua-demo'],
    )
    assert.equal(driver.contextWindow('guagua-demo'), 128_000)
  })
})

describe('hostile input', () => {
  const attacks = [
    `'; DROP TABLE Courses; --有课吗`,
    `' UNION SELECT sql, 1, 1, 1, 1 FROM sqlite_master -- 老师明天有课吗`,
    `who teaches "x' OR '1'='1" classes?`,
    `does Robert'); DELETE FROM Courses;-- have class tomorrow?`,
    'who teaches 100%_\\ classes?',
    '“%”的课什么时候上',
    "who teaches \\' classes?",
    '《\u0000\u0007\ud800》的课几点',
  ]
  for (const attack of attacks) {
    it(`stays data: ${JSON.stringify(attack)}`, async () => {
      const { queries, text } = await ask(conversation('hi', attack))
      for (const query of queries) assertSafe(query)
      assert.ok(text.length > 0)
      assert.equal(runSql('SELECT COUNT(*) FROM Courses').rows[0]?.[0], 40)
    })
  }

  it('matches % and _ as themselves', async () => {
    const { tables } = await ask(conversation('hi', 'when is the %_% class?'))
    assert.deepEqual(tables[0]?.rows, [])
  })

  it('always finishes, and always writes SQL that SQLite reads', async () => {
    const words = fc.constantFrom(...trickyWords)
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 14 }).map((parts) => parts.join('')),
    )
    const days = fc.constantFrom(
      '2026-11-22',
      '2026-12-31',
      '2028-02-29',
      '1900-01-01',
      '2200-12-31',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 3 }),
        days,
        async (questions, today) => {
          const { queries, events } = await ask(conversation(...questions), {
            system: `Now: ${today} 23:59, Monday, time zone Asia/Shanghai.`,
          })
          for (const query of queries) assertSafe(query)
          assert.equal(events.at(-1)?.type, 'finish')
          assert.equal(events.filter(({ type }) => type === 'finish').length <= 6, true)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('reads a question of 256 000 characters in bounded work', async () => {
    const patterns = [
      '下周',
      '1',
      '12月',
      ' and ',
      "'",
      '(',
      '\n',
      '最多',
      '一二三',
      ' next 3',
      '“',
      'a ',
    ]
    for (const pattern of patterns) {
      const long = pattern.repeat(256_000 / pattern.length)
      const { text } = await ask(conversation(long, long))
      assert.ok(text.length > 0)
    }
  })

  it('survives dates that no calendar has, and answers that are no rows', async () => {
    for (const question of ['9999-99-99有课吗', '13月40日', 'Feb 30', '999个月后有课吗', '0点']) {
      assert.ok((await ask(conversation('hi', question))).text.length > 0)
    }
    const broken = ['null', '[]', '{"columns":["course_date"],"rows":[["2026-02-31"],[null]]}', '']
    for (const content of broken) {
      const { text } = await ask(conversation('hi', 'classes tomorrow'), { answer: () => content })
      assert.ok(text.length > 0)
    }
  })
})

const chineseWords =
  '下 上 周 二 月 12 日 点 半 到 前 后 王卓然 RAG 课 谁 讲 几 最多 哪天 没 呢 0 每 第 和 明 天 晚上'
const englishWords =
  'next last Tuesday 99 am class who between and free days in month most how many 999 Feb 30 \' % " 《 》 \\ - . ?'
const trickyWords = [
  ...chineseWords.split(' '),
  ...englishWords.split(' ').map((word) => ` ${word}`),
  '\n',
  '%',
  "'",
]

/** One SELECT on `Courses`: outside of its literals, the text holds nothing else. */
function assertSafe(query: string): void {
  const bare = query.replaceAll(/'(?:[^']|'')*'/g, "''")
  assert.match(bare, /^SELECT /)
  assert.doesNotMatch(bare, /;|--|\/\*|UNION|sqlite_master|DROP|DELETE|INSERT|UPDATE|PRAGMA/i)
  runSql(query)
}
