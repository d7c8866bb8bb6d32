import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'
import { refusal } from './refusal.ts'

let runtime: TestRuntime
let threads: OpenAI.Beta.Threads
before(async () => {
  runtime = await createTestRuntime()
  threads = runtime.client.beta.threads
})
after(() => runtime.close())

describe('POST /threads', () => {
  it('creates a thread from nothing', async () => {
    const thread = await threads.create()
    assert.match(thread.id, /^thread_\w{24}$/)
    assert.deepEqual(
      { ...thread, id: '', created_at: 0 },
      { id: '', object: 'thread', created_at: 0, metadata: {}, tool_resources: {} },
    )
  })

  it('creates a thread with metadata and its first messages', async () => {
    const thread = await threads.create({
      metadata: { fullname: '王卓然', username: 'wzr' },
      messages: [
        { role: 'user', content: '你好' },
        { role: 'assistant', content: '有什么可以帮您?' },
        { role: 'user', content: '你是谁?', metadata: { n: '3' } },
      ],
    })
    assert.deepEqual(thread.metadata, { fullname: '王卓然', username: 'wzr' })
    const { data } = await threads.messages.list(thread.id)
    const texts = data.map(({ role, content: [block] }) =>
      block?.type === 'text' ? [role, block.text.value] : [],
    )
    assert.deepEqual(texts, [
      ['user', '你是谁?'],
      ['assistant', '有什么可以帮您?'],
      ['user', '你好'],
    ])
    assert.deepEqual(data[0]?.metadata, { n: '3' })
  })

  it('refuses a message that is not valid, and files that are not there', async () => {
    const messages = [{ role: 'user', content: '' }] as const
    const { message, param } = await refusal(threads.create({ messages: [...messages] }))
    assert.deepEqual(
      [message, param],
      ['Message content must be non-empty.', 'messages[0].content'],
    )
    const attachments = [{ file_id: 'file-1', tools: [] }]
    const withFile = threads.create({ messages: [{ role: 'user', content: 'x', attachments }] })
    assert.partialDeepStrictEqual(await refusal(withFile), {
      status: 404,
      message: 'No such File object: file-1',
    })
    const odd = [{ role: 'user' as const, content: 'x', attachments: [{ file_id: 'odd' }] }]
    assert.partialDeepStrictEqual(await refusal(threads.create({ messages: odd })), {
      status: 400,
      message:
        "Invalid 'messages[0].attachments[0].file_id': 'odd'. Expected an ID that begins with 'file'.",
    })
  })
})

describe('GET, POST and DELETE /threads/{thread_id}', () => {
  it('retrieves, modifies and deletes', async () => {
    const thread = await threads.create({ metadata: { a: '1' } })
    assert.deepEqual(await threads.retrieve(thread.id), thread)
    assert.deepEqual(await threads.update(thread.id, {}), thread)
    const changed = await threads.update(thread.id, { metadata: { b: '2' } })
    assert.deepEqual(changed, { ...thread, metadata: { b: '2' } })
    assert.deepEqual((await threads.update(thread.id, { metadata: null })).metadata, {})
    assert.deepEqual(await threads.delete(thread.id), {
      id: thread.id,
      object: 'thread.deleted',
      deleted: true,
    })
  })

  it('answer 404 once the thread is gone, wherever it is named', async () => {
    const { id } = await threads.create()
    await threads.delete(id)
    const requests = [
      threads.retrieve(id),
      threads.update(id, {}),
      threads.delete(id),
      threads.messages.list(id),
      threads.messages.create(id, { role: 'user', content: 'x' }),
      threads.messages.retrieve('msg_1', { thread_id: id }),
      threads.messages.update('msg_1', { thread_id: id, metadata: {} }),
      threads.messages.delete('msg_1', { thread_id: id }),
      threads.runs.list(id),
      threads.runs.create(id, { assistant_id: 'asst_1' }),
      threads.runs.retrieve('run_1', { thread_id: id }),
      threads.runs.update('run_1', { thread_id: id, metadata: {} }),
      threads.runs.cancel('run_1', { thread_id: id }),
      threads.runs.submitToolOutputs('run_1', { thread_id: id, tool_outputs: [] }),
      threads.runs.steps.list('run_1', { thread_id: id }),
      threads.runs.steps.retrieve('step_1', { thread_id: id, run_id: 'run_1' }),
    ]
    for (const answer of await Promise.all(requests.map(refusal))) {
      assert.deepEqual(answer, {
        status: 404,
        message: `No thread found with id '${id}'.`,
        type: 'invalid_request_error',
        param: null,
        code: null,
      })
    }
  })

  it('refuse ids of another shape', async () => {
    const { message, param } = await refusal(threads.retrieve('asst_1'))
    assert.equal(
      message,
      "Invalid 'thread_id': 'asst_1'. Expected an ID that begins with 'thread'.",
    )
    assert.equal(param, 'thread_id')
  })
})
