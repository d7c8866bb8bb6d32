import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import OpenAI from 'openai'

import type { AppDeps } from '../../../src/assistants/app.ts'
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
    const app = runtime.createApp({
      models: { ...runtime.models, listModels: () => Promise.reject(error) },
    })
    const response = await app.request('/v1/models')
    assert.equal(response.status, 429)
    assert.deepEqual(await response.json(), {
      error: { message: 'The model endpoint is busy.', type: 'requests', param: null, code: null },
    })
  })
})

describe('an endpoint that says nothing', () => {
  it('is not waited for longer than a client would', async () => {
    const listModels: AppDeps['models']['listModels'] = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    const app = runtime.createApp({ models: { ...runtime.models, listModels }, listTimeoutMs: 1 })
    for (const path of ['/v1/models', '/v1/models/m']) {
      const response = await app.request(path)
      assert.equal(response.status, 502)
      assert.match(await response.text(), /took too long to list its models/)
    }
  })

  it('is left alone when the client goes, which is no failure', async () => {
    const before = runtime.logged.length
    const gone = new AbortController()
    const listModels: AppDeps['models']['listModels'] = ({ signal }) => {
      gone.abort()
      return Promise.reject(signal.reason)
    }
    const app = runtime.createApp({ models: { ...runtime.models, listModels } })
    const response = await app.request('/v1/models', { signal: gone.signal })
    assert.equal(response.status, 400)
    assert.deepEqual(runtime.logged.slice(before), [])
  })
})

describe('DELETE /models/{model}', () => {
  it('is refused', async () => {
    await assert.rejects(runtime.client.models.delete('qwen/qwen3-8b'), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError)
      assert.equal(error.code, 'unsupported')
      assert.match(error.message, /Deleting models is not available.*operator/)
      return true
    })
  })
})

describe('GET /models/{model}', () => {
  it('answers one of them, also with a slash in its name', async () => {
    assert.equal((await runtime.client.models.retrieve('scripted')).object, 'model')
    const id = 'qwen/qwen3-8b'
    const model: OpenAI.Model = { id, object: 'model', created: 0, owned_by: 'qwen' }
    const app = runtime.createApp({
      models: { ...runtime.models, listModels: async () => [model] },
    })
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
