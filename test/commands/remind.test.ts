import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { seedIds } from '../../src/local-discord/seed.ts'
import { createManualClock, type ManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { OptionValues, TestUser } from '../helpers/local-discord.ts'

/** Wednesday, 2026-11-25, 18:00 in Shanghai. */
const start = Date.parse('2026-11-25T10:00:00Z')
const minuteMs = 60_000
const { guild, channels } = seedIds

describe('/remind', () => {
  let bench: BotBench
  let clock: ManualClock
  before(async () => {
    clock = createManualClock(start)
    bench = await startBotBench({ now: () => clock.now(), bot: { clock } })
    const meeting = (course_name: string, start_time: string) => ({
      course_date: '2026-11-25',
      start_time,
      end_time: '23:00:00',
      course_name,
      instructor: 'Emmy *Noether*',
      room: 'A101',
      online_url: 'https://example.com/live',
      notes: null,
      source_id: null,
    })
    await bench.timetables.change({
      guildId: guild,
      origin: { by: 'teacher', kind: 'edit', note: null },
      edits: {
        timeZone: 'Asia/Shanghai',
        classes: {
          add: [
            meeting('Algebra', '19:00:00'),
            meeting('Logic', '20:00:00'),
            meeting('Topology', '21:00:00'),
            meeting('Geometry', '22:00:00'),
          ],
        },
        assignments: {
          add: [
            {
              title: 'Rings @everyone',
              course_name: 'Algebra',
              due_date: '2026-11-26',
              due_time: '18:30:00',
              url: null,
              notes: null,
              source_id: null,
            },
          ],
        },
      },
    })
  })
  after(() => bench.close())

  async function remind(user: TestUser, options: OptionValues, channelId?: string) {
    const name = user.user.locale === 'zh-CN' ? '提醒' : 'remind'
    const used = await user.command(channelId ?? channels.questions, name, options)
    return await used.reply()
  }

  /** Lets it be so many minutes after 18:00, until something has come of it. */
  async function at<Result>(minutes: number, find: () => Promise<Result>): Promise<Result> {
    await clock.advance(start + minutes * minuteMs - clock.now())
    let isFound = false
    const found = find().finally(() => (isFound = true))
    while (!isFound) {
      // Timers that were started since.
      await clock.advance(0)
      await setImmediate()
    }
    return await found
  }

  const fromBot = (user: TestUser, channelId: string) =>
    [...user.seen.values()]
      .filter((seen) => seen.channelId === channelId && !seen.isDeleted)
      .filter(({ message }) => message.author.id === bench.discord.applicationId)

  it('says what was set up, in the language of whoever asks, to nobody else', async () => {
    const { alex, liLei } = bench.discord.users
    const mine = await remind(alex, { me: {} })
    assert.equal(
      mine.content,
      'Done. I will remind you by direct message:\n- classes, all courses: 15 min before\n- deadlines, all courses: 24 h, 2 h before',
    )
    assert.equal((mine.flags ?? 0) & 64, 64)
    const chinese = await remind(liLei, {
      me: { about: 'classes', course: 'Logic', before: '1小时、10分钟' },
    })
    assert.equal(chinese.content, '好的，我会用私信提醒你：\n- 上课，Logic：提前 1 小时、10 分钟')
  })

  it('suggests the courses of the timetable', async () => {
    const choices = await bench.discord.users.alex.autocomplete(channels.questions, 'remind', {
      options: { me: { course: 'olog' } },
      focused: 'course',
    })
    assert.deepEqual(
      choices.map(({ value }) => value),
      ['Topology'],
    )
  })

  it('refuses what it cannot use', async () => {
    const { alex } = bench.discord.users
    const refused = async (options: OptionValues) => (await remind(alex, options)).content
    assert.match(await refused({ me: { before: 'soon' } }), /cannot use `soon`/)
    assert.match(await refused({ me: { before: '8d' } }), /cannot use `8d`/)
    assert.match(await refused({ me: { course: 'Alchemy' } }), /no course `Alchemy`/)
    assert.match(await refused({ quiet: { from: '22:00' } }), /Give both times/)
    assert.match(await refused({ quiet: { from: '25:00', to: '7:00' } }), /`25:00` as a time/)
    assert.match(await refused({ stop: { which: 'no' } }), /no such reminder/)
    const direct = await remind(alex, { me: {} }, await alex.dm())
    assert.match(direct.content, /in the server of the class/)
  })

  it('lets only teachers remind a channel, and only one in which the bot may speak', async () => {
    const { alex, wangZhuoran } = bench.discord.users
    const options = { channel: { about: 'classes', course: 'Algebra' } }
    const refused = /Only teachers .+“Manage Server” or “Manage Events”.+ role such as Teacher/
    assert.match((await remind(alex, options)).content, refused)
    const done = await remind(wangZhuoran, options)
    assert.match(done.content, new RegExp(`^好的，我会在 <#${channels.questions}> 提醒：\n`))
    const mute = { channel: { channel: channels.teachers } }
    assert.match((await remind(wangZhuoran, mute)).content, /我不能在/)
  })

  it('reminds by direct message and in the channel, without pings, and stops by the button', async () => {
    const { alex, hanMeimei } = bench.discord.users
    const dm = await alex.dm()
    // Everything that is due at once is one message.
    const due = await at(30, () =>
      alex.waitForMessage(dm, ({ content }) => content.includes('Rings')),
    )
    assert.match(
      due.content,
      /^📝 \*\*Rings @everyone\*\* is due <t:\d+:R> \(<t:\d+:f>\)\nAlgebra\n-# AGI课堂$/,
    )
    assert.equal(due.mention_everyone, false)
    const told = await at(45, () =>
      alex.waitForMessage(dm, ({ content }) => content.includes('begins')),
    )
    const seconds = start / 1000 + 3600
    assert.equal(
      told.content,
      `⏰ **Algebra** begins <t:${seconds}:R> (<t:${seconds}:t>)\nEmmy \\*Noether\\* · A101 · <https://example.com/live>\n-# AGI课堂`,
    )
    const posted = await hanMeimei.waitForMessage(channels.questions, ({ content }) =>
      content.includes('上课（'),
    )
    assert.doesNotMatch(posted.content, /AGI课堂/)
    assert.equal(posted.content.split('\n').length, 2)
  })

  it('keeps its button in a channel for teachers', async () => {
    const { alex, wangZhuoran } = bench.discord.users
    const posted = await alex.waitForMessage(channels.questions, ({ content }) =>
      content.includes('上课（'),
    )
    const [row] = posted.components ?? []
    const button = row && 'components' in row ? row.components[0] : undefined
    const customId = button && 'custom_id' in button ? button.custom_id : ''
    const refused = await (await alex.click(posted, customId)).reply()
    assert.match(refused.content, /Only teachers/)
    await (await wangZhuoran.click(posted, customId)).succeeded()
    await alex.waitForMessage(
      channels.questions,
      ({ id, content, components }) =>
        id === posted.id && content.endsWith('已停止。') && components?.length === 0,
    )
    assert.doesNotMatch((await remind(wangZhuoran, { list: {} })).content, /<#/)
  })

  it('goes on after a restart, and takes edits at once', async () => {
    const { alex, liLei } = bench.discord.users
    const dm = await alex.dm()
    await bench.restart()
    const hisDm = await liLei.dm()
    const chinese = await at(60, () =>
      liLei.waitForMessage(hisDm, ({ content }) => content.includes('Logic')),
    )
    assert.match(chinese.content, /^⏰ \*\*Logic\*\* <t:\d+:R>上课（<t:\d+:t>）\n/)
    const logic = { guildId: guild, origin: { by: 't', kind: 'edit', note: null } as const }
    const cancelled = { classes: { remove: [2] } }
    await bench.timetables.change({ ...logic, edits: cancelled })
    await at(166, () => alex.waitForMessage(dm, ({ content }) => content.includes('Topology')))
    const titles = fromBot(alex, dm).flatMap(({ message }) =>
      [...message.content.matchAll(/\*\*(.+?)\*\*/g)].map(([, title]) => title),
    )
    assert.deepEqual(titles, ['Rings @everyone', 'Algebra', 'Topology'])
  })

  it('lists and stops one or all of them', async () => {
    const { alex, hanMeimei } = bench.discord.users
    await remind(hanMeimei, { quiet: { from: '22点', to: '7:30' } })
    await remind(hanMeimei, { me: {} })
    const listed = (await remind(hanMeimei, { list: {} })).content
    assert.match(listed, /上课，全部课程：提前 15 分钟\n- 作业截止，全部课程：提前 24 小时、2 小时/)
    assert.match(listed, /免打扰时间：22:00 至 07:30/)
    assert.equal(listed.match(/Asia\/Shanghai/g)?.length, 1)
    assert.match((await remind(hanMeimei, { quiet: {} })).content, /没有设置免打扰时间/)
    const [first] = await alex.autocomplete(channels.questions, 'remind', {
      options: { stop: { which: 'deadl' } },
      focused: 'which',
    })
    assert.equal(first?.name, 'deadlines, all courses: 24 h, 2 h before')
    assert.equal((await remind(alex, { stop: { which: `${first?.value}` } })).content, 'Stopped.')
    const left = (await remind(alex, { list: {} })).content
    assert.doesNotMatch(left, /deadlines/)
    assert.match(left, /classes, all courses: 15 min before/)
    // Nobody stops what is somebody else's.
    const [other] = await hanMeimei.autocomplete(channels.questions, '提醒', {
      options: { stop: { which: '' } },
      focused: 'which',
    })
    const stolen = await remind(alex, { stop: { which: `${other?.value}` } })
    assert.match(stolen.content, /no such reminder/)
    await remind(hanMeimei, { stop: {} })
    assert.match((await remind(hanMeimei, { list: {} })).content, /还没有提醒/)
  })

  it('pauses for whoever takes no direct messages, and says so', async () => {
    const { alex } = bench.discord.users
    const refuse = bench.discord.controls.addFault({
      matches: ({ method, route, userId }) =>
        method === 'POST' &&
        route === '/channels/:id/messages' &&
        userId === bench.discord.applicationId,
      fault: {
        kind: 'answer',
        status: 403,
        body: { code: 50007, message: 'Cannot send messages to this user' },
      },
    })
    await at(226, () => bench.waitForLog('reminders are paused'))
    refuse()
    assert.match((await remind(alex, { list: {} })).content, /⏸️ Paused: I cannot send you direct/)
    await remind(alex, { me: { about: 'classes' } })
    assert.doesNotMatch((await remind(alex, { list: {} })).content, /Paused/)
  })
})
