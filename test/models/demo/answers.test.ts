import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ask, conversation, user, type Message } from './fixture.ts'

async function answer(...questions: string[]): Promise<string> {
  const { text } = await ask(conversation(...questions))
  return text
}

describe('the first answer of a conversation', () => {
  it('says in Chinese that this is the offline demo', async () => {
    const text = await answer('明天有课吗')
    assert.match(text, /^我是瓜瓜的离线演示，背后没有语言模型/)
    assert.match(text, /有的。明天（11月23日 周一）有 2 节课：/)
  })

  it('says in English that this is the offline demo', async () => {
    const text = await answer('Is there class tomorrow?')
    assert.match(text, /^I am the offline demo of Guagua, without a language model/)
  })

  it('is the only one that says so', async () => {
    assert.match(await answer('你好', '明天有课吗'), /^有的。/)
  })
})

describe('phrasing', () => {
  it('lists classes with date, weekday, time, course and teacher', async () => {
    assert.equal(
      await answer('你好', '下周二有什么课？'),
      '后天（11月24日 周二）有 2 节课：\n' +
        '- 11月24日 周二 14:00–16:00 **AI 产品经理**（刘洋）\n' +
        '- 11月24日 周二 19:00–21:00 **RAG 检索增强生成**（李明）',
    )
    assert.equal(
      await answer('hi', 'what is on next Wednesday evening?'),
      'There is 1 class on Wed 25 Nov in the evening:\n' +
        '- Wed 25 Nov, 19:00–21:00: **Function Calling 入门** (王卓然)',
    )
  })

  it('counts in a sentence', async () => {
    assert.equal(
      await answer('hi', 'how many classes does 王卓然 teach this month?'),
      '王卓然 has 8 classes this month (Nov 2026).',
    )
    assert.equal(await answer('你好', '下周有几节课？'), '下周（11月23日–29日）一共有 10 节课。')
  })

  it('names the one with the most, and who comes next', async () => {
    const text = await answer('你好', '这个月谁的课最多？')
    assert.match(text, /^这个月（11月），\*\*王卓然\*\*的课最多：8 节。\n其次是：\n- 李明：6 节/)
  })

  it('says so when nothing is found, and suggests what to ask', async () => {
    const chinese = await answer('你好', '元旦有课吗')
    assert.match(chinese, /^1月1日 周五没有课。可以换个时间问，.*下一节课/)
    const english = await answer('hi', 'any class on Christmas?')
    assert.match(english, /^No, there are no classes on Fri 25 Dec\. .*next class/)
  })

  it('tells a name without classes from a name that does not exist', async () => {
    assert.match(
      await answer('你好', '李明明天晚上有课吗'),
      /^明天（11月23日 周一）晚上，李明没有课。/,
    )
    const text = await answer('你好', '李雷明天有课吗')
    assert.match(text, /没有找到“李雷”/)
    assert.match(text, /老师：.*王卓然/)
  })

  it('says which name it took a misspelt one for', async () => {
    assert.match(await answer('你好', '王卓燃下周有课吗'), /^你说的应该是王卓然。\n有的。/)
  })

  it('admits that the table holds no rooms, prices or homework', async () => {
    assert.match(
      await answer('你好', '多模态大模型的课在哪上'),
      /^课程表里没有上课地点，请问问老师或助教。/,
    )
    assert.match(
      await answer('hi', 'how much does the course cost?'),
      /schedule does not tell me that/,
    )
  })

  it('cuts a long list and says how much is left', async () => {
    const text = await answer('hi', 'show all classes')
    assert.equal(text.split('\n').filter((line) => line.startsWith('- ')).length, 12)
    assert.match(text, /… and 28 more\.$/)
  })

  it('passes on that the tool left rows out', async () => {
    const { text } = await ask(conversation('hi', "what's on tomorrow?"), {
      answer: () =>
        JSON.stringify({
          columns: ['course_date', 'start_time', 'end_time', 'course_name', 'instructor'],
          rows: [['2026-11-23', '19:00:00', '21:00:00', 'A*B_C', '@everyone']],
          note: 'cut to 1 row',
        }),
    })
    assert.match(text, /\*\*A\\\*B\\_C\*\* \(@everyone\)/)
    assert.match(text, /only a part/)
  })
})

describe('what is not about the schedule', () => {
  it('says what it is and how to connect a model', async () => {
    for (const question of [
      '你是谁',
      '写一首诗',
      '什么是 RAG？',
      'AGI课堂是什么',
      '明天天气怎么样',
    ]) {
      const text = await answer('你好', question)
      assert.match(text, /没有语言模型/)
      assert.match(text, /OPENAI_API_KEY.*OPENAI_BASE_URL.*OPENAI_MODEL/)
    }
    for (const question of ['who are you?', 'tell me a joke', "what's the weather tomorrow?"]) {
      const text = await answer('hi', question)
      assert.match(text, /without a language model/)
      assert.match(text, /OPENAI_API_KEY.*OPENAI_BASE_URL.*OPENAI_MODEL/)
    }
    assert.match(await answer('你好', '怎么接入 DeepSeek？'), /OPENAI_BASE_URL/)
  })

  it('knows today’s date', async () => {
    assert.match(await answer('你好', '今天几号？'), /2026年11月22日 周日，现在 18:05/)
    assert.match(await answer('hi', 'what day is it today?'), /Sun 22 Nov 2026/)
  })

  it('greets, and lets a greeting pass before a question', async () => {
    assert.match(await answer('明天有课吗', '你好'), /^你好！/)
    assert.match(await answer('hi', 'hello! any class tomorrow?'), /^Yes\./)
  })
})

describe('memory', () => {
  it('remembers a name for the conversation, not beyond', async () => {
    assert.match(await answer('我叫小明', '我叫什么？'), /你叫小明/)
    assert.match(await answer('My name is Bob Lee.', "what's my name?"), /Your name is Bob Lee/)
    assert.match(await answer('hi', 'what is my name?'), /have not told me your name/)
  })

  it('takes a name and answers the question beside it', async () => {
    const text = await answer('你好', '我叫小明，明天有课吗？')
    assert.match(text, /^好的，小明，我记住了。\n\n有的。明天/)
  })

  it('keeps the names of different speakers apart', async () => {
    const { text } = await ask([
      user('[from a]\n我叫小明'),
      { role: 'assistant', content: '…' },
      user('[from b]\n我叫什么？'),
    ])
    assert.match(text, /还没有告诉我/)
  })

  it('knows what was asked before', async () => {
    assert.match(await answer('明天有课吗', '我刚才问了什么？'), /“明天有课吗”/)
    assert.match(await answer('a?', 'who teaches RAG?', 'what did I ask first?'), /“a\?”/)
    assert.match(await answer('我刚才问了什么？'), /还没有问过/)
  })
})

describe('without what it needs', () => {
  it('says that the schedule is not connected', async () => {
    const { text, queries } = await ask(conversation('你好', '明天有课吗'), {
      request: { tools: [] },
    })
    assert.deepEqual(queries, [])
    assert.match(text, /没有连接课程表/)
  })

  it('asks for a full date when it does not know today’s', async () => {
    const options = { system: 'You are 瓜瓜.' }
    const relative = await ask(conversation('hi', 'any class tomorrow?'), options)
    assert.deepEqual(relative.queries, [])
    assert.match(relative.text, /do not know today’s date/)
    const absolute = await ask(conversation('hi', 'any class on 2026-11-25?'), options)
    assert.match(absolute.text, /Wed 25 Nov, 19:00–21:00/)
  })

  it('stops asking when the answers never fit', async () => {
    const call = { type: 'function', function: { name: 'ask_database', arguments: '{}' } } as const
    const rounds = Array.from({ length: 10 }, (_, index): Message[] => [
      { role: 'assistant', tool_calls: [{ id: `c${index}`, ...call }] },
      { role: 'tool', tool_call_id: `c${index}`, content: '{"columns":[],"rows":[]}' },
    ])
    const { queries, text } = await ask([user('明天有课吗'), ...rounds.flat()])
    assert.deepEqual(queries, [])
    assert.match(text, /没能从课程表里查到/)
  })

  it('reads the date from a line that goes on', async () => {
    const system = 'You are 瓜瓜.\nNow: 2026-11-22 18:05, Sunday, time zone Asia/Shanghai. Week 12.'
    const { text } = await ask(conversation('今天几号？'), { system })
    assert.match(text, /现在 18:05（Asia\/Shanghai）/)
  })

  it('tries a refused query once more, plainer, and then gives up kindly', async () => {
    const refuse = { answer: () => '{"error":"no such function"}' }
    const { text, queries } = await ask(conversation('hi', 'how many classes next week?'), refuse)
    assert.equal(queries.length, 2)
    assert.match(queries[1] ?? '', /^SELECT course_date/)
    assert.match(text, /^Sorry/)
  })

  it('gives up kindly when the tool does not answer in JSON', async () => {
    const { text } = await ask(conversation('你好', '明天有课吗'), { answer: () => 'oops' })
    assert.match(text, /^抱歉/)
  })
})
