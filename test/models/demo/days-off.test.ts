import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createLogger } from '../../../src/log.ts'
import { createSchedules } from '../../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../../src/schedule/store/sql-schedule-store.ts'
import { createAskDatabase } from '../../../src/tools/ask-database.ts'
import { ask as askDriver, conversation } from './fixture.ts'

/** A Sunday evening, as in the fixture's conversations. */
const now = () => Date.parse('2026-11-22T10:05:00Z')
const guildId = '1'
const { signal } = new AbortController()

describe('classes on holidays', () => {
  let close = async (): Promise<void> => {}
  let tool: ReturnType<typeof createAskDatabase>
  before(async () => {
    const timeZone = 'Asia/Shanghai'
    const db = await openScheduleDatabase(':memory:')
    const store = createScheduleStore({ db, now, timeZone })
    const log = createLogger({ level: 'silent', pretty: false })
    const schedules = createSchedules({ now, timeZone, store, log, timeLimitMs: 60_000 })
    close = async () => {
      await schedules.close()
      await store.close()
    }
    tool = createAskDatabase({ schedules })
    const meeting = (course_date: string, course_name: string) => ({
      course_date,
      start_time: '19:00:00',
      end_time: '20:30:00',
      course_name,
      instructor: '王卓然',
      room: null,
      online_url: null,
      notes: null,
      source_id: null,
    })
    await store.change({
      guildId,
      origin: { by: 'test', kind: 'import', note: null },
      edits: {
        holidays: { add: [{ name: '校庆', first_date: '2026-11-24', last_date: '2026-11-24' }] },
        classes: {
          add: [
            meeting('2026-11-24', '高等数学'),
            meeting('2026-11-25', '线性代数'),
            meeting('2026-11-26', '概率论'),
          ],
        },
      },
    })
  })
  after(() => close())

  /** What the driver says, with its queries run on the guild's tables. */
  async function ask(question: string): Promise<string> {
    const tools = [{ type: 'function' as const, function: await tool.definition({ guildId }) }]
    const answer = (query: string) => tool.run({ query }, { guildId, conversation: 'c', signal })
    const { text } = await askDriver(conversation('你好', question), { request: { tools }, answer })
    return text
  }

  it('do not take place for the demo either', async () => {
    assert.match(await ask('后天有什么课？'), /没有课/)
    assert.match(await ask('Which classes are there next week?'), /2 classes/)
    assert.match(await ask('下周有几节课？'), /2 节课/)
    assert.match(await ask('下一节课是什么？'), /线性代数/)
    assert.match(await ask('下周哪天没课？'), /11月24日/)
  })
})
