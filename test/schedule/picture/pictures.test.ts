import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { inflateSync } from 'node:zlib'

import { createLogger } from '../../../src/log.ts'
import { palettes } from '../../../src/schedule/picture/colours.ts'
import { createPictures } from '../../../src/schedule/picture/pictures.ts'
import type { Week } from '../../../src/schedule/picture/week.ts'
import { hostileTexts, meeting, weekOf } from './weeks.ts'

const log = createLogger({ level: 'silent', pretty: false })

/** Reads a PNG as we write it: one chunk of data, RGB, rows without a filter. */
function readPng(png: Buffer) {
  assert.equal(png.subarray(0, 8).toString('latin1'), '\u0089PNG\r\n\u001a\n')
  assert.equal(png.subarray(12, 16).toString('latin1'), 'IHDR')
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  assert.deepEqual([...png.subarray(24, 29)], [8, 2, 0, 0, 0])
  assert.equal(png.subarray(37, 41).toString('latin1'), 'IDAT')
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)))
  assert.equal(rows.length, height * (width * 3 + 1))
  const pixel = (x: number, y: number) => {
    const at = y * (width * 3 + 1) + 1 + x * 3
    return `#${rows.subarray(at, at + 3).toString('hex')}`
  }
  /** How many pixels have a colour. */
  const count = (colour: string) => {
    const [red, green, blue] = Buffer.from(colour.slice(1), 'hex')
    let found = 0
    for (let y = 0; y < height; y += 1) {
      const end = (y + 1) * (width * 3 + 1)
      for (let at = end - width * 3; at < end; at += 3) {
        if (rows[at] === red && rows[at + 1] === green && rows[at + 2] === blue) found += 1
      }
    }
    return found
  }
  return { width, height, pixel, count }
}

describe('createPictures', () => {
  const pictures = createPictures({ log })
  after(() => pictures.close())
  const draw = async (week: Week) => readPng(await pictures.drawWeek(week))

  it('draws at twice the size, in the colours of the theme', async () => {
    const classes = [meeting(2, '08:00-12:00', { course_name: '高等数学' })]
    for (const theme of ['light', 'dark'] as const) {
      const { width, height, pixel, count } = await draw(weekOf(classes, { theme }))
      assert.ok(width > 1_800 && width < 3_200 && height > 700 && height < 2_800)
      assert.equal(pixel(2, 2), palettes[theme].background)
      assert.ok(count(palettes[theme].today) > 10_000)
      assert.ok(count(palettes[theme].now) > 1_000)
      assert.equal(count(palettes[theme].holiday), 0)
    }
  })

  it('has letters for Chinese, bold and emoji', async () => {
    const ink = async (title: string) => {
      const picture = await draw(weekOf([], { title }))
      return picture.count(palettes.light.text)
    }
    const none = await ink('.')
    const [chinese, latin, emoji] = [await ink('课程表'), await ink('AAA'), await ink('🎨')]
    assert.ok(chinese > none + 200, `${chinese} ${none}`)
    assert.ok(latin > none + 200)
    assert.ok(emoji > none + 50)
    // Beside an emoji, the letters are drawn too.
    assert.ok((await ink('课程表🎨')) > chinese + 50)
  })

  it('draws whatever names there are', async () => {
    for (const text of hostileTexts) {
      const classes = [meeting(0, '08:00-10:00', { course_name: text, instructor: text })]
      const png = await pictures.drawWeek(weekOf(classes, { title: text, weekLabel: text }))
      assert.ok(readPng(png).width > 1_000)
      assert.ok(png.length < 1_000_000)
    }
  })

  it('refuses what is no week', async () => {
    await assert.rejects(pictures.drawWeek(weekOf([], { monday: '2026-11-24' })), RangeError)
    await assert.rejects(pictures.drawWeek(weekOf([], { timeZone: 'Mars/Base' })), RangeError)
  })

  it('does not draw what nobody waits for any more', async () => {
    const aborted = AbortSignal.abort(new Error('gone'))
    await assert.rejects(pictures.drawWeek(weekOf([]), { signal: aborted }), /gone/)
    const controller = new AbortController()
    const first = pictures.drawWeek(weekOf([]))
    const second = pictures.drawWeek(weekOf([]), { signal: controller.signal })
    controller.abort(new Error('left'))
    await assert.rejects(second, /left/)
    assert.ok((await first).length > 1_000)
  })

  it('refuses more than it can draw soon', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const asked = Array.from({ length: 60 }, () => pictures.drawWeek(weekOf([]), { signal }))
    const settled = Promise.allSettled(asked)
    await assert.rejects(pictures.drawWeek(weekOf([])), {
      code: 'unavailable',
      message: /Too many pictures/,
    })
    controller.abort()
    const refused = (await settled).filter(
      (each) => each.status === 'rejected' && /Too many/.test(String(each.reason)),
    )
    assert.equal(refused.length, 60 - 51)
  })
})

describe('createPictures, when something goes wrong', () => {
  it('draws in a new thread after one that took too long or was idle', async () => {
    const timers: { delayMs: number; onEnd: () => void }[] = []
    const pictures = createPictures({
      log,
      timeLimitMs: 111,
      idleMs: 222,
      startTimer(delayMs, onEnd) {
        const timer = { delayMs, onEnd }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), 1)
      },
    })
    const slow = pictures.drawWeek(weekOf([]))
    const next = pictures.drawWeek(weekOf([]))
    const refused = assert.rejects(slow, { code: 'unavailable' })
    assert.deepEqual(
      timers.map(({ delayMs }) => delayMs),
      [111],
    )
    timers[0]?.onEnd()
    await refused
    assert.ok((await next).length > 1_000)
    assert.deepEqual(
      timers.map(({ delayMs }) => delayMs),
      [222],
    )
    timers[0]?.onEnd()
    assert.ok((await pictures.drawWeek(weekOf([]))).length > 1_000)
    await pictures.close()
    assert.deepEqual(timers, [])
    await assert.rejects(pictures.drawWeek(weekOf([])), { code: 'unavailable' })
  })

  it('starts before a picture is asked for only where somebody has asked for one', async () => {
    const timers: { delayMs: number; onEnd: () => void }[] = []
    const pictures = createPictures({
      log,
      idleMs: 222,
      startTimer(delayMs, onEnd) {
        const timer = { delayMs, onEnd }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), 1)
      },
    })
    const delays = () => timers.map(({ delayMs }) => delayMs)
    pictures.warm('likely')
    assert.deepEqual(delays(), [])
    pictures.warm('sure')
    pictures.warm('sure')
    assert.deepEqual(delays(), [222])
    await pictures.drawWeek(weekOf([]))
    timers[0]?.onEnd()
    timers.length = 0
    pictures.warm('likely')
    assert.deepEqual(delays(), [222])
    // What it draws for nobody is not taken for what somebody asked for.
    const { width } = readPng(await pictures.drawWeek(weekOf([])))
    assert.equal(width, readPng(await pictures.drawWeek(weekOf([]))).width)
    await pictures.close()
  })
})
