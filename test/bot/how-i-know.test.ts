import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

/** Wednesday, 2026-11-25, 18:00 in Shanghai. */
const now = Date.parse('2026-11-25T10:00:00Z')

describe('"How I know"', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench({ now: () => now })
  })
  after(() => bench.close())

  function buttonOf({ components = [] }: APIMessage): { id: string; label: string } | null {
    const [, id, label] =
      /"custom_id":"([^"]+)".*"label":"([^"]+)"|$/.exec(
        JSON.stringify(components, ['type', 'components', 'custom_id', 'label']),
      ) ?? []
    return id === undefined || label === undefined ? null : { id, label }
  }

  /** Has the model run these statements and say something. */
  async function askSql(channelId: string, statements: string[], text = 'Which?') {
    bench.model.script(
      ...statements.map((query) => ({
        toolCalls: [{ name: 'ask_database', arguments: JSON.stringify({ query }) }],
      })),
      'That is how it is.',
    )
    return bench.ask(text, { channelId, until: /That is how it is\./ })
  }

  async function press(message: APIMessage, user = bench.discord.users.alex): Promise<APIMessage> {
    const button = buttonOf(message)
    assert.ok(button)
    return (await user.click(message, button.id)).reply()
  }

  it('shows the SQL, the row count and the rows to the one who asks', async () => {
    const channelId = bench.newChannel()
    const sql = "SELECT '线性代数' AS course, 7 AS count UNION ALL SELECT 'Art', 120"
    const answer = await askSql(channelId, [sql])
    assert.equal(buttonOf(answer)?.label, 'How I know')
    const shown = await press(answer)
    assert.ok(((shown.flags ?? 0) & 64) !== 0)
    assert.equal(
      shown.content,
      [
        '```sql',
        sql,
        '```',
        '2 rows',
        '```',
        'course    count',
        '--------  -----',
        '线性代数      7',
        'Art         120',
        '```',
      ].join('\n'),
    )
  })

  it('needs no request more than an answer without it', async () => {
    const channelId = bench.newChannel()
    const before = bench.discord.botRequests().filter(({ route }) => !/typing/.test(route)).length
    await askSql(channelId, ['SELECT 1'])
    const sent = bench.discord.botRequests().filter(({ route }) => !/typing/.test(route))
    const edits = sent.slice(before).filter(({ method }) => method === 'PATCH').length
    // The answer replaces "looking up" where that was shown; else it is the only message.
    assert.equal(sent.length - before, 1 + edits)
    assert.ok(edits <= 1)
  })

  it('speaks Chinese, and names failures and empty results', async () => {
    const channelId = bench.newChannel()
    const statements = ['SELECT nothing', 'SELECT 1 WHERE 0']
    const answer = await askSql(channelId, statements, '谁讲课？')
    assert.equal(buttonOf(answer)?.label, '怎么知道的')
    const { content } = await press(answer, bench.discord.users.liLei)
    assert.match(
      content,
      /^\*\*查询 1\*\*\n```sql\nSELECT nothing\n```\n查询没有成功：```\n.*nothing/,
    )
    assert.match(content, /\*\*查询 2\*\*\n```sql\nSELECT 1 WHERE 0\n```\n没有结果。$/)
  })

  it('works after a restart, for as long as the thread is there', async () => {
    const channelId = bench.newChannel()
    const answer = await askSql(channelId, ['SELECT 42 AS answer'])
    await bench.restart()
    assert.match((await press(answer)).content, /1 row\n```\nanswer\n------\n {4}42\n```/)
    const [, threadId = ''] = buttonOf(answer)?.id.split(':') ?? []
    await bench.openai.beta.threads.delete(threadId)
    assert.equal((await press(answer)).content, 'How I found that out is not kept any more.')
  })

  it('puts what is too long into a file', async () => {
    const channelId = bench.newChannel()
    const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90)
      SELECT i AS number, 'a course with quite a long name ' || i AS name FROM n`
    const shown = await press(await askSql(channelId, [many]))
    assert.match(shown.content, /```\n-# All of it is in the file\.$/)
    const file = shown.attachments[0]
    assert.equal(file?.filename, 'how-i-know.md')
    assert.match(await (await fetch(file.url)).text(), /90 rows\n```\nnumber {2}name/)
  })

  it('cannot be broken out of', async () => {
    const channelId = bench.newChannel()
    const shown = await press(await askSql(channelId, ["SELECT '``` @everyone' AS text"]))
    assert.equal(shown.content.match(/```/g)?.length, 4)
    assert.deepEqual(shown.mention_everyone, false)
  })

  for (const count of [3, 4, 5, 6, 7, 30]) {
    it(`cannot be broken out of with ${count} backticks`, async () => {
      const text = `${'`'.repeat(count)} **bold** @everyone`
      const answer = await askSql(bench.newChannel(), [`SELECT '${text}' AS "${text}"`])
      assert.equal((await press(answer)).content.match(/```/g)?.length, 4)
    })
  }

  it('shows what cannot be seen, in statements, names and cells', async () => {
    const answer = await askSql(bench.newChannel(), [
      "SELECT 'a\u202Eb' AS \"\u2066x\u200B\", '👩\u200D🎓' AS y",
    ])
    const { content } = await press(answer)
    assert.match(content, /SELECT 'a⟨U\+202E⟩b' AS "⟨U\+2066⟩x⟨U\+200B⟩"/)
    assert.match(content, /\n⟨U\+2066⟩x⟨U\+200B⟩ {2}y\n-+ {2}--\na⟨U\+202E⟩b {7,}👩\u200D🎓\n/)
    assert.doesNotMatch(content, /[\u202E\u2066\u200B]/)
  })

  it('fits a statement of nothing but backticks, or of what cannot be seen', async () => {
    for (const character of ['`', '\u202E']) {
      const sql = `SELECT '${character.repeat(3000)}' AS x`
      const shown = await press(await askSql(bench.newChannel(), [sql]))
      assert.ok(shown.content.length < 2000)
      assert.match(shown.content, /…\n```\n-# All of it is in the file\.$/)
    }
  })

  it('bounds the file, and counts the queries that it leaves out', async () => {
    const columns = Array.from({ length: 100 }, (_, index) => `i AS "${'x'.repeat(28)}${index}"`)
    const wide = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n LIMIT 40) SELECT ${columns.join(', ')} FROM n`
    const shown = await press(
      await askSql(
        bench.newChannel(),
        Array.from({ length: 7 }, () => wide),
      ),
    )
    const file = shown.attachments[0]
    assert.ok(file !== undefined && file.size < 800_000, `${file?.size}`)
    assert.match(
      await (await fetch(file.url)).text(),
      /-# There (?:is|are) \d quer(?:y|ies) more\.$/,
    )
  })

  it('is not below an answer that asked nothing', async () => {
    bench.model.script('Hello.')
    const answer = await bench.ask('hi', { channelId: bench.newChannel() })
    assert.equal(buttonOf(answer), null)
  })

  it('is below private answers too', async () => {
    const channelId = bench.newChannel()
    bench.model.script(
      { toolCalls: [{ name: 'ask_database', arguments: '{"query":"SELECT 5 AS five"}' }] },
      'Five.',
    )
    const { alex } = bench.discord.users
    const asked = await alex.command(channelId, 'ask', { question: 'how many?', private: true })
    const answer = await asked.reply(({ content }) => content === 'Five.')
    assert.match((await press(answer)).content, /five\n----\n {3}5/)
  })
})
