import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import OpenAI from 'openai'

import { createTestClient, createTestRuntime, type TestRuntime } from '../runtime.ts'

let runtime: TestRuntime
let client: OpenAI
before(async () => {
  runtime = await createTestRuntime()
  const models = { ...runtime.models, serves: (name: string) => name === 'served' }
  client = createTestClient(runtime.createApp({ models }))
})
after(() => runtime.close())

function isRefused(work: Promise<unknown>): Promise<void> {
  return assert.rejects(work, (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.deepEqual(error.error, {
      message: "The requested model 'gone' does not exist.",
      type: 'invalid_request_error',
      param: 'model',
      code: 'model_not_found',
    })
    return true
  })
}

describe('a model that no endpoint serves', () => {
  it('is refused when an assistant is created or updated', async () => {
    const { assistants } = client.beta
    await isRefused(assistants.create({ model: 'gone' }))
    const assistant = await assistants.create({ model: 'served' })
    await isRefused(assistants.update(assistant.id, { model: 'gone', name: 'changed' }))
    assert.equal((await assistants.retrieve(assistant.id)).name, null)
    assert.equal((await assistants.update(assistant.id, { name: 'changed' })).name, 'changed')
  })

  it('is refused as the model of a run, which then leaves nothing behind', async () => {
    const { assistants, threads } = client.beta
    const { id: assistant_id } = await assistants.create({ model: 'served', instructions: 'x' })
    const thread = await threads.create()
    await isRefused(threads.runs.create(thread.id, { assistant_id, model: 'gone', stream: true }))
    await isRefused(threads.createAndRun({ assistant_id, model: 'gone' }))
    assert.deepEqual((await threads.runs.list(thread.id)).data, [])
    const run = await threads.runs.create(thread.id, { assistant_id, model: null })
    assert.equal(run.model, 'served')
  })

  it('is refused where requests are passed through, like no model at all', async () => {
    await isRefused(client.embeddings.create({ model: 'gone', input: 'x' }))
    const messages = [{ role: 'user' as const, content: 'x' }]
    await isRefused(client.chat.completions.create({ model: 'gone', messages, stream: true }))
    await assert.rejects(client.post('/chat/completions', { body: { messages } }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError)
      assert.equal(error.code, 'missing_required_parameter')
      assert.equal(error.param, 'model')
      return true
    })
    assert.deepEqual(runtime.model.requests.map(({ body }) => body.model).includes('gone'), false)
  })
})
