import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import { createModelServer, type Reply } from '../helpers/model-server.ts'

const down = (status: number, message: string, code?: string): Reply => ({
  error: { status, message, ...(code !== undefined && { code }) },
})

const cases: { what: string; reply: Reply; english: RegExp; chinese: RegExp }[] = [
  {
    what: 'refuses the key',
    reply: down(401, 'Incorrect API key provided: sk-test'),
    english: /refused my key/,
    chinese: /拒绝了我的密钥/,
  },
  {
    what: 'is over its rate limit',
    reply: down(429, 'Slow down', 'rate_limit_exceeded'),
    english: /too many questions/,
    chinese: /提问的人太多/,
  },
  {
    what: 'has used up its quota',
    reply: down(429, 'You exceeded your current quota', 'insufficient_quota'),
    english: /quota .* is used up/,
    chinese: /额度用完/,
  },
  {
    what: 'fails',
    reply: down(503, 'Overloaded'),
    english: /cannot be reached/,
    chinese: /连不上语言模型/,
  },
  {
    what: 'does not know the model',
    reply: down(404, 'The model does not exist', 'model_not_found'),
    english: /does not exist/,
    chinese: /不存在/,
  },
  {
    what: 'returns nothing',
    reply: { text: '' },
    english: /had nothing to say/,
    chinese: /什么也没有回答/,
  },
  {
    what: 'refuses the prompt',
    reply: down(400, 'Your prompt was rejected'),
    english: /refused to answer/,
    chinese: /拒绝回答/,
  },
  {
    what: 'reaches its length limit',
    reply: { text: 'Once upon a', finishReason: 'length' },
    english: /^Once upon a\n-# .*length limit/,
    chinese: /长度上限/,
  },
  {
    what: 'breaks off',
    reply: { text: ['Once ', 'upon ', 'a ', 'time'], breakAfterChunks: 3 },
    english: /^Once upon ?\n-# .*cannot be reached/,
    chinese: /连不上语言模型/,
  },
]

describe('when the model', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  /** The failure that a shown reference id leads to. */
  function logOf(content: string): Record<string, unknown> {
    const ref = /(?:ref|编号) ([2-9A-Z]{6})/.exec(content)?.[1]
    const line = bench.logged.find((entry) => ref !== undefined && entry['ref'] === ref)
    assert.ok(line, `nothing was logged for: ${content}`)
    return line
  }

  for (const { what, reply, english, chinese } of cases) {
    it(`${what}, the asker is told in his language, and the log has the rest`, async () => {
      const { discord, model } = bench
      model.script(reply, reply, 'Fine.')
      const answer = await bench.ask('why?', { until: /ref \w{6}/ })
      assert.match(answer.content, english)
      const line = logOf(answer.content)
      assert.equal(line['level'], 50)
      assert.ok(line['runId'])
      assert.ok(line['err'])
      const { liLei } = discord.users
      const translated = await bench.ask('为什么？', { user: liLei, until: /编号 \w{6}/ })
      assert.match(translated.content, chinese)
      assert.equal((await bench.ask('again?')).content, 'Fine.')
    })
  }

  it('takes too long, the asker is told', async () => {
    const impatient = await startBotBench({ firstTokenTimeoutMs: 300 })
    try {
      impatient.model.script({ text: 'late', hold: new Promise(() => {}) })
      const answer = await impatient.ask('hello?', { until: /ref/ })
      assert.match(answer.content, /took too long/)
    } finally {
      await impatient.close()
    }
  })

  it('cannot be reached, the asker is told', async () => {
    const gone = await createModelServer()
    await gone.close()
    const alone = await startBotBench({ modelUrl: gone.baseURL })
    try {
      const answer = await alone.ask('hello?')
      assert.match(answer.content, /cannot be reached right now/)
    } finally {
      await alone.close()
    }
  })
})

describe('when Discord', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  const toMessages = { method: 'POST', route: '/channels/:id/messages' }

  function refuse(status: number, code: number): void {
    const { discord } = bench
    discord.controls.addFault({
      matches: ({ method, route, userId }) =>
        method === toMessages.method &&
        route === toMessages.route &&
        userId === discord.applicationId,
      fault: { kind: 'answer', status, body: { code, message: 'refused' } },
    })
  }

  it('refuses the answer, that is logged and the bot goes on', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    refuse(403, 50_013)
    model.script('Nobody sees this.', 'Fine.')
    await discord.users.alex.say(channelId, 'hello?', { mentionBot: true })
    assert.equal((await bench.waitForLog('answer could not be shown'))['level'], 50)
    assert.equal((await bench.ask('again?', { channelId })).content, 'Fine.')
  })

  it('refuses the answer, neither its text nor a token gets into the log', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex } = discord.users
    discord.controls.addFault({
      matches: ({ route }) => route.startsWith('/interactions/'),
      fault: { kind: 'answer', status: 400, body: { code: 50_035, message: 'Invalid Form Body' } },
    })
    model.script('A very private answer.')
    await alex.command(channelId, 'ask', { question: 'what?' })
    await bench.waitForLog('answer could not be shown', { times: 2 })
    const lines = bench.logged.filter(({ level }) => Number(level) >= 30)
    assert.ok(!JSON.stringify(lines).includes('A very private answer.'))
    const shown = JSON.stringify(lines.findLast(({ msg }) => msg === 'answer could not be shown'))
    assert.match(shown, /\/interactions\/\d+\/\[token\]\/callback/)
  })

  it('fails for a moment, the answer is still sent, and once', async () => {
    const { model } = bench
    const channelId = bench.newChannel()
    refuse(502, 0)
    model.script('Here it is.')
    assert.equal((await bench.ask('hello?', { channelId })).content, 'Here it is.')
    assert.equal(bench.answersIn(channelId).length, 1)
  })

  it('loses the answer to a send that had succeeded, it is not sent twice', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    discord.controls.addFault({
      matches: ({ method, path, userId }) =>
        method === 'POST' &&
        path === `/channels/${channelId}/messages` &&
        userId === discord.applicationId,
      fault: { kind: 'reset-after' },
    })
    model.script('Only once.', 'Next.')
    await bench.ask('hello?', { channelId })
    await bench.ask('next?', { channelId, until: /Next/ })
    assert.deepEqual(
      bench.answersIn(channelId).map(({ content }) => content),
      ['Only once.', 'Next.'],
    )
  })

  it('takes the place away, the run is stopped and nothing more is tried there', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const next = model.requests.length
    discord.controls.addFault({
      matches: ({ route }) => route === '/channels/:id/typing',
      fault: { kind: 'answer', status: 403, body: { code: 50_001, message: 'Missing Access' } },
    })
    model.script({ text: 'never', hold: new Promise(() => {}) })
    await discord.users.alex.say(channelId, 'hello?', { mentionBot: true })
    assert.equal(await (await model.request(next)).closed, true)
    model.script('Back again.')
    assert.equal((await bench.ask('again?', { channelId })).content, 'Back again.')
    assert.equal(bench.answersIn(channelId).length, 1)
  })

  it('forbids replies, the answer comes as a plain message', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    discord.controls.addFault({
      matches: ({ method, route, userId }) =>
        userId === discord.applicationId && method === 'POST' && route === '/channels/:id/messages',
      fault: {
        kind: 'answer',
        status: 400,
        body: {
          code: 160_002,
          message: 'You cannot reply without permission to read message history',
        },
      },
    })
    model.script('Here.')
    await discord.users.alex.say(channelId, 'hello?', { mentionBot: true })
    const answer = await discord.users.alex.waitForMessage(
      channelId,
      ({ content }) => content === 'Here.',
    )
    assert.equal(answer.message_reference, undefined)
  })

  it('deletes the draft, the answer is sent anew', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex, wangZhuoran } = discord.users
    const gate = Promise.withResolvers<void>()
    const text = 'This is long enough for a preview to be shown.'
    model.script({ text: [text, ' END'], pause: { afterChunks: 2, until: gate.promise } })
    await alex.say(channelId, 'go', { mentionBot: true })
    const draft = await alex.waitForMessage(channelId, ({ content }) => content === text)
    await wangZhuoran.delete(draft)
    gate.resolve()
    const answer = await alex.waitForMessage(channelId, ({ content }) => content.endsWith('END'))
    assert.notEqual(answer.id, draft.id)
  })
})
