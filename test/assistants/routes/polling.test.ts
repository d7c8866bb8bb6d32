import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Reply } from '../../helpers/model-server.ts'
import { createTestRuntime, type TestRuntime } from '../runtime.ts'

/** What the polling helpers of the Node and the Python SDK send. */
const headers = { 'X-Stainless-Poll-Helper': 'true' }

let runtime: TestRuntime
/** Ends of the timers that were started and not stopped. */
const timers = new Set<() => void>()
before(async () => {
  runtime = await createTestRuntime({
    startTimer(_delayMs, onEnd) {
      timers.add(onEnd)
      return () => void timers.delete(onEnd)
    },
  })
})
after(() => runtime.close())

/** A run that the model is at, until `finish` is called. */
async function runningRun(reply: Exclude<Reply, string> = { text: 'done' }) {
  const { client, model } = runtime
  const { promise, resolve } = Promise.withResolvers<void>()
  model.script({ ...reply, hold: promise })
  const arrived = model.request(model.requests.length)
  const { id: assistant_id } = await client.beta.assistants.create({ model: 'scripted' })
  const run = await client.beta.threads.createAndRun({
    assistant_id,
    thread: { messages: [{ role: 'user', content: 'hi' }] },
  })
  await arrived
  return { runId: run.id, threadId: run.thread_id, finish: resolve }
}

/** Until a request waits for its run. */
async function somebodyWaits(): Promise<void> {
  while (timers.size === 0) await new Promise(setImmediate)
}

function poll({ runId, threadId }: { runId: string; threadId: string }, signal?: AbortSignal) {
  return runtime.client.beta.threads.runs
    .retrieve(runId, { thread_id: threadId }, { headers, ...(signal && { signal }) })
    .withResponse()
}

describe('a polling helper', () => {
  it('learns at once that the run is over', async () => {
    const run = await runningRun()
    const polled = poll(run)
    await somebodyWaits()
    run.finish()
    const { data } = await polled
    assert.equal(data.status, 'completed')
    assert.equal(timers.size, 0)
  })

  it('is answered after a while even so, and told to come back soon', async () => {
    const run = await runningRun()
    const polled = poll(run)
    await somebodyWaits()
    for (const end of timers) end()
    const { data, response } = await polled
    assert.equal(data.status, 'in_progress')
    assert.ok(Number(response.headers.get('openai-poll-after-ms')) <= 50)
    run.finish()
  })

  it('that goes away leaves nothing behind', async () => {
    const run = await runningRun()
    const controller = new AbortController()
    const polled = poll(run, controller.signal)
    await somebodyWaits()
    controller.abort()
    await assert.rejects(polled)
    while (timers.size > 0) await new Promise(setImmediate)
    run.finish()
  })

  it('is who waits: others are answered at once', async () => {
    const run = await runningRun()
    const { status } = await runtime.client.beta.threads.runs.retrieve(run.runId, {
      thread_id: run.threadId,
    })
    assert.equal(status, 'in_progress')
    assert.equal(timers.size, 0)
    run.finish()
  })

  it('learns that tool outputs are wanted, and does not wait for what only it can do', async () => {
    const run = await runningRun({ toolCalls: [{ name: 'ask_database', arguments: '{}' }] })
    const polled = poll(run)
    await somebodyWaits()
    run.finish()
    assert.equal((await polled).data.status, 'requires_action')
    assert.equal((await poll(run)).data.status, 'requires_action')
    assert.equal(timers.size, 0)
  })
})
