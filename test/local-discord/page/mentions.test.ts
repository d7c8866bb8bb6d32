import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  type Mentionable,
  mentionAtCaret,
  withMentions,
  withoutMentions,
} from '../../../src/local-discord/page/mentions.ts'

const names: Mentionable[] = [
  { name: '瓜瓜', markup: '<@1>', sign: '@' },
  { name: 'guagua', markup: '<@1>', sign: '@' },
  { name: 'Li (A.)', markup: '<@2>', sign: '@' },
  { name: 'Li', markup: '<@3>', sign: '@' },
  { name: 'random', markup: '<#4>', sign: '#' },
]

describe('withMentions', () => {
  it('replaces names of both languages, whatever their case', () => {
    assert.equal(withMentions('@瓜瓜下周 @GuaGua, #random', names), '<@1>下周 <@1>, <#4>')
  })

  it('prefers the longest name and ends Latin ones at the word', () => {
    assert.equal(withMentions('@Li (A.) @Li @Lisa', names), '<@2> <@3> @Lisa')
  })

  it('leaves code, addresses and existing mentions alone', () => {
    const text = '`@瓜瓜` me@guagua ```\n@Li\n``` <@1> <#4>'
    assert.equal(withMentions(text, names), text)
  })

  it('is undone by withoutMentions', () => {
    assert.equal(
      withoutMentions(withMentions('hi @瓜瓜 #random', names), names),
      'hi @瓜瓜 #random',
    )
  })
})

describe('mentionAtCaret', () => {
  it('finds what is being typed before the caret only', () => {
    assert.deepEqual(mentionAtCaret('hi @gu there', 6), { sign: '@', query: 'gu', start: 3 })
    assert.equal(mentionAtCaret('hi @gu there', 12), undefined)
    assert.equal(mentionAtCaret('a@gu', 4), undefined)
  })
})
