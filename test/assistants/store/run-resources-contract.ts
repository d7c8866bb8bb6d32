import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../../src/assistants/store/store.ts'
import { newThread } from './objects.ts'

/** What every store promises to the tools of runs. `open` gives an empty one. */
export function describeRunResources(open: () => Promise<Store>): void {
  describe('for the tools of runs', () => {
    let store: Store
    before(async () => (store = await open()))
    after(() => store.close())

    it('tells whose a thread is', async () => {
      const thread = newThread()
      await store.project('school').insertThread(thread, [])
      assert.equal(await store.getThreadProject(thread.id), 'school')
      await store.deleteThread(thread.id)
      assert.equal(await store.getThreadProject(thread.id), undefined)
    })

    it('gives each search of a thread a number of its own', async () => {
      const thread = newThread()
      const other = newThread()
      await store.insertThread(thread, [])
      await store.insertThread(other, [])
      const numbers = await Promise.all([1, 2, 3].map(() => store.countSearch(thread.id)))
      assert.deepEqual(new Set(numbers), new Set([0, 1, 2]))
      assert.equal(await store.countSearch(other.id), 0)
      await store.deleteThread(thread.id)
      assert.equal(await store.countSearch(thread.id), undefined)
    })
  })
}
