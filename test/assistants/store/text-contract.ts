import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import type { Store } from '../../../src/assistants/store/store.ts'
import { newAssistant, newMessage, newMessageStep, newRun, newThread } from './objects.ts'

/** What some database or other would not take, or change. */
const texts = {
  'the NUL character': 'a\u0000b\u0000',
  'halves of characters': '\ud83c half \udf49 swapped \udf49\ud83c',
  'whole characters': '瓜瓜 🍉 👩‍🏫 e\u0301 \u202e\ufeff',
  'quotes and escapes': `'"\\ \\u0000 %s $1 ? ; -- \n\r\t\u2028`,
  'the longest text': '字'.repeat(255_999) + '"',
  'no text': '',
}

/** What every store promises about texts and numbers. `open` gives an empty one. */
export function describeTexts(open: () => Promise<Store>): void {
  describe('keeps', () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    for (const [what, text] of Object.entries(texts)) {
      it(`${what} wherever users write`, async () => {
        const metadata = { [`key ${text.slice(0, 40)}`]: text.slice(0, 512) }
        const assistant = newAssistant({
          name: text,
          instructions: `.${text}`,
          model: text,
          metadata,
        })
        await store.insertAssistant(assistant)
        assert.deepEqual(await store.getAssistant(assistant.id), assistant)

        const thread = { ...newThread(), metadata }
        const message = { ...newMessage(thread.id, text), metadata }
        await store.insertThread(thread, [message])
        assert.deepEqual(await store.getThread(thread.id), thread)
        assert.deepEqual(await store.getMessage(thread.id, message.id), message)
        assert.deepEqual((await store.updateThread(thread.id, { metadata }))?.metadata, metadata)

        const run = await store.insertRun({
          thread: thread.id,
          assistantId: assistant.id,
          messages: [],
          toRun: (found) => ({ ...newRun(thread.id, found), metadata }),
        })
        const last_error = { code: 'server_error', message: text } as const
        const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
        const record = newMessageStep(run)
        const failed = { ...run, status: 'failed', last_error } as const
        const closed = [{ ...record, usage }]
        await store.changeRun({ run, from: ['queued'], opened: [record] })
        await store.changeRun({ run: failed, from: ['queued'], closed })
        assert.deepEqual(await store.getRun(thread.id, run.id), failed)
      })
    }

    it('times after 2038', async () => {
      const thread = { ...newThread(), created_at: 2 ** 33 }
      await store.insertThread(thread, [newMessage(thread.id)])
      assert.deepEqual(await store.getThread(thread.id), thread)
      const assistant = newAssistant()
      await store.insertAssistant(assistant)
      const run = await store.insertRun({
        thread: thread.id,
        assistantId: assistant.id,
        messages: [],
        toRun: (found) => ({ ...newRun(thread.id, found), expires_at: 2 ** 33 }),
      })
      assert.deepEqual(await store.listEndingRuns(2 ** 33), [run])
    })

    it('no object whose id has a NUL or half a character, and says so', async () => {
      for (const id of ['\u0000', 'thread_\u0000', '\ud83c', "' or 1 = 1 --"]) {
        assert.equal(await store.getAssistant(id), undefined)
        assert.equal(await store.updateAssistant(id, { name: 'x' }), undefined)
        assert.equal(await store.deleteAssistant(id), false)
        assert.equal(await store.getThread(id), undefined)
        assert.equal(await store.updateThread(id, { metadata: {} }), undefined)
        assert.equal(await store.deleteThread(id), false)
        assert.equal(await store.getMessage(id, id), undefined)
        assert.equal(await store.updateMessage(id, id, { metadata: {} }), undefined)
        assert.equal(await store.deleteMessage(id, id), false)
        assert.equal(await store.getRun(id, id), undefined)
        assert.equal(await store.updateRun(id, id, { metadata: {} }), undefined)
        assert.equal(await store.getStep(id, id, id), undefined)
        const page = { limit: 1, order: 'asc' } as const
        assert.deepEqual((await store.listMessages(id, { ...page, runId: id })).data, [])
        assert.deepEqual((await store.listRuns(id, page)).data, [])
        assert.deepEqual((await store.listSteps(id, id, page)).data, [])
        await assert.rejects(store.listAssistants({ ...page, after: id }), { param: 'after' })
        await assert.rejects(store.insertMessage(newMessage(id)), { name: 'NotFoundError' })
      }
    })
  })
}
