import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leadsText, parseLeads } from '../../../src/bot/reminders/leads.ts'
import { createTranslations } from '../../../src/i18n.ts'

describe('how long before', () => {
  const readable: [string, number[]][] = [
    ['15', [15]],
    ['15, 60', [60, 15]],
    ['1h, 10min', [60, 10]],
    ['2 days 3 hours', [2880, 180]],
    ['1小时、10分钟', [60, 10]],
    ['2天', [2880]],
    ['10 10 m', [10]],
    ['7d', [10_080]],
  ]
  for (const [text, leads] of readable) {
    it(`of "${text}" is ${leads.join(', ')} minutes`, () => {
      assert.deepEqual(parseLeads(text), leads)
    })
  }

  const unreadable = [
    '',
    'soon',
    '0',
    '8d',
    '10081',
    '1.5h',
    '-5',
    '1 week',
    '1,2,3,4,5,6',
    '9'.repeat(90),
  ]
  for (const text of unreadable) {
    it(`cannot be "${text.slice(0, 20)}"`, () => assert.equal(parseLeads(text), null))
  }

  it('is read in linear time', () => {
    assert.equal(parseLeads(`${'1 '.repeat(49)}x`), null)
    assert.equal(parseLeads('1'.repeat(100)), null)
  })

  it('is said in both languages', () => {
    const t = createTranslations()
    assert.equal(leadsText([2880, 1440, 90, 15], t('en')), '2 d, 24 h, 1 h 30 min, 15 min')
    assert.equal(leadsText([3000, 120], t('zh-CN')), '2 天 2 小时、2 小时')
  })
})
