import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ModelMessage, ModelRequest } from '../../../src/models/driver.ts'
import { askDatabase, collect, now, runSql, toCalls, toText } from './fixture.ts'

type Tool = NonNullable<ModelRequest['tools']>[number]

const fileSearch = (files: string): Tool => ({
  type: 'function',
  function: { name: 'file_search', description: `Searches. ${files}`, parameters: {} },
})
const python: Tool = { type: 'function', function: { name: 'python', description: 'Runs.' } }
const tools = [askDatabase, fileSearch('Files: 讲义3.pdf'), python]

function request(text: string, more: Partial<ModelRequest> & { turn?: ModelMessage[] } = {}) {
  const { turn = [], ...settings } = more
  const messages: ModelMessage[] = [
    { role: 'system', content: now },
    { role: 'user', content: text },
    ...turn,
  ]
  return { model: 'guagua-demo', messages, tools, ...settings }
}

async function callOf(asked: ModelRequest) {
  const [call] = toCalls(await collect(asked))
  return call && [call.name, JSON.parse(call.args) as object]
}

/** The first call that is none of the timetable's, which answers first where it is asked; or the words. */
async function firstElse(text: string, more: Partial<ModelRequest> = {}) {
  const turn: ModelMessage[] = []
  for (;;) {
    const events = await collect(request(text, { ...more, turn }))
    const calls = toCalls(events)
    if (calls.length === 0) return toText(events)
    const [other] = calls.filter(({ name }) => name !== 'ask_database')
    if (other) return [other.name, JSON.parse(other.args) as object]
    for (const { id, name, args } of calls) {
      const { query } = JSON.parse(args) as { query: string }
      const call = { id, type: 'function', function: { name, arguments: args } } as const
      turn.push({ role: 'assistant', content: null, tool_calls: [call] })
      turn.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(runSql(query)) })
    }
  }
}

/** What the demo does once the tool has answered. */
function after(text: string, name: string, output: string) {
  const call = { id: 'call_1', type: 'function', function: { name, arguments: '{}' } } as const
  const turn: ModelMessage[] = [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: output },
  ]
  return collect(request(text, { turn }))
}

async function sayAfter(...asked: Parameters<typeof after>): Promise<string> {
  return toText(await after(...asked))
}

describe('the demo with files and Python', () => {
  it('asks the files where the timetable has no answer, or where they are named', async () => {
    for (const text of ['反向传播是怎么推导的？', 'Why is the sky blue?', '讲义里这周讲了什么？']) {
      assert.deepEqual(await firstElse(text), ['file_search', { queries: [text] }], text)
    }
    const named = await firstElse('[from 李雷]\n讲义里有什么？')
    assert.deepEqual(named, ['file_search', { queries: ['讲义里有什么？'] }])
  })

  it('asks for what was asked when files come along, not for their names', async () => {
    const text = '[from Ann]\nWhere is the exam room?\n[attached: "lecture3.pdf", "第四讲.md"]'
    const call = ['file_search', { queries: ['Where is the exam room?'] }]
    assert.deepEqual(await firstElse(text), call)
  })

  it('quotes headings as plain words', async () => {
    const output = '【0:0†notes.md】\n# Exams\nThe exam is in room 7.\n【end】'
    const said = await sayAfter('Where is the exam?', 'file_search', output)
    assert.match(said, /\n> (?:Exams )?The exam is in room 7\.【0:0†notes\.md】$/)
  })

  it('leaves the timetable to the timetable', async () => {
    const [name] = (await callOf(request('下周二晚上有什么课？'))) ?? []
    assert.equal(name, 'ask_database')
    assert.equal(await callOf(request('who are you?')), undefined)
  })

  it('asks no files where there are none', async () => {
    const without = [askDatabase, fileSearch('No files are there to be searched yet.')]
    const said = await firstElse('怎么做红烧肉？', { tools: without })
    assert.ok(typeof said === 'string')
    assert.match(said, /只懂课程表/)
  })

  it('answers with the best passage and its marker, in both languages', async () => {
    const output =
      'Passages from the files.\n\n【0:0†讲义3.pdf】, page 12\n先讲损失函数。反向传播用链式法则求梯度。\n【end】\n\n' +
      '【0:1†讲义4.pdf】\n别的。\n【end】'
    const chinese = await sayAfter('反向传播用什么法则？', 'file_search', output)
    assert.match(chinese, /资料里最相关的一段[^]*> 反向传播用链式法则求梯度。【0:0†讲义3\.pdf】$/)
    const english = await sayAfter('What are the slides about?', 'file_search', output)
    assert.match(english, /fits best in the files[^]*【0:0†讲义3\.pdf】$/)
  })

  it('says kindly that there is nothing', async () => {
    const nothing = 'Nothing was found in the files.'
    assert.match(await sayAfter('讲义里有龙吗？', 'file_search', nothing), /没有找到相关的内容/)
    assert.match(
      await sayAfter('Any dragons in the notes?', 'file_search', nothing),
      /found nothing/,
    )
    const none = 'There are no files to search: none are attached.'
    // The timetable is all that is left.
    const [call] = toCalls(await after('反向传播是怎么推导的？', 'file_search', none))
    assert.equal(call?.name, 'ask_database')
  })

  it('runs code that comes with the question', async () => {
    const code = 'print(sum(range(10)))'
    for (const text of [
      `算一下\n\`\`\`\n${code}\n\`\`\``,
      `run python: \`\`\`python\n${code}\`\`\``,
    ]) {
      assert.deepEqual(await callOf(request(text)), ['python', { code }], text)
    }
    assert.match(
      await sayAfter('calculate ```\n1\n```', 'python', '45\n'),
      /printed:\n```\n45\n\n```/,
    )
    const shown = request(`\`\`\`js\n${code}\n\`\`\``)
    assert.notEqual((await callOf(shown))?.[0], 'python')
  })

  it('obeys tool_choice', async () => {
    const asked = '反向传播是怎么推导的？'
    assert.equal(await callOf(request(asked, { tool_choice: 'none' })), undefined)
    const forced = { type: 'function', function: { name: 'file_search' } } as const
    const call = await callOf(request('下周二晚上有什么课？', { tool_choice: forced }))
    assert.deepEqual(call, ['file_search', { queries: ['下周二晚上有什么课？'] }])
  })
})
