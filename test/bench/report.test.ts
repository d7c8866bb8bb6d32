import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { parseCpuMs, parseMb } from './procfs.ts'
import { judge, toTable, type Figure } from './report.ts'
import { judgeRuntime, toRuntimeTable, type RuntimeFigure } from './runtime/report.ts'
import { median, percentile } from './statistics.ts'

const figure = (id: string, values: Figure['values']): Figure => ({
  id,
  title: id,
  unit: 'ms',
  values,
})

describe('percentile', () => {
  it('answers the nearest rank, whatever the order of the samples', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index)
    assert.equal(percentile(samples, 0.5), 50)
    assert.equal(percentile(samples, 0.95), 95)
    assert.equal(percentile([7], 0.95), 7)
  })

  it('answers one of the samples for the median', () => {
    assert.equal(median([9, 1, 4]), 4)
    assert.equal(median([9, 1, 4, 5]), 4)
  })

  it('refuses to answer for no samples', () => {
    assert.throws(() => percentile([], 0.5), RangeError)
  })
})

describe('judge', () => {
  it('sets ratios, differences and own values against their limits', () => {
    const aims = judge([
      figure('ready_ms', { echo: 400, minimal: 500, guagua: 1000 }),
      figure('plain_final_p50_ms', { minimal: 6, guagua: 12.5 }),
      figure('plain_requests', { minimal: 1, guagua: 2 }),
    ])
    assert.deepEqual(
      aims.map(({ value, limit, met }) => ({ value, limit, met })),
      [
        { value: 2, limit: 2, met: true },
        { value: 6.5, limit: 6, met: false },
        { value: 2, limit: 2, met: true },
      ],
    )
  })

  it('compares the longest thread with the shortest', () => {
    const [aim] = judge([
      figure('thread_10_p50_ms', { guagua: 10 }),
      figure('thread_1000_p50_ms', { guagua: 50 }),
      figure('thread_100000_p50_ms', { guagua: 13 }),
    ])
    assert.equal(aim?.value, 1.3)
    assert.equal(aim?.met, false)
  })

  it('leaves out what was not measured', () => {
    assert.deepEqual(judge([figure('idle_pss_mb', { guagua: 100 })]), [])
  })
})

describe('toTable', () => {
  it('aligns the columns and adds the ratio to the minimal bot', () => {
    const figures = [
      figure('ready_ms', { echo: 400, minimal: 500, guagua: 750 }),
      figure('thread_10_p50_ms', { guagua: 9.5 }),
    ]
    assert.equal(
      toTable(figures, judge(figures)),
      [
        '                      echo  minimal  guagua  guagua / minimal',
        'ready_ms, ms           400      500     750            1.50 ×',
        'thread_10_p50_ms, ms     –        –    9.50',
        '',
        'met  READY ≤ 2 × minimal  1.50',
      ].join('\n'),
    )
  })
})

describe('procfs', () => {
  it('reads processor time behind a program name with spaces and parentheses', () => {
    const stat =
      '42 (node (x) y) S 1 42 42 0 -1 4194304 900 0 0 0 120 30 0 0 20 0 11 0 5000 1000000 25000'
    assert.equal(parseCpuMs(stat), 1500)
  })

  it('reads memory in megabytes, and null where the field is missing', () => {
    assert.equal(parseMb('Name:\tnode\nVmRSS:\t  2048 kB\n', 'VmRSS'), 2)
    assert.equal(parseMb('', 'Pss'), null)
  })
})

describe('judgeRuntime', () => {
  const measured = (id: string, values: RuntimeFigure['values']): RuntimeFigure => {
    return { id, title: id, unit: 'ms', values }
  }

  it('takes the slower way of waiting for runs per second', () => {
    const aims = judgeRuntime([
      measured('poll_runs_per_s', { sqlite: 310, postgres: 160 }),
      measured('stream_runs_per_s', { sqlite: 290, postgres: 170 }),
    ])
    assert.deepEqual(
      aims.map(({ value, met }) => [value, met]),
      [
        [290, false],
        [160, true],
      ],
    )
  })

  it('sets a run against the model asked directly, and the longest thread against the shortest', () => {
    const figures = [
      measured('stream_p50_ms', { baseline: 2, sqlite: 6.5 }),
      measured('list_10_p50_ms', { sqlite: 1 }),
      measured('list_100000_p50_ms', { sqlite: 1.5 }),
    ]
    const aims = judgeRuntime(figures)
    assert.deepEqual(
      aims.map(({ title, value, met }) => [title, value, met]),
      [
        ['run overhead p50 ≤ 5 ms, sqlite', 4.5, true],
        ['list at 100 000 messages ≤ 1.2 × at 10, sqlite', 1.5, false],
      ],
    )
    const table = toRuntimeTable(figures, aims)
    assert.match(table, /stream_p50_ms, ms +2\.00 +6\.50 +– +3\.25 ×/)
    assert.match(table, /MISSED +list at 100 000/)
  })
})
