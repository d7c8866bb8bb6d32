import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'

import { createManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { OptionValues, TestUser } from '../helpers/local-discord.ts'

const guildId = '1100000000000000000'
const hourMs = 60 * 60 * 1000

describe('/schedule subscribe', () => {
  let bench: BotBench
  let server: Server
  let body = ''
  let time = Date.parse('2026-11-25T10:00:00Z')
  const clock = createManualClock(time)
  before(async () => {
    server = createServer((_request, response) => void response.end(body)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    bench = await startBotBench({ now: () => time, bot: { clock } })
  })
  after(async () => {
    await bench.close()
    server.close()
  })

  // A listening server has an address with a port.
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.ics?key=secret`

  async function use(
    subscribe: OptionValues,
    user: TestUser = bench.discord.users.hanMeimei,
  ): Promise<APIMessage> {
    const used = await user.command(bench.discord.channels.questions, 'schedule', { subscribe })
    return used.reply()
  }

  const event = (uid: string, day: string) =>
    `BEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20260901T000000Z\r\nDTSTART:${day}T020000Z\r\nDTEND:${day}T033000Z\r\nSUMMARY:${uid}\r\nEND:VEVENT\r\n`
  const calendar = (...events: string[]) =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n${events.join('')}END:VCALENDAR\r\n`

  async function classes(): Promise<string[]> {
    const found = (await bench.timetables.getTimetable(guildId))?.classes ?? []
    return found.map(({ course_date: date, course_name: name }) => `${date} ${name}`)
  }

  it('is for teachers', async () => {
    const { alex } = bench.discord.users
    for (const options of [{ add: { url: url() } }, { list: {} }, { remove: { calendar: '1' } }]) {
      assert.match((await use(options, alex)).content, /^Only teachers/)
    }
  })

  it('follows no address that is no calendar, and says why', async () => {
    assert.match((await use({ add: { url: 'ftp://x/a.ics' } })).content, /^网址要以/)
    assert.match(
      (await use({ add: { url: 'http://10.0.0.1/a.ics' } })).content,
      /^无法跟随 10\.0\.0\.1 的日历：网址不在公共互联网上$/,
    )
    body = '<html>sign in</html>'
    assert.equal(
      (await use({ add: { url: url() } })).content,
      '无法跟随 127.0.0.1 的日历：这个网址上没有读得懂的日历',
    )
    assert.deepEqual(await bench.timetables.listSubscriptions(guildId), [])
    assert.equal((await use({ list: {} })).content, '没有跟随任何日历。')
  })

  it('takes a calendar over, and what becomes of it later', async () => {
    const own = { course: 'Own', date: '2026-12-03', start: '9:00', end: '10:00' }
    const { hanMeimei, alex } = bench.discord.users
    const { questions } = bench.discord.channels
    await (await hanMeimei.command(questions, 'schedule', { add: own })).reply()
    body = calendar(event('Past', '20261120'), event('Chess', '20261201'), event('Go', '20261202'))
    const added = await use({ add: { url: url() } })
    assert.match(added.content, /^127\.0\.0\.1 的日历已经导入/)
    assert.ok(JSON.stringify(added.components).includes('schedule:undo:'))
    const all = ['2026-11-20 Past', '2026-12-01 Chess', '2026-12-02 Go', '2026-12-03 Own']
    assert.deepEqual(await classes(), all)

    time += 2 * hourMs
    body = calendar(event('Go', '20261204'))
    assert.match((await use({ add: { url: url() } })).content, /已经导入/)
    assert.deepEqual(await classes(), ['2026-11-20 Past', '2026-12-03 Own', '2026-12-04 Go'])

    time += 2 * hourMs
    body = 'out of order'
    assert.match((await use({ add: { url: url() } })).content, /^无法跟随/)
    assert.equal((await classes()).length, 3)
    assert.match(
      (await use({ list: {} })).content,
      /^- <http:.*a\.ics\?key=secret> <@\d+> <t:\d+:R> 失败：这个网址上没有读得懂的日历$/,
    )

    const history = await alex.command(questions, 'schedule', { history: {} })
    const { content } = await history.reply()
    assert.match(content, /took over from a calendar 127\.0\.0\.1/)
    assert.ok(!content.includes('secret'))
  })

  it('can be ended, after which what is to come of it is gone, and can be brought back', async () => {
    const { alex, hanMeimei } = bench.discord.users
    const { questions } = bench.discord.channels
    const suggest = (user: TestUser) =>
      user.autocomplete(questions, 'schedule', {
        options: { subscribe: { remove: { calendar: 'a.ics' } } },
        focused: 'calendar',
      })
    assert.deepEqual(await suggest(alex), [])
    const [choice] = await suggest(hanMeimei)
    const remove = { calendar: String(choice?.value) }
    const ended = await use({ remove })
    assert.match(ended.content, /^不再跟随这个日历。1 项还没到的/)
    assert.match((await use({ remove })).content, /^没有这个日历/)
    assert.deepEqual(await bench.timetables.listSubscriptions(guildId), [])
    assert.deepEqual(await classes(), ['2026-11-20 Past', '2026-12-03 Own'])
    const newest = (await bench.timetables.listRevisions(guildId, 1))[0]
    assert.deepEqual([newest?.by, newest?.note], [hanMeimei.id, '127.0.0.1'])
    const undo = await hanMeimei.click(ended, `schedule:undo:${newest?.revision}`)
    await undo.succeeded()
    assert.deepEqual(await classes(), ['2026-11-20 Past', '2026-12-03 Own', '2026-12-04 Go'])
  })

  it('can be ended and leave everything where it is', async () => {
    body = calendar(event('Poker', '20261208'))
    await use({ add: { url: url() } })
    const [added] = await bench.timetables.listSubscriptions(guildId)
    const before = await classes()
    assert.ok(before.includes('2026-12-08 Poker'))
    const ended = await use({ remove: { calendar: `${added?.id}`, keep: true } })
    assert.equal(ended.content, '不再跟随这个日历，从中导入的都保留。')
    assert.deepEqual(ended.components, [])
    assert.deepEqual(await classes(), before)
  })

  it('are five at most', async () => {
    body = calendar(event('Poker', '20261208'))
    for (const name of ['1', '2', '3', '4', '5']) await use({ add: { url: `${url()}&n=${name}` } })
    assert.equal(
      (await use({ add: { url: `${url()}&n=6` } })).content,
      '没有成功：最多跟随 5 个日历；请先删除一个',
    )
  })
})
