import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { courseColours, palettes } from '../../../src/schedule/picture/colours.ts'

const themes = ['light', 'dark'] as const
const names = Array.from({ length: 60 }, (_each, index) => `课程 ${index}`)

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [one, other].map(luminance).toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

for (const theme of themes) {
  describe(`colours of the ${theme} theme`, () => {
    it('let every text of a class be read, and its bar be seen', () => {
      const coloursOf = courseColours([], theme)
      const all = new Set<string>()
      for (const name of names) {
        const { fill, bar, text, detail } = coloursOf(name)
        all.add(fill)
        assert.ok(contrast(text, fill) >= 7, `${name}: ${text} on ${fill}`)
        assert.ok(contrast(detail, fill) >= 4.5, `${name}: ${detail} on ${fill}`)
        assert.ok(contrast(bar, palettes[theme].background) >= 3, `${name}: ${bar}`)
      }
      assert.equal(all.size, 12)
    })

    it('let everything else be read', () => {
      const palette = palettes[theme]
      for (const back of [palette.background, palette.today, palette.holiday, palette.card]) {
        assert.ok(contrast(palette.text, back) >= 7, `text on ${back}`)
      }
      for (const back of [palette.background, palette.today, palette.holiday]) {
        assert.ok(contrast(palette.muted, back) >= 4.5, `muted on ${back}`)
      }
      assert.ok(contrast(palette.holidayText, palette.holiday) >= 4.5)
      assert.ok(contrast(palette.accent, palette.today) >= 4.5)
      assert.ok(contrast(palette.onAccent, palette.accent) >= 4.5)
      assert.ok(contrast(palette.onNow, palette.now) >= 4.5)
      assert.ok(contrast(palette.onConflict, palette.conflict) >= 4.5)
      assert.ok(contrast(palette.conflict, palette.background) >= 3)
    })
  })
}

describe('courseColours', () => {
  it('gives a course the same colours whatever the order of the others', () => {
    const some = names.slice(0, 8)
    const one = courseColours(some, 'light')
    const other = courseColours(some.toReversed(), 'light')
    assert.deepEqual(some.map(one), some.map(other))
  })

  it('gives twelve courses twelve colours', () => {
    const twelve = names.slice(0, 12)
    const coloursOf = courseColours(twelve, 'dark')
    assert.equal(new Set(twelve.map((name) => coloursOf(name).fill)).size, 12)
  })
})
