import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createTranslations, localeOfText, texts, toLocale } from '../src/i18n.ts'

function leaves(tree: object, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, `${path}${key}.`)
      : [[`${path}${key}`, String(value)] satisfies [string, string]],
  )
}

const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name).toSorted()

describe('texts', () => {
  it('exist in every language, with the same places to fill in', () => {
    const chinese = new Map(leaves(texts['zh-CN']))
    for (const [key, english] of leaves(texts.en)) {
      const other = chinese.get(key) ?? ''
      assert.notEqual(other.trim(), '', key)
      assert.deepEqual(placeholders(other), placeholders(english), key)
    }
  })

  it('are filled in as they are', () => {
    const t = createTranslations()('en')
    const sentence = '<&"\'>'
    assert.equal(t('failure.reference', { sentence, ref: 'ABC234' }), `${sentence} (ref ABC234)`)
  })

  it('are Chinese for a Chinese interface', () => {
    assert.equal(createTranslations()('zh-CN')('ending.stopped'), '已停止。')
  })
})

describe('locale', () => {
  it('is Chinese for every kind of Chinese, else English', () => {
    assert.deepEqual(
      ['zh-CN', 'zh-TW', 'en-GB', 'de', null].map((tag) => toLocale(tag)),
      ['zh-CN', 'zh-CN', 'en', 'en', 'en'],
    )
  })

  it('of a text follows its letters', () => {
    assert.equal(localeOfText('what does 王卓然 teach?'), 'zh-CN')
    assert.equal(localeOfText('hello'), 'en')
    assert.equal(localeOfText('1 + 1 = ?'), null)
    assert.equal(localeOfText('明日の授業は何ですか'), null)
    assert.equal(localeOfText('來週二晚上有什麼課？'), 'zh-CN')
  })
})
