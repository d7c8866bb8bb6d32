import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

describe('/thread', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  it('tells id, age, messages and tokens, to everybody only in words', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    model.script('One.', 'Two.')
    await bench.ask('one', { channelId })
    await bench.ask('two', { channelId })
    const answer = await (await discord.users.alex.command(channelId, 'thread')).reply()
    assert.match(answer.content, /^Thread: `thread_\w{24}`\nStarted: <t:\d+:f> \(<t:\d+:R>\)\n/)
    assert.match(answer.content, /\nMessages: 4\nTokens so far: 50 \(40 read, 10 written\)$/)
    assert.deepEqual(answer.attachments, [])
    assert.equal((answer.flags ?? 0) & 64, 64)
  })

  it('gives the raw object to an administrator', async () => {
    const { discord, model } = bench
    const channelId = bench.newChannel()
    model.script('One.')
    await bench.ask('one', { channelId })
    const asked = await discord.users.wangZhuoran.command(channelId, '线程')
    const { content, attachments } = await asked.reply()
    assert.match(content, /^线程：`thread_/)
    const [file] = attachments
    assert.match(file?.filename ?? '', /^thread_\w{24}\.json$/)
    const response = await fetch(file?.url ?? '')
    // The file that the bot wrote: a thread of the Assistants API.
    const thread = (await response.json()) as { object: string; metadata: object }
    assert.equal(thread.object, 'thread')
    assert.deepEqual(thread.metadata, {
      conversation: `channel:${channelId}`,
      discord_channel_id: channelId,
      discord_guild_id: discord.ids.guild,
    })
  })

  it('says so where there is none, or none any more', async () => {
    const { discord, model, openai, keyv } = bench
    const channelId = bench.newChannel()
    const { alex, liLei } = discord.users
    const none = await (await liLei.command(channelId, 'thread')).reply()
    assert.equal(none.content, '这里还没有线程，提出第一个问题后就会有。')
    model.script('One.')
    await bench.ask('one', { channelId })
    const stored: unknown = await keyv.get(`conversation:channel:${channelId}`)
    assert.ok(typeof stored === 'object' && stored !== null && 'threadId' in stored)
    await openai.beta.threads.delete(String(stored.threadId))
    const lost = await (await alex.command(channelId, 'thread')).reply()
    assert.match(lost.content, /^The thread thread_\w+ does not exist any more/)
  })
})
