import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { type Client, Events } from 'discord.js'
import { pino } from 'pino'

import { createClient } from '../../../src/bot/client.ts'
import { createCourier } from '../../../src/bot/reminders/courier.ts'
import { createTranslations } from '../../../src/i18n.ts'
import { seedIds } from '../../../src/local-discord/seed.ts'
import type { Courier, ReminderMessage } from '../../../src/schedule/reminders/reminders.ts'
import { startLocalDiscord, type TestDiscord } from '../../helpers/local-discord.ts'

const { guild, channels, users } = seedIds

describe('courier', () => {
  let discord: TestDiscord
  let client: Client
  let courier: Courier
  let id = 0
  before(async () => {
    discord = await startLocalDiscord({ after: () => {} })
    client = createClient({ apiUrl: discord.api })
    const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
    await client.login(discord.botToken)
    await ready
    courier = newCourier()
  })
  after(async () => {
    await client.destroy()
    await discord.close()
  })

  function newCourier(): Courier {
    const log = pino({ level: 'silent' })
    return createCourier({ client, translations: createTranslations(), now: Date.now, log })
  }

  function message(changes: Partial<ReminderMessage> = {}): ReminderMessage {
    id += 1
    return {
      id,
      target: { guildId: guild, type: 'channel', id: channels.questions },
      locale: 'en-US',
      claimedAt: Date.now(),
      events: [
        {
          about: 'classes',
          key: '1',
          startsAt: Date.now(),
          title: 'Algebra',
          course: 'Algebra',
          instructor: '',
          room: null,
          url: null,
        },
      ],
      ...changes,
    }
  }

  const to = (userId: string): ReminderMessage['target'] => ({
    guildId: guild,
    type: 'user',
    id: userId,
  })
  const arrived = (channelId: string) =>
    [...discord.users.alex.seen.values()].filter(
      (seen) => seen.channelId === channelId && seen.message.author.id === discord.applicationId,
    ).length
  const fault = (route: string, code: number, status = 403) =>
    discord.controls.addFault({
      matches: (request) => request.route === route && request.userId === discord.applicationId,
      fault: { kind: 'answer', status, body: { code, message: 'no' } },
    })

  it('sends what has the same id once, though the answer was lost', async () => {
    const sent = message()
    discord.controls.addFault({
      matches: ({ method, route }) => method === 'POST' && route === '/channels/:id/messages',
      fault: { kind: 'reset-after' },
    })
    await courier.send(sent)
    assert.equal(await newCourier().send(sent), 'sent')
    const next = message()
    assert.equal(await courier.send(next), 'sent')
    await discord.users.alex.waitFor('two messages', () => arrived(channels.questions) >= 2)
    assert.equal(arrived(channels.questions), 2)
  })

  it('knows what it has sent, and what it has not', async () => {
    const sent = message({ target: to(users.alex) })
    assert.equal(await courier.wasSent(sent), false)
    assert.equal(await courier.send(sent), 'sent')
    assert.equal(await newCourier().wasSent(sent), true)
    assert.equal(await courier.wasSent(message({ target: to(users.alex) })), false)
    fault('/channels/:id/messages', 50001)
    assert.equal(await courier.wasSent(sent), null)
  })

  it('finds out why a place is closed', async () => {
    fault('/channels/:id/messages', 50007)
    assert.deepEqual(await courier.send(message({ target: to(users.alex) })), { paused: 'closed' })
    fault('/channels/:id/messages', 50013)
    assert.deepEqual(await courier.send(message()), { paused: 'forbidden' })
    const secret = { guildId: guild, type: 'channel', id: channels.teachers } as const
    assert.deepEqual(await courier.send(message({ target: secret })), { paused: 'forbidden' })
    const gone = { guildId: guild, type: 'channel', id: '1100000000000000999' } as const
    assert.deepEqual(await courier.send(message({ target: gone })), { paused: 'gone' })
    const elsewhere = { ...gone, guildId: '1100000000000000998' }
    assert.deepEqual(await courier.send(message({ target: elsewhere })), 'later')
  })

  it('tells nothing to those who have left the server', async () => {
    const stranger = to('1100000000000000997')
    assert.deepEqual(await courier.send(message({ target: stranger })), { paused: 'left' })
    assert.equal(
      discord.botRequests({ method: 'POST', route: '/users/@me/channels' }).length,
      // Alex's, by two couriers.
      2,
    )
  })

  it('tells what may work later from what never will', async () => {
    fault('/channels/:id/messages', 40003, 400)
    assert.equal(await courier.send(message()), 'later')
    fault('/channels/:id/messages', 50035, 400)
    assert.equal(await courier.send(message()), 'refused')
    const always = discord.controls.addFault({
      matches: ({ route }) => route === '/channels/:id/messages',
      fault: { kind: 'answer', status: 503 },
      times: 100,
    })
    assert.equal(await courier.send(message()), 'later')
    always()
  })

  it('fits into one message, whatever the timetable holds', async () => {
    const [event] = message().events
    assert.ok(event)
    const hostile = {
      ...event,
      title: '@everyone [x](https://evil.example) **'.repeat(7).slice(0, 255),
      instructor: '`'.repeat(255),
      room: '_'.repeat(255),
      url: `https://example.com/${'>'.repeat(500)}`,
    }
    const events = Array.from({ length: 40 }, () => hostile)
    assert.equal(await courier.send(message({ events })), 'sent')
    const got = await discord.users.alex.waitForMessage(channels.questions, ({ content }) =>
      content.includes('more'),
    )
    assert.ok(got.content.length <= 2000)
    assert.equal(got.mention_everyone, false)
  })
})
