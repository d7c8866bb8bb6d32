import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'

import {
  AssistantsClient,
  AzureKeyCredential,
  OpenAIKeyCredential,
  type ThreadRun,
} from '@azure/openai-assistants'
import { serve, type ServerType } from '@hono/node-server'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'

const key = 'sk-old-0123456789'
const over = ['completed', 'failed', 'cancelled', 'expired', 'requires_action']

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
} as const
const shownWeather = { ...weather, function: { ...weather.function, strict: false } }

let runtime: TestRuntime
let server: ServerType
let origin: string
before(async () => {
  runtime = await createTestRuntime()
  const app = runtime.createApp({ apiKeys: [{ project: 'default', key }] })
  server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
})
after(async () => {
  const closed = once(server, 'close')
  server.close()
  await closed
  await runtime.close()
})

const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } }

/** The client as a program of its time made it, but for the address. */
const modes = {
  Azure: () => new AssistantsClient(origin, new AzureKeyCredential(key), options),
  OpenAI: () => {
    const baseUrl = `${origin}/v1`
    return new AssistantsClient(new OpenAIKeyCredential(key), { ...options, baseUrl })
  },
}

for (const [mode, createClient] of Object.entries(modes)) {
  describe(`@azure/openai-assistants in ${mode} mode`, () => {
    let client: AssistantsClient
    before(() => {
      client = createClient()
    })

    /** As its documentation says: the client has no helper that waits. */
    async function ended(run: Pick<ThreadRun, 'id' | 'threadId'>): Promise<ThreadRun> {
      let current = await client.getRun(run.threadId, run.id)
      while (!over.includes(current.status)) current = await client.getRun(run.threadId, run.id)
      return current
    }

    async function createThread(content = 'hi') {
      return client.createThread({ messages: [{ role: 'user', content }] })
    }

    it('creates, lists, changes and deletes assistants', async () => {
      const assistant = await client.createAssistant({
        model: 'scripted',
        name: '瓜瓜',
        instructions: 'Be brief.',
        tools: [{ type: 'retrieval' }, weather, { type: 'code_interpreter' }],
        fileIds: [],
        metadata: { course: 'AGI' },
      })
      const { createdAt, ...rest } = assistant
      assert.ok(createdAt instanceof Date && createdAt.getTime() > 0)
      assert.deepEqual(rest, {
        id: assistant.id,
        name: '瓜瓜',
        description: null,
        model: 'scripted',
        instructions: 'Be brief.',
        tools: [{ type: 'retrieval' }, shownWeather, { type: 'code_interpreter' }],
        fileIds: [],
        metadata: { course: 'AGI' },
      })
      assert.deepEqual(await client.getAssistant(assistant.id), assistant)
      const list = await client.listAssistants({ limit: 1 })
      assert.deepEqual(list.data, [assistant])
      assert.equal(list.firstId, assistant.id)

      const renamed = await client.updateAssistant(assistant.id, { name: 'Guagua' })
      assert.deepEqual(renamed, { ...assistant, name: 'Guagua' })
      const changed = await client.updateAssistant(assistant.id, { tools: [{ type: 'retrieval' }] })
      assert.deepEqual(changed.tools, [{ type: 'retrieval' }])

      assert.deepEqual(await client.deleteAssistant(assistant.id), {
        id: assistant.id,
        deleted: true,
      })
    })

    it('keeps threads and messages', async () => {
      const thread = await client.createThread({ metadata: { room: '1' } })
      assert.deepEqual((await client.getThread(thread.id)).metadata, { room: '1' })
      const changed = await client.updateThread(thread.id, { metadata: { room: '2' } })
      assert.deepEqual(changed.metadata, { room: '2' })

      const message = await client.createMessage(thread.id, 'user', '你好', { fileIds: [] })
      const text = { value: '你好', annotations: [] }
      assert.deepEqual(message.content, [{ type: 'text', text, imageFile: {} }])
      assert.deepEqual(message.fileIds, [])
      assert.equal(message.assistantId, null)
      assert.equal(message.runId, null)
      const marked = await client.updateMessage(thread.id, message.id ?? '', {
        metadata: { mark: 'x' },
      })
      assert.deepEqual(await client.getMessage(thread.id, message.id ?? ''), marked)
      assert.deepEqual((await client.listMessages(thread.id)).data, [marked])
      assert.deepEqual(await client.deleteThread(thread.id), { id: thread.id, deleted: true })
    })

    it('runs an assistant that calls a function', async () => {
      const assistant = await client.createAssistant({
        model: 'scripted',
        tools: [{ type: 'retrieval' }, weather],
      })
      const thread = await createThread('Weather in 广州?')
      const { model } = runtime
      const seen = model.requests.length
      model.script({ toolCalls: [{ name: 'get_weather', arguments: '{"city":"广州"}' }] }, '晴')
      const run = await client.createRun(thread.id, {
        assistantId: assistant.id,
        additionalInstructions: 'Answer in Chinese.',
        metadata: { reason: 'test' },
      })
      assert.equal(run.status, 'queued')
      assert.deepEqual(run.tools[0], { type: 'retrieval' })
      assert.deepEqual(run.fileIds, [])
      assert.equal(run.completedAt, null)

      const waiting = await ended(run)
      assert.equal(waiting.status, 'requires_action')
      const [call] = waiting.requiredAction?.submitToolOutputs?.toolCalls ?? []
      assert.ok(call)
      assert.deepEqual(call.function, { name: 'get_weather', arguments: '{"city":"广州"}' })
      const { tools: offered = [] } = (await model.request(seen)).body
      assert.deepEqual(
        offered.map((tool) => tool.type === 'function' && tool.function.name),
        ['get_weather', 'file_search'],
      )

      const resumed = await client.submitToolOutputsToRun(thread.id, run.id, [
        { toolCallId: call.id, output: 'sunny' },
      ])
      assert.equal(resumed.requiredAction, undefined)
      const done = await ended(run)
      assert.equal(done.status, 'completed')
      assert.ok(done.completedAt instanceof Date)
      assert.deepEqual(done.tools, [{ type: 'retrieval' }, shownWeather])
      assert.deepEqual(done.fileIds, [])
      assert.deepEqual(done.metadata, { reason: 'test' })
      assert.equal(done.lastError, undefined)
      assert.equal(done.failedAt, null)

      const [answer] = (await client.listMessages(thread.id)).data
      assert.equal(answer?.runId, run.id)
      assert.equal(answer?.content[0]?.type === 'text' && answer.content[0].text.value, '晴')
      const steps = await client.listRunSteps(thread.id, run.id, { order: 'asc' })
      assert.deepEqual(
        steps.data.map(({ type, status }) => [type, status]),
        [
          ['tool_calls', 'completed'],
          ['message_creation', 'completed'],
        ],
      )
      const [calls] = steps.data
      assert.deepEqual(calls?.stepDetails, {
        type: 'tool_calls',
        messageCreation: {},
        toolCalls: [
          { id: call.id, type: 'function', function: { ...call.function, output: 'sunny' } },
        ],
      })
      for (const member of ['lastError', 'expiredAt', 'cancelledAt', 'failedAt'] as const) {
        assert.equal(calls[member], null)
      }
      assert.deepEqual(await client.getRunStep(thread.id, run.id, calls.id), calls)
      const marked = await client.updateRun(thread.id, run.id, { metadata: { mark: 'x' } })
      assert.deepEqual(marked.metadata, { mark: 'x' })
      const [listed] = (await client.listRuns(thread.id)).data
      assert.deepEqual(listed?.tools, done.tools)
      assert.deepEqual(listed?.fileIds, [])
    })

    it('makes a thread and runs it in one request', async () => {
      const { id: assistantId } = await client.createAssistant({ model: 'scripted' })
      runtime.model.script('hello')
      const run = await client.createThreadAndRun({
        assistantId,
        thread: { messages: [{ role: 'user', content: 'hi' }] },
        tools: [{ type: 'retrieval' }],
      })
      assert.deepEqual(run.tools, [{ type: 'retrieval' }])
      assert.equal((await ended(run)).status, 'completed')
      assert.equal((await client.listMessages(run.threadId)).data.length, 2)
    })

    it('cancels a run', async () => {
      const { id: assistantId } = await client.createAssistant({ model: 'scripted' })
      const thread = await createThread()
      const seen = runtime.model.requests.length
      runtime.model.script({ hold: new Promise(() => {}) })
      const run = await client.createRun(thread.id, { assistantId })
      await runtime.model.request(seen)
      assert.equal((await client.cancelRun(thread.id, run.id)).status, 'cancelling')
      const done = await ended(run)
      assert.equal(done.status, 'cancelled')
      assert.ok(done.cancelledAt instanceof Date)
    })

    it('sees a run fail, and one that was cut short as failed', async () => {
      const { id: assistantId } = await client.createAssistant({ model: 'scripted' })
      const thread = await createThread()
      runtime.model.script({ error: { status: 500 } })
      const failed = await ended(await client.createRun(thread.id, { assistantId }))
      assert.equal(failed.status, 'failed')
      assert.equal(failed.lastError?.code, 'server_error')

      runtime.model.script({ text: 'Once upon', finishReason: 'length' })
      const cut = await ended(await client.createRun(thread.id, { assistantId }))
      assert.equal(cut.status, 'failed')
      assert.match(cut.lastError?.message ?? '', /incomplete because of max_completion_tokens/)
    })

    it('reads a refusal as text', async () => {
      const { id: assistantId } = await client.createAssistant({ model: 'scripted' })
      const thread = await createThread()
      runtime.model.script({ refusal: 'I would rather not.' })
      await ended(await client.createRun(thread.id, { assistantId }))
      const [answer] = (await client.listMessages(thread.id)).data
      const text = { value: 'I would rather not.', annotations: [] }
      assert.deepEqual(answer?.content, [{ type: 'text', text, imageFile: {} }])
    })

    it('lists files, and can attach none', async () => {
      const { id } = await client.createAssistant({ model: 'scripted' })
      const thread = await client.createThread()
      const message = await client.createMessage(thread.id, 'user', 'hi')
      const messageId = message.id ?? ''
      const none = { data: [], firstId: null, lastId: null, hasMore: false }
      assert.deepEqual(await client.listAssistantFiles(id, { limit: 5 }), none)
      assert.deepEqual(await client.listMessageFiles(thread.id, messageId), none)

      const missing = { statusCode: 404, message: 'No such File object: file-1' }
      await assert.rejects(client.getAssistantFile(id, 'file-1'), missing)
      await assert.rejects(client.deleteAssistantFile(id, 'file-1'), missing)
      await assert.rejects(client.getMessageFile(thread.id, messageId, 'file-1'), missing)
      const unsupported = {
        statusCode: 400,
        code: 'unsupported',
        message:
          'Files of assistants and messages in version 1 of the Assistants API are not available in this version of the server.',
      }
      const fileIds = ['file-1']
      await assert.rejects(client.createAssistantFile(id, 'file-1'), unsupported)
      await assert.rejects(client.createAssistant({ model: 'scripted', fileIds }), unsupported)
      await assert.rejects(client.updateAssistant(id, { fileIds }), unsupported)
      await assert.rejects(client.createMessage(thread.id, 'user', 'hi', { fileIds }), unsupported)
      const { data } = await client.listFiles()
      assert.deepEqual(data, [])
    })

    it('is told what went wrong', async () => {
      await assert.rejects(client.getAssistant('asst_none'), {
        statusCode: 404,
        message: "No assistant found with id 'asst_none'.",
      })
      await assert.rejects(client.listAssistantFiles('asst_none'), {
        statusCode: 404,
        message: "No assistant found with id 'asst_none'.",
      })
      const thread = await createThread()
      await assert.rejects(client.listMessageFiles(thread.id, 'msg_none'), {
        statusCode: 404,
        message: "No message found with id 'msg_none'.",
      })
      await assert.rejects(client.createRun(thread.id, { assistantId: 'nobody' }), {
        statusCode: 400,
        code: 'invalid_value',
      })
    })
  })
}
