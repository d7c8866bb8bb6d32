import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'

import { createFeedApp } from '../../src/schedule/calendar/feed-app.ts'
import { createManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

const now = Date.parse('2026-11-25T10:00:00Z')
const guildId = '1100000000000000000'

describe('/schedule calendar', () => {
  let bench: BotBench
  const clock = createManualClock(now)
  before(async () => {
    const feedAddress = (token: string) => `https://guagua.test/calendar/${token}.ics`
    bench = await startBotBench({ now: () => now, bot: { feedAddress, clock } })
  })
  after(() => bench.close())

  async function use(
    user = bench.discord.users.alex,
    channelId: string = bench.discord.channels.questions,
  ) {
    return (await user.command(channelId, 'schedule', { calendar: {} })).reply()
  }

  const addressIn = ({ content }: APIMessage) => /<(https:[^>]+)>/.exec(content)?.[1] ?? ''

  async function fileOf({ attachments: [file] }: APIMessage): Promise<string> {
    assert.equal(file?.filename, 'schedule.ics')
    return (await fetch(file.url)).text()
  }

  /** Asks the feed for it, as a calendar program does. */
  async function read(address: string) {
    const app = createFeedApp({
      store: bench.timetables,
      now: () => now,
      describe: (feed) => bench.bot.describeFeed(feed),
    })
    const response = await app.request(new URL(address).pathname)
    return { status: response.status, text: await response.text() }
  }

  it('keeps the sample out of calendars, and says so', async () => {
    const { alex, liLei } = bench.discord.users
    const direct = await use(alex, await alex.dm())
    assert.match(direct.content, /^Use this in the server of your class\./)
    assert.deepEqual(direct.attachments, [])

    const answer = await use()
    assert.match(answer.content, /^This server has no schedule of its own yet/)
    assert.deepEqual(answer.attachments, [])
    const feed = await read(addressIn(answer))
    assert.equal(feed.status, 200)
    assert.doesNotMatch(feed.text, /VEVENT/)
    assert.match((await use(liLei)).content, /^这个服务器还没有自己的课程表.+\n<https:/)
  })

  it('gives everybody an address of his own, and a new one when asked', async () => {
    const add = [
      {
        course_date: '2026-12-01',
        start_time: '19:00:00',
        end_time: '20:30:00',
        course_name: 'Chess',
        instructor: '',
        room: null,
        online_url: null,
        notes: null,
        source_id: null,
      },
    ]
    const origin = { by: 'test', kind: 'edit' as const, note: null }
    await bench.timetables.change({ guildId, origin, edits: { classes: { add } } })
    const { alex, liLei } = bench.discord.users
    const answer = await use()
    assert.equal((answer.flags ?? 0) & 64, 64)
    assert.match(await fileOf(answer), /SUMMARY:Chess/)
    const address = addressIn(answer)
    assert.equal(addressIn(await use()), address)
    assert.notEqual(addressIn(await use(liLei)), address)
    const feed = await read(address)
    assert.equal(feed.status, 200)
    assert.match(feed.text, /NAME:AGI课堂[^]*SUMMARY:Chess/)

    await bench.restart()
    await (await alex.click(answer, 'schedule:calendar:renew')).succeeded()
    const renewed = await alex.waitForMessage(
      answer.channel_id,
      ({ id, content }) => id === answer.id && content.startsWith('The old address'),
    )
    assert.notEqual(addressIn(renewed), address)
  })

  it('ends with the membership', async () => {
    const { liLei } = bench.discord.users
    const token = await bench.timetables.feedToken(guildId, '1100000000000000099')
    assert.equal((await read(`https://guagua.test/calendar/${token}.ics`)).status, 404)
    const own = await bench.timetables.feedToken(guildId, liLei.id)
    const asked = () =>
      bench.discord.botRequests({ method: 'GET', route: '/guilds/:id/members/:id' }).length
    const before = asked()
    const address = `https://guagua.test/calendar/${own}.ics`
    const all = await Promise.all([read(address), read(address), read(address)])
    assert.deepEqual(
      all.map(({ status }) => status),
      [200, 200, 200],
    )
    assert.equal((await read(address)).status, 200)
    assert.equal(asked(), before + 1)
    await clock.advance(5 * 60_000)
    assert.equal((await read(address)).status, 200)
    assert.equal(asked(), before + 2)
  })

  it('speaks Chinese, and is a file only where nobody could reach the address', async () => {
    await bench.restart({ feedAddress: undefined })
    const answer = await use(bench.discord.users.liLei)
    assert.equal(answer.content, '用日历软件打开这个文件。')
    assert.deepEqual(answer.components, [])
  })
})
