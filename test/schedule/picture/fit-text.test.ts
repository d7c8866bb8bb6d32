import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { fitText } from '../../../src/schedule/picture/fit-text.ts'

/** Chinese characters are as wide as two others. */
const measure = (text: string) =>
  Array.from(text).reduce((sum, each) => sum + (/\p{Script=Han}|[，。（）]/u.test(each) ? 2 : 1), 0)

const fit = (text: string, width: number, maxLines: number) =>
  fitText(text, { width, maxLines, measure })

describe('fitText', () => {
  it('breaks between words', () => {
    assert.deepEqual(fit('Introduction to Programming', 14, 3), ['Introduction', 'to Programming'])
  })

  it('breaks between Chinese characters, but not before a comma or after a bracket', () => {
    assert.deepEqual(fit('大模型应用，开发', 10, 3), ['大模型应', '用，开发'])
    assert.deepEqual(fit('大模型应（开发）', 10, 3), ['大模型应', '（开发）'])
  })

  it('breaks a word that is too long for a line', () => {
    assert.deepEqual(fit('Laboratory', 4, 3), ['Labo', 'rato', 'ry'])
  })

  it('ends with … what does not fit', () => {
    assert.deepEqual(fit('Introduction to Programming', 12, 1), ['Introductio…'])
    assert.deepEqual(fit('大模型应用开发基础', 8, 2), ['大模型应', '用开发…'])
  })

  it('ends where a sign is wider than the line', () => {
    assert.deepEqual(fit('中中', 1, 2), ['中', '中'])
    assert.deepEqual(fit('', 10, 2), [])
  })

  it('keeps every line within the width and, where all fits, every word', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '中', '，', '(', '-') })
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 12 }), (raw, width) => {
        const trimmed = raw.trim().replaceAll(/ +/gu, ' ')
        const lines = fit(trimmed, width, 100)
        for (const line of lines) assert.ok(measure(line) <= width, line)
        assert.equal(lines.join('').replaceAll(' ', ''), trimmed.replaceAll(' ', ''))
      }),
    )
  })
})
