import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import type { ObjectStore, Run, RunStep, Store } from '../../../src/assistants/store/store.ts'
import { newAssistant, newMessage, newMessageStep, newRun, newThread } from './objects.ts'

const page = { limit: 20, order: 'asc' } as const

/** What every store promises about projects. `open` gives an empty one. */
export function describeProjects(open: () => Promise<Store>): void {
  describe('a project', () => {
    let store: Store
    let ours: ObjectStore
    let theirs: ObjectStore
    let made: Made
    beforeEach(async () => {
      store = await open()
      ours = store.project('class_3')
      theirs = store.project('class_4')
      made = await make(ours)
    })
    afterEach(() => store.close())

    interface Made {
      assistantId: string
      threadId: string
      messageId: string
      run: Run
      step: RunStep
    }

    async function make(objects: ObjectStore): Promise<Made> {
      const assistant = newAssistant()
      const thread = newThread()
      const message = newMessage(thread.id)
      await objects.insertAssistant(assistant)
      await objects.insertThread(thread, [message])
      const run = await start(objects, { threadId: thread.id, assistantId: assistant.id })
      const record = newMessageStep(run)
      await store.changeRun({ run, from: ['queued'], opened: [record] })
      const ids = { assistantId: assistant.id, threadId: thread.id, messageId: message.id }
      return { ...ids, run, step: record.step }
    }

    const start = (objects: ObjectStore, ids: { threadId: string; assistantId: string }) =>
      objects.insertRun({
        thread: ids.threadId,
        assistantId: ids.assistantId,
        messages: [],
        toRun: (found) => newRun(ids.threadId, found),
      })

    it('has its objects, and nobody else’s', async () => {
      const { assistantId, threadId, messageId, run, step } = made
      for (const [objects, sees] of [
        [ours, true],
        [theirs, false],
        [store.project('default'), false],
        [store, true],
      ] as const) {
        const found = [
          await objects.getAssistant(assistantId),
          await objects.updateAssistant(assistantId, {}),
          await objects.getThread(threadId),
          await objects.updateThread(threadId, {}),
          await objects.updateThread(threadId, { metadata: {} }),
          await objects.getMessage(threadId, messageId),
          await objects.updateMessage(threadId, messageId, { metadata: {} }),
          await objects.getRun(threadId, run.id),
          await objects.updateRun(threadId, run.id, { metadata: {} }),
          await objects.getStep(threadId, run.id, step.id),
        ]
        assert.deepEqual(
          found.map((each) => each !== undefined),
          found.map(() => sees),
        )
        const lists = [
          await objects.listAssistants(page),
          await objects.listMessages(threadId, page),
          await objects.listMessages(threadId, { ...page, runId: run.id }),
          await objects.listRuns(threadId, page),
          await objects.listSteps(threadId, run.id, page),
        ]
        assert.deepEqual(
          lists.map(({ data }) => data.length > 0),
          lists.map(() => sees),
        )
      }
    })

    it('takes no cursor of another', async () => {
      const { assistantId, threadId, messageId, run, step } = made
      for (const param of ['after', 'before']) {
        const lists = [
          () => theirs.listAssistants({ ...page, [param]: assistantId }),
          () => theirs.listMessages(threadId, { ...page, [param]: messageId }),
          () => theirs.listRuns(threadId, { ...page, [param]: run.id }),
          () => theirs.listSteps(threadId, run.id, { ...page, [param]: step.id }),
        ]
        for (const list of lists)
          await assert.rejects(list(), { name: 'InvalidRequestError', param })
      }
    })

    it('deletes nothing of another', async () => {
      const { assistantId, threadId, messageId } = made
      const told: string[] = []
      store.onThreadDeleted((id) => told.push(id))
      assert.equal(await theirs.deleteMessage(threadId, messageId), false)
      assert.equal(await theirs.deleteThread(threadId), false)
      assert.equal(await theirs.deleteAssistant(assistantId), false)
      assert.deepEqual(told, [])
      assert.equal((await store.listActiveRuns()).length, 1)
      assert.equal(await ours.deleteMessage(threadId, messageId), true)
      assert.equal(await ours.deleteThread(threadId), true)
      assert.equal(await ours.deleteAssistant(assistantId), true)
      assert.deepEqual(told, [threadId])
    })

    it('adds nothing to a thread of another, and runs no assistant of it', async () => {
      const { assistantId, threadId } = made
      await store.changeRun({ run: { ...made.run, status: 'completed' }, from: ['queued'] })
      const other = await make(theirs)
      await store.changeRun({ run: { ...other.run, status: 'completed' }, from: ['queued'] })
      const noThread = { message: `No thread found with id '${threadId}'.` }
      await assert.rejects(theirs.insertMessage(newMessage(threadId)), noThread)
      const inTheirs = { threadId, assistantId: other.assistantId }
      await assert.rejects(start(theirs, inTheirs), noThread)
      const noAssistant = { message: `No assistant found with id '${assistantId}'.` }
      await assert.rejects(start(theirs, { threadId: other.threadId, assistantId }), noAssistant)
      const thread = newThread()
      const creation = { thread: { thread, messages: [] }, assistantId, messages: [] }
      await assert.rejects(
        theirs.insertRun({ ...creation, toRun: (found) => newRun(thread.id, found) }),
        noAssistant,
      )
      await ours.insertRun({ ...creation, toRun: (found) => newRun(thread.id, found) })
      assert.equal(await theirs.getThread(thread.id), undefined)
      assert.equal((await ours.getThread(thread.id))?.id, thread.id)
    })

    it('is `default` for what is made without one', async () => {
      const { assistantId, threadId } = await make(store)
      const objects = store.project('default')
      assert.equal((await objects.getAssistant(assistantId))?.id, assistantId)
      assert.equal((await objects.getThread(threadId))?.id, threadId)
      assert.equal(await ours.getThread(threadId), undefined)
    })
  })
}
