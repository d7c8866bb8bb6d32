import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ApplicationCommandOptionType, DiscordAPIError, RESTEvents, type Client } from 'discord.js'

import { createTestClock, startLocalDiscord, type TestDiscord } from '../helpers/local-discord.ts'
import { startBot } from './bot.ts'

async function sendable(bot: Client, id: string) {
  const channel = await bot.channels.fetch(id)
  assert.ok(channel?.isSendable())
  return channel
}

/** A request by hand, to see headers. */
const post = (discord: TestDiscord, channelId: string) =>
  fetch(`${discord.api}/v10/channels/${channelId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bot ${discord.botToken}`, 'content-type': 'application/json' },
    body: '{"content":"x"}',
  })

const sends = { method: 'POST', route: '/channels/:id/messages' }

describe('REST: rate limits', () => {
  it('counts messages per channel, and says so in headers', async (t) => {
    const clock = createTestClock()
    const discord = await startLocalDiscord(t, { clock, rateLimits: {} })
    const first = await post(discord, discord.channels.random)
    assert.equal(first.headers.get('x-ratelimit-limit'), '5')
    assert.equal(first.headers.get('x-ratelimit-remaining'), '4')
    assert.equal(first.headers.get('x-ratelimit-reset-after'), '5.000')
    assert.ok(first.headers.get('x-ratelimit-bucket'))
    for (let count = 0; count < 4; count += 1) await post(discord, discord.channels.random)
    clock.advance(1000)
    const refused = await post(discord, discord.channels.random)
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('x-ratelimit-scope'), 'user')
    assert.deepEqual(await refused.json(), {
      message: 'You are being rate limited.',
      retry_after: 4,
      global: false,
    })
    assert.equal((await post(discord, discord.channels.questions)).status, 200)
    clock.advance(4000)
    assert.equal((await post(discord, discord.channels.random)).status, 200)
  })

  it('limits all requests together', async (t) => {
    const rateLimits = { global: { limit: 2, windowMs: 60_000 } }
    const discord = await startLocalDiscord(t, { rateLimits })
    await post(discord, discord.channels.random)
    await post(discord, discord.channels.questions)
    const refused = await post(discord, discord.channels.homework)
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('x-ratelimit-global'), 'true')
    assert.equal(((await refused.json()) as { global: boolean }).global, true)
  })

  it('makes discord.js wait by itself, and lose nothing', async (t) => {
    const rateLimits = { messages: { limit: 2, windowMs: 200 } }
    const discord = await startLocalDiscord(t, { rateLimits })
    const bot = await startBot(discord)
    const channel = await sendable(bot, discord.channels.random)
    let waits = 0
    bot.rest.on(RESTEvents.RateLimited, () => (waits += 1))
    const texts = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(texts.map((text) => channel.send(text)))
    const seen = discord.users.liLei.seen
    await discord.users.liLei.waitFor('all', () => seen.size === texts.length)
    assert.deepEqual(
      [...seen.values()].map(({ message }) => message.content),
      texts,
    )
    assert.ok(waits > 0)
    assert.equal(discord.botRequests(sends).filter(({ status }) => status === 429).length, 0)
  })
})

describe('REST: faults on purpose', () => {
  it('answers what the test wants, e.g. a 500 that discord.js retries', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    discord.controls.addFault({
      matches: ({ route, method }) => method === 'POST' && route === sends.route,
      fault: { kind: 'answer', status: 500, body: '<html>' },
    })
    await (await sendable(bot, discord.channels.random)).send('x')
    assert.deepEqual(
      discord.botRequests(sends).map(({ status }) => status),
      [500, 200],
    )
  })

  it('answers 429 that waits as long as it says', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    discord.controls.addFault({
      matches: ({ method }) => method === 'POST',
      fault: {
        kind: 'answer',
        status: 429,
        headers: { 'retry-after': '0.01' },
        body: { message: 'slow', retry_after: 0.01, global: false },
      },
    })
    await (await sendable(bot, discord.channels.random)).send('x')
    assert.deepEqual(
      discord.botRequests(sends).map(({ status }) => status),
      [429, 200],
    )
  })

  it('breaks the connection before or after the work; a nonce keeps the message single', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await sendable(bot, discord.channels.random)
    const matches = ({ method }: { method: string }) => method === 'POST'
    for (const kind of ['reset', 'reset-after'] as const) {
      discord.controls.addFault({ matches, fault: { kind } })
      const message = { content: kind, nonce: kind, enforceNonce: true }
      try {
        await channel.send(message)
      } catch {
        await channel.send(message)
      }
    }
    await discord.users.liLei.waitForMessage(channel.id, ({ content }) => content === 'reset-after')
    const contents = [...discord.users.liLei.seen.values()].map(({ message }) => message.content)
    assert.deepEqual(contents, ['reset', 'reset-after'])
  })

  it('holds a request until the test lets it go', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const channel = await sendable(bot, discord.channels.random)
    const arrived = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    discord.controls.addFault({
      matches({ method }) {
        if (method === 'POST') arrived.resolve()
        return method === 'POST'
      },
      fault: { kind: 'hold', until: gate.promise },
    })
    const sending = channel.send('held')
    await arrived.promise
    assert.equal(discord.users.liLei.seen.size, 0)
    gate.resolve()
    assert.equal((await sending).content, 'held')
  })
})

describe('REST: application commands', () => {
  it('are overwritten, created, changed, deleted, per guild and for all', async (t) => {
    const discord = await startLocalDiscord(t)
    const { application, guilds } = await startBot(discord)
    const first = await application.commands.set([
      { name: 'help', description: 'Help', nameLocalizations: { 'zh-CN': '帮助' } },
      { name: 'stop', description: 'Stop' },
    ])
    const second = await application.commands.set([{ name: 'help', description: 'Help!' }])
    const help = first.find(({ name }) => name === 'help')
    assert.deepEqual([...second.keys()], [help?.id], 'a name keeps its id')
    assert.equal((await application.commands.fetch()).size, 1)
    const guild = guilds.cache.get(discord.ids.guild)
    const local = await guild?.commands.create({ name: 'here', description: 'Here' })
    assert.equal((await local?.edit({ description: 'There' }))?.description, 'There')
    const index = (await discord.users.liLei.commands(discord.channels.random)).map(
      ({ name }) => name,
    )
    assert.deepEqual(index, ['here', 'help'])
    await local?.delete()
    assert.equal((await guild?.commands.fetch())?.size, 0)
    await discord.users.liLei.waitForEvent('GUILD_APPLICATION_COMMAND_INDEX_UPDATE')
  })

  it('are checked', async (t) => {
    const discord = await startLocalDiscord(t)
    const bot = await startBot(discord)
    const refuse = async (...commands: object[]) => {
      const path = `/applications/${discord.applicationId}/commands` as const
      const error: unknown = await bot.rest.put(path, { body: commands }).catch((thrown) => thrown)
      assert.ok(error instanceof DiscordAPIError)
      return JSON.stringify(error.rawError)
    }
    const option = { name: 'o', description: 'o', type: ApplicationCommandOptionType.String }
    const good = { name: 'good', description: 'x' }
    assert.match(await refuse({ ...good, name: 'Bad Name' }), /APPLICATION_COMMAND_INVALID_NAME/)
    assert.match(await refuse({ name: 'good' }), /"description":.*BASE_TYPE_REQUIRED/)
    assert.match(await refuse(good, good), /APPLICATION_COMMANDS_DUPLICATE_NAME/)
    assert.match(await refuse({ ...good, name_localizations: { xx: 'x' } }), /BASE_TYPE_CHOICES/)
    assert.match(
      await refuse({ ...good, options: [option, { ...option, name: 'p', required: true }] }),
      /APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID/,
    )
    const options = Array.from({ length: 26 }, (_, index) => ({ ...option, name: `o${index}` }))
    assert.match(await refuse({ ...good, options }), /Must be 25 or fewer in length/)
  })
})

describe('REST: the local session', () => {
  it('gives tokens to this machine only', async (t) => {
    const discord = await startLocalDiscord(t)
    const { request } = await import('node:http')
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request(
          `${discord.api}/v10/local/session`,
          { headers: { host } },
          (response) => {
            response.resume()
            resolve(response.statusCode)
          },
        )
        asked.on('error', reject)
        asked.end()
      })
    assert.equal(await statusFor('localhost:3000'), 200)
    assert.equal(await statusFor('evil.example'), 403)
  })
})

describe('REST: bodies', () => {
  const send = (
    discord: TestDiscord,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ) =>
    fetch(`${discord.api}/v10/channels/${discord.channels.random}/messages`, {
      method: 'POST',
      ...init,
      headers: { authorization: `Bot ${discord.botToken}`, ...init.headers },
    })

  it('reads no more than 25 MiB, also where no length is declared', async (t) => {
    const discord = await startLocalDiscord(t)
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1 << 20
        controller.enqueue(new Uint8Array(1 << 20).fill(32))
        if (sent >= 64 << 20) controller.close()
      },
    })
    const answer = await send(discord, {
      body: endless,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    }).catch(() => null)
    if (answer) assert.equal(answer.status, 413)
    assert.ok(sent < 48 << 20, `${sent} bytes were taken`)
  })

  it('answers 400 to a form that is none, and to one of too many parts', async (t) => {
    const discord = await startLocalDiscord(t)
    const broken = await send(discord, {
      body: '--x\r\nnonsense',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    })
    assert.equal(broken.status, 400)
    const form = new FormData()
    for (let index = 0; index < 11; index += 1)
      form.set(`files[${index}]`, new Blob(['x']), `${index}.txt`)
    const crowded = await send(discord, { body: form })
    assert.equal(crowded.status, 400)
  })
})
