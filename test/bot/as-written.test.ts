import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { asWritten } from '../../src/bot/as-written.ts'
import { type Node, parseMarkdown } from '../../src/local-discord/page/markdown/parse.ts'

/** What is read, and which kinds of nodes it is made of. */
function read(nodes: readonly Node[]): { text: string; kinds: Set<string> } {
  const kinds = new Set<string>()
  const walk = (node: Node): string => {
    kinds.add(node.type)
    if (node.type === 'text') return node.text
    return 'children' in node ? node.children.map(walk).join('') : ''
  }
  return { text: nodes.map(walk).join(''), kinds }
}

describe('asWritten', () => {
  const texts = [
    '高等数学 (II) – 第 3 节',
    '**bold** _it_ __u__ ~~s~~ ||sp|| `code` ```js',
    '[链接](https://evil.example)',
    '[a](https://one.example) and [b](https://two.example) [c](<https://three.example>)',
    '<@1100000000000000011> <#1> <@&2> <:a:1> <a:b:2> <t:0:R> </help:1> <id:guide>',
    'ends with a backslash \\',
    'a < b > c, 5 * 3 * 2',
  ]
  for (const text of texts) {
    it(`shows ${text}`, () => {
      const shown = read(parseMarkdown(`**${asWritten(text)}** end`))
      assert.equal(shown.text, `${text} end`)
      // An address that is seen as what it is does no harm.
      assert.deepEqual(
        shown.kinds,
        new Set(['strong', 'text', ...(text.includes('://') ? ['link'] : [])]),
      )
    })
  }

  it('lets nothing turn the rest of the line around', () => {
    assert.equal(asWritten('\u202eevil\u2066'), 'evil')
  })
})
