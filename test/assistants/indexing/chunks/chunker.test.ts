import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

import type { Block } from '../../../../src/assistants/indexing/block.ts'
import { createChunker, type CutChunk } from '../../../../src/assistants/indexing/chunks/chunker.ts'
import type { ChunkSizes } from '../../../../src/assistants/indexing/document.ts'

const asText = { disallowedSpecial: new Set<string>() }
const small: ChunkSizes = { max_chunk_size_tokens: 100, chunk_overlap_tokens: 50 }

function block(text: string, more: Partial<Block> = {}): Block {
  return { text, page: null, heading: null, ...more }
}

function chunksOf(blocks: Block[], sizes: ChunkSizes): CutChunk[] {
  const chunker = createChunker(sizes)
  return [...blocks.flatMap((each) => chunker.push(each)), ...chunker.end()]
}

function bare(text: string): string {
  return text.replace(/\s+/gu, '')
}

/** Every word, of many scripts, and what is no word at all. */
const word = fc.oneof(
  fc.constantFrom('matrix', 'the', 'of', 'Eigenvalue', "it's", '3.14', 'https://example.com/a?b=c'),
  fc.constantFrom('矩阵', '线性代数', '的', '。', '，', '「', '」', '向量空间'),
  fc.constantFrom('สวัสดีครับ', 'नमस्ते', 'مرحبا', 'שלום', 'Привет', 'こんにちは', '안녕하세요'),
  fc.constantFrom('👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🇨🇳', 'é', '𠮷', '\u{1d4d0}', '<|endoftext|>'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed()),
)
const separator = fc.constantFrom('', '', ' ', ' ', '. ', '\n', '\n\n', '  ')
const text = fc
  .array(fc.tuple(word, separator), { minLength: 1, maxLength: 400, size: 'max' })
  .map((parts) => parts.flat().join(''))
const join = fc.constantFrom<Block['join']>(undefined, '\n', '')
const blocks = fc.array(
  fc
    .tuple(text, join, fc.boolean())
    .map(([content, how, isHeading]) =>
      block(content, { ...(how !== undefined && { join: how }), ...(isHeading && { isHeading }) }),
    ),
  { maxLength: 5 },
)
const sizes = fc
  .tuple(fc.integer({ min: 100, max: 900 }), fc.double({ min: 0, max: 0.5, noNaN: true }))
  .map(([max, share]) => ({
    max_chunk_size_tokens: max,
    chunk_overlap_tokens: Math.floor(max * share),
  }))

describe('createChunker', () => {
  it('cuts a long heading between characters', () => {
    const heading = `${'a'.repeat(199)}\u{1d4d0}b`
    const [chunk] = chunksOf([block('Text.', { heading })], small)
    assert.equal(chunk?.heading, 'a'.repeat(199))
  })

  it('gives the whole text, in order, within the sizes, in any script', () => {
    fc.assert(
      fc.property(blocks, sizes, (given, chosen) => {
        const chunks = chunksOf(given, chosen)
        const whole = given.map((each) => each.text).join('')
        assert.equal(
          bare(chunks.map((chunk) => chunk.text.slice(chunk.repeated)).join('')),
          bare(whole),
        )
        for (const [index, chunk] of chunks.entries()) {
          assert.ok(countTokens(chunk.text, asText) <= chosen.max_chunk_size_tokens)
          assert.ok(chunk.text.isWellFormed())
          const repeated = bare(chunk.text.slice(0, chunk.repeated))
          assert.ok(bare(chunks[index - 1]?.text ?? '').endsWith(repeated))
        }
      }),
      { numRuns: 40, endOnFailure: true },
    )
  })

  it('repeats no more than the overlap, and nearly that much of running text', () => {
    const sentence = 'A matrix is a rectangular array of numbers, arranged in rows and columns. '
    const chunks = chunksOf([block(sentence.repeat(200))], {
      max_chunk_size_tokens: 400,
      chunk_overlap_tokens: 200,
    })
    for (const { text: whole, repeated } of chunks.slice(1)) {
      const tokens = countTokens(whole.slice(0, repeated), asText)
      assert.ok(tokens <= 200 && tokens > 180, `repeated ${tokens}`)
    }
  })

  it('repeats nothing without an overlap', () => {
    const chunks = chunksOf([block('One two three four. '.repeat(200))], {
      max_chunk_size_tokens: 100,
      chunk_overlap_tokens: 0,
    })
    assert.ok(chunks.length > 5)
    assert.ok(chunks.every(({ repeated }) => repeated === 0))
  })

  it('cuts where sentences end, also in Chinese', () => {
    const chinese = '矩阵是一个按照长方阵列排列的数的集合。它有行，也有列。'
    const chunks = chunksOf([block(chinese.repeat(60))], small)
    assert.ok(chunks.length > 5)
    assert.ok(chunks.every(({ text: each }) => each.endsWith('。') && /^(?:矩|它)/u.test(each)))
  })

  it('cuts before a heading rather than behind it', () => {
    const body = 'Some words about the topic of this section. '.repeat(9)
    const sections = Array.from({ length: 8 }, (_, index) => [
      block(`Section ${index}`, { heading: `Section ${index}`, isHeading: true }),
      block(body, { heading: `Section ${index}` }),
    ])
    const chunks = chunksOf(sections.flat(), {
      max_chunk_size_tokens: 110,
      chunk_overlap_tokens: 0,
    })
    assert.deepEqual(
      chunks.map(({ heading }) => heading),
      Array.from({ length: 8 }, (_, index) => `Section ${index}`),
    )
    assert.ok(chunks.every(({ text: each, heading }) => each.startsWith(heading ?? '?')))
  })

  it('says the page and heading where a chunk begins', () => {
    const page = (number: number) =>
      block('Words and words on a page of their own. '.repeat(8), {
        page: number,
        heading: `H${number}`.padEnd(300, '!'),
      })
    const chunks = chunksOf([page(1), page(2)], {
      max_chunk_size_tokens: 100,
      chunk_overlap_tokens: 0,
    })
    assert.deepEqual(
      chunks.map((chunk) => chunk.page),
      [1, 2],
    )
    assert.equal(chunks[1]?.heading?.length, 200)
  })

  it('keeps what readers see as a character in one piece', () => {
    const family = '👩‍👩‍👧‍👦'
    const chunks = chunksOf([block(family.repeat(300))], small)
    for (const { text: each } of chunks) assert.equal(each.replaceAll(family, ''), '')
  })

  it('keeps the indentation of code', () => {
    const code = 'def f():\n    return 1\n'
    const chunks = chunksOf([block(code.repeat(100))], small)
    assert.ok(chunks.length > 3)
    for (const { text: each } of chunks) assert.match(each, /^(?:def|    return)/u)
  })

  it('takes words and lines without an end', () => {
    for (const endless of ['a', '的', '-', '=+', 'ก', 'e\u0301', '\u0301']) {
      const whole = endless.repeat(20_000)
      const chunks = chunksOf([block(whole)], {
        max_chunk_size_tokens: 800,
        chunk_overlap_tokens: 0,
      })
      assert.equal(chunks.map((chunk) => chunk.text).join(''), whole)
    }
  })

  it('refuses documents of too many tokens', () => {
    const chunker = createChunker(small, { maxTokens: 1000 })
    chunker.push(block('one two three '.repeat(300)))
    assert.throws(() => chunker.push(block('one two three '.repeat(300))), {
      code: 'invalid_file',
      message: 'The file could not be parsed because it is too large.',
    })
  })
})
