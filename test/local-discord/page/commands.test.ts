import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  matchCommands,
  slashCommands,
  toRequestOptions,
  usedLabel,
} from '../../../src/local-discord/page/commands.ts'
import type { CommandIndex, IndexedCommand } from '../../../src/local-discord/protocol.ts'

const base = { application_id: '1', version: '1', default_member_permissions: null, type: 1 }
const index: CommandIndex = {
  applications: [],
  application_commands: [
    {
      ...base,
      id: '2',
      name: 'help',
      name_localized: '帮助',
      description: 'Helps',
      description_localized: '帮忙',
    },
    {
      ...base,
      id: '3',
      name: 'plan',
      description: 'Plans',
      options: [
        {
          type: 1,
          name: 'add',
          name_localizations: { 'zh-CN': '添加' },
          description: 'Adds',
          options: [
            { type: 4, name: 'count', description: 'n', required: true, min_value: 1 },
            { type: 5, name: 'sure', description: 'b' },
          ],
        },
      ],
    },
    { ...base, id: '4', name: 'Quote', type: 3, description: '' },
  ] as IndexedCommand[], // members that this test does not need are left out
}

describe('usedLabel', () => {
  it('names the subcommand in the words of the reader, and what is unknown as it is', () => {
    assert.equal(usedLabel(index, 'plan add', 'zh-CN'), '/plan 添加')
    assert.equal(usedLabel(index, 'help', 'zh-CN'), '/帮助')
    assert.equal(usedLabel(index, 'Quote', 'zh-CN'), 'Quote')
    assert.equal(usedLabel(index, 'gone today', 'zh-CN'), '/gone today')
    assert.equal(usedLabel(undefined, 'help', 'en-US'), '/help')
  })
})

describe('slashCommands', () => {
  it('flattens subcommands and speaks the locale, without context-menu commands', () => {
    const found = slashCommands(index, 'zh-CN')
    assert.deepEqual(found.map(({ label, description }) => `${label}: ${description}`).toSorted(), [
      'plan 添加: Adds',
      '帮助: 帮忙',
    ])
  })
})

describe('matchCommands', () => {
  it('finds by the shown and by the real name, the beginning first', () => {
    const all = slashCommands(index, 'zh-CN')
    assert.deepEqual(
      matchCommands(all, 'hel').map(({ label }) => label),
      ['帮助'],
    )
    assert.deepEqual(
      matchCommands(all, '添').map(({ label }) => label),
      ['plan 添加'],
    )
    assert.deepEqual(matchCommands(all, 'nothing'), [])
  })
})

describe('toRequestOptions', () => {
  it('wraps typed values in their subcommand and leaves empty ones out', () => {
    const [plan] = matchCommands(slashCommands(index, 'en-US'), 'plan')
    assert.ok(plan)
    const values = new Map([
      ['count', '3'],
      ['sure', ''],
    ])
    assert.deepEqual(toRequestOptions(plan, values), [
      { type: 1, name: 'add', options: [{ type: 4, name: 'count', value: 3 }] },
    ])
  })

  it('sends what is being typed as text, and marks it', () => {
    const [plan] = matchCommands(slashCommands(index, 'en-US'), 'plan')
    assert.ok(plan)
    assert.deepEqual(toRequestOptions(plan, new Map([['count', '1x']]), 'count'), [
      { type: 1, name: 'add', options: [{ type: 4, name: 'count', value: '1x', focused: true }] },
    ])
  })
})
