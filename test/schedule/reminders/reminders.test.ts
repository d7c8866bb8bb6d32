import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import type { Courier } from '../../../src/schedule/reminders/reminders.ts'
import { alex, createRig, guildId, homework, meeting, type Rig } from './rig.ts'

describe('reminders', () => {
  let rig: Rig
  afterEach(() => rig.close())

  async function begin(at: string, options: Parameters<typeof createRig>[1] = {}) {
    rig = await createRig(at, options)
    await rig.reminders.start()
  }

  it('come once, before a class and before a deadline', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting()] }, assignments: { add: [homework()] } })
    await rig.put({ leads: [60, 15] })
    await rig.put({ about: 'assignments', leads: [1440, 120] })
    await rig.until('2026-09-09T00:00')
    assert.deepEqual(rig.said, [
      '2026-09-07T09:00 alex: Algebra',
      '2026-09-07T09:45 alex: Algebra',
      '2026-09-07T20:00 alex: Rings',
      '2026-09-08T18:00 alex: Rings',
    ])
  })

  it('are of one course where one was chosen, and one message where several want the same', async () => {
    await begin('2026-09-07T08:00')
    const logic = meeting({ course_name: 'Logic', start_time: '10:05:00' })
    await rig.edit({ classes: { add: [meeting(), logic] } })
    await rig.put({ course: 'Logic', leads: [20] })
    await rig.put({ target: { guildId, type: 'channel', id: 'room' }, leads: [15] })
    await rig.put({ target: { guildId, type: 'channel', id: 'room' }, course: 'Algebra' })
    await rig.until('2026-09-07T12:00')
    assert.deepEqual(rig.said, [
      '2026-09-07T09:45 alex: Logic',
      '2026-09-07T09:45 room: Algebra',
      '2026-09-07T09:50 room: Logic',
    ])
  })

  it('leave out what was due before they were set up', async () => {
    await begin('2026-09-07T09:50')
    await rig.edit({ classes: { add: [meeting(), meeting({ start_time: '12:00:00' })] } })
    await rig.put()
    await rig.until('2026-09-07T13:00')
    assert.deepEqual(rig.said, ['2026-09-07T11:45 alex: Algebra'])
  })

  it('follow the timetable: moved, cancelled, and added at the last moment', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting(), meeting({ course_name: 'Logic' })] } })
    await rig.put()
    await rig.until('2026-09-07T09:44:30')
    await rig.edit({
      classes: { update: [{ id: 1, start_time: '10:30:00' }], remove: [2] },
    })
    await rig.until('2026-09-07T10:00')
    assert.deepEqual(rig.said, [])
    await rig.edit({ classes: { add: [meeting({ start_time: '10:08:00' })] } })
    rig.reminders.refresh(guildId)
    await rig.until('2026-09-07T10:16')
    await rig.edit({ classes: { update: [{ id: 1, start_time: '11:00:00', room: 'B2' }] } })
    await rig.until('2026-09-07T11:00')
    assert.deepEqual(rig.said, [
      '2026-09-07T10:00 alex: Algebra',
      '2026-09-07T10:15 alex: Algebra',
      '2026-09-07T10:45 alex: Algebra',
    ])
    assert.equal(rig.office.got[2]?.events[0]?.room, 'B2')
  })

  it('leave out classes on holidays, and still tell of deadlines', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({
      classes: { add: [meeting(), meeting({ course_date: '2026-09-08', course_name: 'Logic' })] },
      assignments: { add: [homework({ due_date: '2026-09-07' })] },
      holidays: { add: [{ name: 'Day', first_date: '2026-09-07', last_date: '2026-09-08' }] },
    })
    await rig.put()
    await rig.put({ about: 'assignments', leads: [120] })
    await rig.until('2026-09-07T20:00')
    assert.deepEqual(rig.said, ['2026-09-07T18:00 alex: Rings'])
    // It is no holiday after all, so far as it is not over.
    await rig.edit({ holidays: { update: [{ id: 1, last_date: '2026-09-07' }] } })
    await rig.until('2026-09-08T12:00')
    assert.deepEqual(rig.said.slice(1), ['2026-09-08T09:45 alex: Logic'])
  })

  it('rest where nothing is to happen, and go on afterwards', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting(), meeting({ start_time: '12:00:00' })] } })
    await rig.put()
    rig.resting.add(guildId)
    await rig.until('2026-09-07T11:00')
    assert.deepEqual(rig.said, [])
    rig.resting.delete(guildId)
    rig.reminders.refresh(guildId)
    await rig.until('2026-09-07T13:00')
    assert.deepEqual(rig.said, ['2026-09-07T11:45 alex: Algebra'])
  })

  it('are not repeated when only the room changes', async () => {
    await begin('2026-09-07T09:40')
    await rig.edit({ classes: { add: [meeting()] } })
    await rig.put()
    await rig.until('2026-09-07T09:50')
    await rig.edit({ classes: { update: [{ id: 1, room: 'B2' }] } })
    await rig.until('2026-09-07T10:10')
    assert.deepEqual(rig.said, ['2026-09-07T09:45 alex: Algebra'])
  })

  it('notice within a minute what another process has changed', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting()] } })
    await rig.put()
    await rig.until('2026-09-07T08:10')
    await rig.edit({ classes: { update: [{ id: 1, start_time: '08:30:00' }] } })
    await rig.until('2026-09-07T09:00')
    assert.deepEqual(rig.said, ['2026-09-07T08:15 alex: Algebra'])
  })

  it('survive a restart, and fire once', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting()] } })
    await rig.put({ leads: [60, 15] })
    await rig.until('2026-09-07T09:10')
    rig.kill()
    await rig.start()
    await rig.until('2026-09-07T09:50')
    await rig.reminders.close()
    await rig.start()
    await rig.until('2026-09-07T12:00')
    assert.deepEqual(rig.said, ['2026-09-07T09:00 alex: Algebra', '2026-09-07T09:45 alex: Algebra'])
  })

  it('are one message after a downtime, without what has begun', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({
      classes: {
        add: [
          meeting(),
          meeting({ course_name: 'Begun', start_time: '11:50:00' }),
          meeting({ course_name: 'Logic', start_time: '12:10:00' }),
        ],
      },
      assignments: { add: [homework()] },
    })
    await rig.put()
    await rig.put({ about: 'assignments', leads: [2160, 1440] })
    await rig.reminders.close()
    rig.setTime('2026-09-07T12:00')
    await rig.start()
    await rig.until('2026-09-07T13:00')
    assert.deepEqual(rig.said, ['2026-09-07T12:00 alex: Logic, Rings'])
  })

  it('still come for a class that has just begun when they are a little late', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting()] } })
    await rig.put({ leads: [1] })
    await rig.until('2026-09-07T09:58')
    rig.kill()
    rig.setTime('2026-09-07T10:01')
    await rig.start()
    assert.deepEqual(rig.said, ['2026-09-07T10:01 alex: Algebra'])
  })

  it('wait for the end of quiet hours, and are left out when that is too late', async () => {
    await begin('2026-09-06T20:00')
    await rig.store.setQuietHours('alex', { from: '22:00', to: '07:30' })
    await rig.edit({
      classes: {
        add: [
          meeting({ course_name: 'Dawn', start_time: '07:15:00' }),
          meeting({ course_name: 'Early', start_time: '07:40:00' }),
        ],
      },
    })
    await rig.put()
    await rig.put({ target: { guildId, type: 'channel', id: 'room' } })
    await rig.until('2026-09-07T09:00')
    assert.deepEqual(rig.said, [
      '2026-09-07T07:00 room: Dawn',
      '2026-09-07T07:25 room: Early',
      '2026-09-07T07:30 alex: Early',
    ])
  })

  it('that were missed do not come in quiet hours either', async () => {
    await begin('2026-09-06T09:00')
    await rig.store.setQuietHours('alex', { from: '22:00', to: '07:00' })
    await rig.edit({ classes: { add: [meeting()] } })
    await rig.put({ leads: [14 * 60] })
    await rig.reminders.close()
    rig.setTime('2026-09-06T23:00')
    await rig.start()
    await rig.until('2026-09-07T08:00')
    assert.deepEqual(rig.said, ['2026-09-07T07:00 alex: Algebra'])
  })

  it('keep the time on the wall over both changes of daylight saving', async () => {
    // Berlin: clocks go forward on 2026-03-29 and back on 2026-10-25, at night.
    await begin('2026-03-28T09:00', { timeZone: 'Europe/Berlin' })
    const days = ['2026-03-28', '2026-03-29', '2026-03-30']
    await rig.edit({
      classes: { add: days.map((course_date) => meeting({ course_date })) },
      assignments: { add: [homework({ due_date: '2026-03-29', due_time: '12:00:00' })] },
    })
    await rig.put()
    await rig.put({ about: 'assignments', leads: [1440] })
    await rig.until('2026-03-31T00:00')
    assert.deepEqual(rig.said, [
      '2026-03-28T09:45 alex: Algebra',
      // 24 hours, of a day that has 23.
      '2026-03-28T11:00 alex: Rings',
      '2026-03-29T09:45 alex: Algebra',
      '2026-03-30T09:45 alex: Algebra',
    ])
    await rig.reminders.close()
    rig.setTime('2026-10-24T20:00')
    await rig.start()
    await rig.store.setQuietHours('alex', { from: '22:00', to: '02:30' })
    const twice = meeting({
      course_date: '2026-10-25',
      start_time: '02:45:00',
      end_time: '04:00:00',
    })
    await rig.edit({ classes: { add: [twice, meeting({ course_date: '2026-10-25' })] } })
    await rig.until('2026-10-25T12:00')
    assert.deepEqual(rig.said.slice(4), [
      '2026-10-25T02:30 alex: Algebra',
      '2026-10-25T09:45 alex: Algebra',
    ])
  })

  it('move with the time zone of the timetable', async () => {
    await begin('2026-09-07T00:00')
    await rig.edit({ classes: { add: [meeting()] } })
    await rig.put()
    await rig.edit({ timeZone: 'Asia/Shanghai' })
    await rig.until('2026-09-07T12:00')
    assert.deepEqual(rig.said, ['2026-09-07T01:45 alex: Algebra'])
  })

  it('do not double when the clock is put back, nor stop when it is put forward', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting(), meeting({ start_time: '15:00:00' })] } })
    await rig.put()
    await rig.until('2026-09-07T09:50')
    rig.setTime('2026-09-07T09:00')
    await rig.until('2026-09-07T14:00')
    rig.setTime('2026-09-07T14:44')
    await rig.until('2026-09-07T16:00')
    assert.deepEqual(rig.said, ['2026-09-07T09:45 alex: Algebra', '2026-09-07T14:45 alex: Algebra'])
  })

  it('are looked at a minute later when the database cannot be read', async () => {
    await begin('2026-09-07T08:00')
    await rig.edit({ classes: { add: [meeting()] } })
    await rig.put()
    await rig.until('2026-09-07T09:44:30')
    let failures = 0
    const read = rig.store.guildVersions.bind(rig.store)
    rig.store.guildVersions = () => {
      failures += 1
      return Promise.reject(new Error('disk I/O error'))
    }
    await rig.until('2026-09-07T09:46:30')
    assert.ok(1 <= failures && failures <= 3, `${failures}`)
    rig.store.guildVersions = read
    await rig.until('2026-09-07T09:48')
    assert.equal(rig.said.length, 1)
  })

  it('of the sample come as well', async () => {
    await begin('2026-09-07T00:00')
    await rig.put()
    await rig.until('2026-09-10T00:00')
    assert.ok(rig.said.length > 0)
    assert.equal(new Set(rig.said).size, rig.said.length)
  })

  describe('when the process is killed', () => {
    const never = new Promise<never>(() => {})

    async function killedWhile(send: Courier['send'], { pauseMs = 10_000 } = {}) {
      await begin('2026-09-07T09:40')
      await rig.edit({ classes: { add: [meeting()] } })
      await rig.put()
      rig.kill()
      const called = Promise.withResolvers<void>()
      // Only the planning settles: the message does not.
      void rig.start({
        async send(message) {
          const sent = await send(message)
          called.resolve()
          await never
          return sent
        },
      })
      rig.setTime('2026-09-07T09:45')
      await called.promise
      rig.kill()
      rig.setTime(new Date(rig.now() + pauseMs).toISOString().slice(0, 19))
      await rig.start()
      await rig.until('2026-09-07T10:30')
    }

    it('between the claim and the message, it is sent', async () => {
      await killedWhile(async () => 'sent')
      assert.deepEqual(rig.said, ['2026-09-07T09:45 alex: Algebra'])
    })

    it('between the message and the mark, it is not sent again', async () => {
      await killedWhile(async (message) => {
        rig.office.arrive(message)
        return 'sent'
      })
      assert.deepEqual(rig.said, ['2026-09-07T09:45 alex: Algebra'])
      assert.deepEqual(await rig.store.unfinished(), [])
    })

    it('for longer than nonces are known, the channel is looked at', async () => {
      await killedWhile(async () => 'sent', { pauseMs: 8 * 60_000 })
      assert.deepEqual(rig.said, ['2026-09-07T09:53 alex: Algebra'])
    })

    it('until it makes no sense any more, it is dropped', async () => {
      await killedWhile(async () => 'sent', { pauseMs: 21 * 60_000 })
      assert.deepEqual(rig.said, [])
      assert.deepEqual(await rig.store.unfinished(), [])
    })
  })

  it('are tried again while Discord is away, as long as they make sense', async () => {
    let isAway = true
    await begin('2026-09-07T09:40', {
      courier: {
        async send(message) {
          if (isAway) return 'later'
          rig.office.arrive(message)
          return 'sent'
        },
      },
    })
    await rig.edit({
      classes: { add: [meeting(), meeting({ start_time: '11:00:00', course_name: 'Logic' })] },
    })
    await rig.put()
    await rig.until('2026-09-07T10:50')
    isAway = false
    await rig.until('2026-09-07T12:00')
    assert.deepEqual(
      rig.said.map((line) => line.slice(17)),
      ['alex: Logic'],
    )
    assert.deepEqual(await rig.store.unfinished(), [])
  })

  it('rest where nobody can be reached, until they are set up again', async () => {
    let isOpen = false
    let tries = 0
    await begin('2026-09-07T09:40', {
      courier: {
        async send(message) {
          tries += 1
          if (!isOpen) return { paused: 'closed' }
          rig.office.arrive(message)
          return 'sent'
        },
      },
    })
    const later = meeting({ start_time: '11:00:00' })
    await rig.edit({ classes: { add: [meeting(), later, meeting({ start_time: '12:00:00' })] } })
    await rig.put()
    await rig.until('2026-09-07T11:10')
    assert.equal(tries, 1)
    assert.equal((await rig.store.find(alex))?.paused, 'closed')
    isOpen = true
    await rig.put()
    rig.reminders.refresh(guildId)
    await rig.until('2026-09-07T12:30')
    assert.deepEqual(rig.said, ['2026-09-07T11:45 alex: Algebra'])
  })

  it('go to a thousand people once each, and another guild does not wait for them', async () => {
    let mostAtOnce = 0
    let atOnce = 0
    await begin('2026-09-07T09:40', {
      inMemory: true,
      courier: {
        async send(message) {
          atOnce += 1
          mostAtOnce = Math.max(mostAtOnce, atOnce)
          await setImmediate()
          rig.office.arrive(message)
          atOnce -= 1
          return 'sent'
        },
      },
    })
    await rig.edit({ classes: { add: [meeting()] } })
    const everybody = Array.from({ length: 1_000 }, (_, index) => ({
      target: { guildId, type: 'user', id: `u${index}` } as const,
      locale: 'en',
      about: 'classes' as const,
      course: null,
      leads: [15],
      since: rig.now() + index,
    }))
    await rig.store.put(everybody)
    await rig.timetables.change({
      guildId: 'small',
      origin: { by: 'teacher', kind: 'edit', note: null },
      edits: { classes: { add: [meeting({ course_name: 'Small' })] } },
    })
    await rig.put({ target: { guildId: 'small', type: 'user', id: 'alone' } })
    await rig.until('2026-09-07T09:50')
    const targets = rig.office.got.map(({ target }) => target)
    assert.equal(targets.length, 1_001)
    assert.equal(new Set(targets).size, 1_001)
    assert.ok(targets.indexOf('alone') < 500, `alone was number ${targets.indexOf('alone')}`)
    assert.equal(mostAtOnce, 4)
  })
})
