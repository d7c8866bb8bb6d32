import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { createPager, messageLimit, pageContent, split } from '../../src/bot/splitting.ts'

const fences = (text: string): number => [...text.matchAll(/`{3,}/g)].length
const rejoin = (pages: { body: string }[]): string => pages.map(({ body }) => body).join('')

/** Texts as models write them, and worse: any script, emoji sequences, stray and nested markers. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400, size: 'max' }),
      fc.string({ unit: 'binary', maxLength: 400, size: 'max' }),
      fc.lorem({ maxCount: 80, size: 'max' }),
      fc.constantFrom('```js\n', '```\n', '\n```', '````', '\n\n', '\n', ' ', '👩‍👩‍👧‍👦', '🇨🇳', 'é'),
      fc.constantFrom('今天下午三点有一节关于大模型的课，王卓然主讲。', '- a\n- b\n', 'x = 1;\n'),
    ),
    { maxLength: 60, size: 'max' },
  )
  .map((pieces) => pieces.join(''))

const lengthy = anyText.map((text) => text.repeat(3))

describe('split', () => {
  it('keeps every text whole, in messages that Discord accepts, with balanced code blocks', () => {
    fc.assert(
      fc.property(lengthy, fc.constantFrom(messageLimit, 300), (text, limit) => {
        const pages = split(text, limit)
        assert.equal(rejoin(pages), text)
        for (const page of pages) {
          const content = pageContent(page)
          assert.ok(content.length <= limit, `${content.length} units`)
          assert.equal(fences(content) % 2, 0)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('never cuts a grapheme', () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
    const family = fc.constantFrom('👩‍👩‍👧‍👦', '🏳️‍🌈', '🇨🇳', 'e\u0301', '각', 'नि', '𠮷', '한', 'a')
    fc.assert(
      fc.property(fc.array(family, { minLength: 300, maxLength: 600, size: 'max' }), (pieces) => {
        const text = pieces.join('')
        const boundaries = new Set([...segmenter.segment(text)].map(({ index }) => index))
        let at = 0
        for (const { body } of split(text, 250)) {
          assert.ok(boundaries.has(at))
          at += body.length
        }
      }),
      { numRuns: 40 },
    )
  })

  it('never changes a page once the next one exists, however the text arrives', () => {
    fc.assert(
      fc.property(lengthy, fc.integer({ min: 1, max: 700 }), (text, step) => {
        const pager = createPager(400)
        let shown: string[] = []
        for (let end = step; end < text.length + step; end += step) {
          const contents = pager.pages(text.slice(0, end)).map(pageContent)
          assert.deepEqual(contents.slice(0, Math.max(0, shown.length - 1)), shown.slice(0, -1))
          shown = contents
        }
        assert.equal(rejoin(pager.pages(text)), text)
      }),
      { numRuns: 60 },
    )
  })

  it('cuts between paragraphs before it cuts inside one', () => {
    const [first, second] = split(`${'a '.repeat(700)}\n\n${'b '.repeat(700)}`)
    assert.ok(first && second)
    assert.match(first.body, /^[a\s]+$/)
    assert.match(second.body, /^[b\s]+$/)
  })

  it('cuts Chinese after a full stop', () => {
    const [first] = split('这是一句没有空格的话，后面还有半句。'.repeat(200))
    assert.ok(first?.body.endsWith('。'))
  })

  it('closes a code block at the cut and reopens it with its language', () => {
    const [first, second] = split(`\`\`\`python\n${'print("hello")\n'.repeat(200)}\`\`\`\n`)
    assert.ok(first && second)
    assert.match(pageContent(first), /\)\n```$/)
    assert.match(pageContent(second), /^```python\nprint\("hello"\)\n/)
  })

  it('starts a code block that does not fit on the next page', () => {
    const pages = split(`${'word '.repeat(300)}\n\n\`\`\`js\n${'run();\n'.repeat(150)}\`\`\``)
    assert.equal(pages[1]?.prefix, '')
    assert.ok(pages[1]?.body.startsWith('```js\n'))
  })

  it('answers one page for a short text', () => {
    assert.deepEqual(split('hello'), [{ prefix: '', body: 'hello', suffix: '' }])
  })
})
