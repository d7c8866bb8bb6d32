import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'

import { createLogger } from '../../src/log.ts'
import { cut } from '../../src/tokens/cut.ts'
import { createTokenCounter, type TokenCounter } from '../../src/tokens/token-counter.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()

describe('token counter', () => {
  let counter: TokenCounter
  afterEach(() => counter.close())

  it('counts as o200k_base does, in any script', async () => {
    counter = createTokenCounter({ log })
    assert.deepEqual(await counter.count(['hello world', '你好，世界', ''], { signal }), [2, 3, 0])
  })

  it('takes control tokens for text', async () => {
    counter = createTokenCounter({ log })
    const [count = 0] = await counter.count(['<|endoftext|>'], { signal })
    assert.ok(count > 1)
  })

  it('is done with long runs without spaces', async () => {
    counter = createTokenCounter({ log })
    const texts = ['a'.repeat(200_000), '汉字'.repeat(100_000), '😀'.repeat(50_000), '\ud83d']
    const counts = await counter.count(texts, { signal })
    for (const [index, count] of counts.entries()) {
      assert.ok(count > 0 && count <= Buffer.byteLength(texts[index] ?? ''))
    }
  })

  it('serves several at once, and starts again after it was idle', async () => {
    counter = createTokenCounter({ log, idleMs: 0 })
    const counts = await Promise.all(['a', 'b c'].map((text) => counter.count([text], { signal })))
    assert.deepEqual(counts, [[1], [2]])
    await new Promise((resolve) => setTimeout(resolve, 0))
    assert.deepEqual(await counter.count(['a'], { signal }), [1])
  })

  it('can be left before it is done', async () => {
    counter = createTokenCounter({ log })
    const controller = new AbortController()
    const count = counter.count(['hello'], { signal: controller.signal })
    controller.abort(new Error('enough'))
    await assert.rejects(count, /enough/)
    await assert.rejects(counter.count(['hello'], { signal: controller.signal }), /enough/)
    assert.deepEqual(await counter.count(['hello'], { signal }), [1])
  })

  it('refuses work after its end, and what it had in hand', async () => {
    counter = createTokenCounter({ log })
    const count = assert.rejects(counter.count(['hello'], { signal }), { code: 'unavailable' })
    await counter.close()
    await count
    await assert.rejects(counter.count(['hello'], { signal }), { code: 'unavailable' })
  })
})

describe('cut', () => {
  it('loses nothing and splits no surrogate pair', () => {
    const text = `${'a'.repeat(399)}${'😀'.repeat(500)}b`
    const pieces = cut(text)
    assert.equal(pieces.join(''), text)
    for (const piece of pieces) assert.ok(piece.length <= 400 && piece.isWellFormed())
  })
})
