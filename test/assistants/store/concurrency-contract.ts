import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import type { Assistant, Run, Store } from '../../../src/assistants/store/store.ts'
import {
  newAssistant,
  newMessage,
  newMessageStep,
  newRun,
  newThread,
  newToolStep,
} from './objects.ts'

const page = { limit: 100, order: 'asc' } as const

/** What every store promises about changes at the same time. `open` gives an empty one. */
export function describeConcurrency(open: () => Promise<Store>): void {
  describe('at the same time', () => {
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

    const startRun = () =>
      store.insertRun({
        thread: threadId,
        assistantId: assistant.id,
        messages: [newMessage(threadId, 'additional')],
        toRun: (found) => newRun(threadId, found),
      })
    const namesOf = (outcomes: PromiseSettledResult<unknown>[]) =>
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? 'done' : (outcome.reason as Error).name,
      )
    const tenTimes = <T>(work: (index: number) => T) =>
      Array.from({ length: 10 }, (_, i) => work(i))

    it('one of ten runs gets the thread, and with it its messages', async () => {
      const outcomes = namesOf(await Promise.allSettled(tenTimes(startRun)))
      assert.equal(outcomes.filter((name) => name === 'done').length, 1)
      assert.equal(outcomes.filter((name) => name === 'RunConflictError').length, 9)
      assert.equal((await store.listRuns(threadId, page)).data.length, 1)
      assert.equal((await store.listMessages(threadId, page)).data.length, 2)
    })

    it('one of ten ends of a run is the one', async () => {
      const run = await startRun()
      const changes = tenTimes((index) =>
        store.changeRun({
          run: { ...run, status: index % 2 === 0 ? 'completed' : 'failed', completed_at: index },
          from: ['queued'],
          opened: [newMessageStep(run)],
        }),
      )
      const changed = (await Promise.all(changes)).filter((each) => each !== undefined)
      assert.equal(changed.length, 1)
      assert.deepEqual(await store.getRun(threadId, run.id), changed[0])
      assert.equal((await store.getStepRecords(run)).length, 1)
      assert.equal((await store.listMessages(threadId, page)).data.length, 3)
    })

    it('an end that is planned from outside knows every step', async () => {
      const run = await startRun()
      const opened = tenTimes(() => newMessageStep(run))
      const openings = opened.map((record) =>
        store.changeRun({ run, from: ['queued'], opened: [record] }),
      )
      const expired = await store.changeFoundRun(run, ({ records }) => ({
        run: { ...run, status: 'expired' },
        from: ['queued'],
        undone: records,
      }))
      assert.equal(expired?.status, 'expired')
      await Promise.all(openings)
      assert.deepEqual(await store.getStepRecords(run), [])
    })

    it('a run is created or refused by name however fast another one ends', async () => {
      let previous: Run | undefined
      for (let round = 0; round < 20; round += 1) {
        const run = previous
        const ending =
          run && store.changeRun({ run: { ...run, status: 'completed' }, from: ['queued'] })
        const [created] = await Promise.allSettled([startRun(), ending])
        if (created.status === 'fulfilled') previous = created.value
        else assert.equal((created.reason as Error).name, 'RunConflictError')
        if (created.status === 'rejected') previous = undefined
      }
    })

    it('messages all find their place, or are refused by name', async () => {
      const messages = tenTimes((index) => newMessage(threadId, `${index}`))
      const outcomes = await Promise.allSettled([
        ...messages.slice(0, 5).map((message) => store.insertMessage(message)),
        startRun(),
        ...messages.slice(5).map((message) => store.insertMessage(message)),
      ])
      const names = namesOf(outcomes)
      assert.equal(names[5], 'done')
      const { data } = await store.listMessages(threadId, page)
      const isAdditional = ({ content }: (typeof data)[number]) =>
        content[0]?.type === 'text' && content[0].text.value === 'additional'
      // Nothing comes after what the run brought along.
      assert.equal(data.findIndex(isAdditional), data.length - 1)
      const inserted = names.filter((name) => name === 'done').length
      assert.equal(data.length, 1 + inserted)
      assert.ok(
        names.every((name) => name === 'done' || name === 'RunConflictError'),
        names.join(),
      )
    })

    it('the engine and the user write the same message, run and thread', async () => {
      const run = await startRun()
      const record = newMessageStep(run)
      const messageId = record.message?.id ?? ''
      await store.changeRun({ run, from: ['queued'], opened: [record] })
      await Promise.all(
        tenTimes((index) => [
          store.changeRun({ run, from: ['queued'], rewritten: [record] }),
          store.updateMessage(threadId, messageId, { metadata: { index: `${index}` } }),
          store.changeRun({ run, from: ['queued'], opened: [newMessageStep(run)] }),
          store.updateRun(threadId, run.id, { metadata: { index: `${index}` } }),
          store.updateThread(threadId, { metadata: { index: `${index}` } }),
          assert.rejects(startRun(), { name: 'RunConflictError' }),
          assert.rejects(store.insertMessage(newMessage(threadId)), { name: 'RunConflictError' }),
        ]).flat(),
      )
      const message = { ...record.message, status: 'completed' as const }
      assert.ok(record.message)
      await store.changeRun({
        run: { ...run, status: 'completed' },
        from: ['queued'],
        closed: [{ ...record, message: { ...record.message, ...message } }],
      })
      const found = await store.getMessage(threadId, messageId)
      assert.equal(found?.status, 'completed')
      assert.match(found?.metadata?.['index'] ?? '', /^\d$/)
      assert.match((await store.getRun(threadId, run.id))?.metadata?.['index'] ?? '', /^\d$/)
      assert.equal((await store.getStepRecords(run)).length, 11)
    })

    it('a thread is deleted while everything else goes on in it', async () => {
      const run = await startRun()
      const names = namesOf(
        await Promise.allSettled(
          tenTimes(() => [
            store.changeRun({ run, from: ['queued'], opened: [newMessageStep(run)] }),
            store.deleteThread(threadId),
            store.insertMessage(newMessage(threadId)),
            startRun(),
          ]).flat(),
        ),
      )
      const expected = new Set(['done', 'RunConflictError', 'NotFoundError'])
      assert.deepEqual(
        [...new Set(names)].filter((name) => !expected.has(name)),
        [],
      )
      assert.equal(await store.getThread(threadId), undefined)
      assert.deepEqual(await store.listActiveRuns(), [])
    })
  })

  describe('who holds a run', () => {
    let store: Store
    let run: Run
    beforeEach(async () => {
      store = await open()
      const assistant = newAssistant()
      await store.insertAssistant(assistant)
      const thread = newThread()
      run = await store.insertRun({
        thread: { thread, messages: [newMessage(thread.id)] },
        assistantId: assistant.id,
        messages: [],
        toRun: (found) => newRun(thread.id, found),
      })
    })
    afterEach(() => store.close())

    it('is nobody at first, then whoever took it', async () => {
      assert.deepEqual(await store.getHeldRun(run.thread_id, run.id), { run, heldBy: null })
      await store.changeRun({ run, from: ['queued'], holder: 'one' })
      assert.deepEqual(await store.getHeldRun(run.thread_id, run.id), { run, heldBy: 'one' })
      const glance = { id: run.id, status: 'queued', heldBy: 'one' }
      assert.deepEqual(await store.glanceAtRuns([run.id, 'run_none']), [glance])
    })

    it('writes alone: who lost it to another changes nothing any more', async () => {
      await store.changeRun({ run, from: ['queued'], holder: 'one' })
      await store.changeRun({ run, from: ['queued'], heldBy: 'one', holder: 'other' })
      const late = {
        run: { ...run, status: 'completed' as const },
        from: ['queued' as const],
        heldBy: 'one',
      }
      assert.equal(await store.changeRun({ ...late, opened: [newToolStep(run)] }), undefined)
      assert.equal(await store.changeRun(late), undefined)
      assert.deepEqual(await store.getRun(run.thread_id, run.id), run)
      assert.deepEqual(await store.getStepRecords(run), [])
      assert.ok(await store.changeRun({ ...late, heldBy: 'other' }))
    })

    it('is one of ten who take it at the same time', async () => {
      const takes = Array.from({ length: 10 }, (_, index) =>
        store.changeRun({
          run: { ...run, status: 'in_progress' },
          from: ['queued'],
          holder: `${index}`,
        }),
      )
      const taken = (await Promise.all(takes)).map((each) => each !== undefined)
      assert.equal(taken.filter(Boolean).length, 1)
      const held = await store.getHeldRun(run.thread_id, run.id)
      assert.equal(held?.heldBy, `${taken.indexOf(true)}`)
    })
  })
}
