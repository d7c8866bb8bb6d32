import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import OpenAI from 'openai'

import { parseConfig } from '../src/config.ts'
import { createLogger } from '../src/log.ts'
import { startRuntime } from '../src/runtime.ts'
import { createModelServer, type ModelServer } from './helpers/model-server.ts'

describe('The runtime with an ENDPOINTS_FILE', () => {
  const parts = new AsyncDisposableStack()
  const lines: string[] = []
  let deepseek: ModelServer
  let local: ModelServer
  let client: OpenAI

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guagua-'))
    parts.defer(() => rmSync(folder, { recursive: true, maxRetries: 5 }))
    deepseek = await createModelServer()
    parts.defer(() => deepseek.close())
    local = await createModelServer()
    parts.defer(() => local.close())
    const path = join(folder, 'endpoints.json')
    const endpoints = [
      {
        name: 'deepseek',
        base_url: deepseek.baseURL,
        api_key_env: 'DEEPSEEK_API_KEY',
        concurrency: 2,
        models: { 'deepseek-chat': { prices: { prompt: 1, completion: 2 } } },
      },
      { name: 'local', base_url: local.baseURL, models: { qwen3: { name: 'qwen3:8b' } } },
    ]
    writeFileSync(path, JSON.stringify({ endpoints }))
    const config = parseConfig({
      DATA_DIR: folder,
      ENDPOINTS_FILE: path,
      DEEPSEEK_API_KEY: 'sk-of-deepseek',
    })
    const destination = { write: (line: string) => void lines.push(line) }
    const log = createLogger({ level: 'debug', pretty: false, destination })
    const runtime = await startRuntime(config, { log, parts })
    await runtime.ready
    client = new OpenAI({
      apiKey: 'any',
      baseURL: 'http://runtime/v1',
      maxRetries: 0,
      fetch: async (input, init) => runtime.inside.fetch(new Request(input, init)),
    })
  })
  after(() => parts.disposeAsync())

  async function run(model: string) {
    const assistant = await client.beta.assistants.create({ model })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    return client.beta.threads.createAndRunPoll(
      { assistant_id: assistant.id, thread: { messages } },
      { pollIntervalMs: 5 },
    )
  }

  it('runs each assistant on the endpoint of its model', async () => {
    assert.equal((await run('deepseek-chat')).status, 'completed')
    assert.equal(deepseek.requests.at(-1)?.headers.authorization, 'Bearer sk-of-deepseek')
    assert.equal((await run('qwen3')).status, 'completed')
    assert.equal(local.requests.at(-1)?.body.model, 'qwen3:8b')
    assert.notEqual(local.requests.at(-1)?.headers.authorization, 'Bearer sk-of-deepseek')
    assert.equal(deepseek.requests.length, 1)
  })

  it('lists the models by the names that clients use', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id)
    assert.deepEqual(ids.toSorted(), ['deepseek-chat', 'qwen3'])
  })

  it('refuses a model that nobody serves', async () => {
    await assert.rejects(run('gpt-4o'), OpenAI.APIError)
  })

  it('goes on with a run whose endpoint was busy for a moment', async () => {
    deepseek.script({ error: { status: 429, headers: { 'retry-after-ms': '1' } } }, 'Hi')
    assert.equal((await run('deepseek-chat')).status, 'completed')
  })

  it('fails a run truthfully where its endpoint refuses it, and shows nobody the key', async () => {
    const message = 'no such thing for sk-of-deepseek'
    deepseek.script({ error: { status: 400, message } })
    const failed = await run('deepseek-chat')
    assert.deepEqual(failed.last_error, {
      code: 'invalid_prompt',
      message: 'The model endpoint refused the request (400): no such thing for [key]',
    })
    assert.doesNotMatch(lines.join(''), /sk-of-deepseek/)
  })

  it('does not begin to wait for longer than the run lives', async () => {
    deepseek.script({ error: { status: 429, headers: { 'retry-after-ms': '599999' } } })
    const count = deepseek.requests.length
    assert.deepEqual((await run('deepseek-chat')).last_error, {
      code: 'rate_limit_exceeded',
      message: 'The model endpoint is over its rate limit (429).',
    })
    assert.equal(deepseek.requests.length, count + 1)
  })
})
