import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Run, Store } from '../../../src/assistants/store/store.ts'
import type { Page, PageQuery } from '../../../src/assistants/wire/page.ts'
import { newAssistant, newMessage, newRun, newThread, newToolStep } from './objects.ts'

type List = (query: PageQuery) => Promise<Page<{ id: string }>>

/** What every store promises about pages (reference 1.2). `open` gives an empty one. */
export function describePaging(open: () => Promise<Store>): void {
  describe('every list', () => {
    const length = 5
    let store: Store
    const lists: { name: string; ids: string[]; limits: number[]; list: List }[] = []

    before(async () => {
      store = await open()
      const assistants = many(() => newAssistant())
      for (const assistant of assistants) await store.insertAssistant(assistant)
      const ids = toIds(assistants)
      const listAssistants: List = (query) => store.listAssistants(query)
      lists.push({ name: 'assistants', ids, limits: [2], list: listAssistants })

      const thread = newThread()
      const messages = many(() => newMessage(thread.id))
      await store.insertThread(thread, messages)
      const list: List = (query) => store.listMessages(thread.id, query)
      // All lists are paged by the same lines, so that one of them is enough for every size.
      const limits = [1, 2, length, length + 1]
      lists.push({ name: 'messages', ids: toIds(messages), limits, list })

      const runs: Run[] = []
      for (const assistant of assistants) {
        const run = await store.insertRun({
          thread: thread.id,
          assistantId: assistant.id,
          messages: [],
          toRun: (found) => newRun(thread.id, found),
        })
        await store.changeRun({ run: { ...run, status: 'completed' }, from: ['queued'] })
        runs.push(run)
      }
      const listRuns: List = (query) => store.listRuns(thread.id, query)
      lists.push({ name: 'runs', ids: toIds(runs), limits: [2], list: listRuns })

      const [run] = runs
      assert.ok(run)
      const steps = many(() => newToolStep(run))
      await store.changeRun({ run, from: ['completed'], opened: steps })
      const listSteps: List = (query) => store.listSteps(thread.id, run.id, query)
      const stepIds = toIds(steps.map(({ step }) => step))
      lists.push({ name: 'steps', ids: stepIds, limits: [2], list: listSteps })
    })
    after(() => store.close())

    const many = <T>(make: () => T) => Array.from({ length }, make)
    const toIds = (objects: { id: string }[]) => objects.map(({ id }) => id)

    it('shows with any cursors, limit and order what lies between them', async () => {
      const cursors = [undefined, ...Array.from({ length }, (_, index) => index)]
      let pages = 0
      for (const { name, ids, limits, list } of lists) {
        for (const order of ['asc', 'desc'] as const) {
          for (const limit of limits) {
            for (const from of cursors) {
              for (const to of cursors) {
                const query = {
                  order,
                  limit,
                  ...(from !== undefined && { after: ids[from] }),
                  ...(to !== undefined && { before: ids[to] }),
                }
                const page = await list(query)
                assert.deepEqual(page, expectedPage(ids, query, page.data), name)
                pages += 1
              }
            }
          }
        }
      }
      assert.equal(pages, 7 * 2 * 36)
    })
  })
}

/** The same in the simplest way: of a list that is all there. */
function expectedPage(
  ids: string[],
  { order, limit, after: from, before: to }: PageQuery,
  found: { id: string }[],
): Page<{ id: string }> {
  const ordered = order === 'asc' ? ids : ids.toReversed()
  const start = from === undefined ? 0 : ordered.indexOf(from) + 1
  const end = to === undefined ? ordered.length : ordered.indexOf(to)
  const between = ordered.slice(start, Math.max(start, end))
  const isFromTheEnd = from === undefined && to !== undefined
  const wanted = isFromTheEnd ? between.slice(-limit) : between.slice(0, limit)
  return {
    object: 'list',
    data: wanted.map((id) => found.find((object) => object.id === id) ?? { id }),
    first_id: wanted[0] ?? null,
    last_id: wanted.at(-1) ?? null,
    has_more: between.length > limit,
  }
}
