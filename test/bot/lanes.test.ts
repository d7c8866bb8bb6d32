import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { createLanes, type LanesDeps } from '../../src/bot/lanes.ts'

type Work = (key: string, batch: number[]) => Promise<void>

function lanesOf(work: Work, bounds: Partial<LanesDeps<number>> = {}) {
  return createLanes<number>({
    work,
    batchSize: (waiting) => waiting.length,
    onError: () => {},
    maxActive: 2,
    maxWaitingPerLane: 3,
    maxWaiting: 5,
    ...bounds,
  })
}

/** Work that goes on until it is released, batch by batch. */
function heldWork() {
  const begun: string[] = []
  const releases: (() => void)[] = []
  const work: Work = (key, batch) => {
    begun.push(`${key}:${batch.join(',')}`)
    return new Promise((resolve) => releases.push(resolve))
  }
  return {
    begun,
    work,
    release: async () => {
      releases.shift()?.()
      await setImmediate()
    },
  }
}

describe('lanes', () => {
  it('collects what arrives while a lane is busy, in order', async () => {
    const { begun, work, release } = heldWork()
    const lanes = lanesOf(work)
    for (const item of [1, 2, 3]) lanes.push('a', item)
    assert.deepEqual(begun, ['a:1'])
    await release()
    assert.deepEqual(begun, ['a:1', 'a:2,3'])
  })

  it('works on different lanes side by side, up to the bound, first come first served', async () => {
    const { begun, work, release } = heldWork()
    const lanes = lanesOf(work)
    for (const key of ['a', 'b', 'c']) lanes.push(key, 1)
    lanes.push('a', 2)
    assert.deepEqual(begun, ['a:1', 'b:1'])
    await release()
    assert.deepEqual(begun, ['a:1', 'b:1', 'c:1'])
    await release()
    assert.deepEqual(begun, ['a:1', 'b:1', 'c:1', 'a:2'])
  })

  it('refuses what a lane, or all of them, cannot hold', () => {
    const { work } = heldWork()
    const lanes = lanesOf(work)
    const taken = [1, 2, 3, 4, 5].map((item) => lanes.push('a', item))
    assert.deepEqual(taken, [true, true, true, true, false])
    const others = [1, 2, 3, 4].map((item) => lanes.push('b', item))
    assert.deepEqual(others, [true, true, true, false])
  })

  it('goes on after work that failed', async () => {
    const errors: unknown[] = []
    const done: number[] = []
    const lanes = lanesOf(
      async (_, [item = 0]) => {
        if (item === 1) throw new Error('broken')
        done.push(item)
      },
      { onError: (error) => errors.push(error), batchSize: () => 1 },
    )
    lanes.push('a', 1)
    lanes.push('a', 2)
    await lanes.idle()
    assert.equal(errors.length, 1)
    assert.deepEqual(done, [2])
  })

  it('hands back what had not begun when it closes, and takes nothing more', async () => {
    const { work, release } = heldWork()
    const lanes = lanesOf(work)
    lanes.push('a', 1)
    lanes.push('a', 2)
    assert.deepEqual(lanes.close(), [{ key: 'a', items: [2] }])
    assert.equal(lanes.push('a', 3), false)
    const idle = lanes.idle()
    await release()
    await idle
  })
})
