import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createQueue } from '../../../src/schedule/sandbox/queue.ts'

interface Job {
  key: string
  name: string
}

const job = (name: string): Job => ({ key: name.charAt(0), name })

describe('createQueue', () => {
  function filled(...names: string[]) {
    const queue = createQueue<Job>()
    const jobs = names.map((name) => job(name))
    for (const each of jobs) queue.add(each)
    const takeAll = (isFree = (_key: string) => true) => {
      const taken: string[] = []
      for (let next = queue.take(isFree); next; next = queue.take(isFree)) taken.push(next.name)
      return taken
    }
    return { queue, jobs, takeAll }
  }

  it('lets keys take turns, each in the order of its jobs', () => {
    const { takeAll } = filled('a1', 'a2', 'a3', 'b1', 'c1', 'b2')
    assert.deepEqual(takeAll(), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('passes over keys that are not free, which keep their turn', () => {
    const { queue, takeAll } = filled('a1', 'b1', 'b2', 'c1')
    assert.deepEqual(
      takeAll((key) => key === 'b'),
      ['b1', 'b2'],
    )
    queue.add(job('b3'))
    assert.deepEqual(takeAll(), ['a1', 'c1', 'b3'])
  })

  it('puts a job back to the front, before others of its key', () => {
    const { queue, takeAll } = filled('a1', 'b1', 'a2')
    const first = queue.take(() => true)
    assert.ok(first)
    queue.putBack(first)
    assert.deepEqual(takeAll(), ['a1', 'b1', 'a2'])
  })

  it('counts jobs and free keys, and forgets what is removed', () => {
    const { queue, jobs, takeAll } = filled('a1', 'a2', 'b1')
    assert.deepEqual([queue.size, queue.count('a'), queue.count('c')], [3, 2, 0])
    assert.equal(
      queue.countFreeKeys((key) => key !== 'b'),
      1,
    )
    const [a1] = jobs
    assert.ok(a1)
    queue.remove(a1)
    queue.remove(a1)
    assert.deepEqual([queue.size, queue.count('a')], [2, 1])
    assert.deepEqual(takeAll(), ['a2', 'b1'])
    assert.equal(queue.size, 0)
  })
})
