import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'

import { serve, type ServerType } from '@hono/node-server'
import OpenAI from 'openai'

import type { Print } from '../../examples/client.ts'
import { createTestRuntime, type TestRuntime } from '../assistants/runtime.ts'

const folder = new URL('../../examples/', import.meta.url)
const sql = "SELECT count(*) AS classes FROM Courses WHERE instructor = '王卓然'"
const askDatabase = {
  toolCalls: [{ name: 'ask_database', arguments: JSON.stringify({ query: sql }) }],
}

let runtime: TestRuntime
let server: ServerType
let client: OpenAI
before(async () => {
  runtime = await createTestRuntime()
  server = serve({ fetch: runtime.app.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const baseURL = `http://127.0.0.1:${port}/v1`
  client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 })
})
after(async () => {
  const closed = once(server, 'close')
  server.close()
  await closed
  await runtime.close()
})

/** What the example printed, each text parsed: an example prints nothing but JSON. */
async function run(file: string): Promise<unknown[]> {
  const printed: unknown[] = []
  const example: { main(client: OpenAI, print: Print): Promise<void> } = await import(
    new URL(file, folder).href
  )
  await example.main(client, (text) => printed.push(JSON.parse(text)))
  return printed
}

/** Members of a printed object, as far as the test looks at them. */
function member(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined
}

describe('examples/', () => {
  it('has a test of each step', () => {
    const steps = readdirSync(folder).filter((name) => /^\d/.test(name))
    assert.deepEqual(steps.sort(), [
      '01-create-assistant.ts',
      '02-create-thread.ts',
      '03-thread-metadata.ts',
      '04-add-messages.ts',
      '05-initial-messages.ts',
      '06-run.ts',
      '07-function-calling.ts',
      '08-streaming.ts',
    ])
  })

  it('01 creates the assistant', async () => {
    const [assistant] = await run('01-create-assistant.ts')
    assert.equal(member(assistant, 'name'), '瓜瓜')
    const [tool] = member(assistant, 'tools') as OpenAI.Beta.FunctionTool[]
    assert.equal(tool?.function.name, 'ask_database')
    assert.match(JSON.stringify(tool), /CREATE TABLE Courses/)
  })

  it('02 creates a thread', async () => {
    const [thread] = await run('02-create-thread.ts')
    assert.equal(member(thread, 'object'), 'thread')
  })

  it('03 retrieves, modifies and deletes a thread with metadata', async () => {
    const [created, retrieved, modified, deleted] = await run('03-thread-metadata.ts')
    assert.deepEqual(member(created, 'metadata'), { fullname: '王卓然', username: 'wzr' })
    assert.deepEqual(retrieved, created)
    assert.equal(member(member(modified, 'metadata'), 'level'), '进阶')
    assert.equal(member(deleted, 'deleted'), true)
  })

  it('04 adds and modifies a message', async () => {
    const [created, retrieved, modified] = await run('04-add-messages.ts')
    assert.deepEqual(member(created, 'content'), [
      { type: 'text', text: { value: '你都能做什么？', annotations: [] } },
    ])
    assert.deepEqual(retrieved, created)
    assert.deepEqual(member(modified, 'metadata'), { modified: 'true', user: 'wzr' })
  })

  it('05 lists the initial messages, newest first', async () => {
    const [thread, list] = await run('05-initial-messages.ts')
    const messages = list as OpenAI.Beta.Threads.Message[]
    assert.deepEqual(
      messages.map(
        ({ role, content: [block] }) => block?.type === 'text' && [role, block.text.value],
      ),
      [
        ['user', '你是谁？'],
        ['assistant', '有什么可以帮您？'],
        ['user', '你好'],
      ],
    )
    assert.equal(messages[0]?.thread_id, member(thread, 'id'))
  })

  it('06 prints the answer of a run', async () => {
    runtime.model.script('我是瓜瓜，AGI课堂的智能助理。')
    const [done, answer] = await run('06-run.ts')
    assert.equal(member(done, 'status'), 'completed')
    assert.match(JSON.stringify(answer), /我是瓜瓜/)
  })

  it('07 answers what the run asks the database', async () => {
    runtime.model.script(askDatabase, '王卓然有课。')
    const [action, outputs, done, answer] = await run('07-function-calling.ts')
    assert.match(JSON.stringify(action), /ask_database/)
    const [output] = outputs as { output: string }[]
    assert.match(output?.output ?? '', /^\{"columns":\["classes"\],"rows":\[\[\d+\]\]\}$/)
    assert.equal(member(done, 'status'), 'completed')
    assert.match(JSON.stringify(answer), /王卓然有课/)
  })

  it('08 streams the same', async () => {
    runtime.model.script(askDatabase, { text: ['这周', '有课。'] })
    const [call, first, second, messages] = await run('08-streaming.ts')
    assert.equal(member(call, 'type'), 'function')
    assert.deepEqual([first, second], [{ textDelta: '这周' }, { textDelta: '有课。' }])
    assert.match(JSON.stringify(messages), /这周有课。/)
  })

  it('run by themselves as well', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [new URL('02-create-thread.ts', folder).pathname],
      { env: { ...process.env, OPENAI_BASE_URL: client.baseURL, OPENAI_API_KEY: 'any' } },
    )
    assert.match(stdout, /^\{\n {4}"id": "thread_/)
  })
})
