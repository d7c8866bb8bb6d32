import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { loadCommands } from '../../src/bot/command-loader.ts'
import { isChatInput } from '../../src/bot/command.ts'

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
  const all = await loadCommands()
  const commands = all.filter(isChatInput)
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

  it('have names in every language in the menus of messages', () => {
    const menus = all.filter((command) => !isChatInput(command)).map(({ data }) => data)
    assert.ok(menus.length > 0)
    for (const { name, name_localizations: names } of menus) {
      assert.equal(names?.['zh-TW'], names?.['zh-CN'])
      for (const each of [name, names?.['zh-CN'] ?? '']) assert.match(each, /^.{1,32}$/u)
    }
  })

  it('are the same for every kind of Chinese that is spoken to in Chinese', () => {
    for (const { name_localizations: names, description_localizations: texts } of parts) {
      assert.equal(names?.['zh-TW'], names?.['zh-CN'])
      assert.equal(texts?.['zh-TW'], texts?.['zh-CN'])
    }
  })

  /** Discord counts the longest of all languages. */
  function lengthOf(part: Described): number {
    const longest = (text: string, localized: Localized | null | undefined) =>
      Math.max(text.length, ...Object.values(localized ?? {}).map((each) => String(each).length))
    const { choices = [] } = part as { choices?: { name: string; value: string | number }[] }
    const own =
      longest(part.name, part.name_localizations) +
      longest(part.description ?? '', part.description_localizations)
    return choices.reduce(
      (sum, choice) => sum + longest(choice.name, null) + `${choice.value}`.length,
      own,
    )
  }

  it('are no larger than Discord takes', () => {
    for (const { data } of commands) {
      const all = everyPart([data])
      const size = all.reduce((sum, part) => sum + lengthOf(part), 0)
      assert.ok(size <= 8_000, `${data.name}: ${size}`)
      for (const { name, options = [] } of all as {
        name: string
        options?: { required?: boolean }[]
      }[]) {
        assert.ok(options.length <= 25, name)
        const firstOptional = options.findIndex(({ required }) => required !== true)
        const rest = firstOptional === -1 ? [] : options.slice(firstOptional)
        assert.ok(!rest.some(({ required }) => required === true), `required ones first: ${name}`)
      }
    }
  })

  it('name each option once, in every language', () => {
    for (const part of everyPart(commands.map(({ data }) => data))) {
      const { options = [] } = part as { options?: Described[] }
      for (const language of [null, 'zh-CN'] as const) {
        const names = options.map((option) =>
          language === null ? option.name : (option.name_localizations?.[language] ?? option.name),
        )
        assert.equal(new Set(names).size, names.length, `${part.name}: ${names.join()}`)
      }
    }
  })

  it('say where they can be used', () => {
    for (const { data } of all) {
      assert.deepEqual(data.contexts, [0, 1, 2], data.name)
      assert.deepEqual(data.integration_types, [0, 1], data.name)
    }
  })
})
