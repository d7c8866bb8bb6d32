import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import {
  createCitations,
  type CitationSources,
  type CitedPiece,
} from '../../../src/assistants/citations/citations.ts'
import { fromMarker, toMarker, withoutMarkers } from '../../../src/assistants/citations/marker.ts'

const sources: CitationSources = {
  passage: (marker) => {
    const key = fromMarker(marker)
    return key && key.search === 0 && key.place < 2 ? `file-${key.place}` : undefined
  },
  path: (path) =>
    Promise.resolve(path.startsWith('/mnt/data/plot') ? `file-of-${path}` : undefined),
}
const kinds = new Set(['passage', 'path'] as const)

async function cite(pieces: string[]): Promise<CitedPiece[]> {
  const citations = createCitations({ kinds, sources })
  const cited: CitedPiece[] = []
  for (const piece of pieces) cited.push(...(await citations.add(piece)))
  return [...cited, ...(await citations.finish())]
}

const textOf = (pieces: CitedPiece[]) => pieces.map(({ text }) => text).join('')
const annotationsOf = (pieces: CitedPiece[]) =>
  pieces.flatMap(({ annotation }) => (annotation ? [annotation] : []))

/** What the annotations say, read as a client would: by slicing code points. */
function sliced(pieces: CitedPiece[]): string[] {
  const characters = Array.from(textOf(pieces))
  return annotationsOf(pieces).map(({ start_index, end_index }) =>
    characters.slice(start_index, end_index).join(''),
  )
}

const sample =
  '𝔸 claim【0:0†讲义3.pdf】【0:1†source】, no 【9:9†x】 or 【abc】【【0:0†a】 see [plot](sandbox:/mnt/data/plot(1) b.png) ' +
  'or sandbox:/mnt/data/plot.csv. Not sandbox:/mnt/data/none.txt, <sandbox:/mnt/data/plot x.csv> s'

describe('citations', () => {
  it('annotate what points to something, and leave the rest as it is', async () => {
    const pieces = await cite([sample])
    assert.equal(textOf(pieces), sample)
    const expected = [
      ['file_citation', '【0:0†讲义3.pdf】'],
      ['file_citation', '【0:1†source】'],
      ['file_citation', '【0:0†a】'],
      ['file_path', 'sandbox:/mnt/data/plot(1) b.png'],
      ['file_path', 'sandbox:/mnt/data/plot.csv'],
      ['file_path', 'sandbox:/mnt/data/plot x.csv'],
    ]
    const annotations = annotationsOf(pieces)
    assert.deepEqual(
      annotations.map(({ type, text }) => [type, text]),
      expected,
    )
    assert.deepEqual(
      sliced(pieces),
      expected.map(([, text]) => text),
    )
    const [first] = annotations
    // The letter before it is two UTF-16 units, and one code point.
    assert.deepEqual(first, {
      type: 'file_citation',
      text: '【0:0†讲义3.pdf】',
      start_index: 7,
      end_index: 20,
      file_citation: { file_id: 'file-0' },
    })
    assert.equal(
      annotations[5]?.type === 'file_path' && annotations[5].file_path.file_id,
      'file-of-/mnt/data/plot x.csv',
    )
  })

  it('are the same wherever the text is cut', async () => {
    const whole = annotationsOf(await cite([sample]))
    for (let cut = 0; cut <= sample.length; cut += 1) {
      const pieces = await cite([sample.slice(0, cut), sample.slice(cut)])
      assert.equal(textOf(pieces), sample)
      assert.deepEqual(annotationsOf(pieces), whole, `cut at ${cut}`)
    }
    const units = await cite(sample.split(''))
    assert.equal(textOf(units), sample)
    assert.deepEqual(annotationsOf(units), whole)
  })

  it('lose, change and hold nothing of any text in any pieces', async () => {
    const part = fc.constantFrom(
      '【',
      '】',
      '†',
      '0',
      ':',
      '1',
      '0:0†',
      '【0:0†a】',
      's',
      'sandbox:',
      '/mnt/data/',
      'sandbox:/mnt/data/plot',
      '(',
      ')',
      ' ',
      '\n',
      '<',
      '>',
      '.',
      '𝔸',
      '\ud835',
      '好',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(part).map((each) => each.join(''))), async (pieces) => {
        const cited = await cite(pieces)
        const text = pieces.join('')
        assert.equal(textOf(cited), text)
        assert.deepEqual(annotationsOf(cited), annotationsOf(await cite([text])))
        for (const { text: marked, annotation } of cited) {
          if (annotation) assert.equal(marked, annotation.text)
        }
        assert.deepEqual(
          sliced(cited),
          annotationsOf(cited).map((annotation) => annotation.text),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('hold back no more than what may become a reference', async () => {
    const citations = createCitations({ kinds, sources })
    assert.equal(textOf(await citations.add('Hello 【0:')), 'Hello ')
    assert.equal(textOf(await citations.add(' no')), '【0: no')
    assert.equal(textOf(await citations.add('【0:0†')), '')
    const long = 'x'.repeat(250)
    assert.equal(textOf(await citations.add(long)), `【0:0†${long}`)
    assert.equal(textOf(await citations.add('this')), 'thi')
    assert.equal(textOf(await citations.add(' is')), 's i')
    assert.equal(textOf(await citations.add(`(sandbox:/mnt/data/${'p'.repeat(500)}`)).length, 520)
  })

  it('look only for the kinds that a run can have', async () => {
    const citations = createCitations({ kinds: new Set(['passage'] as const), sources })
    assert.equal(
      textOf(await citations.add('sandbox:/mnt/data/plot s')),
      'sandbox:/mnt/data/plot s',
    )
  })
})

describe('a marker', () => {
  it('is understood again, whatever the file is called', () => {
    fc.assert(
      fc.property(
        fc.nat(999_999_999),
        fc.nat(999),
        fc.string({ unit: 'grapheme' }),
        (search, place, name) => {
          assert.deepEqual(fromMarker(toMarker({ search, place }, name)), { search, place })
        },
      ),
    )
    assert.equal(toMarker({ search: 0, place: 1 }, '讲义【1】†\n3.pdf'), '【0:1†讲义〖1〗‡ 3.pdf】')
    assert.equal(toMarker({ search: 0, place: 1 }, ' '), '【0:1†source】')
  })

  it('cannot stand in what was made harmless', () => {
    assert.equal(fromMarker(withoutMarkers('【0:0†a】')), undefined)
  })
})
