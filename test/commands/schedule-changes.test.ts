import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'

import { createManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { OptionValues, TestUser } from '../helpers/local-discord.ts'

/** Wednesday, 2026-11-25, 18:00 in Shanghai. */
const now = Date.parse('2026-11-25T10:00:00Z')
const guildId = '1100000000000000000'
const ephemeral = 64

describe('/schedule, changed', () => {
  let bench: BotBench
  let time = now
  const clock = createManualClock(now)
  before(async () => {
    bench = await startBotBench({ now: () => time, bot: { clock } })
  })
  after(() => bench.close())

  /** 王卓然 owns a role with every permission, 韩梅梅 is 助教, 李雷 and Alex are students. */
  async function use(
    options: OptionValues,
    user: TestUser = bench.discord.users.hanMeimei,
  ): Promise<APIMessage> {
    return (await user.command(bench.discord.channels.questions, 'schedule', options)).reply()
  }

  async function classes() {
    return (await bench.timetables.getTimetable(guildId))?.classes ?? []
  }

  async function suggested(options: OptionValues, focused: string) {
    const { hanMeimei } = bench.discord.users
    const { questions } = bench.discord.channels
    return hanMeimei.autocomplete(questions, 'schedule', { options, focused })
  }

  function buttonOf({ components }: APIMessage): string {
    const id = /"custom_id":"([^"]+)"/.exec(JSON.stringify(components))?.[1]
    assert.ok(id !== undefined)
    return id
  }

  const chess = { course: 'Chess', date: '2026-12-01', start: '19:00', end: '20:30' }

  it('is refused to students, in their language, and in direct messages', async () => {
    const { alex, liLei, wangZhuoran } = bench.discord.users
    for (const options of [
      { add: chess },
      { move: { class: '1', start: '20:00' } },
      { cancel: { class: '1' } },
      { assignment: { add: { title: 'Essay', date: '2026-12-01' } } },
      { assignment: { remove: { assignment: '1' } } },
      { undo: {} },
    ]) {
      const refused = await use(options, alex)
      assert.match(refused.content, /^Only teachers can change the schedule/)
      assert.equal((refused.flags ?? 0) & ephemeral, ephemeral)
    }
    assert.match((await use({ add: chess }, liLei)).content, /^只有老师可以修改课程表/)
    const dm = await wangZhuoran.command(await wangZhuoran.dm(), 'schedule', { add: chess })
    assert.equal((await dm.reply()).content, '这个命令只能在服务器里使用。')
    assert.deepEqual(await classes(), [])
  })

  it('adds no class that cannot be', async () => {
    assert.equal(
      (await use({ add: { ...chess, course: 'Two\nlines' } })).content,
      '没有成功：名称不能为空、不能超过 255 个字符、不能分行',
    )
    const { content: date } = await use({ add: { ...chess, date: 'someday' } })
    assert.equal(date, '看不懂日期 `someday`，请写成 2026-12-01 这样。')
    assert.match((await use({ add: { ...chess, start: '25:00' } })).content, /^看不懂时间/)
    assert.match((await use({ add: { ...chess, end: '18:00' } })).content, /先开始后结束/)
    const link = 'javascript:alert(1)'
    assert.match((await use({ add: { ...chess, link } })).content, /https:\/\//)
    assert.match((await use({ cancel: { class: '1' } })).content, /示例课程表/)
    assert.deepEqual(await classes(), [])
  })

  it('adds a class each week, except on holidays', async () => {
    await bench.timetables.change({
      guildId,
      origin: { by: 'test', kind: 'edit', note: null },
      edits: {
        holidays: { add: [{ name: 'Day', first_date: '2026-12-08', last_date: '2026-12-08' }] },
      },
    })
    const { wangZhuoran } = bench.discord.users
    const added = await use({ add: { ...chess, weeks: 3, teacher: ' 王卓然 ' } }, wangZhuoran)
    const at = Date.parse('2026-12-01T19:00:00+08:00') / 1000
    assert.match(
      added.content,
      new RegExp(`^➕ <t:${at}:f>–<t:${at + 5400}:t> \\*\\*Chess\\*\\* · 王卓然\n➕`),
    )
    assert.equal((added.flags ?? 0) & ephemeral, ephemeral)
    assert.deepEqual(
      (await classes()).map(({ course_date: date, instructor }) => `${date} ${instructor}`),
      ['2026-12-01 王卓然', '2026-12-15 王卓然'],
    )
    const suggestions = await suggested({ add: { course: 'che' } }, 'course')
    assert.deepEqual(suggestions, [{ name: 'Chess', value: 'Chess' }])
    const days = await suggested({ add: { date: '明天' } }, 'date')
    assert.deepEqual(days, [{ name: '11月26日星期四 (2026-11-26)', value: '2026-11-26' }])
  })

  it('moves a class, which stays as long as it was', async () => {
    const [choice] = await suggested({ move: { class: '12月1日' } }, 'class')
    assert.equal(choice?.name, '12月1日周二 19:00 Chess · 王卓然')
    const id = String(choice.value)
    const moved = await use({ move: { class: id, start: '20:00', date: '2026-12-02', room: 'A1' } })
    assert.match(moved.content, /^✏️ ~~<t:\d+:f>–<t:\d+:t>~~ → <t:\d+:f>–<t:\d+:t> ~~\*\*Chess/)
    const found = (await classes()).find((each) => `${each.id}` === id)
    assert.deepEqual(
      [found?.course_date, found?.start_time, found?.end_time, found?.room],
      ['2026-12-02', '20:00:00', '21:30:00', 'A1'],
    )
    assert.match((await use({ move: { class: id, start: '23:30' } })).content, /先开始后结束/)
    assert.match((await use({ move: { class: 'x', start: '9:00' } })).content, /^没有这节课/)
    assert.match((await use({ move: { class: id, room: 'A1' } })).content, /已经是这样了/)
  })

  it('cancels a class, and a press takes that back, also after a restart', async () => {
    const before = await classes()
    const cancelled = await use({ cancel: { class: `${before[0]?.id}` } })
    assert.match(cancelled.content, /^➖ /)
    assert.equal((await classes()).length, before.length - 1)
    await bench.restart({ clock })
    const { hanMeimei } = bench.discord.users
    await (await hanMeimei.click(cancelled, buttonOf(cancelled))).succeeded()
    const undone = await hanMeimei.waitForMessage(cancelled.channel_id, ({ content }) =>
      content.startsWith('已撤销：\n➕ '),
    )
    assert.deepEqual(undone.components, [])
    assert.deepEqual(await classes(), before)
  })

  it('keeps a press from taking back somebody else’s newer change', async () => {
    const [first] = await classes()
    const cancelled = await use({ cancel: { class: `${first?.id}` } })
    await use({ add: { ...chess, course: 'Go' } })
    const { hanMeimei } = bench.discord.users
    const pressed = await hanMeimei.click(cancelled, buttonOf(cancelled))
    assert.match((await pressed.reply()).content, /^之后还有更新的修改/)
    assert.match((await use({ undo: {} })).content, /^已撤销：\n➖ .*Go/)
    assert.match((await use({ undo: {} })).content, /^已撤销：\n➕ .*Chess/)
  })

  it('adds and removes assignments', async () => {
    const title = 'Read *chapter* 3'
    await use({ assignment: { add: { title, date: '2026-12-03', course: 'Chess' } } })
    const { content } = await use({ show: { when: 'nextWeek' } })
    assert.match(content, /- 📝 <t:\d+:f> Read \\\*chapter\\\* 3 · Chess/)
    const [choice] = await suggested(
      { assignment: { remove: { assignment: 'chap' } } },
      'assignment',
    )
    assert.equal(choice?.name, `12月3日周四 ${title}`)
    const assignment = String(choice.value)
    assert.match((await use({ assignment: { remove: { assignment } } })).content, /^➖ 📝/)
    assert.match((await use({ assignment: { remove: { assignment } } })).content, /^没有这项作业/)
  })

  it('tells its history to everybody', async () => {
    const { content, flags = 0 } = await use({ history: {} }, bench.discord.users.alex)
    assert.equal(flags & ephemeral, ephemeral)
    const { hanMeimei, wangZhuoran } = bench.discord.users
    assert.match(content, new RegExp(`^- <t:\\d+:f> <@${hanMeimei.id}> edited: ➖ 1\n`))
    assert.match(content, new RegExp(`<@${wangZhuoran.id}> edited: ➕ 2\n`))
    assert.match(content, /took back #\d+: ➕ 1$/m)
  })

  it('can be undone for a day', async () => {
    time += 25 * 60 * 60 * 1000
    assert.match((await use({ undo: {} })).content, /^最近一天没有可以撤销的修改/)
  })

  it('says kindly that a change was too large to be kept, and takes back none before it', async () => {
    const origin = { by: 'test', kind: 'edit', note: null } as const
    const add = Array.from({ length: 2_800 }, (_each, index) => ({
      course_date: '2027-03-01',
      start_time: '09:00:00',
      end_time: '10:00:00',
      course_name: `Course ${index}`,
      instructor: '',
      room: null,
      online_url: null,
      notes: 'a'.repeat(2_000),
      source_id: null,
    }))
    await bench.timetables.change({ guildId, origin, edits: { classes: { add } } })
    for (const letter of ['b', 'c']) {
      const update = (await classes()).map(({ id }) => ({ id, notes: letter.repeat(2_000) }))
      await bench.timetables.change({ guildId, origin, edits: { classes: { update } } })
    }
    assert.match((await use({ undo: {} })).content, /^已撤销/)
    const before = await bench.timetables.getTimetable(guildId)
    assert.equal(
      (await use({ undo: {} })).content,
      '没有成功：上一次更改太大，没有保存内容，所以无法撤销',
    )
    assert.deepEqual(await bench.timetables.getTimetable(guildId), before)
  })
})
