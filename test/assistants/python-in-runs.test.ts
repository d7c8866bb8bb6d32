import assert from 'node:assert/strict'
import { after, describe, it, type TestContext } from 'node:test'

import OpenAI, { toFile } from 'openai'

import { createHostedTools } from '../../src/assistants/runs/hosted-tools.ts'
import type { ScriptedToolCall } from '../helpers/model-server.ts'
import { createConformanceServer, type ConformanceServer } from './conformance/server.ts'
import { openInterpreter } from './interpreter/rig.ts'

const tools: OpenAI.Beta.AssistantTool[] = [{ type: 'code_interpreter' }]
const python = (code: string): ScriptedToolCall => ({
  name: 'python',
  arguments: JSON.stringify({ code }),
})

describe('a run that calculates', () => {
  const { interpreter, run: runPython } = openInterpreter({ after })

  /** Everything real but the model's mind. */
  async function open(t: TestContext): Promise<ConformanceServer> {
    const createTools = (
      deps: Pick<Parameters<typeof createHostedTools>[0], 'store' | 'files' | 'log'>,
    ) => createHostedTools({ ...deps, interpreter, waitForFiles: async () => {} })
    const server = await createConformanceServer({}, { createTools })
    t.after(() => server.close())
    return server
  }

  it('reads what was uploaded, and gives back a table and a picture', async (t) => {
    const server = await open(t)
    const { sdk, model } = server
    const { files } = server.client
    const csv = await toFile(Buffer.from('name,grade\n王卓然,90\n李雷,70\n'), '成绩.csv')
    const { id } = await files.create({ file: csv, purpose: 'assistants' })
    const tool_resources = { code_interpreter: { file_ids: [id] } }
    const { id: assistant_id } = await sdk.beta.assistants.create({ model: 'scripted', tools })
    const thread = await sdk.beta.threads.create({
      messages: [{ role: 'user', content: '平均分是多少？' }],
      tool_resources,
    })
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const code = `import csv, base64
grades = [int(row['grade']) for row in csv.DictReader(open('/mnt/data/成绩.csv'))]
open('/mnt/data/mean.txt', 'w').write(str(sum(grades) / len(grades)))
open('/mnt/data/plot.png', 'wb').write(base64.b64decode('${png}'))
sum(grades) / len(grades)`
    model.script({ toolCalls: [python(code)] }, '平均 80：[均值](sandbox:/mnt/data/mean.txt)')
    const helper = sdk.beta.threads.runs.stream(thread.id, { assistant_id })
    const [message] = await helper.finalMessages()
    const [picture, text] = message?.content ?? []
    assert.ok(picture?.type === 'image_file' && text?.type === 'text')
    const drawn = await (await files.content(picture.image_file.file_id)).arrayBuffer()
    assert.equal(Buffer.from(drawn).toString('base64'), png)
    const [path] = text.text.annotations
    assert.ok(path?.type === 'file_path')
    assert.equal(await (await files.content(path.file_path.file_id)).text(), '80.0')

    // The variables are there in the next run, and a file that has not changed is not kept twice.
    await sdk.beta.threads.messages.create(thread.id, { role: 'user', content: '最高分呢？' })
    model.script({ toolCalls: [python('max(grades)')] }, '90 [均值](sandbox:/mnt/data/mean.txt)')
    const next = sdk.beta.threads.runs.stream(thread.id, { assistant_id })
    const [answer] = await next.finalMessages()
    const [block] = answer?.content ?? []
    assert.ok(block?.type === 'text')
    const [again] = block.text.annotations
    assert.ok(again?.type === 'file_path')
    assert.equal(again.file_path.file_id, path.file_path.file_id)
    const told = model.requests.at(-1)?.body.messages.at(-1)
    assert.equal(told?.content, '90\n')
    assert.deepEqual(server.logged, [])

    // It ends with its thread.
    const session = thread.id
    assert.equal(await runPython('max(grades)', { session }), '90\n')
    await sdk.beta.threads.delete(session)
    assert.match(await runPython('max(grades)', { session }), /^Traceback[^]*NameError/)
  })

  it('stops the code when it is cancelled', async (t) => {
    const { sdk, model } = await open(t)
    const { id: assistant_id } = await sdk.beta.assistants.create({ model: 'scripted', tools })
    const messages = [{ role: 'user' as const, content: 'hi' }]
    const thread = await sdk.beta.threads.create({ messages })
    model.script({ toolCalls: [python('while True: pass')] })
    const helper = sdk.beta.threads.runs.stream(thread.id, { assistant_id })
    helper.on('toolCallDelta', (_delta, { id }) => {
      const run = helper.currentRun()
      if (id) void sdk.beta.threads.runs.cancel(run?.id ?? '', { thread_id: thread.id })
    })
    assert.equal((await helper.finalRun()).status, 'cancelled')
  })
})
