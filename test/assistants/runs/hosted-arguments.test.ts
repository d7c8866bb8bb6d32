import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { cutMiddle } from '../../../src/assistants/runs/cut-middle.ts'
import {
  createCodeReader,
  readCode,
  readQueries,
} from '../../../src/assistants/runs/hosted-arguments.ts'

const unicode = fc.string({ unit: 'binary' })

describe('arguments of hosted tools', () => {
  it('are read as code while they are written, wherever they are cut', () => {
    fc.assert(
      fc.property(unicode, fc.boolean(), fc.array(fc.nat(20)), (code, isEscaped, lengths) => {
        const json = JSON.stringify({ code })
        // Some endpoints escape everything that is not ASCII.
        const text = isEscaped ? json.replaceAll(/[\u007f-\uffff]/g, toEscape) : json
        const reader = createCodeReader()
        let read = ''
        let at = 0
        for (const length of lengths) {
          read += reader.add(text.slice(at, at + length))
          at += length
        }
        read += reader.add(text.slice(at))
        assert.equal(read, code)
        assert.equal(reader.finish(text), '')
      }),
    )
  })

  it('are read when they are whole where they do not begin as expected', () => {
    for (const text of ['{"language":"py","code":"1\\n2"}', '1\n2', '"1\\n2"']) {
      const reader = createCodeReader()
      assert.equal(reader.add(text), '')
      assert.equal(reader.finish(text), '1\n2')
      assert.equal(reader.finish(text), '')
      assert.equal(readCode(text), '1\n2')
    }
  })

  it('are no code where there is none', () => {
    for (const text of ['', ' ', '{}', '{"code":1}', '{"code":', '[1]', 'null', '4']) {
      assert.equal(readCode(text), undefined, text)
    }
  })

  it('are read as queries in the forms that models use', () => {
    assert.deepEqual(readQueries('{"queries":[" a ","","b",3]}'), ['a', 'b'])
    assert.deepEqual(readQueries('{"queries":"a"}'), ['a'])
    assert.deepEqual(readQueries('{"query":"a"}'), ['a'])
    assert.deepEqual(readQueries('["a"]'), ['a'])
    assert.equal(readQueries(JSON.stringify({ queries: 'abcdefgh'.split('') })).length, 5)
    assert.equal(readQueries(JSON.stringify({ query: 'x'.repeat(2_000) }))[0]?.length, 1_000)
    for (const text of ['', 'a', '{}', '{"queries":[]}', '{"queries":{}}']) {
      assert.deepEqual(readQueries(text), [], text)
    }
  })
})

describe('a text that is cut in the middle', () => {
  it('keeps whole characters of both ends, and its bound', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 60 }),
        fc.integer({ min: 120, max: 400 }),
        (text, max) => {
          const whole = text.repeat(5).toWellFormed()
          const cut = cutMiddle(whole, max)
          assert.ok(Buffer.byteLength(cut) <= max)
          assert.ok(!cut.includes('\ufffd') || whole.includes('\ufffd'))
          if (Buffer.byteLength(whole) <= max) assert.equal(cut, whole)
          else assert.match(cut, /\[… \d+ bytes and some left out …\]/)
        },
      ),
    )
  })
})

function toEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
