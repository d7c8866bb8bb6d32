import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { loadCommands } from '../../src/bot/command-loader.ts'

const commandName = /^[-_'\p{L}\p{N}\p{Script=Deva}\p{Script=Thai}]{1,32}$/u

interface Localized {
  'zh-CN'?: string | null | undefined
  'zh-TW'?: string | null | undefined
}

interface Described {
  name: string
  description?: string | undefined
  name_localizations?: Localized | null | undefined
  description_localizations?: Localized | null | undefined
}

function everyPart(parts: readonly Described[]): Described[] {
  return parts.flatMap((part) => {
    const inner = 'options' in part && Array.isArray(part.options) ? part.options : []
    return [part, ...everyPart(inner as Described[])] // Discord's options are described like this
  })
}

describe('command definitions', async () => {
  const commands = await loadCommands()
  const parts = everyPart(commands.map(({ data }) => data))

  it('have names and descriptions that Discord accepts, in every language', () => {
    for (const part of parts) {
      for (const name of [part.name, part.name_localizations?.['zh-CN'] ?? '']) {
        assert.match(name, commandName)
        assert.equal(name, name.toLowerCase())
      }
      for (const text of [part.description, part.description_localizations?.['zh-CN']]) {
        assert.ok(text && text.length <= 100, part.name)
      }
    }
  })

  it('are the same for every kind of Chinese that is spoken to in Chinese', () => {
    for (const { name_localizations: names, description_localizations: texts } of parts) {
      assert.equal(names?.['zh-TW'], names?.['zh-CN'])
      assert.equal(texts?.['zh-TW'], texts?.['zh-CN'])
    }
  })

  it('say where they can be used', () => {
    for (const { data } of commands) {
      assert.deepEqual(data.contexts, [0, 1, 2], data.name)
      assert.deepEqual(data.integration_types, [0, 1], data.name)
    }
  })
})
