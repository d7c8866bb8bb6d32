import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import type { Run, UsageSum } from '../../../src/assistants/store/store.ts'
import { newAssistant } from '../store/objects.ts'
import { collect, createRig, eventsOf, functions, lastRun, readUntil, type Rig } from './rig.ts'

const call = { toolCalls: [{ name: 'first', arguments: '{}' }] }
const outputs = [{ tool_call_id: 'call_1', output: '42' }]
/** What the scripted endpoint counts for each answer. */
const turn = { requests: 1, prompt_tokens: 20, completion_tokens: 5 }
const never = new Promise(() => {})

/** A cent for each token of a prompt, ten for each of an answer. */
const costOf = (model: string, usage: { prompt_tokens: number; completion_tokens: number }) =>
  model === 'scripted' ? usage.prompt_tokens + 10 * usage.completion_tokens : null

describe('usage records of runs', () => {
  let rig: Rig
  let folder: string
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'guagua-usage-'))))
  after(() => rm(folder, { recursive: true }))
  beforeEach(async () => {
    rig = await createRig({ costOf })
  })
  afterEach(() => rig.close())

  async function start(model = 'scripted') {
    const requests = rig.runs.project('class_3')
    const assistant = newAssistant({ model, tools: functions })
    await rig.store.project('class_3').insertAssistant(assistant)
    const { id: threadId } = await requests.createThread({
      messages: [{ role: 'user', content: 'Hello' }],
    })
    const body = { assistant_id: assistant.id }
    const started = await requests.createRun(threadId, body, { stream: true, apiKeyId: 'key_1' })
    return { started, requests, threadId, runId: started.run.id, assistantId: assistant.id }
  }

  const sum = (groupBy: (keyof UsageSum)[] = []) =>
    rig.store.sumUsage({
      start: 0,
      end: 4_000_000_000,
      bucketWidth: '1d',
      groupBy: groupBy as [],
    })

  async function ended(threadId: string, runId: string): Promise<Run> {
    for (;;) {
      const run = await rig.store.getRun(threadId, runId)
      if (run && !['queued', 'in_progress', 'cancelling'].includes(run.status)) return run
      await new Promise(setImmediate)
    }
  }

  it('are one for each turn, with all that one may ask for', async () => {
    rig.server.script(call, 'Done')
    const { started, requests, threadId, runId, assistantId } = await start()
    await collect(started)
    // The step still waits, and so is not over.
    assert.deepEqual(await sum(), [])
    const resumed = await requests.submitToolOutputs({ threadId, runId }, outputs, { stream: true })
    const run = lastRun(await collect(resumed))
    assert.partialDeepStrictEqual(
      await sum(['project_id', 'api_key_id', 'model', 'assistant_id', 'thread_id']),
      [
        {
          project_id: 'class_3',
          api_key_id: 'key_1',
          model: 'scripted',
          assistant_id: assistantId,
          thread_id: threadId,
          requests: 2,
          prompt_tokens: 40,
          completion_tokens: 10,
          cost: 140,
          unpriced_requests: 0,
        },
      ],
    )
    // Prices are nobody's business on the wire.
    assert.deepEqual(run.usage, {
      prompt_tokens: 40,
      completion_tokens: 10,
      total_tokens: 50,
      prompt_token_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    })
    const { data } = await rig.store.listSteps(threadId, runId, { limit: 5, order: 'asc' })
    for (const { usage } of data) {
      assert.deepEqual(usage, { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 })
    }
  })

  it('say nothing of a run with one turn that the wire does not show', async () => {
    rig.server.script('Done')
    const { started } = await start()
    const { usage } = lastRun(await collect(started))
    assert.ok(usage && !('cost' in usage))
  })

  it('count the text before calls with the calls, once', async () => {
    rig.server.script({ text: 'Let me look.', ...call }, 'Done')
    const { started, requests, threadId, runId } = await start()
    await collect(started)
    const resumed = await requests.submitToolOutputs({ threadId, runId }, outputs, { stream: true })
    await collect(resumed)
    assert.partialDeepStrictEqual(await sum(), [{ requests: 2, prompt_tokens: 40 }])
  })

  it('have no cost where nobody knows the price', async () => {
    const { started } = await start('unheard-of')
    await collect(started)
    assert.partialDeepStrictEqual(await sum(), [{ ...turn, cost: null, unpriced_requests: 1 }])
  })

  it('are there for a turn that made no step', async () => {
    rig.server.script({ text: '', finishReason: 'length' })
    const { started } = await start()
    assert.equal(lastRun(await collect(started)).status, 'incomplete')
    assert.partialDeepStrictEqual(await sum(), [{ ...turn, cost: 70 }])
  })

  it('are there for calls that nobody answered, cancelled or too late', async () => {
    rig.server.script(call, call)
    const first = await start()
    await collect(first.started)
    await first.requests.cancelRun(first.threadId, first.runId)
    assert.equal((await ended(first.threadId, first.runId)).status, 'cancelled')
    assert.partialDeepStrictEqual(await sum(), [turn])
    const second = await start()
    await collect(second.started)
    rig.clock.now += 600_000
    await second.requests.getRun(second.threadId, second.runId)
    assert.equal((await ended(second.threadId, second.runId)).status, 'expired')
    assert.partialDeepStrictEqual(await sum(), [{ requests: 2, prompt_tokens: 40 }])
  })

  it('are none for an answer that broke off, and one for the turn done again', async () => {
    await rig.close()
    const path = join(folder, 'again.db')
    rig = await createRig({ path, costOf })
    const { server } = rig
    const abandoned = rig
    server.script(
      call,
      { text: ['Half', 'more'], pause: { afterChunks: 2, until: never } },
      'Whole',
    )
    const { started, requests, threadId, runId } = await start()
    await collect(started)
    const resumed = await requests.submitToolOutputs({ threadId, runId }, outputs, { stream: true })
    await readUntil(eventsOf(resumed), 'thread.message.delta')
    // The first process is abandoned in the middle of the second turn.
    rig = await createRig({ path, server, costOf })
    assert.equal((await ended(threadId, runId)).status, 'completed')
    assert.partialDeepStrictEqual(await sum(), [{ requests: 2, prompt_tokens: 40, cost: 140 }])
    const second = rig
    await second.close()
    rig = abandoned
  })
})
