import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

describe('/ask', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  it('answers at once with one request, in the conversation of the channel', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    model.script('Forty-two.', 'As I said.')
    const asked = await discord.users.alex.command(channelId, 'ask', { question: 'what is it?' })
    assert.equal((await asked.reply()).content, 'Forty-two.')
    assert.deepEqual(
      discord
        .botRequests({ method: 'POST' })
        .map(({ route }) => route)
        .filter((route) => route.startsWith('/interactions') || route.startsWith('/webhooks')),
      ['/interactions/:id/:token/callback'],
    )
    await bench.ask('again?', { channelId })
    assert.deepEqual(bench.conversationOf(1), [
      '[from Alex]\nwhat is it?',
      'Forty-two.',
      '[from Alex]\nagain?',
    ])
  })

  it('says that it thinks when it takes longer, then answers', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const gate = Promise.withResolvers<void>()
    model.script({ text: '想好了。', hold: gate.promise })
    const { liLei } = discord.users
    const asked = await liLei.command(channelId, '提问', { question: '想一想' })
    await asked.succeeded()
    gate.resolve()
    const answer = await asked.reply()
    assert.equal(answer.content, '想好了。')
  })

  it('keeps a private question to the asker and out of the shared conversation', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const first = model.requests.length
    model.script('Between us.', 'Hello all.')
    const { alex, liLei } = discord.users
    const asked = await alex.command(channelId, 'ask', { question: 'a secret', private: true })
    const answer = await asked.reply()
    assert.equal(answer.content, 'Between us.')
    assert.equal((answer.flags ?? 0) & 64, 64)
    assert.deepEqual(bench.conversationOf(first), ['a secret'])
    await bench.ask('hello', { channelId, user: liLei })
    assert.deepEqual(bench.conversationOf(first + 1), ['[from 李雷]\nhello'])
    assert.ok(!liLei.seen.has(answer.id))
  })

  it('waits its turn behind a running answer', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex } = discord.users
    const first = model.requests.length
    const gate = Promise.withResolvers<void>()
    model.script({ text: 'One.', hold: gate.promise }, 'Two.')
    await alex.say(channelId, 'one', { mentionBot: true })
    await model.request(first)
    const asked = await alex.command(channelId, 'ask', { question: 'two' })
    await asked.succeeded()
    gate.resolve()
    assert.equal((await asked.reply()).content, 'Two.')
  })

  it('explains itself when nothing is asked', async () => {
    const { alex } = bench.discord.users
    const asked = await alex.command(bench.newChannel(), 'ask', { question: '   ' })
    assert.match((await asked.reply()).content, /^Ask me something/)
  })

  it('splits a long answer into follow-ups', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    model.script(`${'A line of text.\n'.repeat(200)}END`)
    const asked = await discord.users.alex.command(channelId, 'ask', { question: 'much' })
    await asked.reply()
    await discord.users.alex.waitForMessage(channelId, ({ content }) => content.endsWith('END'))
    assert.equal(bench.answersIn(channelId).length, 2)
  })

  it('suppresses link previews, also when it took longer', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const gate = Promise.withResolvers<void>()
    model.script({ text: 'See https://example.com', hold: gate.promise })
    const asked = await discord.users.alex.command(channelId, 'ask', { question: 'link?' })
    await asked.succeeded()
    gate.resolve()
    assert.equal(((await asked.reply()).flags ?? 0) & 4, 4)
  })

  it('tries again at the end when Discord does not take the first response', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    discord.controls.addFault({
      matches: ({ route }) => route.startsWith('/interactions/'),
      fault: { kind: 'answer', status: 400, body: { code: 0, message: 'not now' } },
    })
    const next = model.requests.length
    const gate = Promise.withResolvers<void>()
    model.script({ text: 'After all.', hold: gate.promise })
    const asked = await discord.users.alex.command(channelId, 'ask', { question: 'again?' })
    await model.request(next)
    await bench.waitForLog('preview was not shown')
    gate.resolve()
    assert.equal((await asked.reply()).content, 'After all.')
  })

  it('answers when the response to "is thinking" got lost on its way', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    discord.controls.addFault({
      matches: ({ route }) => route.startsWith('/interactions/'),
      fault: { kind: 'reset-after' },
    })
    const gate = Promise.withResolvers<void>()
    model.script({ text: 'Found it.', hold: gate.promise })
    const asked = await discord.users.alex.command(channelId, 'ask', { question: 'lost?' })
    await asked.succeeded()
    gate.resolve()
    assert.equal((await asked.reply()).content, 'Found it.')
    assert.equal(bench.answersIn(channelId).length, 1)
  })

  it('goes on in the channel when the interaction is over', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    discord.controls.addFault({
      matches: ({ route }) => route.startsWith('/interactions/'),
      fault: {
        kind: 'answer',
        status: 404,
        body: { code: 10_062, message: 'Unknown interaction' },
      },
    })
    model.script('Here instead.')
    await discord.users.alex.command(channelId, 'ask', { question: 'late?' })
    const answer = await discord.users.alex.waitForMessage(
      channelId,
      ({ content }) => content === 'Here instead.',
    )
    assert.equal(answer.interaction_metadata, undefined)
  })
})
