import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'
import { refusal } from './refusal.ts'

let runtime: TestRuntime
let assistants: OpenAI.Beta.Assistants
before(async () => {
  runtime = await createTestRuntime()
  assistants = runtime.client.beta.assistants
})
after(() => runtime.close())

describe('POST /assistants', () => {
  it('creates the assistant of the walk-through and fills in the rest', async () => {
    const assistant = await assistants.create({
      name: 'AGIClass Demo',
      instructions: '你叫瓜瓜,你是AGI课堂的智能助理。',
      model: 'gpt-4o',
    })
    assert.match(assistant.id, /^asst_\w{24}$/)
    assert.ok(Number.isInteger(assistant.created_at))
    assert.deepEqual(
      { ...assistant, id: '', created_at: 0 },
      {
        id: '',
        object: 'assistant',
        created_at: 0,
        name: 'AGIClass Demo',
        description: null,
        model: 'gpt-4o',
        instructions: '你叫瓜瓜,你是AGI课堂的智能助理。',
        tools: [],
        tool_resources: {},
        metadata: {},
        temperature: 1,
        top_p: 1,
        response_format: 'auto',
        reasoning_effort: null,
      },
    )
    assert.deepEqual(await assistants.retrieve(assistant.id), assistant)
  })

  it('refuses what is not valid', async () => {
    const create = assistants.create({ model: 'm', name: 'x'.repeat(257) })
    assert.deepEqual(await refusal(create), {
      status: 400,
      message:
        "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 instead.",
      type: 'invalid_request_error',
      param: 'name',
      code: 'string_above_max_length',
    })
  })

  it('refuses files and vector stores that are not there', async () => {
    const noFile = 'No such File object: file-1'
    const resources: [OpenAI.Beta.AssistantCreateParams.ToolResources, string][] = [
      [{ code_interpreter: { file_ids: ['file-1'] } }, noFile],
      [{ file_search: { vector_store_ids: ['vs_1'] } }, "Vector store with id 'vs_1' not found."],
      [{ file_search: { vector_stores: [{ file_ids: ['file-1'] }] } }, noFile],
    ]
    for (const [tool_resources, message] of resources) {
      const answer = await refusal(assistants.create({ model: 'm', tool_resources }))
      assert.deepEqual([answer.status, answer.message], [404, message])
    }
  })
})

describe('POST /assistants/{assistant_id}', () => {
  it('changes only what is sent', async () => {
    const tools: OpenAI.Beta.FunctionTool[] = [{ type: 'function', function: { name: 'now' } }]
    const before = await assistants.create({ model: 'm', name: 'a', tools, metadata: { a: '1' } })
    const changed = await assistants.update(before.id, { instructions: 'x', temperature: 0.2 })
    assert.deepEqual(changed, { ...before, instructions: 'x', temperature: 0.2 })
    assert.deepEqual(await assistants.retrieve(before.id), changed)
  })

  it('clears with null, and replaces metadata as a whole', async () => {
    const { id } = await assistants.create({ model: 'm', name: 'a', metadata: { a: '1', b: '2' } })
    const changed = await assistants.update(id, { name: null, metadata: { c: '3' } })
    assert.equal(changed.name, null)
    assert.deepEqual(changed.metadata, { c: '3' })
    assert.deepEqual((await assistants.update(id, { metadata: null })).metadata, {})
  })

  it('changes nothing when nothing is sent', async () => {
    const assistant = await assistants.create({ model: 'm', name: 'a' })
    assert.deepEqual(await assistants.update(assistant.id, {}), assistant)
  })
})

describe('DELETE /assistants/{assistant_id}', () => {
  it('deletes once', async () => {
    const { id } = await assistants.create({ model: 'm' })
    const missing = {
      status: 404,
      message: `No assistant found with id '${id}'.`,
      type: 'invalid_request_error',
      param: null,
      code: null,
    }
    assert.deepEqual(await assistants.delete(id), {
      id,
      object: 'assistant.deleted',
      deleted: true,
    })
    assert.deepEqual(await refusal(assistants.delete(id)), missing)
    assert.deepEqual(await refusal(assistants.retrieve(id)), missing)
    assert.deepEqual(await refusal(assistants.update(id, {})), missing)
  })

  it('refuses an id of another kind of object', async () => {
    assert.deepEqual(await refusal(assistants.delete('thread_1')), {
      status: 400,
      message: "Invalid 'assistant_id': 'thread_1'. Expected an ID that begins with 'asst'.",
      type: 'invalid_request_error',
      param: 'assistant_id',
      code: 'invalid_value',
    })
  })
})

describe('GET /assistants', () => {
  it('pages through all of them in both directions', async () => {
    const own = await createTestRuntime()
    try {
      const { assistants } = own.client.beta
      const ids: string[] = []
      for (let count = 0; count < 120; count += 1) {
        ids.push((await assistants.create({ model: 'm' })).id)
      }
      const ascending: string[] = []
      for await (const { id } of assistants.list({ limit: 50, order: 'asc' })) ascending.push(id)
      assert.deepEqual(ascending, ids)

      const descending: string[] = []
      for await (const { id } of assistants.list()) descending.push(id)
      assert.deepEqual(descending, ids.toReversed())

      const before = await assistants.list({ order: 'asc', limit: 3, before: ids[10] ?? '' })
      assert.deepEqual(
        before.data.map(({ id }) => id),
        ids.slice(7, 10),
      )
      const after = await assistants.list({ limit: 2, after: ids[10] ?? '' })
      assert.deepEqual(
        after.data.map(({ id }) => id),
        [ids[9], ids[8]],
      )
      assert.equal(after.has_more, true)
    } finally {
      await own.close()
    }
  })

  it('answers an empty page', async () => {
    const own = await createTestRuntime()
    try {
      const response = await own.client.beta.assistants.list().asResponse()
      assert.deepEqual(await response.json(), {
        object: 'list',
        data: [],
        first_id: null,
        last_id: null,
        has_more: false,
      })
    } finally {
      await own.close()
    }
  })

  it('refuses a limit out of range, an unknown order and an unknown cursor', async () => {
    const { message, code } = await refusal(assistants.list({ limit: 101 }))
    assert.equal(code, 'integer_above_max_value')
    assert.match(message, /^Invalid 'limit': integer above maximum value/)
    // The SDK's type does not allow it; a program without types does it anyway.
    const order = 'newest' as 'asc'
    assert.equal((await refusal(assistants.list({ order }))).param, 'order')
    const unknown = await refusal(assistants.list({ after: 'asst_unknown' }))
    assert.equal(unknown.status, 400)
  })
})
