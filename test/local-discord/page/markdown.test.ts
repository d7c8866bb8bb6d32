import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { type Node, parseMarkdown } from '../../../src/local-discord/page/markdown/parse.ts'

describe('parseMarkdown', () => {
  it('reads the styles, one within another', () => {
    assert.deepEqual(parseMarkdown('**a __b__** ~~c~~ ||d|| *e* _f_'), [
      { type: 'strong', children: [text('a '), { type: 'underline', children: [text('b')] }] },
      text(' '),
      { type: 'strike', children: [text('c')] },
      text(' '),
      { type: 'spoiler', children: [text('d')] },
      text(' '),
      { type: 'em', children: [text('e')] },
      text(' '),
      { type: 'em', children: [text('f')] },
    ])
  })

  it('makes Chinese bold that touches other characters', () => {
    assert.deepEqual(parseMarkdown('**注意：**后面'), [
      { type: 'strong', children: [text('注意：')] },
      text('后面'),
    ])
  })

  it('leaves names with underscores alone', () => {
    assert.deepEqual(parseMarkdown('snake_case_name'), [text('snake_case_name')])
  })

  it('keeps line breaks, rules, tables and HTML as they were typed', () => {
    for (const plain of [
      'a\nb\n\nc',
      'a\n---\nb',
      '| a |\n|---|\n| 1 |',
      '<b>x</b> &lt;',
      '    four',
    ]) {
      assert.equal(flatten(parseMarkdown(plain)), plain)
    }
  })

  it('reads subtext, headings, quotes, lists and code', () => {
    const kinds = parseMarkdown('-# grey\n# Head\n> quote\nplain\n- a\n  - b\n1. c\n```js\nx\n```')
    assert.deepEqual(
      kinds.map(({ type }) => type),
      ['subtext', 'heading', 'quote', 'text', 'list', 'list', 'fence'],
    )
    assert.deepEqual(kinds.at(-1), { type: 'fence', text: 'x', language: 'js' })
  })

  it('ends a quote with its line', () => {
    assert.deepEqual(parseMarkdown('> a\nb'), [{ type: 'quote', children: [text('a')] }, text('b')])
  })

  it('ends a list with its last item or indented line', () => {
    const nodes = parseMarkdown('- a\n  more\n\n- b\n-# grey')
    assert.deepEqual(
      nodes.map(({ type }) => type),
      ['list', 'subtext'],
    )
    assert.deepEqual(parseMarkdown('1. c\nplain').at(-1), text('plain'))
  })

  it('reads mentions, times and emojis', () => {
    const nodes = parseMarkdown('<@1><@!2><#3><@&4><t:5:R></ask:6><:wave:7>@everyone')
    assert.deepEqual(nodes, [
      { type: 'user', id: '1' },
      { type: 'user', id: '2' },
      { type: 'channel', id: '3' },
      { type: 'role', id: '4' },
      { type: 'time', seconds: 5, style: 'R' },
      { type: 'slash', name: 'ask', id: '6' },
      { type: 'emoji', name: 'wave' },
      { type: 'everyone', text: '@everyone' },
    ])
  })

  it('links to web addresses only, without the punctuation that follows', () => {
    assert.deepEqual(
      hrefs('see https://a.example/x?y=1, (https://b.example/) <https://c.example>。'),
      ['https://a.example/x?y=1', 'https://b.example/', 'https://c.example/'],
    )
    assert.deepEqual(hrefs('[a](https://d.example)'), ['https://d.example/'])
    for (const address of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///x',
      '//x.example',
      '/x',
    ]) {
      assert.deepEqual(hrefs(`[a](${address}) <${address}>`), [], address)
    }
  })

  it('never throws, and finds no link but to the web', () => {
    const pieces = [
      '*',
      '_',
      '~~',
      '||',
      '`',
      '```',
      '> ',
      '- ',
      '\n',
      '[',
      '](',
      ')',
      '<',
      '>',
      '\\',
      '# ',
      'a',
      ' ',
      'https://',
      'javascript:',
      '<@1>',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (parts) => {
        const found = hrefs(parts.join(''))
        assert.ok(found.every((href) => /^https?:/.test(href)))
      }),
    )
  })

  it('shows text as it is when it is nested beyond reason', () => {
    for (const nested of [
      '- '.repeat(900),
      '> '.repeat(900),
      '**a __b ~~c '.repeat(160),
      '['.repeat(2000),
    ]) {
      assert.ok(parseMarkdown(nested).length > 0)
    }
  })
})

function text(value: string): Node {
  return { type: 'text', text: value }
}

function flatten(nodes: readonly Node[]): string {
  return nodes
    .map((node) => ('text' in node ? node.text : 'children' in node ? flatten(node.children) : '?'))
    .join('')
}

function hrefs(markdown: string): string[] {
  const collect = (nodes: readonly Node[]): string[] =>
    nodes.flatMap((node) => {
      const inner = 'children' in node ? node.children : 'items' in node ? node.items.flat() : []
      return [...(node.type === 'link' ? [node.href] : []), ...collect(inner)]
    })
  return collect(parseMarkdown(markdown))
}
