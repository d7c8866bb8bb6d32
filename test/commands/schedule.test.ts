import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createManualClock } from '../bot/manual-clock.ts'
import { startBotBench, type BotBench } from '../helpers/bot-bench.ts'

/** Wednesday, 2026-11-25, 18:00 in Shanghai. */
const now = Date.parse('2026-11-25T10:00:00Z')

describe('/schedule', () => {
  let bench: BotBench
  before(async () => {
    bench = await startBotBench({ now: () => now, bot: { clock: createManualClock(now) } })
  })
  after(() => bench.close())

  async function show(name: string, user = bench.discord.users.alex): Promise<string> {
    const options = name === '' ? {} : { when: name }
    const answer = await (
      await user.command(bench.discord.channels.questions, 'schedule', options)
    ).reply()
    return answer.content
  }

  it('shows a week day by day, without asking the model', async () => {
    const content = await show('thisWeek')
    assert.match(
      content,
      /^### Classes this week\n\*\*\w+day, November 2\d\*\*\n- \d\d:\d\d–\d\d:\d\d .+ · .+/,
    )
    assert.match(content, /-# Times are in Asia\/Shanghai\.$/)
    const days = [...content.matchAll(/\*\*\w+, November (\d+)\*\*/g)].map(([, day]) => Number(day))
    assert.deepEqual(
      days,
      days.toSorted((a, b) => a - b),
    )
    assert.ok(days.every((day) => day >= 23 && day <= 29))
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

  it('says so when there are no classes', async () => {
    const far = await startBotBench({
      now: () => now,
      bot: { clock: createManualClock(Date.parse('2031-01-01T00:00:00Z')) },
    })
    try {
      const { alex } = far.discord.users
      const answer = await alex.command(far.discord.channels.questions, 'schedule')
      assert.equal((await answer.reply()).content, 'No classes today.')
    } finally {
      await far.close()
    }
  })
})
