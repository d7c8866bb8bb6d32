import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

describe('/help', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench()
  })
  after(() => bench.close())

  it('names every command in the language of the asker', async () => {
    const { discord } = bench
    const { alex, liLei } = discord.users
    const channelId = discord.channels.questions
    const english = await (await alex.command(channelId, 'help')).reply()
    const chinese = await (await liLei.command(channelId, '帮助')).reply()
    assert.equal((english.flags ?? 0) & 64, 64)
    assert.match(english.content, /timetable/)
    assert.match(english.content, /class files/)
    // A command in the menu of a message is none that one could type.
    assert.doesNotMatch(english.content, /Add to class files/)
    assert.match(chinese.content, /课程表/)
    for (const name of ['ask', 'files', 'remind', 'reset', 'stop', 'schedule', 'thread', 'help']) {
      assert.ok(english.content.includes(`\`/${name}\``), name)
    }
    for (const name of ['提问', '资料', '重置', '停止', '课程表', '线程', '帮助']) {
      assert.ok(chinese.content.includes(`\`/${name}\``), name)
    }
  })

  it('knows that a direct message needs no mention', async () => {
    const { alex } = bench.discord.users
    const answer = await (await alex.command(await alex.dm(), 'help')).reply()
    assert.match(answer.content, /Just write to me here\./)
  })
})
