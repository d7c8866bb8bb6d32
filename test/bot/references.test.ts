import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { createReferences, type Annotation, type LinkedFile } from '../../src/bot/references.ts'

const marker = '【0:0†n.pdf】'
const path = 'sandbox:/mnt/data/x.csv'
const citation: Annotation = {
  type: 'file_citation',
  text: marker,
  file_citation: { file_id: 'file-1' },
}
const made: Annotation = { type: 'file_path', text: path, file_path: { file_id: 'file-2' } }

type Piece = string | [string, Annotation]

function show(...pieces: Piece[]): { shown: string[]; links: LinkedFile[] } {
  const links: LinkedFile[] = []
  let count = 0
  const references = createReferences({
    numberOf: () => (count += 1),
    onLink: (file) => links.push(file),
  })
  const shown = pieces.map((piece) =>
    typeof piece === 'string' ? references.add(piece) : references.add(piece[0], [piece[1]]),
  )
  return { shown: [...shown, references.finish()], links }
}

describe('references in a text that streams', () => {
  it('become numbers, held back until their annotation is there', () => {
    assert.deepEqual(show('A. 【0', [':0†n.pdf】', citation], ' B').shown, ['A. ', '[1]', ' B', ''])
    assert.deepEqual(show(`A${marker}`, ['', citation], 'B').shown, ['A', '[1]', 'B', ''])
  })

  it('that point to nothing go, and what only looks like one stays', () => {
    const { shown } = show('A【9:9†x】', 'B【注】C【1:2')
    assert.equal(shown.join(''), 'AB【注】C【1:2')
  })

  it('into the sandbox are labels, known or not', () => {
    const { shown, links } = show(
      'See [the table](',
      [path, made],
      '), ![plot](sandbox:/mnt/data/%E5%9B%BE.png) or ',
      'sandbox:/mnt/data/z.txt.',
    )
    assert.equal(shown.join(''), 'See 📎 the table, 📎 plot or 📎 z.txt.')
    assert.deepEqual(links, [
      { name: 'x.csv', fileId: 'file-2' },
      { name: '图.png', fileId: null },
      { name: 'z.txt', fileId: null },
    ])
  })

  it('do not change other links, lists or words', () => {
    const text = '[a](https://example.com/s) [x] [ ] !important[0][1] this sand'
    assert.equal(show(...Array.from(text)).shown.join(''), text)
  })

  it('are the same however the text is cut, and all of the rest is kept', () => {
    const token = fc.constantFrom(
      '【',
      '0:0',
      '†',
      '】',
      '[',
      ']',
      '(',
      ')',
      '!',
      path,
      's',
      ' ',
      'a',
    )
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const text = tokens.join('')
        const whole = show(text).shown.join('')
        assert.equal(show(...Array.from(text)).shown.join(''), whole)
        if (!/【0:0†|sandbox/.test(text)) assert.equal(whole, text)
      }),
    )
  })
})
