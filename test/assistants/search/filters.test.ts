import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { SearchFilter } from '../../../src/assistants/search/file-search.ts'
import { matches } from '../../../src/assistants/search/filters.ts'

const file = { week: 3, by: 'Li', done: true }
const passes = (type: string, key: string, value: unknown) =>
  matches(file, { type, key, value } as SearchFilter)

describe('a filter', () => {
  it('compares values of one type', () => {
    assert.deepEqual(
      ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'].map((type) => [
        passes(type, 'week', 2),
        passes(type, 'week', 3),
        passes(type, 'week', 4),
      ]),
      [
        [false, true, false],
        [true, false, true],
        [true, false, false],
        [true, true, false],
        [false, false, true],
        [false, true, true],
      ],
    )
    assert.deepEqual([passes('gt', 'by', 'Le'), passes('lt', 'by', 'Le')], [true, false])
  })

  it('takes values of different types for different, and in no order', () => {
    assert.equal(passes('eq', 'week', '3'), false)
    assert.equal(passes('ne', 'week', '3'), true)
    for (const type of ['gt', 'gte', 'lt', 'lte']) assert.equal(passes(type, 'week', '2'), false)
  })

  it('finds values in lists', () => {
    assert.deepEqual([passes('in', 'by', ['Wu', 'Li']), passes('in', 'by', [])], [true, false])
    assert.deepEqual([passes('nin', 'by', ['Wu', 'Li']), passes('nin', 'by', [])], [false, true])
  })

  it('matches a key that is not there only with `ne` and `nin`', () => {
    for (const key of ['none', 'constructor', '__proto__']) {
      const types = ['eq', 'gt', 'gte', 'lt', 'lte'].filter((type) => passes(type, key, 1))
      assert.deepEqual(types, [])
      assert.deepEqual([passes('ne', key, 1), passes('nin', key, [1])], [true, true])
      assert.equal(passes('in', key, [1]), false)
    }
  })

  it('nests', () => {
    const yes = { type: 'eq', key: 'by', value: 'Li' } as const
    const no = { type: 'eq', key: 'by', value: 'Wu' } as const
    const of = (type: 'and' | 'or', ...filters: unknown[]) =>
      matches(file, { type, filters } as SearchFilter)
    assert.deepEqual(
      [of('and', yes, no), of('or', yes, no), of('and', yes, { type: 'or', filters: [no, yes] })],
      [false, true, true],
    )
    assert.deepEqual([of('and'), of('or')], [true, false])
  })
})
