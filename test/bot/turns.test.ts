import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

const fences = (text: string): number => [...text.matchAll(/`{3,}/g)].length

describe('a turn', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  const newest = (): number => bench.model.requests.length

  it('answers a mention with one Discord request, as a reply that pings the asker', async () => {
    const { discord, model } = bench
    model.script('Hello Alex!')
    await bench.ask('warm up')
    discord.controls.clearRequests()
    model.script('Hello again!')
    const answer = await bench.ask('hi')
    assert.equal(answer.content, 'Hello again!')
    assert.deepEqual(
      discord.botRequests().map(({ method, route }) => `${method} ${route}`),
      ['POST /channels/:id/messages'],
    )
    assert.deepEqual(discord.users.alex.seen.get(answer.id)?.pings, [discord.users.alex.id])
  })

  it('asks the schedule when the model wants to know it', async () => {
    const { model } = bench
    const first = newest()
    const query = "SELECT count(*) AS n FROM Courses WHERE instructor = '王卓然'"
    model.script(
      {
        toolCalls: [
          { name: 'ask_database', arguments: ['{"query": ', `${JSON.stringify(query)}}`] },
        ],
      },
      { text: '王卓然有几节课。' },
    )
    const answer = await bench.ask('王卓然有几节课？')
    assert.equal(answer.content, '王卓然有几节课。')
    const output = model.requests[first + 1]?.body.messages.at(-1)
    assert.equal(output?.role, 'tool')
    assert.match(JSON.stringify(output.content), /\[\[\d+\]\]/)
  })

  it('runs several tools at once and answers unknown names and broken arguments to the model', async () => {
    const { model } = bench
    const first = newest()
    model.script(
      {
        toolCalls: [
          { name: 'ask_database', arguments: '{"query": "SELECT 1 AS one"}' },
          { name: 'launch_rocket', arguments: '{}' },
          { name: 'ask_database', arguments: 'SELECT 1 AS one' },
        ],
      },
      'Done.',
    )
    assert.equal((await bench.ask('go', { until: /Done/ })).content, 'Done.')
    const outputs = model.requests[first + 1]?.body.messages.filter(({ role }) => role === 'tool')
    const [good, unknown, malformed] = outputs?.map(({ content }) => JSON.stringify(content)) ?? []
    assert.match(good ?? '', /one/)
    assert.match(unknown ?? '', /no function/)
    assert.match(malformed ?? '', /not valid JSON/)
  })

  it('gives up on a model that calls tools for ever, and the next question is answered', async () => {
    const { model } = bench
    const channelId = bench.discord.channels.homework
    const call = { toolCalls: [{ name: 'ask_database', arguments: '{"query": "SELECT 1"}' }] }
    model.script(...Array.from({ length: 17 }, () => call))
    const answer = await bench.ask('loop', { channelId, until: /ref/ })
    assert.match(answer.content, /length limit\. \(ref \w{6}\)/)
    model.script('Fine.')
    assert.equal((await bench.ask('and now?', { channelId })).content, 'Fine.')
  })

  it('tells the model the time, and in shared channels who speaks', async () => {
    const { discord, model } = bench
    const first = newest()
    model.script('Hi.', 'Hi.')
    await bench.ask('first', { user: discord.users.liLei })
    const system = JSON.stringify(model.requests[first]?.body.messages[0])
    assert.match(
      system,
      /Now: \d{4}-\d\d-\d\d \d\d:\d\d, (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, time zone Asia\/Shanghai\./,
    )
    assert.equal(bench.conversationOf(first).at(-1), '[from 李雷]\nfirst')
    const direct = await discord.users.liLei.dm()
    await discord.users.liLei.say(direct, 'in private')
    await discord.users.liLei.waitForMessage(direct, ({ content }) => content === 'Hi.')
    assert.deepEqual(bench.conversationOf(first + 1), ['in private'])
  })

  it('remembers the conversation, and only that one', async () => {
    const { model } = bench
    const [here, there] = [bench.newChannel(), bench.newChannel()]
    const first = newest()
    model.script('Nice, 42.', 'It was 42.', 'I know of no number.')
    await bench.ask('my number is 42', { channelId: here })
    await bench.ask('which number?', { channelId: here })
    await bench.ask('which number?', { channelId: there })
    assert.deepEqual(bench.conversationOf(first + 1), [
      '[from Alex]\nmy number is 42',
      'Nice, 42.',
      '[from Alex]\nwhich number?',
    ])
    assert.deepEqual(bench.conversationOf(first + 2), ['[from Alex]\nwhich number?'])
  })

  it('looks back on the newest 50 messages of a long conversation', async () => {
    const { keyv, model, openai } = bench
    const channelId = bench.newChannel()
    const { id: threadId } = await openai.beta.threads.create()
    for (let number = 1; number <= 60; number += 1) {
      await openai.beta.threads.messages.create(threadId, { role: 'user', content: `${number}` })
    }
    await keyv.set(`conversation:channel:${channelId}`, { threadId, since: Date.now() })
    const first = newest()
    model.script('I see.')
    await bench.ask('and now?', { channelId })
    const seen = bench.conversationOf(first)
    assert.equal(seen.length, 50)
    assert.equal(seen[0], '12')
    assert.equal(seen.at(-1), '[from Alex]\nand now?')
  })

  it('keeps a Discord thread apart from its channel', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    model.script('Noted.', 'Who knows.')
    const noted = await bench.ask('the secret is 7', { channelId })
    const path = `/channels/${channelId}/messages/${noted.id}/threads`
    // Discord's answer to the creation of a thread.
    const thread = (await discord.users.alex.rest('POST', path, { name: 'aside' })) as {
      id: string
    }
    const first = newest()
    await bench.ask('what is the secret?', { channelId: thread.id })
    assert.deepEqual(bench.conversationOf(first), ['[from Alex]\nwhat is the secret?'])
  })

  it('collects what arrives meanwhile and answers it together, in order', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex, liLei, hanMeimei } = discord.users
    const first = newest()
    const gate = Promise.withResolvers<void>()
    model.script({ text: 'One.', hold: gate.promise }, 'Two and three.')
    await alex.say(channelId, 'one', { mentionBot: true })
    await model.request(first)
    await liLei.say(channelId, 'two', { mentionBot: true })
    const last = await hanMeimei.say(channelId, 'three', { mentionBot: true })
    gate.resolve()
    const answer = await alex.waitForMessage(channelId, ({ content }) => content.startsWith('Two'))
    assert.equal(answer.message_reference?.message_id, last.id)
    assert.deepEqual(bench.conversationOf(first + 1), [
      '[from Alex]\none',
      'One.',
      '[from 李雷]\ntwo',
      '[from 韩梅梅]\nthree',
    ])
    assert.equal(bench.answersIn(channelId).length, 2)
  })

  it('keeps the order of a burst and never lets two channels mix', async () => {
    const { discord, model } = bench
    const { alex } = discord.users
    const channels = [bench.newChannel(), bench.newChannel()]
    const first = newest()
    model.respond((body) => `heard ${JSON.stringify(body.messages.at(-1)?.content)}`)
    for (let number = 1; number <= 40; number += 1) {
      for (const [index, channelId] of channels.entries()) {
        await alex.say(channelId, `c${index} n${number}`, { mentionBot: true })
      }
    }
    for (const [index, channelId] of channels.entries()) {
      await alex.waitForMessage(
        channelId,
        ({ author, content }) => author.bot === true && content.includes(`c${index} n40`),
      )
      const asked = model.requests
        .slice(first)
        .map((_, offset) => bench.conversationOf(first + offset))
        .filter((texts) => texts[0]?.includes(`c${index} `))
        .flat()
        .filter((text) => text.startsWith('[from'))
      const expected = Array.from({ length: 40 }, (_, n) => `[from Alex]\nc${index} n${n + 1}`)
      // Each question comes again as history, so what counts is when it was first seen.
      assert.deepEqual([...new Set(asked)], expected)
    }
    model.respond(() => 'OK')
  })

  it('brings a 7000-character answer whole, in messages with balanced code blocks', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const code = Array.from({ length: 120 }, (_, n) => `print("line ${n}")  # 行 ${n}`).join('\n')
    const prose = 'A sentence about 人工智能 and 👩‍👩‍👧‍👦. '.repeat(50)
    const text = `${prose}\n\n\`\`\`python\n${code}\n\`\`\`\n\n${prose}\n\n${prose}\nEND`
    assert.ok(text.length > 7000)
    model.script({ text: text.match(/[^]{1,50}/gu) ?? [] })
    await discord.users.alex.say(channelId, 'tell me all', { mentionBot: true })
    await discord.users.alex.waitForMessage(channelId, ({ content }) => content.endsWith('END'))
    const contents = bench.answersIn(channelId).map(({ content }) => content)
    for (const content of contents) {
      assert.ok(content.length <= 2000)
      assert.equal(fences(content) % 2, 0)
    }
    const bare = (all: string): string => all.replaceAll(/```(python)?|\s/g, '')
    assert.equal(bare(contents.join('')), bare(text))
  })

  it('loses nothing of a long answer that was shown in part before', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex } = discord.users
    const gate = Promise.withResolvers<void>()
    const words = Array.from({ length: 700 }, (_, n) => `w${n}`).join(' ')
    const text = [`\n\n ${words}`, ' w700 w701\n\n']
    model.script({ text, pause: { afterChunks: 2, until: gate.promise } })
    await alex.say(channelId, 'count', { mentionBot: true })
    await alex.waitForMessage(channelId, ({ content }) => content.endsWith('w699'))
    gate.resolve()
    await alex.waitForMessage(channelId, ({ content }) => content.endsWith('w701'))
    const shown = bench.answersIn(channelId).map(({ content }) => content)
    assert.equal(shown.join(' '), `${words} w700 w701`)
  })

  it('pings nobody, whatever the answer says, in sends and in edits', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { liLei, alex } = discord.users
    const gate = Promise.withResolvers<void>()
    const text = `@everyone @here <@${liLei.id}> <@&${discord.ids.roles.teacher}> wake up, all of you!`
    model.script({ text: [text, ' END'], pause: { afterChunks: 2, until: gate.promise } })
    await alex.say(channelId, 'shout', { mentionBot: true })
    const draft = await alex.waitForMessage(channelId, ({ content }) => content === text)
    gate.resolve()
    await alex.waitForMessage(channelId, ({ content }) => content.endsWith(' END'))
    const seen = alex.seen.get(draft.id)
    assert.equal(seen?.states.length, 2)
    for (const mentions of seen.mentions) assert.deepEqual(mentions, [alex.id])
  })

  it('shows typing and what is being done, and in the end only the answer', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { liLei } = discord.users
    const gate = Promise.withResolvers<void>()
    model.script(
      { toolCalls: [{ name: 'ask_database', arguments: '{"query": "SELECT 1"}' }] },
      { text: '明天没有课。', hold: gate.promise },
    )
    await liLei.say(channelId, '明天有课吗？', { mentionBot: true })
    await liLei.waitForTyping(channelId)
    const draft = await liLei.waitForMessage(
      channelId,
      ({ content }) => content === '-# 查询课程表…',
    )
    gate.resolve()
    await liLei.waitForMessage(channelId, ({ content }) => content === '明天没有课。')
    assert.deepEqual(liLei.seen.get(draft.id)?.contents, ['-# 查询课程表…', '明天没有课。'])
  })

  it('suppresses link previews', async () => {
    bench.model.script('See https://example.com')
    const answer: APIMessage = await bench.ask('link?')
    assert.equal((answer.flags ?? 0) & 4, 4)
  })

  it('answers replies to its messages, and leaves all other talk alone', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex, liLei } = discord.users
    model.script('First.', 'Second.')
    const first = await bench.ask('one', { channelId })
    await liLei.say(channelId, 'not for the bot')
    await liLei.say(channelId, 'two', { replyTo: first })
    await alex.waitForMessage(channelId, ({ content }) => content === 'Second.')
    assert.equal(bench.answersIn(channelId).length, 2)
    const last = bench.conversationOf(newest() - 1)
    assert.ok(!JSON.stringify(last).includes('not for the bot'))
  })

  it('says what it cannot read without the Message Content intent', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex } = discord.users
    model.script('First.')
    const replyTo = await bench.ask('one', { channelId })
    const before = newest()
    const allowedMentions = { parse: [], replied_user: false }
    await alex.say(channelId, 'two', { replyTo, allowedMentions })
    await alex.waitForMessage(channelId, ({ author, content }) => {
      return author.bot === true && /^我只能读到提及我的消息|^I can only read/.test(content)
    })
    assert.equal(newest(), before)
  })

  it('says what to do to whoever picked its role instead of itself', async () => {
    const { discord } = bench
    const { wangZhuoran } = discord.users
    const channelId = bench.newChannel()
    const role = wangZhuoran.ready.guilds[0]?.roles.find(
      ({ tags }) => tags?.bot_id === discord.applicationId,
    )
    assert.ok(role)
    await wangZhuoran.say(channelId, `<@&${role.id}> 明天有课吗？`)
    await wangZhuoran.waitForMessage(channelId, ({ author, content }) => {
      return author.bot === true && /^我只能读到提及我的消息|^I can only read/.test(content)
    })
  })

  it('explains itself when the mention holds no question', async () => {
    const before = newest()
    const answer = await bench.ask('', { channelId: bench.newChannel() })
    assert.match(answer.content, /^请在同一条消息里|^Ask me something/)
    assert.equal(newest(), before)
  })

  it('begins a new thread when the old one is gone, and says so', async () => {
    const { model, openai, keyv } = bench
    const channelId = bench.newChannel()
    model.script('One.', 'Two.')
    await bench.ask('one', { channelId })
    const { threadId } = (await keyv.get(`conversation:channel:${channelId}`)) as {
      threadId: string
    }
    await openai.beta.threads.delete(threadId)
    const answer = await bench.ask('two', { channelId })
    assert.match(answer.content, /^Two\.\n-# I could not find our earlier conversation/)
    assert.deepEqual(bench.conversationOf(newest() - 1), ['[from Alex]\ntwo'])
  })

  it('ends a run that somebody else left active, and goes on', async () => {
    const { model, openai, keyv } = bench
    const channelId = bench.newChannel()
    model.script('One.')
    await bench.ask('one', { channelId })
    const { threadId } = (await keyv.get(`conversation:channel:${channelId}`)) as {
      threadId: string
    }
    const { data } = await openai.beta.assistants.list()
    model.script({ toolCalls: [{ name: 'ask_database', arguments: '{"query": "SELECT 1"}' }] })
    const left = await openai.beta.threads.runs.createAndPoll(threadId, {
      assistant_id: data[0]?.id ?? '',
    })
    assert.equal(left.status, 'requires_action')
    model.script('Two.')
    assert.equal((await bench.ask('two', { channelId })).content, 'Two.')
    const ended = await openai.beta.threads.runs.retrieve(left.id, { thread_id: threadId })
    assert.equal(ended.status, 'cancelled')
  })

  it('makes a new assistant when somebody deleted it', async () => {
    const { model, openai } = bench
    const { data } = await openai.beta.assistants.list()
    for (const { id } of data) await openai.beta.assistants.delete(id)
    model.script('Still here.')
    assert.equal(
      (await bench.ask('there?', { channelId: bench.newChannel() })).content,
      'Still here.',
    )
  })

  it('refuses politely what it cannot keep in mind', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex } = discord.users
    const first = newest()
    const gate = Promise.withResolvers<void>()
    model.script({ text: 'One.', hold: gate.promise })
    await alex.say(channelId, 'one', { mentionBot: true })
    await model.request(first)
    for (let number = 1; number <= 64; number += 1) {
      await alex.say(channelId, `n${number}`, { mentionBot: true })
    }
    const refused = await bench.ask('one too many', { channelId })
    assert.match(refused.content, /^Too many questions are waiting here already/)
    gate.resolve()
    // 64 messages are two more turns: 32 go with a run.
    await model.request(first + 2)
    assert.equal(bench.conversationOf(first + 2).at(-1), '[from Alex]\nn64')
  })

  it('never logs what people write, above debug', () => {
    const lines = bench.logged.filter(({ level }) => Number(level) >= 30)
    assert.ok(!JSON.stringify(lines).includes('my number is 42'))
  })
})
