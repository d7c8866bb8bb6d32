import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'
import { refusal } from './refusal.ts'

let runtime: TestRuntime
let threads: OpenAI.Beta.Threads
let messages: OpenAI.Beta.Threads.Messages
let thread_id: string
before(async () => {
  runtime = await createTestRuntime()
  threads = runtime.client.beta.threads
  messages = threads.messages
})
after(() => runtime.close())
beforeEach(async () => {
  thread_id = (await threads.create()).id
})

describe('POST /threads/{thread_id}/messages', () => {
  it('adds a message', async () => {
    const message = await messages.create(thread_id, { role: 'user', content: '你都能做什么？' })
    assert.match(message.id, /^msg_\w{24}$/)
    assert.deepEqual(
      { ...message, id: '', created_at: 0, completed_at: 0 },
      {
        id: '',
        object: 'thread.message',
        created_at: 0,
        thread_id,
        status: 'completed',
        incomplete_details: null,
        completed_at: 0,
        incomplete_at: null,
        role: 'user',
        content: [{ type: 'text', text: { value: '你都能做什么？', annotations: [] } }],
        assistant_id: null,
        run_id: null,
        attachments: [],
        metadata: {},
      },
    )
    assert.deepEqual(await messages.retrieve(message.id, { thread_id }), message)
  })

  it('takes text and images in parts', async () => {
    const { content } = await messages.create(thread_id, {
      role: 'user',
      content: [
        { type: 'text', text: 'what is this' },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      ],
    })
    assert.deepEqual(content, [
      { type: 'text', text: { value: 'what is this', annotations: [] } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'auto' } },
    ])
  })

  it('refuses files that are not there', async () => {
    const content = [{ type: 'image_file' as const, image_file: { file_id: 'file-1' } }]
    const attachments = [{ file_id: 'file-1', tools: [{ type: 'file_search' as const }] }]
    for (const body of [{ content }, { content: 'x', attachments }]) {
      assert.deepEqual(await refusal(messages.create(thread_id, { role: 'user', ...body })), {
        status: 404,
        message: 'No such File object: file-1',
        type: 'invalid_request_error',
        param: 'id',
        code: null,
      })
    }
    assert.equal((await messages.list(thread_id)).data.length, 0)
  })
})

describe('POST /threads/{thread_id}/messages/{message_id}', () => {
  it('replaces the metadata and nothing else', async () => {
    const metadata = { modified: 'no', user: 'a' }
    const message = await messages.create(thread_id, { role: 'user', content: 'x', metadata })
    const update = { modified: 'yes' }
    const changed = await messages.update(message.id, { thread_id, metadata: update })
    assert.deepEqual(changed, { ...message, metadata: update })
    assert.deepEqual(await messages.update(message.id, { thread_id }), changed)
    const cleared = await messages.update(message.id, { thread_id, metadata: null })
    assert.deepEqual(cleared.metadata, {})
  })

  it('takes only strings', async () => {
    const { id } = await messages.create(thread_id, { role: 'user', content: 'x' })
    // Programs without types send such values.
    const metadata = { modified: true } as unknown as OpenAI.Metadata
    assert.deepEqual(await refusal(messages.update(id, { thread_id, metadata })), {
      status: 400,
      message:
        "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
      type: 'invalid_request_error',
      param: 'metadata.modified',
      code: 'invalid_type',
    })
  })
})

describe('DELETE /threads/{thread_id}/messages/{message_id}', () => {
  it('deletes once', async () => {
    const { id } = await messages.create(thread_id, { role: 'user', content: 'x' })
    assert.deepEqual(await messages.delete(id, { thread_id }), {
      id,
      object: 'thread.message.deleted',
      deleted: true,
    })
    const requests = [
      messages.delete(id, { thread_id }),
      messages.retrieve(id, { thread_id }),
      messages.update(id, { thread_id, metadata: {} }),
    ]
    for (const request of requests) {
      assert.equal((await refusal(request)).message, `No message found with id '${id}'.`)
    }
  })

  it('does not reach into another thread', async () => {
    const { id } = await messages.create(thread_id, { role: 'user', content: 'x' })
    const other = (await threads.create()).id
    assert.equal((await refusal(messages.delete(id, { thread_id: other }))).status, 404)
    assert.equal((await messages.retrieve(id, { thread_id })).id, id)
  })
})

describe('GET /threads/{thread_id}/messages', () => {
  it('pages through more than a hundred, newest first unless asked otherwise', async () => {
    const ids: string[] = []
    for (let count = 0; count < 105; count += 1) {
      ids.push((await messages.create(thread_id, { role: 'user', content: `${count}` })).id)
    }
    const descending: string[] = []
    for await (const { id } of messages.list(thread_id)) descending.push(id)
    assert.deepEqual(descending, ids.toReversed())
    const ascending: string[] = []
    for await (const { id } of messages.list(thread_id, { order: 'asc', limit: 100 })) {
      ascending.push(id)
    }
    assert.deepEqual(ascending, ids)
    const page = await messages.list(thread_id, { before: ids[3] ?? '', limit: 2 })
    assert.deepEqual(
      page.data.map(({ id }) => id),
      [ids[5], ids[4]],
    )
  })

  it('shows what one run wrote', async () => {
    const assistant = await runtime.client.beta.assistants.create({ model: 'scripted' })
    await messages.create(thread_id, { role: 'user', content: 'hi' })
    runtime.model.script('hello')
    const run = await threads.runs.createAndPoll(
      thread_id,
      { assistant_id: assistant.id },
      { pollIntervalMs: 5 },
    )
    const { data } = await messages.list(thread_id, { run_id: run.id })
    assert.equal(data.length, 1)
    assert.equal(data[0]?.run_id, run.id)
    assert.equal(data[0]?.assistant_id, assistant.id)
    assert.equal((await messages.list(thread_id)).data.length, 2)
    const { param } = await refusal(messages.list(thread_id, { run_id: 'x' }))
    assert.equal(param, 'run_id')
  })
})
