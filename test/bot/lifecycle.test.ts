import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { REST, Routes } from 'discord.js'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

describe('the bot', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  const registrations = (): number =>
    bench.discord.botRequests({ method: 'PUT', route: '/applications/:id/commands' }).length

  it('remembers across a restart, keeps its assistant and registers nothing anew', async () => {
    const { model } = bench
    const channelId = bench.newChannel()
    model.script('Nice, 42.', 'It was 42.')
    await bench.ask('my number is 42', { channelId })
    await bench.restart()
    await bench.ask('which number?', { channelId })
    assert.deepEqual(bench.conversationOf(1), [
      '[from Alex]\nmy number is 42',
      'Nice, 42.',
      '[from Alex]\nwhich number?',
    ])
    assert.equal(registrations(), 1)
    assert.equal((await bench.openai.beta.assistants.list()).data.length, 1)
  })

  it('registers its commands again when Discord has lost them', async () => {
    const { discord } = bench
    const rest = new REST({ api: discord.api }).setToken(discord.botToken)
    await rest.put(Routes.applicationCommands(discord.applicationId), { body: [] })
    await bench.restart()
    await bench.waitForLog('registered the commands', { times: 2 })
    const names = (await discord.users.alex.commands(discord.channels.questions)).map(
      ({ name }) => name,
    )
    assert.deepEqual(names.toSorted(), [
      'Add to class files',
      'ask',
      'files',
      'help',
      'remind',
      'reset',
      'schedule',
      'stop',
      'thread',
    ])
  })

  it('brings its assistant up to date when the definition changed', async () => {
    const { openai, keyv } = bench
    const { data } = await openai.beta.assistants.list()
    const id = data[0]?.id ?? ''
    await openai.beta.assistants.update(id, { instructions: 'old' })
    await keyv.set('assistant', { id, hash: 'of an older version' })
    await bench.restart()
    bench.model.script('Hi.')
    await bench.ask('hi')
    const current = await bench.openai.beta.assistants.retrieve(id)
    assert.match(current.instructions ?? '', /瓜瓜/)
    assert.equal((await bench.openai.beta.assistants.list()).data.length, 1)
  })

  it('tells those it cannot answer any more that they were interrupted', async () => {
    const { discord, model, bot } = bench
    const channelId = bench.newChannel()
    const { alex, liLei } = discord.users
    const first = model.requests.length
    const never = new Promise(() => {})
    const begun = 'This is the beginning of a long answer'
    model.script({ text: [begun, ' END'], pause: { afterChunks: 2, until: never } })
    await alex.say(channelId, 'go on', { mentionBot: true })
    await model.request(first)
    await alex.waitForMessage(channelId, ({ content }) => content === begun)
    await liLei.say(channelId, '还有我', { mentionBot: true })
    await liLei.waitForMessage(channelId, ({ content }) => content.endsWith('还有我'))
    await bot.close({ graceMs: 0 })
    const contents = bench.answersIn(channelId).map(({ content }) => content)
    assert.match(contents[0] ?? '', /^This is the beginning of a long answer\n-# Interrupted/)
    assert.match(contents[1] ?? '', /^-# 回答中断了/)
    const asked = model.requests[first]
    assert.equal(await asked?.closed, true)
  })

  it('lets an answer finish that is nearly done when it stops', async () => {
    await bench.restart()
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const gate = Promise.withResolvers<void>()
    const first = model.requests.length
    model.script({ text: 'Done in time.', hold: gate.promise })
    await discord.users.alex.say(channelId, 'quick', { mentionBot: true })
    await model.request(first)
    const closed = bench.bot.close({ graceMs: 10_000 })
    gate.resolve()
    await closed
    assert.deepEqual(
      bench.answersIn(channelId).map(({ content }) => content),
      ['Done in time.'],
    )
  })

  it('uses an existing assistant as it is', async () => {
    await bench.restart()
    const { id } = await bench.openai.beta.assistants.create({
      model: 'other-model',
      instructions: 'You are somebody else.',
    })
    await bench.restart({ assistantId: id })
    const first = bench.model.requests.length
    bench.model.script('Somebody else here.')
    await bench.ask('who are you?', { channelId: bench.newChannel() })
    const asked = bench.model.requests[first]?.body
    assert.equal(asked?.model, 'other-model')
    assert.match(JSON.stringify(asked?.messages[0]), /You are somebody else\./)
    assert.equal(asked?.tools, undefined)
  })

  it('knows when Discord has closed the connection for good', async () => {
    const { discord } = bench
    await bench.restart()
    assert.equal(bench.bot.isConnected(), true)
    discord.controls.closeConnections(discord.applicationId, 4004)
    await bench.waitForLog('gateway closed for good')
    assert.equal(bench.bot.isConnected(), false)
  })
})
