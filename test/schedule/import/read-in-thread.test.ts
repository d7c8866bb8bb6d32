import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { readInThread } from '../../../src/schedule/import/read-in-thread.ts'
import { brief, calendar, shanghai } from './context.ts'

describe('reading a file in a thread', () => {
  it('answers the draft', async () => {
    const bytes = Buffer.from('date,time,course\n2026-09-01,9:00-10:00,A\n')
    const draft = await readInThread(bytes, { context: shanghai })
    assert.deepEqual(brief(draft.classes), ['2026-09-01 09:00-10:00 A'])
  })

  it('says why it refuses', async () => {
    const bytes = Buffer.from('%PDF-1.7')
    await assert.rejects(readInThread(bytes, { context: shanghai }), { reason: 'not_a_table' })
  })

  it('is over when time is up', async () => {
    const endless = calendar(
      'BEGIN:VEVENT',
      'UID:x',
      'DTSTART:20260201T090000',
      'DTEND:20260201T100000',
      'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
      'SUMMARY:x',
      'END:VEVENT',
    )
    const startTimer = (_delayMs: number, onEnd: () => void) => {
      setImmediate(onEnd)
      return () => {}
    }
    await assert.rejects(readInThread(Buffer.from(endless), { context: shanghai, startTimer }), {
      reason: 'too_slow',
    })
  })

  it('is over when nobody waits any more', async () => {
    const abort = new AbortController()
    const reading = readInThread(Buffer.from('x'), { context: shanghai, signal: abort.signal })
    abort.abort(new Error('gone'))
    await assert.rejects(reading, { message: 'gone' })
  })

  it('keeps a file of ten thousand rows in bounds', async () => {
    const rows = Array.from({ length: 10_001 }, (_each, index) => {
      const date = Temporal.PlainDate.from('2026-01-01')
        .add({ days: index % 365 })
        .toString()
      return `${date},9:00-10:00,Course ${index},Teacher ${index % 50}`
    })
    const bytes = Buffer.from(`date,time,course,teacher\n${rows.join('\n')}\n`)
    const draft = await readInThread(bytes, { context: shanghai })
    assert.equal(draft.classes.length, 10_000)
    assert.deepEqual(draft.problems, [{ line: 10_002, reason: 'too_many_classes', value: '10000' }])
  })

  it('takes a million columns for a few', async () => {
    const bytes = Buffer.from(
      `date,time,course${',x'.repeat(1_000_000)}\n2026-09-01,9:00-10:00,A\n`,
    )
    const outcome = await readInThread(bytes, { context: shanghai }).catch(
      (error: unknown) => error,
    )
    if (outcome instanceof Error) assert.match(outcome.message, /cannot be read/)
    else assert.ok(outcome)
  })
})
