import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import type { RunBody } from '../../../src/assistants/runs/run-service.ts'
import type { Run } from '../../../src/assistants/store/store.ts'
import { everyInterval } from '../../../src/every.ts'
import { newId } from '../../../src/ids.ts'
import { createTestFiles } from '../../helpers/files.ts'
import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'
import {
  createRig,
  eventsOf,
  functions,
  readUntil,
  silent,
  type Rig,
  type RigOptions,
} from './rig.ts'
import {
  createFakeTools,
  insertVectorStore,
  passage,
  whenAborted,
  type FakeTools,
} from './tool-fakes.ts'

const asc = { limit: 20, order: 'asc' } as const
const search = { name: 'file_search', arguments: '{"queries":["x"]}' }
const python = { name: 'python', arguments: '{"code":"1"}' }
const first = { name: 'first', arguments: '{}', id: 'call_first' }

describe('hosted tools', () => {
  let folder: string
  let path: string
  let databases = 0
  let server: ModelServer
  let fake: FakeTools
  const closing: (() => Promise<void>)[] = []
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-tools-'))))
  after(() => rm(folder, { recursive: true }))
  beforeEach(async () => {
    server = await createModelServer()
    fake = createFakeTools()
    path = join(folder, `${(databases += 1)}.db`)
  })
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
    await server.close()
  })

  async function open(options: RigOptions = {}): Promise<Rig> {
    const rig = await createRig({
      path,
      server,
      createTools(store) {
        const now = () => 1_790_000_000_000
        const files = createTestFiles({ store, newId, now, every: everyInterval, log: silent })
        closing.push(() => files.close())
        return fake.create({ store, files, log: silent })
      },
      ...options,
    })
    closing.unshift(() => rig.close())
    return rig
  }

  interface Target {
    threadId: string
    runId: string
  }

  async function start(rig: Rig, body: Partial<RunBody> = {}) {
    const { id: assistant_id } = await rig.assistant({
      tools: [{ type: 'file_search' }, { type: 'code_interpreter' }, ...functions],
      instructions: 'i',
    })
    const threadId = await rig.thread('Hello')
    const vector_store_ids = [await insertVectorStore(rig.store)]
    await rig.store.updateThread(threadId, {
      tool_resources: { file_search: { vector_store_ids } },
    })
    const started = await rig.runs.createRun(threadId, { assistant_id, ...body }, { stream: true })
    return { iterator: eventsOf(started), threadId, runId: started.run.id }
  }

  async function ended(rig: Rig, { threadId, runId }: Target): Promise<Run> {
    for (;;) {
      const run = await rig.runs.getRun(threadId, runId)
      if (!['queued', 'in_progress', 'cancelling'].includes(run.status)) return run
      await new Promise(setImmediate)
    }
  }

  async function stepsOf(rig: Rig, { threadId, runId }: Target): Promise<string[]> {
    const { data } = await rig.store.listSteps(threadId, runId, asc)
    return data.map(({ status, step_details: details }) =>
      details.type === 'tool_calls'
        ? `${details.tool_calls.map(({ type }) => type).join()} ${status}`
        : `message ${status}`,
    )
  }

  /** The outputs of calls in the last prompt. */
  function toldLast(): string[] {
    const messages = server.requests.at(-1)?.body.messages ?? []
    return messages.flatMap(({ role, content }) =>
      role === 'tool' && typeof content === 'string' ? [content] : [],
    )
  }

  /** Settles when the tool is at work; it goes on until it is told to stop. */
  function holdPython(): Promise<AbortSignal> {
    const { promise, resolve } = Promise.withResolvers<AbortSignal>()
    fake.run = (_code, signal) => {
      resolve(signal)
      return whenAborted(signal)
    }
    return promise
  }

  it('start Python once the model begins to write code, not for every question', async () => {
    server.script('Hello.', { toolCalls: [python] }, 'Done')
    fake.run = () => [{ type: 'logs', logs: '1' }]
    const rig = await open()
    assert.equal((await ended(rig, await start(rig))).status, 'completed')
    assert.deepEqual(fake.prepared, [])
    assert.equal((await ended(rig, await start(rig))).status, 'completed')
    assert.deepEqual(fake.prepared, [0])
  })

  it('that a killed process was at are done again, from the last step that was whole', async () => {
    server.script({ toolCalls: [search] }, { toolCalls: [python] }, { toolCalls: [python] }, 'Done')
    fake.search = () => [passage('Text.')]
    const atWork = holdPython()
    const killed = await open()
    const target = await start(killed)
    await atWork
    // The first process is abandoned in the middle of the call.
    fake.run = () => [{ type: 'logs', logs: '4' }]
    const second = await open()
    assert.equal((await ended(second, target)).status, 'completed')
    assert.deepEqual(await stepsOf(second, target), [
      'file_search completed',
      'code_interpreter completed',
      'message completed',
    ])
    assert.deepEqual([fake.searches.length, fake.codes.length], [1, 2])
    const usage = (await second.runs.getRun(target.threadId, target.runId)).usage
    assert.equal(usage?.total_tokens, 75)
  })

  it('leave files that nobody was shown for a day, all others for good', async () => {
    const both = [python, { ...python, id: 'call_other' }]
    const answer = 'See [it](sandbox:/mnt/data/a.csv).'
    server.script({ toolCalls: both }, { toolCalls: [python] }, answer)
    fake.session.set('/mnt/data/a.csv', Buffer.from('1,2'))
    const picture = { type: 'image' as const, filename: 'a.png', content: Buffer.from('png') }
    let runs = 0
    const { promise: atWork, resolve } = Promise.withResolvers<void>()
    fake.run = (_code, signal) => {
      if ((runs += 1) === 1) return [picture]
      resolve()
      return whenAborted(signal)
    }
    const killed = await open()
    const target = await start(killed)
    await atWork
    fake.run = () => [picture]
    const second = await open()
    assert.equal((await ended(second, target)).status, 'completed')
    const { data } = await second.store.files('default').listFiles({ limit: 9, order: 'asc' }, 0)
    assert.deepEqual(
      data.map(({ filename, expires_at }) => [filename, expires_at]),
      [
        ['a.png', 1_790_000_000 + 86_400],
        ['a.png', null],
        ['a.csv', null],
      ],
    )
  })

  it('end at once when the process closes, and are done again after its start', async () => {
    server.script({ toolCalls: [python] }, { toolCalls: [python] }, 'Done')
    const atWork = holdPython()
    const rig = await open()
    const target = await start(rig)
    const signal = await atWork
    await rig.runs.close()
    assert.equal(signal.reason, 'closing')
    assert.deepEqual(await stepsOf(rig, target), [])
    fake.run = () => []
    const next = await open()
    assert.equal((await ended(next, target)).status, 'completed')
    assert.deepEqual(await stepsOf(next, target), [
      'code_interpreter completed',
      'message completed',
    ])
  })

  it('end when the time of the run is over', async () => {
    server.script({ toolCalls: [python] })
    const atWork = holdPython()
    const rig = await open()
    const target = await start(rig)
    const signal = await atWork
    rig.clock.now += 601_000
    rig.sweep()
    assert.equal((await ended(rig, target)).status, 'expired')
    assert.equal(signal.reason, 'expired')
    assert.deepEqual(await stepsOf(rig, target), ['code_interpreter expired'])
  })

  it('end when the thread is deleted', async () => {
    server.script({ toolCalls: [python] })
    const atWork = holdPython()
    const rig = await open()
    const { threadId, iterator } = await start(rig)
    const signal = await atWork
    await rig.store.deleteThread(threadId)
    assert.equal(signal.reason, 'deleted')
    for await (const { event } of iterator) assert.notEqual(event, 'thread.run.failed')
  })

  it('end although the tool does not listen', async () => {
    server.script({ toolCalls: [python] })
    const { promise: atWork, resolve } = Promise.withResolvers<void>()
    fake.run = () => {
      resolve()
      return new Promise(() => {})
    }
    const rig = await open()
    const target = await start(rig)
    await atWork
    await rig.runs.cancelRun(target.threadId, target.runId)
    assert.equal((await ended(rig, target)).status, 'cancelled')
  })

  it('are not done again when a run that waits for functions goes on in another process', async () => {
    server.script({ toolCalls: [python, first] }, 'Done')
    fake.run = () => [{ type: 'logs', logs: '4' }]
    const killed = await open()
    const target = await start(killed)
    await readUntil(target.iterator, 'thread.run.requires_action')
    const second = await open()
    const outputs = [{ tool_call_id: 'call_first', output: 'out' }]
    await second.runs.submitToolOutputs(target, outputs, { stream: false })
    assert.equal((await ended(second, target)).status, 'completed')
    assert.equal(fake.codes.length, 1)
    assert.deepEqual(toldLast(), ['4', 'out'])
  })

  it('wait for files only before the first turn, and go on if that fails', async () => {
    server.script({ toolCalls: [first] }, 'Done')
    fake.wait = () => Promise.reject(new Error('down'))
    const rig = await open()
    const target = await start(rig)
    await readUntil(target.iterator, 'thread.run.requires_action')
    const outputs = [{ tool_call_id: 'call_first', output: 'out' }]
    await rig.runs.submitToolOutputs(target, outputs, { stream: false })
    assert.equal((await ended(rig, target)).status, 'completed')
    assert.equal(fake.waits.length, 1)
  })

  it('leave their older outputs out where the prompt gets too long', async () => {
    const long = (word: string) => `${word} `.repeat(300)
    const words = ['alpha', 'beta', 'gamma']
    fake.search = () => [passage(long(words[fake.searches.length - 1] ?? ''))]
    server.script(...words.map(() => ({ toolCalls: [search] })), 'Done')
    const rig = await open({ driver: { contextWindow: 2_000 } })
    const target = await start(rig)
    assert.equal((await ended(rig, target)).status, 'completed')
    const outputs = toldLast()
    assert.equal(outputs.length, 3)
    assert.match(outputs[0] ?? '', /^\[left out/)
    assert.match(outputs[2] ?? '', /gamma gamma/)
    // The thread itself is still there.
    assert.equal(server.requests.at(-1)?.body.messages[1]?.content, 'Hello')
  })

  it('have the last output cut where it alone is too long', async () => {
    fake.search = () => [passage('word '.repeat(5_000))]
    server.script({ toolCalls: [search] }, 'Done')
    const rig = await open({ driver: { contextWindow: 2_000 } })
    const target = await start(rig)
    assert.equal((await ended(rig, target)).status, 'completed')
    const [text = ''] = toldLast()
    assert.match(text, /^Passages[^]*【0:0†notes\.pdf】[^]*bytes and some left out[^]*【end】$/)
    assert.ok(text.length < 8_000 && text.length > 3_000, String(text.length))
  })

  it('lose nothing of an answer that begins as a reference does', async () => {
    fake.search = () => [passage('Text.')]
    const rig = await open()
    for (const pieces of [
      ['【', '0:0†notes.pdf】', ' says so.'],
      ['s', 'o it is.'],
      ['s', 'and', 'box', 'es'],
      ['【', '9'],
      ['s'],
    ]) {
      server.script({ toolCalls: [search] }, { text: pieces })
      const target = await start(rig)
      assert.equal((await ended(rig, target)).status, 'completed')
      const { data } = await rig.store.listMessages(target.threadId, { limit: 1, order: 'desc' })
      const [block] = data[0]?.content ?? []
      assert.equal(block?.type === 'text' && block.text.value, pieces.join(''))
    }
  })

  it('are not offered where the runtime has none', async () => {
    server.script('Done')
    const rig = await createRig({ path, server })
    closing.unshift(() => rig.close())
    const target = await start(rig, { tool_choice: { type: 'code_interpreter' } })
    await ended(rig, target)
    const { tools = [], tool_choice } = server.requests[0]?.body ?? {}
    assert.equal(tools.length, 2)
    assert.equal(tool_choice, undefined)
  })
})
