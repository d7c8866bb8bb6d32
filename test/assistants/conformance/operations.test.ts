import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import { toFile, type OpenAI } from 'openai'

import { differences, operations, problemWith, schemas } from './document.ts'
import { createConformanceServer, type ConformanceServer } from './server.ts'

const weather: OpenAI.Beta.AssistantTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
}

let server: ConformanceServer
let sdk: OpenAI
before(async () => {
  server = await createConformanceServer()
  sdk = server.sdk
})
after(() => server.close())
afterEach(async () => assert.deepEqual(await server.problems(), []))

describe('the document', () => {
  it('compiles whole', () => {
    for (const name of Object.keys(schemas)) {
      assert.doesNotMatch(problemWith(name, {}) ?? '', /no schema/)
    }
  })

  it('takes no member that neither it nor the list of differences knows', async () => {
    const assistant = await sdk.beta.assistants.create({ model: 'scripted', tools: [weather] })
    assert.equal(problemWith('AssistantObject', assistant), null)
    assert.match(problemWith('AssistantObject', { ...assistant, extra: 1 }) ?? '', /additional/)
    assert.match(problemWith('AssistantObject', { ...assistant, name: 1 }) ?? '', /name/)
    assert.equal(new Set(differences.map(({ at }) => at.join('/'))).size, differences.length)
  })
})

describe('every operation through the SDK', () => {
  it('assistants', async () => {
    const { assistants } = sdk.beta
    const made = await assistants.create({
      model: 'scripted',
      name: '瓜瓜',
      description: 'd',
      instructions: 'i',
      tools: [weather, { type: 'file_search' }, { type: 'code_interpreter' }],
      metadata: { a: '1' },
      temperature: 0.5,
      top_p: 0.5,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    })
    assert.deepEqual(await assistants.retrieve(made.id), made)
    const changed = await assistants.update(made.id, { name: null, response_format: 'auto' })
    assert.deepEqual(changed, { ...made, name: null, response_format: 'auto' })
    const { data } = await assistants.list({ limit: 1 })
    assert.deepEqual(data, [changed])
    assert.deepEqual(await assistants.delete(made.id), {
      id: made.id,
      object: 'assistant.deleted',
      deleted: true,
    })
    await assert.rejects(assistants.delete(made.id), { status: 404 })
  })

  it('threads and messages', async () => {
    const { threads } = sdk.beta
    const thread = await threads.create({ messages: [{ role: 'user', content: 'first' }] })
    assert.deepEqual(await threads.retrieve(thread.id), thread)
    const changed = await threads.update(thread.id, { metadata: { a: 'b' } })
    assert.deepEqual(changed, { ...thread, metadata: { a: 'b' } })
    const message = await threads.messages.create(thread.id, {
      role: 'user',
      content: [
        { type: 'text', text: '看' },
        { type: 'image_url', image_url: { url: 'https://x.test/a.png' } },
      ],
    })
    const of = { thread_id: thread.id }
    assert.deepEqual(await threads.messages.retrieve(message.id, of), message)
    const edited = await threads.messages.update(message.id, { ...of, metadata: { a: 'b' } })
    assert.deepEqual(edited, { ...message, metadata: { a: 'b' } })
    const { data } = await threads.messages.list(thread.id)
    assert.deepEqual(data[0], edited)
    assert.equal(data.length, 2)
    assert.deepEqual(await threads.messages.delete(message.id, of), {
      id: message.id,
      object: 'thread.message.deleted',
      deleted: true,
    })
    assert.deepEqual(await threads.delete(thread.id), {
      id: thread.id,
      object: 'thread.deleted',
      deleted: true,
    })
    await assert.rejects(threads.retrieve(thread.id), { status: 404 })
    await assert.rejects(threads.messages.list(thread.id), { status: 404 })
  })

  it('runs and steps', async () => {
    const { threads, assistants } = sdk.beta
    const { id: assistant_id } = await assistants.create({
      model: 'scripted',
      instructions: 'i',
      tools: [weather],
    })
    server.model.script({ toolCalls: [{ name: 'get_weather', arguments: '{}' }] }, 'Sunny')
    const waiting = await threads.createAndRunPoll({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'hi' }] },
    })
    assert.equal(waiting.status, 'requires_action')
    const of = { thread_id: waiting.thread_id }
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    const done = await threads.runs.submitToolOutputsAndPoll(waiting.id, {
      ...of,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: '20' }],
    })
    assert.equal(done.status, 'completed')
    assert.deepEqual(await threads.runs.retrieve(done.id, of), done)
    const edited = await threads.runs.update(done.id, { ...of, metadata: { a: 'b' } })
    assert.deepEqual(edited, { ...done, metadata: { a: 'b' } })
    assert.deepEqual((await threads.runs.list(of.thread_id)).data, [edited])
    const { data: steps } = await threads.runs.steps.list(done.id, of)
    assert.deepEqual(
      steps.map(({ type, status }) => [type, status]),
      [
        ['message_creation', 'completed'],
        ['tool_calls', 'completed'],
      ],
    )
    const [step] = steps
    assert.deepEqual(
      await threads.runs.steps.retrieve(step?.id ?? '', { ...of, run_id: done.id }),
      step,
    )

    server.model.script({ hold: new Promise(() => {}) })
    const held = await threads.runs.create(of.thread_id, { assistant_id })
    assert.equal((await threads.runs.cancel(held.id, of)).status, 'cancelling')
    assert.equal((await threads.runs.poll(held.id, of)).status, 'cancelled')
  })

  it('streams, raw and with the helpers', async () => {
    const { threads, assistants } = sdk.beta
    const { id: assistant_id } = await assistants.create({ model: 'scripted', tools: [weather] })
    const thread = await threads.create({ messages: [{ role: 'user', content: 'hi' }] })
    const asksForWeather = { toolCalls: [{ name: 'get_weather', arguments: ['{', '}'] }] }
    server.model.script(asksForWeather, { text: ['Sun', 'ny'] }, { text: ['a', 'b'] }, 'c')
    const first = threads.runs.stream(thread.id, { assistant_id })
    const waiting = await first.finalRun()
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    const second = threads.runs.submitToolOutputsStream(waiting.id, {
      thread_id: thread.id,
      tool_outputs: [{ tool_call_id: call?.id ?? '', output: '20' }],
    })
    assert.equal((await second.finalRun()).status, 'completed')
    const names: string[] = []
    for await (const { event } of await threads.runs.create(thread.id, {
      assistant_id,
      stream: true,
    })) {
      names.push(event)
    }
    assert.equal(names[0], 'thread.run.created')
    assert.equal(names.at(-1), 'thread.run.completed')
    const whole = threads.createAndRunStream({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'hi' }] },
    })
    assert.equal((await whole.finalRun()).status, 'completed')
  })

  it('vector stores, their files and batches', async () => {
    const { vectorStores } = sdk
    const made = await vectorStores.create({
      name: 'notes',
      description: 'd',
      expires_after: { anchor: 'last_active_at', days: 1 },
      metadata: { a: '1' },
    })
    assert.deepEqual(await vectorStores.retrieve(made.id), made)
    const changed = await vectorStores.update(made.id, { name: null, expires_after: null })
    assert.partialDeepStrictEqual(changed, { name: null, expires_after: null, expires_at: null })
    assert.deepEqual((await vectorStores.list()).data, [changed])

    const { files, fileBatches } = vectorStores
    const of = { vector_store_id: made.id }
    const notes = () => toFile(Buffer.from('# Rain\n\nIn May 40 mm of rain fell.'), 'notes.md')
    const file = await files.uploadAndPoll(made.id, await notes())
    assert.equal(file.status, 'completed')
    const edited = await files.update(file.id, { ...of, attributes: { week: 3 } })
    assert.deepEqual(edited, { ...file, attributes: { week: 3 } })
    assert.deepEqual(await files.retrieve(file.id, of), edited)
    assert.deepEqual((await files.list(made.id, { filter: 'completed' })).data, [edited])
    assert.match((await files.content(file.id, of)).data[0]?.text ?? '', /40 mm/)
    const { data: found } = await vectorStores.search(made.id, { query: 'How much rain fell?' })
    assert.partialDeepStrictEqual(found, [{ file_id: file.id, filename: 'notes.md' }])

    const batch = await fileBatches.uploadAndPoll(made.id, { files: [await notes()] })
    assert.equal(batch.status, 'completed')
    assert.deepEqual(await fileBatches.retrieve(batch.id, of), batch)
    assert.deepEqual(await fileBatches.cancel(batch.id, of), batch)
    assert.equal((await fileBatches.listFiles(batch.id, of)).data.length, 1)

    assert.equal((await files.delete(file.id, of)).object, 'vector_store.file.deleted')
    await assert.rejects(files.retrieve(file.id, of), { status: 404 })
    assert.equal((await vectorStores.delete(made.id)).object, 'vector_store.deleted')
    await assert.rejects(vectorStores.retrieve(made.id), { status: 404 })
  })

  it('files', async () => {
    const { files } = sdk
    const file = await toFile(Buffer.from('# 讲义'), '讲义.md')
    const made = await files.create({
      file,
      purpose: 'assistants',
      expires_after: { anchor: 'created_at', seconds: 3600 },
    })
    assert.equal(made.expires_at, made.created_at + 3600)
    assert.deepEqual(await files.retrieve(made.id), made)
    assert.deepEqual(await files.waitForProcessing(made.id), made)
    assert.deepEqual((await files.list({ purpose: 'assistants', limit: 1 })).data, [made])
    assert.deepEqual((await files.list({ purpose: 'evals' })).data, [])
    assert.equal(await (await files.content(made.id)).text(), '# 讲义')
    assert.deepEqual(await files.delete(made.id), { id: made.id, object: 'file', deleted: true })
    await assert.rejects(files.retrieve(made.id), { status: 404, param: 'id' })
    await assert.rejects(files.content(made.id), { status: 404 })
  })

  it('models', async () => {
    const { data } = await sdk.models.list()
    assert.ok(data.some(({ id }) => id === 'scripted'))
    assert.equal((await sdk.models.retrieve('scripted')).object, 'model')
    await assert.rejects(sdk.models.retrieve('none'), { status: 404, code: 'model_not_found' })
    await assert.rejects(sdk.models.delete('scripted'), { status: 400, code: 'unsupported' })
  })
})

describe('every operation through plain HTTP', () => {
  for (const { name } of operations) {
    const [method = '', path = ''] = name.split(' ')
    // With ids that name nothing and with no body: whatever is answered is an answer of the API.
    it(name, async () => {
      const url = path.replaceAll(/\{(\w+)_id\}/g, (_, kind: string) => `${prefixOf(kind)}_none`)
      const response = await server.send(method, url.replace('{model}', 'none'))
      const text = await response.text()
      assert.doesNotMatch(text, /Invalid URL/)
      if (url.includes('_none')) assert.ok([400, 404].includes(response.status), text)
    })
  }

  it('misses none of the document', () => {
    const names = operations.map(({ name }) => name)
    assert.deepEqual([...server.driven].toSorted(), names.toSorted())
  })
})

function prefixOf(kind: string): string {
  return { assistant: 'asst', message: 'msg', vector_store: 'vs', batch: 'vsfb' }[kind] ?? kind
}
