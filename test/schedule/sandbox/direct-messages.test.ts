import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createLogger } from '../../../src/log.ts'
import { createSchedules } from '../../../src/schedule/schedules.ts'
import { createAskDatabase } from '../../../src/tools/ask-database.ts'
import { createManualTimers } from '../manual-timers.ts'

const timeLimitMs = 2000
const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT count(*) FROM c'

it('lets nobody wait in direct messages for what somebody else asks there', async () => {
  const timers = createManualTimers()
  const schedules = createSchedules({
    now: () => Date.parse('2026-11-22T12:00:00Z'),
    timeZone: 'Asia/Shanghai',
    log: createLogger({ level: 'silent', pretty: false }),
    timeLimitMs,
    startTimer: timers.startTimer,
  })
  const tool = createAskDatabase({ schedules })
  const { signal } = new AbortController()
  const ask = (conversation: string, query: string) =>
    tool.run({ query }, { guildId: null, conversation, signal })
  const attack = ask('dm:1', endless)
  await timers.running(timeLimitMs)
  let isAnswered = false
  const own = ask('dm:1', 'SELECT 1').finally(() => (isAnswered = true))
  assert.match(await ask('dm:2', 'SELECT 2 AS two'), /"rows":\[\[2\]\]/)
  assert.equal(isAnswered, false)
  timers.fire(timeLimitMs)
  assert.match(await attack, /ran longer than 2 s/)
  assert.match(await own, /"rows":\[\[1\]\]/)
  await schedules.close()
})
