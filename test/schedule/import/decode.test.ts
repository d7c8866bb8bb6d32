import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { decode } from '../../../src/schedule/import/decode.ts'
import { readFile } from '../../../src/schedule/import/read-file.ts'
import { brief, shanghai } from './context.ts'

const text = '日期,课程,教师,时间\n2026-09-01,大模型,张三,19:00-20:30\n'

/** The same text in GB 18030, as Excel in China writes it. */
const gb18030 = Buffer.from(
  'c8d5c6da2cbfceb3cc2cbdccca a62cca b1bce40a323032362d30392d30312cb4f3c4a3d0cd2cd5c5c8fd2c31393a30302d32303a33300a'.replaceAll(
    ' ',
    '',
  ),
  'hex',
)

const utf16le = Buffer.from(text, 'utf16le')

function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes).swap16()
}

describe('the encoding of a file', () => {
  const files: [string, Uint8Array, string][] = [
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`), 'utf-8'],
    ['UTF-16 LE', utf16le, 'utf-16le'],
    ['UTF-16 LE with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le'],
    ['UTF-16 BE', swapped(utf16le), 'utf-16be'],
    ['UTF-16 BE with a mark', swapped(Buffer.from(`\ufeff${text}`, 'utf16le')), 'utf-16be'],
    ['GB 18030', gb18030, 'gb18030'],
  ]
  for (const [name, bytes, encoding] of files) {
    it(`is found: ${name}`, async () => {
      const decoded = decode(bytes)
      assert.deepEqual(decoded, { text, encoding, damaged: 0 })
      const draft = await readFile(bytes, shanghai)
      assert.deepEqual(brief(draft.classes), ['2026-09-01 19:00-20:30 大模型'])
      assert.equal(draft.encoding, encoding)
    })
  }

  it('is Windows-1252 where accents stand alone among ASCII letters', () => {
    const latin = Buffer.from('date,course,teacher\n2026-09-01,Électricité,José Müller\n', 'latin1')
    const decoded = decode(latin)
    assert.equal(decoded.encoding, 'windows-1252')
    assert.match(decoded.text, /Électricité,José Müller/)
  })

  it('stays UTF-8 when one character of many is damaged', () => {
    const long = Buffer.from(text.repeat(20))
    const damaged = Buffer.concat([long, Buffer.from([0xe5, 0xbc])])
    assert.deepEqual(decode(damaged).encoding, 'utf-8')
    assert.equal(decode(damaged).damaged, 1)
  })

  it('does not matter to NULs: they are left out and counted', () => {
    const decoded = decode(Buffer.from('date,co\0urse\n'))
    assert.deepEqual(decoded, { text: 'date,course\n', encoding: 'utf-8', damaged: 1 })
  })

  it('is not looked for in more than 10 MB', () => {
    assert.throws(() => decode(new Uint8Array(10 * 1024 * 1024 + 1)), { reason: 'too_large' })
  })
})
