import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import OpenAI from 'openai'

import { ProviderError } from '../../../src/errors.ts'
import { createTestClient, createTestRuntime, type TestRuntime } from '../runtime.ts'

let runtime: TestRuntime
before(async () => {
  runtime = await createTestRuntime()
})
after(() => runtime.close())

describe('GET /models', () => {
  it("lists the endpoint's models", async () => {
    const ids: string[] = []
    for await (const model of runtime.client.models.list()) ids.push(model.id)
    assert.deepEqual(ids, ['scripted'])
  })

  it('says that the endpoint failed', async () => {
    const error = new ProviderError('rate_limit_exceeded', 'The model endpoint is busy.')
    const app = runtime.createApp({ models: { ...runtime.models, listModels: () => Promise.reject(error) } })
    const response = await app.request('/v1/models')
    assert.equal(response.status, 429)
    assert.deepEqual(await response.json(), {
      error: { message: 'The model endpoint is busy.', type: 'requests', param: null, code: null },
    })
  })
})

describe('GET /models/{model}', () => {
  it('answers one of them, also with a slash in its name', async () => {
    assert.equal((await runtime.client.models.retrieve('scripted')).object, 'model')
    const id = 'qwen/qwen3-8b'
    const model: OpenAI.Model = { id, object: 'model', created: 0, owned_by: 'qwen' }
    const app = runtime.createApp({ models: { ...runtime.models, listModels: async () => [model] } })
    assert.deepEqual(await createTestClient(app).models.retrieve(id), model)
  })

  it('answers 404 for any other', async () => {
    const response = await runtime.app.request('/v1/models/gpt-9')
    assert.equal(response.status, 404)
    assert.deepEqual(await response.json(), {
      error: {
        message: "The model 'gpt-9' does not exist.",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    })
  })
})
