import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { FileObject } from '../../../src/assistants/files/file-service.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import { newId } from '../../../src/ids.ts'
import { newAssistant, newRun, newThread, newToolStep } from './objects.ts'

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

    it('keeps a file that code has made as soon as a step shows it', async () => {
      const files = store.files('default')
      const createdAt = 1_790_000_000
      const sha256 = 'a'.repeat(64)
      await store.touchBlob({ sha256, bytes: 1 }, createdAt)
      const insert = async (purpose: FileObject['purpose']) => {
        const id = newId('file-')
        const facts = { bytes: 1, filename: 'a.png', purpose, status: 'processed' as const }
        const times = { created_at: createdAt, expires_at: createdAt + 60 }
        await files.insertFile({ file: { id, object: 'file', ...facts, ...times }, sha256 })
        return id
      }
      const expiryOf = async (id: string) => (await files.getFile(id, createdAt))?.file.expires_at
      const [shown, unseen, uploaded] = [
        await insert('assistants_output'),
        await insert('assistants_output'),
        await insert('assistants'),
      ]
      const thread = newThread()
      const assistant = newAssistant()
      await store.insertThread(thread, [])
      await store.insertAssistant(assistant)
      const run = newRun(thread.id, assistant)
      const creation = { thread: thread.id, assistantId: assistant.id, messages: [] }
      await store.insertRun({ ...creation, toRun: () => run })
      const opened = newToolStep(run)
      await store.changeRun({ run, from: ['queued'], opened: [opened] })
      const outputs = [shown, uploaded].map((file_id) => ({
        type: 'image' as const,
        image: { file_id },
      }))
      const code_interpreter = { input: '', outputs }
      const tool_calls = [{ id: 'call_1', type: 'code_interpreter' as const, code_interpreter }]
      const step_details = { type: 'tool_calls' as const, tool_calls }
      const closed = [{ ...opened, step: { ...opened.step, step_details } }]
      // Of a change that comes too late nothing is written.
      assert.equal(await store.changeRun({ run, from: ['in_progress'], closed }), undefined)
      assert.equal(await expiryOf(shown), createdAt + 60)
      await store.changeRun({ run, from: ['queued'], closed })
      assert.equal(await expiryOf(shown), null)
      assert.deepEqual(
        [await expiryOf(unseen), await expiryOf(uploaded)],
        [createdAt + 60, createdAt + 60],
      )
    })
  })
}
