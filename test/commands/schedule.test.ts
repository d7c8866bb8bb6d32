import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { APIMessage } from 'discord-api-types/v10'

import { createManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import type { OptionValues } from '../helpers/local-discord.ts'

/** Wednesday, 2026-11-25, 18:00 in Shanghai. */
const now = Date.parse('2026-11-25T10:00:00Z')
const guildId = '1100000000000000000'

const wholeClass = {
  course_date: '2026-11-25',
  start_time: '19:00:00',
  end_time: '20:30:00',
  course_name: 'Linear Algebra',
  instructor: '王卓然',
  room: 'B201',
  online_url: 'https://example.com/live?a=1',
  notes: null,
  source_id: null,
}

describe('/schedule with the sample', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench({ now: () => now, bot: { clock: createManualClock(now) } })
  })
  after(() => bench.close())

  async function show(when: string, user = bench.discord.users.alex): Promise<string> {
    const options = { show: when === '' ? {} : { when } }
    const used = await user.command(bench.discord.channels.questions, 'schedule', options)
    return (await used.reply()).content
  }

  it('shows a week day by day, without asking the model', async () => {
    const content = await show('thisWeek')
    assert.match(
      content,
      /^### Classes this week\n\*\*\w+day, November 2\d\*\*\n- <t:\d+:t>–<t:\d+:t> \*\*.+\*\* · .+/,
    )
    assert.match(content, /-# This is a sample: there is no schedule of your own here yet\.\n/)
    assert.match(content, /-# Days are in Asia\/Shanghai; times are in your own time zone\.$/)
    const days = [...content.matchAll(/\*\*\w+, November (\d+)\*\*/g)].map(([, day]) => Number(day))
    assert.deepEqual(
      days,
      days.toSorted((a, b) => a - b),
    )
    assert.ok(days.length > 0 && days.every((day) => day >= 23 && day <= 29))
    assert.equal(bench.model.requests.length, 0)
  })

  it('shows today when nothing is chosen, and tomorrow', async () => {
    assert.match(await show(''), /November 25|No classes today\./)
    assert.match(await show('tomorrow'), /November 26|No classes tomorrow\./)
  })

  it('speaks Chinese', async () => {
    const content = await show('nextWeek', bench.discord.users.liLei)
    assert.match(content, /^### 下周的课程\n\*\*1[12]月\d+日星期.\*\*\n/)
  })

  it('is there in direct messages', async () => {
    const { alex } = bench.discord.users
    const used = await alex.command(await alex.dm(), 'schedule', { show: { when: 'thisWeek' } })
    assert.match((await used.reply()).content, /^### Classes this week\n/)
  })

  it('says so when there are no classes', async () => {
    const far = await startBotBench({
      now: () => now,
      bot: { clock: createManualClock(Date.parse('2031-01-01T00:00:00Z')) },
    })
    try {
      const { alex } = far.discord.users
      const answer = await alex.command(far.discord.channels.questions, 'schedule', { show: {} })
      assert.equal((await answer.reply()).content, 'No classes today.')
    } finally {
      await far.close()
    }
  })
})

describe('/schedule with a timetable of its own', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench({ now: () => now, bot: { clock: createManualClock(now) } })
    await bench.timetables.change({
      guildId,
      origin: { by: 'test', kind: 'import', note: null },
      edits: {
        holidays: {
          add: [{ name: 'Founders *Day*', first_date: '2026-11-27', last_date: '2026-11-28' }],
        },
        assignments: {
          add: [
            {
              title: 'Essay',
              course_name: 'English',
              due_date: '2026-11-26',
              due_time: '23:59:00',
              url: 'https://example.com/essay',
              notes: null,
              source_id: null,
            },
          ],
        },
        classes: {
          add: [
            wholeClass,
            {
              ...wholeClass,
              course_date: '2026-11-24',
              start_time: '10:00:00',
              end_time: '11:30:00',
            },
            { ...wholeClass, course_date: '2026-11-27', course_name: 'Music', room: null },
            {
              ...wholeClass,
              course_date: '2026-11-27',
              start_time: '20:00:00',
              course_name: 'Dance',
            },
            { ...wholeClass, start_time: '17:30:00', end_time: '18:45:00', course_name: 'English' },
            {
              ...wholeClass,
              start_time: '20:00:00',
              end_time: '21:00:00',
              course_name: 'Chess @everyone',
              instructor: '',
              room: null,
              online_url: null,
              notes: 'bring a board\nand a clock',
            },
          ],
        },
      },
    })
  })
  after(() => bench.close())

  async function use(options: OptionValues, user = bench.discord.users.alex): Promise<APIMessage> {
    return (await user.command(bench.discord.channels.questions, 'schedule', options)).reply()
  }

  /** `19:00` in Shanghai of that day, as Discord shows it to whoever reads. */
  function at(time: string, style = 't', day = 25): string {
    return `<t:${Date.parse(`2026-11-${day}T${time}:00+08:00`) / 1000}:${style}>`
  }

  it('shows rooms, links, overlaps, assignments and holidays', async () => {
    const { content, mention_everyone } = await use({ show: { when: 'thisWeek' } })
    assert.equal(
      content,
      [
        '### Classes this week',
        '🎉 **Founders \\*Day\\*** Fri, Nov 27 – Sat, Nov 28',
        '**Tuesday, November 24**',
        `- ${at('10:00', 't', 24)}–${at('11:30', 't', 24)} **Linear Algebra** · 王卓然 · B201 · [online](<https://example.com/live?a=1>)`,
        '**Wednesday, November 25**',
        `- ${at('17:30')}–${at('18:45')} **English** · 王卓然 · B201 · [online](<https://example.com/live?a=1>)`,
        `- ${at('19:00')}–${at('20:30')} **Linear Algebra** · 王卓然 · B201 · [online](<https://example.com/live?a=1>) ⚠️`,
        `- ${at('20:00')}–${at('21:00')} **Chess @everyone** ⚠️`,
        '**Thursday, November 26**',
        `- 📝 ${at('23:59', 'f', 26)} [Essay](<https://example.com/essay>) · English`,
        '**Friday, November 27** · 🎉 Founders \\*Day\\*',
        `- ~~${at('19:00', 't', 27)}–${at('20:30', 't', 27)} **Music** · 王卓然 · [online](<https://example.com/live?a=1>)~~`,
        `- ~~${at('20:00', 't', 27)}–${at('20:30', 't', 27)} **Dance** · 王卓然 · B201 · [online](<https://example.com/live?a=1>)~~`,
        '-# ⚠️ at the same time as another class',
        '-# Days are in Asia/Shanghai; times are in your own time zone.',
      ].join('\n'),
    )
    assert.equal(mention_everyone, false)
  })

  it('says what is on now and what comes next', async () => {
    const { content } = await use({ next: {} })
    assert.match(content, new RegExp(`^\\*\\*Now\\*\\*, until ${at('18:45', 'R')}: \\*\\*English`))
    assert.match(content, new RegExp(`\n\\*\\*Next\\*\\*, ${at('19:00', 'R')}: \\*\\*Linear`))
    assert.ok(!content.includes('Chess'))
    const chinese = await use({ next: {} }, bench.discord.users.liLei)
    assert.match(chinese.content, /^\*\*正在上\*\*，.+结束：/)
  })

  it('passes over classes on holidays', async () => {
    const clock = createManualClock(Date.parse('2026-11-27T11:10:00Z'))
    await bench.restart({ clock })
    assert.match((await use({ next: {} })).content, /^No class in the year ahead\./)
    const { content } = await use({ free: {} })
    assert.match(
      content,
      new RegExp(`November 27\\*\\* · 🎉 Founders.+\n- .+–${at('22:00', 't', 27)}\n-#`),
    )
    const found = (await use({ find: { course: 'Music' } })).content
    assert.match(found, /\*\*Friday, November 27\*\* · 🎉 Founders.+\n- ~~.+Music.+~~\n/)
    const picture = await use({ show: { picture: true } })
    assert.match(
      String(picture.attachments[0]?.description),
      /Music \(Online, 王卓然, does not take place\)/,
    )
    await bench.restart({ clock: createManualClock(now) })
  })

  it('says when there is no class', async () => {
    const { content } = await use({ free: { from: '8am', until: '22:00' } })
    assert.equal(
      content,
      [
        '### Free time today',
        '**Wednesday, November 25**',
        `- ${at('21:00')}–${at('22:00')}`,
        '-# Days are in Asia/Shanghai; times are in your own time zone.',
      ].join('\n'),
    )
    const week = (await use({ free: { when: 'thisWeek', from: '9:00', until: '12:00' } })).content
    assert.ok(!week.includes('November 24') && !week.includes('November 25'))
    assert.match(week, /Friday, November 27\*\* · 🎉 Founders/)
    assert.ok(!week.includes('none'))
    const bad = await use({ free: { from: '18:00', until: 'noon-ish' } })
    assert.match(bad.content, /^Write times such as/)
  })

  it('finds by teacher and course, with suggestions', async () => {
    const { alex, liLei } = bench.discord.users
    const { questions } = bench.discord.channels
    const suggest = (options: Record<string, string>, focused: string) =>
      alex.autocomplete(questions, 'schedule', { options: { find: options }, focused })
    assert.deepEqual(
      (await suggest({ course: 'e' }, 'course')).map(({ name }) => name),
      ['Linear Algebra', 'English', 'Chess @everyone', 'Dance'],
    )
    assert.deepEqual(
      (await suggest({ teacher: '王' }, 'teacher')).map(({ value }) => value),
      ['王卓然'],
    )
    const { content } = await use({ find: { teacher: '王卓然', course: 'linear' } })
    assert.match(content, /^### 王卓然 · linear \(1\)\n\*\*Wednesday, November 25\*\*\n- .*Linear/)
    assert.match((await use({ find: { course: 'Latin' } })).content, /^No class of Latin\./)
    assert.match((await use({ find: {} })).content, /^Name a teacher/)
    assert.match((await use({ find: {} }, liLei)).content, /^请写老师或课程/)
  })

  it('shows a week as a picture with a description, and as text again, also after a restart', async () => {
    const { alex, liLei } = bench.discord.users
    const shown = await use({ show: { when: 'thisWeek', picture: true } })
    const [picture] = shown.attachments
    assert.equal(shown.content, '### Classes this week')
    assert.equal(picture?.content_type, 'image/png')
    assert.match(String(picture.description), /^Timetable of .+ · AGI课堂\.\n[^]*Linear Algebra/)
    assert.ok((picture.width ?? 0) > 500)

    await bench.restart({ clock: createManualClock(now) })
    const press = async (message: APIMessage, label: string, user = alex) => {
      const buttons = JSON.stringify(message.components, ['components', 'custom_id', 'label'])
      const id = new RegExp(`"custom_id":"([^"]+)","label":"${label}"`).exec(buttons)?.[1]
      return user.click(message, id ?? `no button ${label}`)
    }
    await (await press(shown, 'Text')).succeeded()
    const isText = ({ id, content }: APIMessage) => id === shown.id && content.includes('Chess')
    const text = await alex.waitForMessage(shown.channel_id, isText)
    assert.match(text.content, /^### Classes Mon, Nov 23 – Sun, Nov 29\n/)
    assert.deepEqual(text.attachments, [])

    await (await press(text, '▶')).succeeded()
    const isNext = ({ id, content }: APIMessage) => id === shown.id && content.includes('Nov 30')
    const next = await alex.waitForMessage(shown.channel_id, isNext)

    const elsewhere = await (await press(next, '▶', liLei)).reply()
    assert.match(elsewhere.content, /^12月7日周一 – 12月13日周日没有课。/)
    assert.equal((elsewhere.flags ?? 0) & 64, 64)
  })

  it('gets ready to draw where a picture may be asked for', async () => {
    const chances: string[] = []
    const pictures = {
      drawWeek: async () => Buffer.from('a picture'),
      warm: (chance: string) => void chances.push(chance),
    }
    await bench.restart({ clock: createManualClock(now), pictures })
    await use({ show: {} })
    await use({ next: {} })
    assert.deepEqual(chances, [])
    await use({ show: { when: 'thisWeek' } })
    await use({ show: { picture: true } })
    assert.deepEqual(chances, ['likely', 'sure'])
    await bench.restart({ clock: createManualClock(now) })
  })

  it('puts what does not fit into a file', async () => {
    const add = Array.from({ length: 60 }, (_each, index) => ({
      ...wholeClass,
      course_date: '2026-12-01',
      course_name: `Course number ${index} of a long day`,
    }))
    const origin = { by: 'test', kind: 'import' as const, note: null }
    await bench.timetables.change({ guildId, origin, edits: { classes: { add } } })
    const shown = await use({ show: { when: 'nextWeek' } })
    assert.match(shown.content, /-# All of it is in the file\.$/)
    const file = shown.attachments[0]
    assert.ok(file)
    assert.match(await (await fetch(file.url)).text(), /Course number 59 of a long day/)
  })
})
