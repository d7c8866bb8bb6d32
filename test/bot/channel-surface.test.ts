import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { REST } from 'discord.js'

import { createChannelSurface, usualPaceMs } from '../../src/bot/channel-surface.ts'
import { startLocalDiscord, type TestDiscord } from '../helpers/local-discord.ts'

describe('channel surface', () => {
  let discord: TestDiscord
  let rest: REST
  before(async () => {
    discord = await startLocalDiscord({ after: () => {} }, { rateLimits: {} })
    rest = new REST({ api: discord.api }).setToken(discord.botToken)
  })
  after(() => discord.close())

  it('slows down while the bucket of the channel is nearly empty', async () => {
    const surface = createChannelSurface({ rest, channelId: discord.channels.homework })
    assert.equal(surface.pace(), usualPaceMs)
    const paces: number[] = []
    for (let count = 0; count < 5; count += 1) {
      await surface.send({ content: `message ${count}` })
      paces.push(surface.pace())
    }
    assert.equal(paces[0], usualPaceMs)
    const last = paces.at(-1) ?? 0
    assert.ok(last > usualPaceMs && last <= 10_000, String(last))
  })

  it('leaves the typing indicator out while answers need the requests', async () => {
    const channelId = discord.channels.random
    const busy = new REST({ api: discord.api, globalRequestsPerSecond: 4 }).setToken(
      discord.botToken,
    )
    const surface = createChannelSurface({ rest: busy, channelId })
    const typings = (): number => discord.botRequests({ route: '/channels/:id/typing' }).length
    await surface.typing()
    assert.equal(typings(), 1)
    busy.globalReset = Date.now() + 60_000
    busy.globalRemaining = 1
    await surface.typing()
    assert.equal(typings(), 1)
    busy.globalReset = Date.now() - 1
    await surface.typing()
    assert.equal(typings(), 2)
  })

  it('pings only the asker, only with the first message, and never by an edit', async () => {
    const { alex, liLei } = discord.users
    const channelId = discord.channels.questions
    const asked = await alex.say(channelId, 'question')
    const surface = createChannelSurface({ rest, channelId, replyTo: asked.id })
    const content = `@everyone <@${liLei.id}>`
    const first = await surface.send({ content })
    const second = await surface.send({ content })
    await surface.edit(second, { content: `${content} edited` })
    await alex.waitForMessage(channelId, (message) => message.content.endsWith('edited'))
    assert.deepEqual(alex.seen.get(first)?.pings, [alex.id])
    assert.deepEqual(alex.seen.get(second)?.mentions, [[], []])
  })

  it('sends a file', async () => {
    const channelId = discord.channels.random
    const surface = createChannelSurface({ rest, channelId })
    const id = await surface.send({
      content: 'more',
      files: [{ name: 'answer.md', data: '# 余下' }],
    })
    const seen = await discord.users.alex.waitForMessage(channelId, (message) => message.id === id)
    const [file] = seen.attachments
    assert.equal(file?.filename, 'answer.md')
    assert.equal(await (await fetch(file.url)).text(), '# 余下')
  })

  it('has the files of the last edit, however often that was sent', async () => {
    const channelId = discord.channels.random
    const { alex } = discord.users
    const surface = createChannelSurface({ rest, channelId })
    const id = await surface.send({ content: 'soon' })
    const files = [
      { name: 'plot.png', data: Buffer.from('first'), description: 'a plot' },
      { name: 'x.csv', data: 'x' },
    ]
    for (const content of ['once', 'twice']) await surface.edit(id, { content, files })
    const seen = await alex.waitForMessage(channelId, ({ content }) => content === 'twice')
    assert.deepEqual(
      seen.attachments.map(({ filename, description }) => [filename, description]),
      [
        ['plot.png', 'a plot'],
        ['x.csv', undefined],
      ],
    )
  })

  it('sends each part of an answer once, even if its request is repeated', async () => {
    const channelId = discord.channels.random
    const { alex } = discord.users
    const asked = await alex.say(channelId, 'a long question')
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const surface = createChannelSurface({ rest, channelId, replyTo: asked.id })
      for (const content of ['part 1', 'part 2', 'part 3']) await surface.send({ content })
    }
    const parts = [...alex.seen.values()].filter(({ message }) =>
      message.content.startsWith('part'),
    )
    assert.deepEqual(
      parts.map(({ message }) => message.content),
      ['part 1', 'part 2', 'part 3'],
    )
  })
})
