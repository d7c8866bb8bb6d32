import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ChannelType, DiscordAPIError, Events, type TextChannel } from 'discord.js'

import { startLocalDiscord } from '../helpers/local-discord.ts'
import { once, startBot } from './bot.ts'

const codeOf = (error: unknown) => (error instanceof DiscordAPIError ? error.code : error)

async function setUp(t: { after(close: () => Promise<void>): void }) {
  const discord = await startLocalDiscord(t)
  const bot = await startBot(discord)
  const channel = await bot.channels.fetch(discord.channels.questions)
  assert.equal(channel?.type, ChannelType.GuildText)
  // Its type was just checked.
  return { discord, bot, channel: channel as TextChannel, ...discord.users }
}

describe('threads', () => {
  it('grow from a message, once (160004)', async (t) => {
    const { channel, liLei } = await setUp(t)
    const question = await channel.messages.fetch((await liLei.say(channel.id, '?')).id)
    const thread = await question.startThread({ name: '问题', autoArchiveDuration: 60 })
    assert.equal(thread.id, question.id)
    assert.equal(thread.parentId, channel.id)
    await thread.send('here')
    const answer = await liLei.waitForMessage(thread.id, ({ content }) => content === 'here')
    assert.equal(answer.channel_id, thread.id)
    const again = channel.threads.create({ name: 'again', startMessage: question.id })
    assert.equal(await again.catch(codeOf), 160004)
    assert.equal(await channel.threads.create({ name: 'x'.repeat(101) }).catch(codeOf), 50035)
  })

  it('begin without a message, are listed, carry what people write', async (t) => {
    const { bot, channel, liLei } = await setUp(t)
    const thread = await channel.threads.create({ name: 'topic' })
    const active = await channel.threads.fetchActive()
    assert.deepEqual([...active.threads.keys()], [thread.id])
    const arriving = once(bot, Events.MessageCreate)
    await liLei.say(thread.id, 'in the thread')
    const [message] = await arriving
    assert.ok(message.channel.isThread())
    assert.ok((await thread.members.fetch()).has(liLei.id), 'whoever writes has joined')
  })

  it('refuse all but messages while archived (50083), and reopen for one', async (t) => {
    const { channel, liLei } = await setUp(t)
    const thread = await channel.threads.create({ name: 'topic' })
    const sent = await thread.send('x')
    await thread.setArchived(true)
    await liLei.waitForEvent<{ thread_metadata: { archived: boolean } }>(
      'THREAD_UPDATE',
      (data) => data.thread_metadata.archived,
    )
    assert.equal((await channel.threads.fetchActive()).threads.size, 0)
    assert.equal((await channel.threads.fetchArchived()).threads.size, 1)
    assert.equal(await sent.edit('y').catch(codeOf), 50083)
    assert.equal(await sent.react('👍').catch(codeOf), 50083)
    assert.equal(await thread.setName('z').catch(codeOf), 50083)
    await liLei.say(thread.id, 'open up')
    await liLei.waitForEvent<{ thread_metadata: { archived: boolean } }>(
      'THREAD_UPDATE',
      (data) => !data.thread_metadata.archived,
    )
    await sent.edit('y')
  })

  it('stay closed when locked, and hidden when private', async (t) => {
    const { channel, liLei, wangZhuoran } = await setUp(t)
    const thread = await channel.threads.create({ name: 'topic' })
    await wangZhuoran.rest('PATCH', `/channels/${thread.id}`, { archived: true, locked: true })
    await assert.rejects(liLei.say(thread.id, 'x'), /160005/)
    await wangZhuoran.say(thread.id, 'managers may')
    const hidden = await channel.threads.create({ name: 'p', type: ChannelType.PrivateThread })
    await assert.rejects(liLei.rest('GET', `/channels/${hidden.id}`), /50001/)
    await hidden.members.add(liLei.id)
    await liLei.rest('GET', `/channels/${hidden.id}`)
  })
})
