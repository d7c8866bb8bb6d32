import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

describe('/stop', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  it('cancels the run, keeps what was written, and the next question is answered', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { alex } = discord.users
    const text = 'Once upon a time there was a model that never stopped'
    const never = new Promise(() => {})
    model.script({ text: [text, ' END'], pause: { afterChunks: 2, until: never } }, 'Yes?')
    await alex.say(channelId, 'tell me a story', { mentionBot: true })
    await alex.waitForMessage(channelId, ({ content }) => content === text)
    const stopped = await (await alex.command(channelId, 'stop')).reply()
    assert.equal(stopped.content, 'Stopped.')
    await alex.waitForMessage(channelId, ({ content }) => content === `${text}\n-# Stopped.`)
    assert.equal(await model.requests[0]?.closed, true)
    assert.equal((await bench.ask('and now?', { channelId })).content, 'Yes?')
  })

  it('stops before the first word', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    const { liLei } = discord.users
    const next = model.requests.length
    model.script({ text: 'never', hold: new Promise(() => {}) })
    await liLei.say(channelId, '讲个故事', { mentionBot: true })
    await model.request(next)
    const stopped = await (await liLei.command(channelId, '停止')).reply()
    assert.equal(stopped.content, '已停止。')
    await liLei.waitForMessage(channelId, ({ content }) => content === '-# 已停止。')
  })

  it('says so when there is nothing to stop', async () => {
    const { alex, liLei } = bench.discord.users
    const channelId = bench.newChannel()
    const english = await (await alex.command(channelId, 'stop')).reply()
    assert.equal(english.content, 'Nothing is being answered here right now.')
    assert.equal((english.flags ?? 0) & 64, 64)
    const chinese = await (await liLei.command(channelId, 'stop')).reply()
    assert.equal(chinese.content, '这里现在没有正在写的回答。')
  })
})
