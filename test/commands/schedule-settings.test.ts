import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { type APIMessage, PermissionFlagsBits } from 'discord-api-types/v10'

import { createManualClock, type ManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { OptionValues, TestUser } from '../helpers/local-discord.ts'

/** Wednesday, 2026-11-25, 18:00 in Shanghai. */
const now = Date.parse('2026-11-25T10:00:00Z')
const guildId = '1100000000000000000'

describe('/schedule settings', () => {
  let bench: BotBench
  let clock: ManualClock
  before(async () => {
    clock = createManualClock(now)
    bench = await startBotBench({ now: () => clock.now(), bot: { clock } })
  })
  after(() => bench.close())

  async function use(
    options: OptionValues,
    user: TestUser = bench.discord.users.hanMeimei,
  ): Promise<APIMessage> {
    return (await user.command(bench.discord.channels.questions, 'schedule', options)).reply()
  }

  const set = async (settings: OptionValues, user?: TestUser) =>
    (await use({ settings }, user)).content

  it('are shown to everybody and set by teachers', async () => {
    const { alex } = bench.discord.users
    assert.match(
      await set({ show: {} }, alex),
      /^🌐 Asia\/Shanghai\n📣 Changes are not announced\.\nThis is the sample/,
    )
    for (const settings of [
      { zone: { zone: 'UTC' } },
      { term: { name: 'Fall', first: '2026-09-07', weeks: 18 } },
      { holiday: { name: 'Day', first: '2026-12-01' } },
      { remove: { what: 'term 1' } },
      { channel: {} },
    ]) {
      assert.match(await set(settings, alex), /^Only teachers/)
    }
    assert.equal(await bench.timetables.getTimetable(guildId), null)
  })

  it('hold terms, holidays and the time zone', async () => {
    assert.match(
      await set({ term: { name: '秋季', first: '2026-09-07', weeks: 16 } }),
      /^➕ 🎓 秋季，9月7日周一开始，共 16 周\n-# 示例已撤下/,
    )
    assert.match(
      await set({ term: { name: '秋季', first: '2026-09-07', weeks: 18 } }),
      /^✏️ .*16 周 → .*18 周$/,
    )
    assert.match(
      await set({ holiday: { name: '元旦', first: '1月1日', last: '2027-01-03' } }),
      /^➕ 🎉 元旦 1月1日周五 – 1月3日周日$/,
    )
    assert.match(
      await set({ holiday: { name: 'x', first: '2027-01-03', last: '2027-01-01' } }),
      /^最后一天不能/,
    )
    assert.match(await set({ zone: { zone: 'Mars/Phobos' } }), /^没有 `Mars\/Phobos` 这个时区/)
    assert.equal(await set({ zone: { zone: 'Europe/Berlin' } }), '🌐 Asia/Shanghai → Europe/Berlin')
    assert.match(
      await set({ show: {} }, bench.discord.users.alex),
      /^🌐 Europe\/Berlin\n🎓 秋季 from Mon, Sep 7, 18 weeks\n🎉 元旦 Fri, Jan 1 – Sun, Jan 3\n/,
    )
    await set({ zone: { zone: 'Asia/Shanghai' } })
  })

  it('suggest what can be chosen', async () => {
    const { hanMeimei } = bench.discord.users
    const suggest = async (settings: OptionValues, focused: string) =>
      hanMeimei.autocomplete(bench.discord.channels.questions, 'schedule', {
        options: { settings },
        focused,
      })
    const zones = await suggest({ zone: { zone: 'new york' } }, 'zone')
    assert.deepEqual(zones, [{ name: 'America/New_York', value: 'America/New_York' }])
    const [holiday] = await suggest({ remove: { what: '元旦' } }, 'what')
    assert.match(String(holiday?.name), /^🎉 元旦/)
    const what = String(holiday?.value)
    assert.match(await set({ remove: { what } }), /^➖ 🎉 元旦/)
    assert.match(await set({ remove: { what } }), /^没有这个学期或节假日/)
  })

  it('name no channel in which the bot may not write', async () => {
    const { announcements } = bench.discord.channels
    assert.match(await set({ channel: { channel: announcements } }), /^我没有在 <#\d+> 发言的权限/)
  })

  it('announce changes made in a row in one message that pings nobody, over a restart too', async () => {
    const channelId = bench.newChannel()
    assert.match(await set({ channel: { channel: channelId } }), /^📣 变动会通知到/)
    await use({
      add: { course: 'Chess @everyone', date: '2026-12-01', start: '9:00', end: '10:00' },
    })
    await use({ add: { course: 'Go', date: '2026-12-02', start: '9:00', end: '10:00' } })
    await use({ add: { course: 'Mistake', date: '2026-12-02', start: '9:00', end: '10:00' } })
    await use({ undo: {} })
    await clock.advance(59_000)
    assert.deepEqual(bench.answersIn(channelId), [])
    await clock.advance(60_000)
    await bench.restart({ clock })
    const notice = await bench.discord.users.alex.waitForMessage(channelId)
    assert.match(
      notice.content,
      /^### 课程表有变动\n➕ <t:\d+:f>–<t:\d+:t> \*\*Chess @everyone\*\*\n➕ .*\*\*Go\*\*$/,
    )
    assert.equal(notice.mention_everyone, false)
    await bench.restart({ clock })
    await use({
      cancel: { class: `${(await bench.timetables.getTimetable(guildId))?.classes[0]?.id}` },
    })
    await clock.advance(130_000)
    await bench.discord.users.alex.waitForMessage(channelId, ({ content }) =>
      /变动\n➖ .*Chess/.test(content),
    )
    assert.equal(bench.answersIn(channelId).length, 2)
  })

  it('tell whoever made a change, once, that a channel is closed or gone', async () => {
    const { alex, wangZhuoran, hanMeimei } = bench.discord.users
    const channelId = bench.newChannel()
    const dm = await hanMeimei.dm()
    const told = () => bench.answersIn(channelId).length
    const warned = () => [...hanMeimei.seen.values()].filter((seen) => seen.channelId === dm)
    const close = (deny: string) =>
      wangZhuoran.rest('PUT', `/channels/${channelId}/permissions/${guildId}`, {
        type: 0,
        allow: '0',
        deny,
      })
    const add = (course: string, user?: TestUser) =>
      use({ add: { course, date: '2026-12-05', start: '9:00', end: '10:00' } }, user)
    const refused = 'a notice was not allowed'
    let refusals = 0
    const nextRefusal = async () => {
      refusals += 1
      return await settle(bench.waitForLog(refused, { times: refusals }))
    }
    await set({ channel: { channel: channelId } })
    await close(PermissionFlagsBits.SendMessages.toString())
    await add('Chess')
    await nextRefusal()
    const warning = await hanMeimei.waitForMessage(dm)
    assert.equal(
      warning.content,
      `**AGI课堂** 的课程表有变动，但我没能通知大家：<#${channelId}> 已不在，或不许我发言。请让我发言，或用 \`/schedule settings channel\` 换一个频道。`,
    )
    // Nobody hears of it twice, also not after a restart.
    await bench.restart({ clock })
    await add('Go')
    await nextRefusal()
    assert.equal(warned().length, 1)

    // Open again, it has what is new; what was before is over.
    await close('0')
    await add('Poker')
    await settle(alex.waitForMessage(channelId, ({ content }) => content.includes('Poker')))
    assert.equal(told(), 1)

    await wangZhuoran.rest('DELETE', `/channels/${channelId}`)
    await add('Bridge', wangZhuoran)
    await nextRefusal()
    const own = await wangZhuoran.dm()
    assert.match((await wangZhuoran.waitForMessage(own)).content, /已不在/)
    assert.equal(warned().length, 1)
  })

  /** Lets minutes go by until something has come of them. */
  async function settle<Result>(found: Promise<Result>): Promise<Result> {
    let isFound = false
    const watched = found.finally(() => (isFound = true))
    while (!isFound) {
      await clock.advance(60_000)
      await setImmediate()
    }
    return await watched
  }

  it('announce nothing once no channel is chosen', async () => {
    assert.equal(await set({ channel: {} }), '📣 变动不会通知。')
    assert.match(await set({ show: {} }), /📣 变动不会通知。/)
  })
})
