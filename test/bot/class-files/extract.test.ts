import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { extractOf } from '../../../src/bot/class-files/extract.ts'

describe('extractOf', () => {
  it('is all of a short passage, on one line', () => {
    assert.equal(extractOf(' One\n\ntwo  three. ', 'two', 100), 'One two three.')
  })

  it('begins near what was looked for', () => {
    const text = `${'word '.repeat(100)}the secret is 42 ${'word '.repeat(100)}`
    const extract = extractOf(text, 'what is the SECRET?', 80)
    assert.match(extract, /^…(word )+the secret is 42/)
    assert.match(extract, /…$/)
    assert.ok(extract.length <= 82)
  })

  it('knows Chinese words without spaces between them', () => {
    const text = `${'无关的内容'.repeat(60)}，根号缩放的原因在这里。${'无关的内容'.repeat(60)}`
    assert.match(extractOf(text, '为什么要缩放', 100), /根号缩放的原因/)
  })

  it('begins at the beginning where nothing is found, and cuts no character in two', () => {
    const text = '😀'.repeat(200)
    const extract = extractOf(text, 'zzz', 101)
    assert.ok(extract.startsWith('😀') && extract.isWellFormed() && extract.endsWith('…'))
  })
})
