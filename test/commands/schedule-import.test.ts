import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'

import { createManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { File, TestUser } from '../helpers/local-discord.ts'

/** Wednesday, 2026-11-25, 18:00 in Shanghai. */
const now = Date.parse('2026-11-25T10:00:00Z')
const guildId = '1100000000000000000'

const header = 'date,start,end,course,teacher\n'
const chess = '2026-12-01,19:00,20:30,Chess,王卓然\n'
const go = '2026-12-02,19:00,20:30,Go,Ann\n'

describe('/schedule import', () => {
  let bench: BotBench
  const clock = createManualClock(now)
  before(async () => {
    bench = await startBotBench({ now: () => now, bot: { clock } })
  })
  after(() => bench.close())
  beforeEach(() => bench.timetables.forgetGuild(guildId))

  async function upload(
    file: File,
    {
      user = bench.discord.users.hanMeimei,
      mode = 'range',
    }: { user?: TestUser; mode?: string } = {},
  ): Promise<APIMessage> {
    const used = await user.command(bench.discord.channels.questions, 'schedule', { import: {} })
    const modal = await user.waitForModal(used)
    return (await user.submitModal(modal, { file, mode: [mode] })).reply()
  }

  const csv = (rows: string): File => ({ name: 'timetable.csv', data: rows, type: 'text/csv' })

  function idOf(message: APIMessage, action: string): string {
    const id = new RegExp(`"custom_id":"(schedule:${action}:[^"]+)"`).exec(
      JSON.stringify(message.components),
    )?.[1]
    assert.ok(id !== undefined, `no ${action} in ${JSON.stringify(message.components)}`)
    assert.ok(id.length <= 100)
    return id
  }

  /** Presses or chooses, and waits until the message says what it should. */
  async function act(
    message: APIMessage,
    action: string,
    {
      says,
      values,
      user = bench.discord.users.hanMeimei,
    }: { says: RegExp; values?: string[]; user?: TestUser },
  ): Promise<APIMessage> {
    await (await user.click(message, idOf(message, action), values)).succeeded()
    return user.waitForMessage(
      message.channel_id,
      ({ id, content }) => id === message.id && says.test(content),
    )
  }

  async function classes(): Promise<string[]> {
    const found = (await bench.timetables.getTimetable(guildId))?.classes ?? []
    return found.map(({ course_date: date, course_name: name }) => `${date} ${name}`)
  }

  it('is refused to students, in words', async () => {
    const { alex } = bench.discord.users
    const used = await alex.command(bench.discord.channels.questions, 'schedule', { import: {} })
    assert.match((await used.reply()).content, /^Only teachers/)
  })

  it('shows what would change and what is left out, and changes nothing yet', async () => {
    const preview = await upload(csv(`${header}${chess}2026-13-45,19:00,20:30,Go,Ann\n`))
    assert.equal((preview.flags ?? 0) & 64, 64)
    assert.match(
      preview.content,
      /^### timetable\.csv\n➕ 1\n➕ <t:\d+:f>–<t:\d+:t> \*\*Chess\*\* · 王卓然\n/,
    )
    assert.match(
      preview.content,
      /\*\*⚠️ 有 1 行没有导入\*\*\n- 第 3 行，`date`：不是日期：`2026-13-45`/,
    )
    assert.match(preview.content, /-# `date` → 日期，`start` → 开始时间/)
    assert.deepEqual(await classes(), [])
  })

  it('applies it, and takes it back with one press, each after a restart', async () => {
    const preview = await upload(csv(header + chess + go))
    await bench.restart({ clock })
    const done = await act(preview, 'import:apply', { says: /^已导入：➕ 2\n➕/ })
    assert.deepEqual(await classes(), ['2026-12-01 Chess', '2026-12-02 Go'])
    const [revision] = await bench.timetables.listRevisions(guildId, 1)
    assert.equal(revision?.note, 'timetable.csv')
    await bench.restart({ clock })
    await act(done, 'undo', { says: /^已撤销：\n➖/ })
    assert.deepEqual(await classes(), [])
  })

  it('is forgotten when it is cancelled', async () => {
    const preview = await upload(csv(header + chess))
    const { content, components } = await act(preview, 'import:cancel', {
      says: /没有导入任何内容/,
    })
    assert.deepEqual([content, components], ['没有导入任何内容。', []])
    assert.deepEqual(await classes(), [])
  })

  it('compares anew when somebody was quicker', async () => {
    const preview = await upload(csv(header + chess + go))
    const { wangZhuoran } = bench.discord.users
    const first = await upload(csv(header + chess), { user: wangZhuoran })
    await act(first, 'import:apply', { says: /^已导入/, user: wangZhuoran })
    const anew = await act(preview, 'import:apply', { says: /重新比较/ })
    assert.match(anew.content, /\n➕ 1\n➕ .*Go/)
    assert.deepEqual(await classes(), ['2026-12-01 Chess'])
    await act(anew, 'import:apply', { says: /^已导入：➕ 1\n/ })
    assert.deepEqual(await classes(), ['2026-12-01 Chess', '2026-12-02 Go'])
  })

  it('removes what the file does not have, as far as was chosen', async () => {
    const first = await upload(csv(header + chess + go))
    await act(first, 'import:apply', { says: /^已导入/ })
    const later = '2026-12-05,19:00,20:30,Go,Ann\n'
    assert.match((await upload(csv(header + later))).content, /\n➕ 1\n|\n✏️ 1\n/)
    assert.match((await upload(csv(header + chess), { mode: 'all' })).content, /\n➖ 1\n➖ .*Go/)
    const same = await upload(csv(header + chess + go))
    assert.match(same.content, /这个文件没有带来变动/)
    assert.ok(!JSON.stringify(same.components).includes('import:apply'))
  })

  it('lets the guessed columns be corrected', async () => {
    const rows = 'date,start,end,alpha,beta\n2026-12-01,19:00,20:30,Chess,王卓然\n'
    const preview = await upload(csv(rows))
    const columnMenu = idOf(preview, 'import:column')
    const { hanMeimei } = bench.discord.users
    const choose = async (message: APIMessage, [column, field]: [string, string], says: RegExp) => {
      await (await hanMeimei.click(message, columnMenu, [column])).succeeded()
      const opened = await hanMeimei.waitForMessage(
        message.channel_id,
        ({ id, components }) =>
          id === message.id && JSON.stringify(components).includes(`:${column}"`),
      )
      return act(opened, 'import:field', { values: [field], says })
    }
    const named = await choose(preview, ['3', 'course'], /`alpha` → 课程/)
    const whole = await choose(named, ['4', 'teacher'], /`beta` → 老师/)
    assert.match(whole.content, /\n➕ 1\n➕ .*\*\*Chess\*\* · 王卓然/)
    await act(whole, 'import:apply', { says: /^已导入/ })
    assert.deepEqual(await classes(), ['2026-12-01 Chess'])
  })

  it('checks permission again when a component is used', async () => {
    const { wangZhuoran, hanMeimei } = bench.discord.users
    const preview = await upload(csv(header + chess))
    await wangZhuoran.rest('PATCH', `/guilds/${guildId}/members/${hanMeimei.id}`, { roles: [] })
    const refused = await hanMeimei.click(preview, idOf(preview, 'import:apply'))
    assert.match((await refused.reply()).content, /^只有老师/)
    assert.deepEqual(await classes(), [])
  })

  it('says in words what is no timetable', async () => {
    const { wangZhuoran: user } = bench.discord.users
    const picture = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)
    const refused = await upload({ name: 'a.png', data: picture }, { user })
    assert.match(refused.content, /^没有成功：.*CSV、XLSX/)
    const words = await upload(csv('hello\nworld\n'), { user })
    assert.match(words.content, /这个文件没有带来变动/)
  })

  it('has all of a long preview in a file', async () => {
    const { wangZhuoran: user } = bench.discord.users
    const rows = Array.from(
      { length: 60 },
      (_each, index) => `2026-12-01,08:00,09:00,Course ${index},T\n`,
    )
    const preview = await upload(csv(header + rows.join('')), { user })
    const quicker = await upload(csv(header + chess), { user })
    await act(quicker, 'import:apply', { says: /^已导入/, user })
    const anew = await act(preview, 'import:apply', { says: /重新比较/, user })
    assert.match(anew.content, /-# 完整内容在附件里。$/)
    assert.equal(anew.attachments.length, 1)
    assert.match(preview.content, /-# 还有 52 节\n[^]*-# 完整内容在附件里。$/)
    const file = preview.attachments[0]
    assert.equal(file?.filename, 'preview.md')
    assert.match(await (await fetch(file.url)).text(), /Course 59/)
  })
})
