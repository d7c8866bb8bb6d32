import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import { abandonStep, completeStep } from '../../../src/assistants/runs/close-step.ts'
import {
  usageGroups,
  type Run,
  type Store,
  type UsageQuery,
  type UsageRecord,
  type UsageSum,
} from '../../../src/assistants/store/store.ts'
import {
  newAssistant,
  newMessage,
  newMessageStep,
  newRun,
  newThread,
  newToolStep,
} from './objects.ts'

/** Midnight of a day in UTC. */
const day = 1_789_948_800
const turn = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 }
const priced = { ...turn, cached_tokens: 64, reasoning_tokens: 8, cost: 0.25 }

/** What every store promises about usage records. `open` gives an empty one. */
export function describeUsage(open: () => Promise<Store>): void {
  describe('usage', () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    const sum = (query: Partial<UsageQuery> = {}) =>
      store.sumUsage({ start: 0, end: day * 2, bucketWidth: '1d', groupBy: [], ...query })

    async function startRun(project = 'default', apiKeyId: string | null = null): Promise<Run> {
      const objects = store.project(project)
      const assistant = newAssistant()
      const thread = newThread()
      await objects.insertAssistant(assistant)
      const run = await objects.insertRun({
        thread: { thread, messages: [newMessage(thread.id)] },
        assistantId: assistant.id,
        messages: [],
        toRun: (found) => newRun(thread.id, found),
        apiKeyId,
      })
      return { ...run, status: 'in_progress' }
    }

    async function openStep(run: Run, usage: typeof turn | null) {
      const record = { ...newToolStep(run), usage }
      await store.changeRun({ run, from: ['queued', 'in_progress'], opened: [record] })
      return record
    }

    describe('of a run', () => {
      it('is recorded when the step ends, under the run’s project and key', async () => {
        const run = await startRun('class_3', 'key_1')
        const record = await openStep(run, priced)
        assert.deepEqual(await sum(), [])
        const { record: closed } = completeStep(record, day + 90_000)
        const change = { run: { ...run, status: 'completed' as const }, closed: [closed] }
        await store.changeRun({ ...change, from: ['in_progress'] })
        assert.deepEqual(await sum({ groupBy: usageGroups }), [
          {
            bucket: day + 86_400,
            project_id: 'class_3',
            api_key_id: 'key_1',
            model: 'scripted',
            assistant_id: run.assistant_id,
            thread_id: run.thread_id,
            requests: 1,
            prompt_tokens: 100,
            cached_tokens: 64,
            completion_tokens: 20,
            reasoning_tokens: 8,
            cost: 0.25,
            unpriced_requests: 0,
          },
        ] satisfies UsageSum[])
        // A change that comes too late writes nothing, and so counts nothing.
        assert.equal(await store.changeRun({ ...change, from: ['in_progress'] }), undefined)
        assert.equal((await sum())[0]?.requests, 1)
      })

      it('is recorded once, however often its step was written before and after', async () => {
        const run = await startRun()
        const record = await openStep(run, null)
        const waiting = { ...run, status: 'requires_action' as const }
        const rewritten = [{ ...record, usage: priced }]
        await store.changeRun({ run: waiting, from: ['in_progress'], rewritten })
        assert.deepEqual(await sum(), [])
        const [stored] = await store.getStepRecords(run)
        assert.deepEqual(stored?.usage, priced)
        const { record: closed } = completeStep({ ...record, usage: priced }, day)
        await store.changeRun({ run, from: ['requires_action'], closed: [closed] })
        const completed = { ...run, status: 'completed' as const }
        await store.changeRun({ run: completed, from: ['in_progress'], rewritten: [closed] })
        assert.equal((await sum())[0]?.requests, 1)
      })

      it('is recorded of steps that were abandoned, and of a turn without a step', async () => {
        const run = await startRun()
        for (const how of ['failed', 'cancelled', 'expired'] as const) {
          const record = await openStep(run, priced)
          const { record: closed } = abandonStep(record, { how, now: day })
          await store.changeRun({ run, from: ['in_progress'], closed: [closed] })
        }
        const stepless = { usage: turn, createdAt: day }
        const incomplete = { ...run, status: 'incomplete' as const }
        await store.changeRun({ run: incomplete, from: ['in_progress'], stepless })
        const [sums] = await sum()
        assert.partialDeepStrictEqual(sums, { requests: 4, prompt_tokens: 400, bucket: day })
        assert.partialDeepStrictEqual(sums, { cost: 0.75, unpriced_requests: 1 })
      })

      it('is not recorded where there is none, nor of a step that is undone', async () => {
        const run = await startRun()
        const uncounted = completeStep(await openStep(run, null), day).record
        const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
        const free = completeStep({ ...newMessageStep(run), usage: nothing }, day).record
        await store.changeRun({ run, from: ['in_progress'], closed: [uncounted, free] })
        const undone = await openStep(run, turn)
        await store.changeRun({ run, from: ['in_progress'], undone: [undone] })
        assert.deepEqual(await sum(), [])
      })

      it('stays when the thread goes', async () => {
        const run = await startRun('class_3')
        const { record } = completeStep(await openStep(run, turn), day)
        await store.changeRun({ run, from: ['in_progress'], closed: [record] })
        await store.deleteThread(run.thread_id)
        assert.partialDeepStrictEqual(await sum({ groupBy: ['thread_id', 'project_id'] }), [
          { thread_id: run.thread_id, project_id: 'class_3', requests: 1 },
        ])
      })

      it('is recorded of a step that waited when its thread was deleted', async () => {
        const run = await startRun('class_3', 'key_1')
        const first = completeStep(await openStep(run, turn), day).record
        await store.changeRun({ run, from: ['in_progress'], closed: [first] })
        const waits = await openStep(run, null)
        const rewritten = [{ ...waits, usage: priced }]
        const waiting = { ...run, status: 'requires_action' as const }
        await store.changeRun({ run: waiting, from: ['in_progress'], rewritten })
        await store.deleteThread(run.thread_id)
        const sums = await sum({ groupBy: ['api_key_id', 'model', 'assistant_id'] })
        const { assistant_id } = run
        assert.partialDeepStrictEqual(sums, [
          { api_key_id: 'key_1', model: 'scripted', assistant_id, requests: 2 },
        ])
        assert.partialDeepStrictEqual(sums, [{ cost: 0.25, unpriced_requests: 1 }])
      })
    })

    describe('sumUsage', () => {
      const passThrough = {
        kind: 'completions' as const,
        project: 'default',
        apiKeyId: null,
        model: 'qwen',
        usage: turn,
      }
      const record = (createdAt: number, rest: Partial<UsageRecord> = {}) =>
        store.recordUsage({ createdAt, ...passThrough, ...rest })

      it('puts records into minutes, hours and days of UTC', async () => {
        for (const after of [0, 59, 60, 3_599, 3_600, 86_399]) await record(day + after)
        const buckets = async (bucketWidth: UsageQuery['bucketWidth']) =>
          (await sum({ bucketWidth })).map(({ bucket, requests }) => [bucket - day, requests])
        assert.deepEqual(await buckets('1m'), [
          [0, 2],
          [60, 1],
          [3_540, 1],
          [3_600, 1],
          [86_340, 1],
        ])
        assert.deepEqual(await buckets('1h'), [
          [0, 4],
          [3_600, 1],
          [82_800, 1],
        ])
        assert.deepEqual(await buckets('1d'), [[0, 6]])
      })

      it('takes the start and leaves out the end', async () => {
        for (const after of [0, 1, 2, 3]) await record(day + after)
        assert.equal((await sum({ start: day + 1, end: day + 3 }))[0]?.requests, 2)
        assert.deepEqual(await sum({ start: day + 4 }), [])
      })

      it('filters by every group, and by several values', async () => {
        const run = await startRun('class_3', 'key_1')
        const { record: closed } = completeStep(await openStep(run, turn), day)
        await store.changeRun({ run, from: ['in_progress'], closed: [closed] })
        await record(day, { model: 'b', apiKeyId: 'key_2' })
        await record(day, { model: 'c' })
        const { assistant_id, thread_id } = run
        const values = {
          project_id: 'class_3',
          api_key_id: 'key_1',
          model: 'scripted',
          assistant_id,
          thread_id,
        }
        for (const group of usageGroups) {
          const found = await sum({ only: { [group]: [values[group]] }, groupBy: usageGroups })
          assert.equal(found.length, 1)
          assert.partialDeepStrictEqual(found[0], values)
          assert.deepEqual(await sum({ only: { [group]: ['none'] } }), [])
        }
        assert.equal((await sum({ only: { model: ['b', 'c', 'd'] } }))[0]?.requests, 2)
        assert.deepEqual(await sum({ only: { model: [] } }), [])
        assert.equal((await sum({ only: { model: ['b'], api_key_id: ['key_1'] } })).length, 0)
      })

      it('tells completions from embeddings, and adds up both', async () => {
        const run = await startRun()
        const { record: closed } = completeStep(await openStep(run, turn), day)
        await store.changeRun({ run, from: ['in_progress'], closed: [closed] })
        await record(day)
        await record(day, { kind: 'embeddings' })
        const requests = async (query: Partial<UsageQuery>) => (await sum(query))[0]?.requests
        assert.equal(await requests({ kind: 'completions' }), 2)
        assert.equal(await requests({ kind: 'embeddings' }), 1)
        assert.equal(await requests({}), 3)
      })

      it('groups by what it is asked to, in one order on every database', async () => {
        await record(day + 86_400, { model: 'a' })
        for (const model of ['é', 'B', 'a']) {
          await record(day, { model, apiKeyId: 'key_1' })
          await record(day, { model })
        }
        const sums = await sum({ groupBy: ['api_key_id', 'model'] })
        assert.deepEqual(
          sums.map(({ bucket, api_key_id, model }) => [bucket - day, api_key_id, model]),
          [
            [0, null, 'B'],
            [0, null, 'a'],
            [0, null, 'é'],
            [0, 'key_1', 'B'],
            [0, 'key_1', 'a'],
            [0, 'key_1', 'é'],
            [86_400, null, 'a'],
          ],
        )
        assert.deepEqual(
          (await sum({ groupBy: [] })).map(({ requests, model }) => [requests, model]),
          [
            [6, null],
            [1, null],
          ],
        )
      })

      it('adds up dollars as people do', async () => {
        for (const cost of [0.1, 0.2, 1e-7]) await record(day, { usage: { ...turn, cost } })
        assert.equal((await sum())[0]?.cost, 0.3000001)
      })

      it('adds up more than 32 bits', async () => {
        const usage = { ...turn, prompt_tokens: 2_000_000_000 }
        for (const after of [0, 1, 2]) await record(day + after, { usage })
        assert.equal((await sum())[0]?.prompt_tokens, 6_000_000_000)
      })
    })
  })
}
