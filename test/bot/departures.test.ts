import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { createClassStores, isOfGuild, metadataOf } from '../../src/bot/class-files/class-stores.ts'
import type { Clock } from '../../src/bot/clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'
import { createManualClock } from './manual-clock.ts'

const guildId = '1100000000000000000'
const otherId = '1100000000000000900'
const dayMs = 24 * 60 * 60 * 1000
const origin = { by: 'test', kind: 'edit', note: null } as const

/** Nothing listens there. */
const url = 'http://127.0.0.1:9/x.ics'

const meeting = {
  course_date: '2027-06-01',
  start_time: '09:00:00',
  end_time: '10:00:00',
  course_name: 'Algebra',
  instructor: '',
  room: null,
  online_url: null,
  notes: null,
  source_id: null,
}

describe('a guild that the bot has left', () => {
  let bench: BotBench
  const manual = createManualClock(Date.parse('2026-11-25T10:00:00Z'))
  let skipped = 0
  /** Days can be skipped, in which nothing happens. */
  const clock: Clock = { ...manual, now: () => manual.now() + skipped }
  before(async () => {
    bench = await startBotBench({ now: () => clock.now(), bot: { clock } })
  })
  after(() => bench.close())

  const tell = (event: string, data: object) =>
    bench.discord.controls.dispatch(bench.discord.applicationId, event, data)
  const fill = (id: string) =>
    bench.timetables.change({ guildId: id, origin, edits: { classes: { add: [meeting] } } })
  const has = async (id: string) => (await bench.timetables.getTimetable(id)) !== null

  /** Lets things happen until it is so. */
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    const tooLate = AbortSignal.timeout(10_000)
    while (!(await isSo())) {
      tooLate.throwIfAborted()
      await manual.advance(60_000)
      await setImmediate()
    }
  }

  async function leave(id = guildId): Promise<void> {
    tell('GUILD_DELETE', { id })
    await until(() => bench.bot.awayGuilds().includes(id))
  }

  function comeTo(id: string): void {
    tell('GUILD_CREATE', {
      id,
      name: 'AGI课堂',
      owner_id: bench.discord.users.wangZhuoran.id,
      preferred_locale: 'zh-CN',
      joined_at: '2026-11-25T10:00:00Z',
      unavailable: false,
      member_count: 1,
      roles: [{ id, name: '@everyone', permissions: '0', position: 0 }],
      channels: [],
      threads: [],
      members: [],
      features: [],
    })
  }

  it('is none that Discord cannot reach at the moment', async () => {
    tell('GUILD_DELETE', { id: guildId, unavailable: true })
    tell('GUILD_DELETE', { id: otherId })
    await bench.ask('hi')
    assert.deepEqual(bench.bot.awayGuilds(), [])
    await bench.restart({ clock })
  })

  it('is forgotten after 30 days with all that belongs to its schedule, and no other is', async () => {
    await fill(guildId)
    await fill(otherId)
    await bench.timetables.addSubscription(otherId, url, '7')
    await bench.timetables.feedToken(otherId, '7')
    // Nobody tells the bot, so it notices at the start.
    await bench.restart({ clock })
    assert.deepEqual(bench.bot.awayGuilds(), [otherId])
    skipped += dayMs
    await leave()
    await bench.timetables.addSubscription(guildId, url, '7')
    await bench.calendars.refresh()
    const [resting] = await bench.timetables.listSubscriptions(guildId)
    assert.equal(resting?.checkedAt, null)

    skipped += 29 * dayMs
    await until(async () => !(await bench.timetables.listGuilds()).includes(otherId))
    assert.deepEqual(await bench.timetables.listSubscriptions(otherId), [])
    assert.deepEqual(await bench.timetables.listRevisions(otherId, 10), [])
    await until(() => !bench.bot.awayGuilds().includes(otherId))
    assert.equal(await has(guildId), true)
  })

  /** A class file as a guild has it, with its store and its assistant. */
  async function addClassFile(id: string): Promise<void> {
    const { openai, keyv } = bench
    const store = await createClassStores({ openai, keyv }).ensure(id, 'Class')
    const file = new File(['Notes.'], `${id}.txt`)
    const made = await openai.files.create({ file, purpose: 'assistants' })
    await openai.vectorStores.files.create(store.id, { file_id: made.id })
    await openai.beta.assistants.create({ model: 'scripted', metadata: metadataOf(id) })
  }

  it('is forgotten with its class files, their store and its assistant, and no other is', async () => {
    await addClassFile(guildId)
    await addClassFile(otherId)
    await bench.restart({ clock })
    assert.deepEqual(bench.bot.awayGuilds(), [otherId])
    skipped += 31 * dayMs
    await until(() => bench.bot.awayGuilds().length === 0)
    const names = async (things: AsyncIterable<{ metadata?: unknown }>) =>
      (await Array.fromAsync(things)).filter(({ metadata }) => isOfGuild(metadata, otherId))
    const files = await Array.fromAsync(bench.openai.files.list())
    assert.deepEqual(
      files.map(({ filename }) => filename),
      [`${guildId}.txt`],
    )
    assert.deepEqual(await names(bench.openai.beta.assistants.list()), [])
    assert.equal((await bench.openai.vectorStores.list()).data.length, 1)
    await leave()
  })

  it('can come back to what it had, whether the bot hears of it or is off meanwhile', async () => {
    assert.deepEqual(bench.bot.awayGuilds(), [guildId])
    comeTo(guildId)
    await until(() => bench.bot.awayGuilds().length === 0)
    await bench.calendars.refresh()
    const [followed] = await bench.timetables.listSubscriptions(guildId)
    assert.equal(followed?.result, 'failed')

    await leave()
    skipped += 40 * dayMs
    // Discord says that the bot is in it, before anything is forgotten.
    await bench.restart({ clock })
    assert.deepEqual(bench.bot.awayGuilds(), [])
    assert.equal(await has(guildId), true)
  })

  it('stays as long as somebody uses the bot there all the same', async () => {
    await leave()
    comeTo(otherId)
    await leave(otherId)
    await fill(otherId)
    skipped += 29 * dayMs
    const { alex } = bench.discord.users
    const { questions } = bench.discord.channels
    await (await alex.command(questions, 'schedule', { history: {} })).reply()
    skipped += 2 * dayMs
    // They are looked at in the order in which they were left.
    await until(async () => !(await has(otherId)))
    assert.equal(await has(guildId), true)
  })
})
