import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import type { Assistant, Run, Store } from '../../../src/assistants/store/store.ts'
import { newId } from '../../../src/ids.ts'
import { describeConcurrency } from './concurrency-contract.ts'
import {
  newAssistant,
  newMessage,
  newMessageStep,
  newRun,
  newThread,
  newToolStep,
} from './objects.ts'
import { describePaging } from './paging-contract.ts'
import { describeProjects } from './project-contract.ts'
import { describeRunResources } from './run-resources-contract.ts'
import { describeTexts } from './text-contract.ts'
import { describeUsage } from './usage-contract.ts'

const page = { limit: 20, order: 'asc' } as const

/** What every store promises, whatever database it is on. `open` gives an empty one. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`store on ${name}`, () => {
    let store: Store
    let assistant: Assistant
    let threadId: string
    beforeEach(async () => {
      store = await open()
      assistant = newAssistant()
      await store.insertAssistant(assistant)
      const thread = newThread()
      threadId = thread.id
      await store.insertThread(thread, [newMessage(threadId)])
    })
    afterEach(() => store.close())

    const startRun = (overrides: Partial<Run> = {}) =>
      store.insertRun({
        thread: threadId,
        assistantId: assistant.id,
        messages: [],
        toRun: (found) => ({ ...newRun(threadId, found), ...overrides }),
      })
    const finish = (run: Run) =>
      store.changeRun({ run: { ...run, status: 'completed' }, from: ['queued'] })

    describe('assistants', () => {
      it('come back as they went in', async () => {
        assert.deepEqual(await store.getAssistant(assistant.id), assistant)
        assert.equal(await store.getAssistant('asst_none'), undefined)
      })

      it('change only where they are told to', async () => {
        const changed = await store.updateAssistant(assistant.id, { name: '瓜瓜' })
        assert.deepEqual(changed, { ...assistant, name: '瓜瓜' })
        assert.deepEqual(await store.getAssistant(assistant.id), changed)
        assert.equal(await store.updateAssistant('asst_none', {}), undefined)
      })

      it('keep both of two changes at the same time', async () => {
        await Promise.all([
          store.updateAssistant(assistant.id, { name: 'a' }),
          store.updateAssistant(assistant.id, { description: 'b' }),
        ])
        const { name: given, description } = (await store.getAssistant(assistant.id)) ?? {}
        assert.deepEqual([given, description], ['a', 'b'])
      })

      it('are deleted once', async () => {
        assert.equal(await store.deleteAssistant(assistant.id), true)
        assert.equal(await store.deleteAssistant(assistant.id), false)
      })
    })

    describe('lists', () => {
      const ids: string[] = []
      beforeEach(async () => {
        ids.length = 0
        for (let count = 0; count < 7; count += 1) {
          const message = newMessage(threadId, `${count}`)
          await store.insertMessage(message)
          ids.push(message.id)
        }
      })
      const list = async (query: Partial<Parameters<Store['listMessages']>[1]>) => {
        const { data, ...rest } = await store.listMessages(threadId, { ...page, ...query })
        return { texts: data.map(({ id }) => ids.indexOf(id)), ...rest }
      }

      it('go through everything by `after`, in both directions', async () => {
        assert.deepEqual((await list({ order: 'desc', limit: 3 })).texts, [6, 5, 4])
        assert.deepEqual((await list({ order: 'desc', limit: 3, after: ids[4] })).texts, [3, 2, 1])
        const end = await list({ order: 'asc', limit: 3, after: ids[4] })
        assert.deepEqual([end.texts, end.has_more], [[5, 6], false])
      })

      it('show with `before` the page next to it, in the order asked for', async () => {
        const asc = await list({ order: 'asc', limit: 2, before: ids[4] })
        assert.deepEqual([asc.texts, asc.has_more], [[2, 3], true])
        const desc = await list({ order: 'desc', limit: 2, before: ids[4] })
        assert.deepEqual([desc.texts, desc.has_more], [[6, 5], false])
      })

      it('show what is between two cursors', async () => {
        const { texts } = await list({ order: 'asc', after: ids[1], before: ids[5] })
        assert.deepEqual(texts, [2, 3, 4])
      })

      it('name their ends, or null', async () => {
        const full = await list({ limit: 2, after: ids[0] })
        assert.deepEqual([full.first_id, full.last_id], [ids[1], ids[2]])
        const empty = await list({ after: ids[6] })
        assert.deepEqual(empty, {
          texts: [],
          object: 'list',
          first_id: null,
          last_id: null,
          has_more: false,
        })
      })

      it('refuse an unknown cursor, and one of another list', async () => {
        const other = newThread()
        const message = newMessage(other.id)
        await store.insertThread(other, [message])
        await assert.rejects(list({ after: 'msg_none' }), {
          name: 'InvalidRequestError',
          param: 'after',
          message: "No message found with id 'msg_none'.",
        })
        await assert.rejects(list({ before: message.id }), { param: 'before' })
      })

      it('show only what a run wrote', async () => {
        const run = await startRun()
        const record = newMessageStep(run)
        await store.changeRun({ run, from: ['queued'], opened: [record] })
        const { data } = await store.listMessages(threadId, { ...page, runId: run.id })
        assert.deepEqual(data, [record.message])
      })
    })

    describe('messages', () => {
      it('belong to their thread', async () => {
        const message = newMessage(threadId)
        await store.insertMessage(message)
        assert.deepEqual(await store.getMessage(threadId, message.id), message)
        assert.equal(await store.getMessage('thread_none', message.id), undefined)
        assert.equal(await store.deleteMessage('thread_none', message.id), false)
        assert.equal(await store.deleteMessage(threadId, message.id), true)
        assert.equal(await store.getMessage(threadId, message.id), undefined)
      })

      it('are refused without a thread', async () => {
        await assert.rejects(store.insertMessage(newMessage('thread_none')), {
          name: 'NotFoundError',
          message: "No thread found with id 'thread_none'.",
        })
      })

      it('are refused while a run is active', async () => {
        const run = await startRun()
        await assert.rejects(store.insertMessage(newMessage(threadId)), {
          name: 'RunConflictError',
          message: `Can't add messages to ${threadId} while a run ${run.id} is active.`,
        })
        await finish(run)
        await store.insertMessage(newMessage(threadId))
      })

      it('keep metadata that changes while the run writes the rest', async () => {
        const run = await startRun()
        const record = newMessageStep(run)
        await store.changeRun({ run, from: ['queued'], opened: [record] })
        const id = record.message?.id ?? ''
        await store.updateMessage(threadId, id, { metadata: { star: 'yes' } })
        const message = record.message && { ...record.message, status: 'completed' as const }
        await store.changeRun({ run, from: ['queued'], closed: [{ ...record, message }] })
        assert.partialDeepStrictEqual(await store.getMessage(threadId, id), {
          status: 'completed',
          metadata: { star: 'yes' },
        })
      })
    })

    describe('insertRun', () => {
      it('admits one of two at the same time', async () => {
        const results = await Promise.allSettled([startRun(), startRun()])
        const won = results.flatMap((result) =>
          result.status === 'fulfilled' ? [result.value.id] : [],
        )
        const lost = results.flatMap((result) =>
          result.status === 'rejected' ? [String(result.reason)] : [],
        )
        assert.deepEqual(lost, [
          `RunConflictError: Thread ${threadId} already has an active run ${won[0]}.`,
        ])
        assert.equal((await store.listRuns(threadId, page)).data.length, 1)
      })

      it('writes nothing when it refuses', async () => {
        await startRun()
        const messages = [newMessage(threadId, 'additional')]
        const toRun = (found: Assistant) => newRun(threadId, found)
        const creation = { thread: threadId, assistantId: assistant.id, messages, toRun }
        await assert.rejects(store.insertRun(creation), { name: 'RunConflictError' })
        assert.equal((await store.listMessages(threadId, page)).data.length, 1)
      })

      it('names what is missing', async () => {
        const toRun = (found: Assistant) => newRun(threadId, found)
        const creation = { thread: threadId, assistantId: 'asst_none', messages: [], toRun }
        await assert.rejects(store.insertRun(creation), {
          message: "No assistant found with id 'asst_none'.",
        })
        await assert.rejects(store.insertRun({ ...creation, thread: 'thread_none' }), {
          message: "No thread found with id 'thread_none'.",
        })
      })

      it('leaves no thread behind when it refuses to make both', async () => {
        const silent = newAssistant({ instructions: null })
        await store.insertAssistant(silent)
        const thread = newThread()
        const creation = {
          thread: { thread, messages: [newMessage(thread.id, 'from the assistant', 'assistant')] },
          assistantId: silent.id,
          messages: [],
          toRun: (found: Assistant) => newRun(thread.id, found),
        }
        await assert.rejects(store.insertRun(creation), {
          name: 'InvalidRequestError',
          apiCode: 'invalid_thread',
        })
        assert.equal(await store.getThread(thread.id), undefined)
      })
    })

    describe('changeRun', () => {
      it('changes nothing from another state', async () => {
        const run = await startRun()
        const record = newToolStep(run)
        const changed = await store.changeRun({
          run: { ...run, status: 'completed' },
          from: ['in_progress'],
          opened: [record],
        })
        assert.equal(changed, undefined)
        assert.deepEqual(await store.getRun(threadId, run.id), run)
        assert.deepEqual(await store.getStepRecords(run), [])
      })

      it('leaves metadata to the user', async () => {
        const run = await startRun()
        await store.updateRun(threadId, run.id, { metadata: { mine: '1' } })
        const changed = await store.changeRun({ run, from: ['queued'] })
        assert.deepEqual(changed?.metadata, { mine: '1' })
      })

      it('opens, closes and undoes steps with their messages', async () => {
        const run = await startRun()
        const [first, second] = [newMessageStep(run), newToolStep(run)]
        const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
        await store.changeRun({ run, from: ['queued'], opened: [first] })
        const closed = { ...first, usage }
        await store.changeRun({ run, from: ['queued'], closed: [closed], opened: [second] })
        assert.deepEqual(await store.getStepRecords(run), [closed, second])
        await store.changeRun({ run, from: ['queued'], undone: [closed] })
        assert.deepEqual(await store.getStepRecords(run), [second])
        assert.equal(await store.getMessage(threadId, first.message?.id ?? ''), undefined)
      })

      it('keeps what a turn left behind until it is told to forget it', async () => {
        const run = await startRun()
        const state = { driver: 'any', items: ['思考\u0000', { deep: null }] }
        const record = { ...newToolStep(run), state }
        await store.changeRun({ run, from: ['queued'], opened: [record] })
        assert.deepEqual((await store.getStepRecords(run)).at(-1), record)
        const step = await store.getStep(threadId, run.id, record.step.id)
        assert.deepEqual(step, record.step)
        await store.changeRun({ run, from: ['queued'], closed: [{ ...record, state: undefined }] })
        assert.equal((await store.getStepRecords(run)).at(-1)?.state, undefined)
      })
    })

    describe('changeFoundRun', () => {
      it('plans from the run, who holds it, and its steps', async () => {
        const run = await startRun()
        const record = newMessageStep(run)
        await store.changeRun({ run, from: ['queued'], opened: [record], holder: 'somebody' })
        const changed = await store.changeFoundRun(run, (found) => {
          assert.deepEqual(found, { run, heldBy: 'somebody', records: [record] })
          return { run: { ...run, status: 'expired' }, from: ['queued'], undone: [record] }
        })
        assert.equal(changed?.status, 'expired')
        assert.deepEqual(await store.getStepRecords(run), [])
      })

      it('writes nothing if nothing is planned, and asks no plan for what is not there', async () => {
        const run = await startRun()
        assert.equal(await store.changeFoundRun(run, () => undefined), undefined)
        const failure = new Error('no')
        const refuse = () => {
          throw failure
        }
        await assert.rejects(store.changeFoundRun(run, refuse), failure)
        const nowhere = { id: run.id, thread_id: 'thread_of_another' }
        assert.equal(await store.changeFoundRun(nowhere, refuse), undefined)
        await store.deleteThread(threadId)
        assert.equal(await store.changeFoundRun(run, refuse), undefined)
      })
    })

    it('refuses new metadata for a run in progress', async () => {
      const run = await startRun()
      await store.changeRun({ run: { ...run, status: 'in_progress' }, from: ['queued'] })
      await assert.rejects(store.updateRun(threadId, run.id, { metadata: {} }), {
        message: "Cannot update run with status 'in_progress'.",
      })
    })

    it('finds active and overdue runs', async () => {
      const run = await startRun()
      assert.deepEqual(await store.listActiveRuns(), [run])
      assert.deepEqual(await store.listActiveRuns(run.id), [])
      assert.deepEqual(await store.listEndingRuns((run.expires_at ?? 0) - 1), [])
      assert.deepEqual(await store.listEndingRuns(run.expires_at ?? 0), [run])
      assert.deepEqual(await store.getActiveRun(threadId), run)
      await store.changeRun({ run: { ...run, status: 'cancelling' }, from: ['queued'] })
      assert.deepEqual(
        (await store.listEndingRuns(0)).map(({ id }) => id),
        [run.id],
      )
      await store.changeRun({ run, from: ['cancelling'] })
      await finish(run)
      assert.deepEqual(await store.listActiveRuns(), [])
      assert.equal(await store.getActiveRun(threadId), undefined)
    })

    it('lists and reads steps only through their thread and run', async () => {
      const run = await startRun()
      const record = newToolStep(run)
      await store.changeRun({ run, from: ['queued'], opened: [record] })
      const { id } = record.step
      assert.deepEqual(await store.getStep(threadId, run.id, id), record.step)
      assert.equal(await store.getStep(threadId, 'run_none', id), undefined)
      assert.equal(await store.getStep('thread_none', run.id, id), undefined)
      assert.deepEqual((await store.listSteps(threadId, run.id, page)).data, [record.step])
      assert.deepEqual((await store.listSteps('thread_none', run.id, page)).data, [])
    })

    it('changes a thread where it is told to', async () => {
      const resources = { code_interpreter: { file_ids: [] } }
      await store.updateThread(threadId, { tool_resources: resources })
      const thread = await store.updateThread(threadId, { metadata: { a: 'b' } })
      assert.partialDeepStrictEqual(thread, { tool_resources: resources, metadata: { a: 'b' } })
      assert.deepEqual(await store.getThread(threadId), thread)
      assert.equal(await store.updateThread('thread_none', { metadata: {} }), undefined)
    })

    describe('deleteThread', () => {
      it('takes everything in it from view at once and tells who listens', async () => {
        const run = await startRun()
        const record = newMessageStep(run)
        await store.changeRun({ run, from: ['queued'], opened: [record] })
        const told: string[] = []
        store.onThreadDeleted((id) => told.push(id))
        assert.equal(await store.deleteThread(threadId), true)
        assert.deepEqual(told, [threadId])
        assert.equal(await store.getThread(threadId), undefined)
        assert.equal(await store.getRun(threadId, run.id), undefined)
        assert.equal(await store.getMessage(threadId, record.message?.id ?? ''), undefined)
        assert.equal(await store.getStep(threadId, run.id, record.step.id), undefined)
        assert.deepEqual((await store.listMessages(threadId, page)).data, [])
        assert.deepEqual((await store.listRuns(threadId, page)).data, [])
        assert.deepEqual(await store.listActiveRuns(), [])
        assert.equal(await store.changeRun({ run, from: ['queued'] }), undefined)
        await assert.rejects(store.insertMessage(newMessage(threadId)), { name: 'NotFoundError' })
        assert.equal(await store.deleteThread(threadId), false)
      })

      it('leaves the neighbours alone', async () => {
        const other = newThread()
        const message = newMessage(other.id)
        await store.insertThread(other, [message])
        await store.deleteThread(threadId)
        assert.deepEqual(await store.getMessage(other.id, message.id), message)
      })
    })

    it('reads messages from the newest on, past those that are deleted meanwhile', async () => {
      const thread = { ...newThread(), id: newId('thread_') }
      const messages = Array.from({ length: 5 }, (_, index) => newMessage(thread.id, `${index}`))
      await store.insertThread(thread, messages)
      const newest = messages.toReversed()
      const first = await store.readMessages(thread.id, { limit: 2 })
      assert.deepEqual(first.messages, newest.slice(0, 2))
      assert.ok(first.next !== undefined)
      await store.deleteMessage(thread.id, newest[1]?.id ?? '')
      const rest = await store.readMessages(thread.id, { limit: 3, below: first.next })
      assert.deepEqual(rest, { messages: newest.slice(2), next: undefined })
      await store.deleteThread(thread.id)
      const gone = await store.readMessages(thread.id, { limit: 2 })
      assert.deepEqual(gone, { messages: [], next: undefined })
    })

    it('takes a thread with many first messages', async () => {
      const thread = { ...newThread(), id: newId('thread_') }
      const messages = Array.from({ length: 250 }, (_, index) => newMessage(thread.id, `${index}`))
      await store.insertThread(thread, messages)
      const { data, has_more } = await store.listMessages(thread.id, { limit: 100, order: 'asc' })
      assert.deepEqual(data, messages.slice(0, 100))
      assert.equal(has_more, true)
    })

    it('answers a ping', () => store.ping())
  })

  describe(`store on ${name}`, () => {
    describePaging(open)
    describeTexts(open)
    describeRunResources(open)
    describeConcurrency(open)
    describeProjects(open)
    describeUsage(open)
  })
}
