import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { placeInLanes } from '../../../src/schedule/picture/lanes.ts'

const place = (spans: [number, number][], minMinutes = 0) =>
  placeInLanes(
    spans.map(([from, to]) => ({ from, to })),
    minMinutes,
  ).map(({ lane, lanes, conflict }) => ({ lane, lanes, conflict }))

describe('placeInLanes', () => {
  it('gives the whole width to what is alone, also one after the other', () => {
    const alone = { lane: 0, lanes: 1, conflict: false }
    assert.deepEqual(
      place([
        [0, 60],
        [60, 90],
      ]),
      [alone, alone],
    )
  })

  it('puts what takes place at the same time side by side, and marks it', () => {
    assert.deepEqual(
      place([
        [0, 60],
        [30, 90],
        [60, 100],
      ]),
      [
        { lane: 0, lanes: 2, conflict: true },
        { lane: 1, lanes: 2, conflict: true },
        { lane: 0, lanes: 2, conflict: true },
      ],
    )
  })

  it('makes room for short ones without calling that a conflict', () => {
    assert.deepEqual(
      place(
        [
          [0, 10],
          [10, 20],
        ],
        30,
      ),
      [
        { lane: 0, lanes: 2, conflict: false },
        { lane: 1, lanes: 2, conflict: false },
      ],
    )
  })

  it('never lets two cover each other', () => {
    const span = fc.tuple(fc.nat(1400), fc.nat(200))
    fc.assert(
      fc.property(fc.array(span, { maxLength: 30 }), (raw) => {
        const placed = placeInLanes(
          raw.map(([from, length]) => ({ from, to: from + length })),
          20,
        )
        assert.equal(placed.length, raw.length)
        for (const [index, one] of placed.entries()) {
          assert.ok(one.lane < one.lanes)
          for (const other of placed.slice(index + 1)) {
            const meet =
              one.from < Math.max(other.to, other.from + 20) &&
              other.from < Math.max(one.to, one.from + 20)
            if (meet) assert.ok(one.lane !== other.lane && one.lanes === other.lanes)
          }
        }
      }),
    )
  })
})
