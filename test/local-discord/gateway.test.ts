import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'

import {
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  Status,
  type APIMessage,
  type Client,
} from 'discord.js'
import { WebSocket } from 'ws'

import { privileged } from '../../src/local-discord/gateway/intents.ts'
import { serveLocalDiscord } from '../../src/local-discord/serve.ts'
import { createTestClock, startLocalDiscord, type TestDiscord } from '../helpers/local-discord.ts'
import { allIntents, createBot, once, startBot } from './bot.ts'

/** A gateway client by hand, for what discord.js never does. */
function openSocket(discord: TestDiscord) {
  const socket = new WebSocket(`${discord.origin.replace('http', 'ws')}/gateway/?v=10`)
  const frames: { op: number; t: string | null; s: number | null; d: unknown }[] = []
  let notify = () => {}
  socket.on('message', (raw: Buffer) => {
    frames.push(JSON.parse(raw.toString()))
    notify()
  })
  const next = async (fits: (frame: (typeof frames)[number]) => boolean) => {
    for (;;) {
      const found = frames.find(fits)
      if (found) return found
      await new Promise<void>((resolve) => (notify = resolve))
    }
  }
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  const send = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d }))
  return { socket, frames, next, closed, send }
}

const isReady = (client: Client) => client.ws.shards.first()?.status === Status.Ready

describe('gateway: login', () => {
  it('lets discord.js in and shows it the guild of the seed', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const guild = bot.guilds.cache.get(discord.ids.guild)
    assert.equal(bot.user.username, '瓜瓜')
    assert.equal(bot.application.id, discord.applicationId)
    assert.equal(guild?.name, 'AGI课堂')
    assert.equal(guild.preferredLocale, 'zh-CN')
    assert.equal(guild.channels.cache.get(discord.channels.random)?.name, 'random')
    assert.equal(guild.roles.everyone.id, guild.id)
    assert.equal((await guild.members.fetch()).size, 5)
    assert.equal((await guild.members.fetch(discord.ids.users.alex)).displayName, 'Alex')
  })

  it('refuses a wrong token at REST and at the gateway (4004)', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = createBot(discord)
    discord.beforeClose(() => bot.destroy())
    await assert.rejects(bot.login('wrong'), /invalid token/i)
    const socket = openSocket(discord)
    await socket.next(({ op }) => op === 10)
    socket.send(2, { token: 'wrong', intents: 0, properties: {} })
    assert.equal(await socket.closed, 4004)
  })

  it('closes with 4014 for a privileged intent that is not allowed', async (t) => {
    const allowedIntents = privileged & ~GatewayIntentBits.MessageContent
    const discord = await startLocalDiscord(t, { allowedIntents })
    const bot = createBot(discord)
    discord.beforeClose(() => bot.destroy())
    await assert.rejects(bot.login(discord.botToken), /disallowed intents/i)
    const ready = await startBot(discord, {
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
    })
    assert.ok(isReady(ready))
  })

  it('says who is online', async (t) => {
    const discord = await startLocalDiscord(t)
    const { liLei } = discord.users
    const status = (wanted: string) =>
      liLei.waitFor(
        `the bot to be ${wanted}`,
        () =>
          liLei.events.findLast(
            ({ t: event, d }) =>
              event === 'PRESENCE_UPDATE' &&
              (d as { user: { id: string } }).user.id === discord.applicationId,
          )?.d as { status: string } | undefined,
      )
    const bot = await startBot(discord)
    assert.equal((await status('online')).status, 'online')
    assert.ok(discord.controls.isOnline(discord.applicationId))
    await bot.destroy()
    await liLei.waitFor('offline', () => !discord.controls.isOnline(discord.applicationId))
  })

  it('spreads guilds and direct messages over shards', async (t) => {
    const discord = await startLocalDiscord(t, { maxConcurrency: 2 })
    const bot = await startBot(discord, { shards: [0, 1], shardCount: 2 })
    const shardOfGuild = Number((BigInt(discord.ids.guild) >> 22n) % 2n)
    assert.equal(bot.guilds.cache.get(discord.ids.guild)?.shardId, shardOfGuild)
    const messages: string[] = []
    bot.on(Events.MessageCreate, (message) => void messages.push(message.content))
    const arrived = new Promise<void>((resolve) =>
      bot.on(Events.MessageCreate, () => messages.length === 2 && resolve()),
    )
    await discord.users.liLei.say(discord.channels.random, 'guild')
    await discord.users.liLei.say(await discord.users.liLei.dm(), 'direct')
    await arrived
    assert.deepEqual(messages, ['guild', 'direct'])
  })
})

describe('gateway: what arrives', () => {
  it('empties what people write without MESSAGE_CONTENT, but for mentions, DMs and own messages', async (t) => {
    const discord = await startLocalDiscord(t)
    const withoutContent = allIntents.filter((one) => one !== GatewayIntentBits.MessageContent)
    const bot = await startBot(discord, { intents: withoutContent })
    const { liLei } = discord.users
    const seen: string[] = []
    const done = new Promise<void>((resolve) =>
      bot.on(Events.MessageCreate, (message) => {
        seen.push(`${message.content}/${message.attachments.size}`)
        if (seen.length === 4) resolve()
      }),
    )
    const attachments = [{ name: 'a.txt', data: 'a' }]
    await liLei.say(discord.channels.random, 'secret', { attachments })
    await liLei.say(discord.channels.random, 'for you', { mentionBot: true, attachments })
    await liLei.say(await liLei.dm(), 'direct', { attachments })
    const channel = await bot.channels.fetch(discord.channels.random)
    assert.ok(channel?.isSendable())
    await channel.send('mine')
    await done
    assert.deepEqual(seen, ['/0', `<@${discord.applicationId}> for you/1`, 'direct/1', 'mine/0'])
  })

  it('empties the message that a readable one replies to, too', async (t) => {
    const discord = await startLocalDiscord(t)
    const withoutContent = allIntents.filter((one) => one !== GatewayIntentBits.MessageContent)
    const bot = await startBot(discord, { intents: withoutContent })
    const { liLei, alex } = discord.users
    const secret = await alex.say(discord.channels.random, 'secret')
    const raw = new Promise<APIMessage>((resolve) =>
      bot.ws.on(GatewayDispatchEvents.MessageCreate, (message) => {
        if (message.referenced_message) resolve(message)
      }),
    )
    await liLei.say(discord.channels.random, 'what is that?', { mentionBot: true, replyTo: secret })
    const message = await raw
    assert.match(message.content, /what is that/)
    assert.equal(message.referenced_message?.content, '')
  })

  it('sends only what the intents name', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord, {
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.DirectMessages],
    })
    const seen: (string | null)[] = []
    const direct = new Promise<void>((resolve) =>
      bot.on(Events.MessageCreate, (message) => {
        seen.push(message.guildId)
        resolve()
      }),
    )
    await discord.users.liLei.say(discord.channels.random, 'in the guild')
    await discord.users.liLei.say(await discord.users.liLei.dm(), 'direct')
    await direct
    assert.deepEqual(seen, [null])
  })

  it('hides channels that the reader may not view', async (t) => {
    const discord = await startLocalDiscord(t)
    const { wangZhuoran, liLei } = discord.users
    const names = (user: typeof liLei) =>
      user.ready.guilds[0]?.channels.map((channel) => 'name' in channel && channel.name)
    assert.ok(names(wangZhuoran)?.includes('教师办公室'))
    assert.ok(!names(liLei)?.includes('教师办公室'))
    await wangZhuoran.say(discord.channels.teachers, 'secret')
    await wangZhuoran.say(discord.channels.random, 'public')
    await liLei.waitForMessage(discord.channels.random, ({ content }) => content === 'public')
    assert.deepEqual(
      [...liLei.seen.values()].map(({ message }) => message.content),
      ['public'],
    )
  })
})

describe('gateway: lost connections', () => {
  it('replays on RESUME what was missed', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const contents: string[] = []
    bot.on(Events.MessageCreate, (message) => void contents.push(message.content))
    const resumed = once(bot, Events.ShardResume)
    discord.controls.dropConnections(discord.applicationId)
    await discord.users.liLei.say(discord.channels.random, 'one')
    await discord.users.liLei.say(discord.channels.random, 'two')
    const [, replayed] = await resumed
    assert.ok(replayed >= 2)
    assert.deepEqual(contents, ['one', 'two'])
  })

  it('resumes after op 7', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const resumed = once(bot, Events.ShardResume)
    discord.controls.requestReconnect(discord.applicationId)
    await resumed
    assert.ok(isReady(bot))
  })

  it('answers INVALID_SESSION to a session it does not know, and takes a new IDENTIFY', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const again = once(bot, Events.ShardReady)
    discord.controls.dropConnections(discord.applicationId)
    discord.controls.forgetSessions(discord.applicationId)
    await discord.users.liLei.say(discord.channels.random, 'missed')
    await again
    assert.ok(isReady(bot))
  })

  it('forgets a session whose client stays away', async (t) => {
    const clock = createTestClock(Date.now())
    const discord = await startLocalDiscord(t, { gatewayClock: clock })
    const first = openSocket(discord)
    await first.next(({ op }) => op === 10)
    first.send(2, { token: discord.botToken, intents: 0, properties: {} })
    const ready = await first.next(({ t: event }) => event === 'READY')
    const { session_id } = ready.d as { session_id: string }
    first.socket.terminate()
    await discord.users.liLei.waitFor(
      'offline',
      () => !discord.controls.isOnline(discord.applicationId),
    )
    clock.advance(91_000)
    const second = openSocket(discord)
    await second.next(({ op }) => op === 10)
    second.send(6, { token: discord.botToken, session_id, seq: ready.s })
    const answer = await second.next(({ op }) => op === 9)
    assert.equal(answer.d, false)
    second.socket.terminate()
  })

  it('closes with 4009 when heartbeats stop', async (t) => {
    const clock = createTestClock()
    const discord = await startLocalDiscord(t, { gatewayClock: clock, heartbeatIntervalMs: 10_000 })
    const socket = openSocket(discord)
    const hello = await socket.next(({ op }) => op === 10)
    assert.equal((hello.d as { heartbeat_interval: number }).heartbeat_interval, 10_000)
    clock.advance(10_000)
    socket.send(1, null)
    await socket.next(({ op }) => op === 11)
    clock.advance(15_900)
    assert.equal(socket.socket.readyState, WebSocket.OPEN)
    clock.advance(200)
    assert.equal(await socket.closed, 4009)
  })

  it('closes with the documented code for each mistake', async (t) => {
    const discord = await startLocalDiscord(t)
    const identify = { token: discord.botToken, intents: 0, properties: {} }
    const mistakes: { frames: [number, unknown][]; code: number }[] = [
      { frames: [[3, {}]], code: 4003 },
      { frames: [[2, { token: discord.botToken, properties: {} }]], code: 4013 },
      { frames: [[2, { ...identify, shard: [2, 2] }]], code: 4010 },
      {
        frames: [
          [2, identify],
          [2, identify],
        ],
        code: 4005,
      },
      {
        frames: [
          [2, identify],
          [77, null],
        ],
        code: 4001,
      },
      { frames: Array.from({ length: 121 }, () => [1, null]), code: 4008 },
    ]
    for (const { frames, code } of mistakes) {
      const socket = openSocket(discord)
      await socket.next(({ op }) => op === 10)
      for (const [op, d] of frames) socket.send(op, d)
      assert.equal(await socket.closed, code)
    }
    const broken = openSocket(discord)
    await broken.next(({ op }) => op === 10)
    broken.socket.send('{')
    assert.equal(await broken.closed, 4002)
  })
})

describe('gateway: strangers', () => {
  it('refuses a socket that a page of another origin opens', async (t) => {
    const discord = await startLocalDiscord(t)
    const url = `${discord.origin.replace('http', 'ws')}/gateway/?v=10`
    const socket = new WebSocket(url, { headers: { origin: 'https://evil.example' } })
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve))
    assert.match(error.message, /404/)
  })

  it('lets in the page of the configured origin, whatever a proxy makes of the Host', async (t) => {
    const discord = await serveLocalDiscord({ publicOrigin: 'https://class.example' })
    t.after(() => discord.close())
    const url = `${discord.origin.replace('http', 'ws')}/gateway/?v=10`
    const socket = new WebSocket(url, { headers: { origin: 'https://class.example' } })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  })

  it('survives a stranger who breaks off while he is refused', async (t) => {
    const discord = await startLocalDiscord(t)
    const head =
      'GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    for (let count = 0; count < 20; count += 1) {
      const socket = connect(Number(new URL(discord.origin).port), '127.0.0.1')
      socket.on('error', () => {})
      await new Promise<void>((resolve) => socket.write(head, () => resolve()))
      socket.resetAndDestroy()
    }
    const bot = await startBot(discord)
    assert.ok(bot.isReady())
  })
})
