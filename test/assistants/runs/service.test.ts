import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { RunBody } from '../../../src/assistants/runs/run-service.ts'
import type { Assistant } from '../../../src/assistants/store/store.ts'
import {
  collect,
  createRig,
  functions,
  lastRun,
  names,
  readUntil,
  type Rig,
  eventsOf,
} from './rig.ts'

const stream = { stream: true }
const oneCall = { toolCalls: [{ name: 'first', arguments: '{}' }] }

describe('run service', () => {
  let rig: Rig
  before(async () => (rig = await createRig()))
  after(() => rig.close())

  interface Wish {
    assistant?: Partial<Assistant>
    body?: Partial<RunBody>
    texts?: string[]
  }

  async function start({ assistant = {}, body = {}, texts = ['Hello'] }: Wish = {}) {
    const { id: assistant_id } = await rig.assistant(assistant)
    const threadId = await rig.thread(...texts)
    const started = await rig.runs.createRun(threadId, { assistant_id, ...body }, stream)
    return { started, target: { threadId, runId: started.run.id } }
  }

  /** Runs to the end of the turn; answers the run and the last request to the model. */
  async function run(wish: Wish = {}) {
    const { started, target } = await start(wish)
    const ended = lastRun(await collect(started))
    return { ended, target, request: rig.server.requests.at(-1)?.body }
  }

  const submit = async (target: { threadId: string; runId: string }, ids: string[]) => {
    const outputs = ids.map((tool_call_id) => ({ tool_call_id, output: `out ${tool_call_id}` }))
    return lastRun(await collect(await rig.runs.submitToolOutputs(target, outputs, stream)))
  }

  describe('what the model is asked', () => {
    it('is nothing but model and messages where nothing else was wished', async () => {
      const { request } = await run({ texts: ['Hello', 'Hi!', 'How are you?'] })
      assert.deepEqual(request, {
        model: 'scripted',
        messages: [
          { role: 'system', content: 'You are a test.' },
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'Hi!' },
          { role: 'user', content: 'How are you?' },
        ],
        stream: true,
        stream_options: { include_usage: true },
      })
    })

    it("is the assistant's configuration, overridden by the run's", async () => {
      const schema = { name: 'answer', schema: { type: 'object' } }
      const { request, ended } = await run({
        assistant: { temperature: 0.5, top_p: 0.9, tools: functions, reasoning_effort: 'low' },
        body: {
          model: 'other',
          instructions: 'New.',
          additional_instructions: 'More.',
          temperature: 0,
          parallel_tool_calls: false,
          response_format: { type: 'json_schema', json_schema: schema },
        },
      })
      assert.partialDeepStrictEqual(request, {
        model: 'other',
        temperature: 0,
        top_p: 0.9,
        reasoning_effort: 'low',
        parallel_tool_calls: false,
        response_format: { type: 'json_schema', json_schema: schema },
      })
      assert.deepEqual(request?.messages[0], { role: 'system', content: 'New.\n\nMore.' })
      assert.equal(request?.tools?.length, 2)
      assert.partialDeepStrictEqual(ended, { instructions: 'New.\n\nMore.', temperature: 0 })
    })

    it('has no tools for `tools: []`, nor for tools that nobody executes', async () => {
      const { request } = await run({ assistant: { tools: functions }, body: { tools: [] } })
      assert.equal(request?.tools, undefined)
      const hosted = await run({ assistant: { tools: [{ type: 'file_search' }] } })
      assert.equal(hosted.request?.tools, undefined)
      assert.deepEqual(hosted.ended.tools, [{ type: 'file_search' }])
    })

    it('forces a tool on the first turn only', async () => {
      rig.server.script(oneCall, 'Done')
      const { request, target } = await run({
        body: { tools: functions, tool_choice: 'required' },
      })
      assert.equal(request?.tool_choice, 'required')
      await submit(target, ['call_1'])
      assert.equal(rig.server.requests.at(-1)?.body.tool_choice, undefined)
    })

    it('shows images of the web', async () => {
      const image_url = { url: 'https://example.org/a.png', detail: 'auto' as const }
      const { request } = await run({
        body: {
          additional_messages: [
            { role: 'user', content: [{ type: 'image_url', image_url }, text('What is it?')] },
          ],
        },
      })
      assert.deepEqual(request?.messages.at(-1), {
        role: 'user',
        content: [{ type: 'image_url', image_url }, text('What is it?')],
      })
    })

    it('holds text, calls and outputs of the run so far as one answer each', async () => {
      rig.server.script({ text: 'Wait', ...oneCall }, 'Done')
      const { target } = await run({ body: { tools: functions } })
      await submit(target, ['call_1'])
      assert.deepEqual(rig.server.requests.at(-1)?.body.messages.slice(1), [
        { role: 'user', content: 'Hello' },
        {
          role: 'assistant',
          content: 'Wait',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'first', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'out call_1' },
      ])
    })
  })

  describe('creation', () => {
    it('admits one of two runs at the same time', async () => {
      const { id: assistant_id } = await rig.assistant()
      const threadId = await rig.thread('Hello')
      const results = await Promise.allSettled(
        [1, 2].map(() => rig.runs.createRun(threadId, { assistant_id }, stream)),
      )
      const [lost] = results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      const [won] = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      assert.equal(
        String(lost),
        `RunConflictError: Thread ${threadId} already has an active run ${won?.run.id}.`,
      )
      if (won) await collect(won)
    })

    it('adds the additional messages only if it succeeds', async () => {
      const { id: assistant_id } = await rig.assistant()
      const additional_messages = [{ role: 'user' as const, content: 'More' }]
      const body = { assistant_id, additional_messages }
      await assert.rejects(rig.runs.createRun('thread_none', body, stream), {
        message: "No thread found with id 'thread_none'.",
      })
      const threadId = await rig.thread()
      const { ended } = await run()
      assert.equal(ended.status, 'completed')
      await collect(await rig.runs.createRun(threadId, body, stream))
      const { data } = await rig.store.listMessages(threadId, { limit: 5, order: 'asc' })
      assert.deepEqual(
        data.map(({ role }) => role),
        ['user', 'assistant'],
      )
    })

    it('is refused with neither a user message nor instructions', async () => {
      const empty = start({ assistant: { instructions: null }, texts: [] })
      await assert.rejects(empty, { apiCode: 'invalid_thread' })
      const { ended } = await run({ assistant: { instructions: null } })
      assert.equal(ended.instructions, null)
    })

    it('keeps events for nobody who does not stream', async () => {
      const { id: assistant_id } = await rig.assistant()
      const threadId = await rig.thread('Hello')
      const started = await rig.runs.createRun(threadId, { assistant_id }, { stream: false })
      assert.deepEqual(await collect(started), [])
      assert.equal(started.run.status, 'queued')
      await until({ threadId, runId: started.run.id }, 'completed')
    })
  })

  describe('endings', () => {
    it('fail an empty answer', async () => {
      rig.server.script('')
      const { ended } = await run()
      assert.deepEqual(ended.last_error, {
        code: 'server_error',
        message: 'The model returned an empty answer.',
      })
      assert.equal(ended.status, 'failed')
    })

    it('show what the endpoint did wrong as the last error', async () => {
      rig.server.script({ error: { status: 429, code: 'insufficient_quota' } })
      const { ended } = await run()
      assert.deepEqual(ended.last_error, {
        code: 'rate_limit_exceeded',
        message: "The model endpoint's quota is used up (429).",
      })
      assert.partialDeepStrictEqual(ended, { status: 'failed', failed_at: 1_790_000_000 })
    })

    it('keep what a content filter let through', async () => {
      rig.server.script({ text: 'Half', finishReason: 'content_filter' })
      const { ended, target } = await run()
      assert.equal(ended.status, 'incomplete')
      const { data } = await rig.store.listMessages(target.threadId, { limit: 1, order: 'desc' })
      assert.deepEqual(data[0]?.incomplete_details, { reason: 'content_filter' })
    })

    it('keep a refusal as its own kind of content', async () => {
      rig.server.script({ refusal: 'No.' })
      const { target } = await run()
      const { data } = await rig.store.listMessages(target.threadId, { limit: 1, order: 'desc' })
      assert.deepEqual(data[0]?.content, [{ type: 'refusal', refusal: 'No.' }])
    })

    it('leave usage open where the endpoint does not count', async () => {
      rig.server.script({ text: 'Hi', usage: null })
      assert.equal((await run()).ended.usage, null)
    })

    it('count the tokens of an answer that was nothing but thought', async () => {
      for (const [finishReason, status] of [
        ['length', 'incomplete'],
        ['stop', 'failed'],
      ] as const) {
        rig.server.script({ finishReason })
        assert.partialDeepStrictEqual((await run()).ended, { status, usage: { total_tokens: 25 } })
      }
    })

    it('stop a model that calls functions for ever', async () => {
      rig.server.respond((body) => (body.tools ? oneCall : 'OK'))
      const { ended, target } = await run({ body: { tools: functions } })
      let now = ended
      while (now.status === 'requires_action') now = await submit(target, ['call_1'])
      rig.server.respond(() => 'OK')
      assert.equal(now.last_error?.message, 'The run took more than 64 turns.')
    })
  })

  describe('budgets', () => {
    it('pass the remainder on and end the run when nothing is left', async () => {
      rig.server.script(oneCall, oneCall)
      const budget = { max_completion_tokens: 10 }
      const { request, target } = await run({ body: { tools: functions, ...budget } })
      // The scripted endpoint is not OpenAI's: it is told the name that everybody knows.
      assert.equal(request?.max_tokens, 10)
      await submit(target, ['call_1'])
      assert.equal(rig.server.requests.at(-1)?.body.max_tokens, 5)
      const asked = rig.server.requests.length
      const ended = await submit(target, ['call_1'])
      assert.equal(rig.server.requests.length, asked)
      assert.partialDeepStrictEqual(ended, {
        status: 'incomplete',
        incomplete_details: { reason: 'max_completion_tokens' },
        usage: { completion_tokens: 10 },
      })
    })

    it('end a run whose prompt does not fit at all', async () => {
      const { ended } = await run({
        texts: ['A question of many words. '.repeat(50)],
        body: { max_prompt_tokens: 50 },
      })
      assert.deepEqual(ended.incomplete_details, { reason: 'max_prompt_tokens' })
    })
  })

  describe('submitToolOutputs', () => {
    const twoCalls = {
      toolCalls: [
        { name: 'first', arguments: '{}', id: 'call_a' },
        { name: 'second', arguments: 'not json', id: 'call_b' },
      ],
    }

    it('wants every call answered once, in any order', async () => {
      rig.server.script(twoCalls, 'Done')
      const { target } = await run({ body: { tools: functions } })
      for (const ids of [['call_a'], ['call_a', 'call_a'], ['call_a', 'call_b', 'call_c']]) {
        const given = ids.map((id) => `'${id}'`).join(', ')
        await assert.rejects(submit(target, ids), {
          name: 'RunConflictError',
          message: `Expected tool outputs for call_ids ['call_a', 'call_b'], got [${given}]`,
        })
      }
      assert.equal((await submit(target, ['call_b', 'call_a'])).status, 'completed')
      const page = { limit: 1, order: 'asc' } as const
      const { data } = await rig.store.listSteps(target.threadId, target.runId, page)
      assert.partialDeepStrictEqual(data[0]?.step_details, {
        tool_calls: [
          { id: 'call_a', function: { output: 'out call_a' } },
          { id: 'call_b', function: { arguments: 'not json', output: 'out call_b' } },
        ],
      })
      await assert.rejects(submit(target, ['call_a', 'call_b']), {
        message: 'Runs in status "completed" do not accept tool outputs.',
      })
    })

    it('takes the same outputs once', async () => {
      rig.server.script(oneCall)
      const { target } = await run({ body: { tools: functions } })
      const results = await Promise.allSettled([
        submit(target, ['call_1']),
        submit(target, ['call_1']),
      ])
      assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    })

    it('takes no outputs for calls of an earlier turn, however late it looks', async () => {
      rig.server.script(oneCall, oneCall, 'Done')
      const { target } = await run({ body: { tools: functions } })
      const getStepRecords = rig.store.getStepRecords.bind(rig.store)
      const again = Promise.withResolvers<void>()
      let looks = 0
      rig.store.getStepRecords = async (of) => {
        const { status } = (await rig.store.getRun(target.threadId, target.runId)) ?? {}
        if (status === 'requires_action' && (looks += 1) === 2) await again.promise
        return getStepRecords(of)
      }
      const first = submit(target, ['call_1'])
      const late = assert.rejects(submit(target, ['call_1']), { name: 'RunConflictError' })
      assert.equal((await first).status, 'requires_action')
      again.resolve()
      await late
      rig.store.getStepRecords = getStepRecords
      assert.equal((await submit(target, ['call_1'])).status, 'completed')
    })

    it('may be called while the first stream is still open', async () => {
      rig.server.script(oneCall, 'Done')
      const { started, target } = await start({ body: { tools: functions } })
      const iterator = eventsOf(started)
      await readUntil(iterator, 'thread.run.requires_action')
      assert.equal((await submit(target, ['call_1'])).status, 'completed')
      assert.equal((await iterator.next()).done, true)
    })
  })

  describe('cancelRun', () => {
    it('ends a run that waits for outputs', async () => {
      rig.server.script(oneCall)
      const { target } = await run({ body: { tools: functions } })
      assert.partialDeepStrictEqual(await rig.runs.cancelRun(target.threadId, target.runId), {
        status: 'cancelling',
        required_action: null,
      })
      const ended = await until(target, 'cancelled')
      assert.partialDeepStrictEqual(ended, { required_action: null, expires_at: null })
      const page = { limit: 1, order: 'asc' } as const
      const { data } = await rig.store.listSteps(target.threadId, target.runId, page)
      assert.equal(data[0]?.status, 'cancelled')
      await assert.rejects(rig.runs.cancelRun(target.threadId, target.runId), {
        message: "Cannot cancel run with status 'cancelled'.",
      })
    })

    it('knows what does not exist', async () => {
      const threadId = await rig.thread()
      await assert.rejects(rig.runs.cancelRun(threadId, 'run_none'), {
        message: "No run found with id 'run_none'.",
      })
      await assert.rejects(rig.runs.getRun('thread_none', 'run_none'), {
        message: "No thread found with id 'thread_none'.",
      })
    })
  })

  describe('expiry', () => {
    it('is noticed by whoever reads, submits, or wants the thread', async () => {
      const { id: assistant_id } = await rig.assistant({ tools: functions })
      const acts = [
        (target: Target) => rig.runs.getRun(target.threadId, target.runId),
        (target: Target) => assert.rejects(submit(target, ['call_1']), /"expired"/),
        (target: Target) => rig.runs.createMessage(target.threadId, { role: 'user', content: 'x' }),
        async (target: Target) =>
          collect(await rig.runs.createRun(target.threadId, { assistant_id }, stream)),
      ]
      for (const act of acts) {
        rig.server.script(oneCall)
        const { target } = await run({ body: { tools: functions } })
        rig.clock.now += 600_000
        await act(target)
        const ended = await rig.store.getRun(target.threadId, target.runId)
        assert.partialDeepStrictEqual(ended, { status: 'expired', required_action: null })
      }
    })
  })

  it('lets a thread be deleted under its run, and stops the model', async () => {
    rig.server.script({ text: ['a', 'b'], pause: { afterChunks: 2, until: new Promise(() => {}) } })
    const { started, target } = await start()
    const iterator = eventsOf(started)
    await readUntil(iterator, 'thread.message.delta')
    const asked = rig.server.requests.at(-1)
    await rig.store.deleteThread(target.threadId)
    assert.equal((await iterator.next()).done, true)
    assert.equal(await asked?.closed, true)
  })

  it('ends the stream of a run whose thread is deleted before it starts, or while it is cancelled', async () => {
    const { id: assistant_id } = await rig.assistant()
    for (const act of ['nothing', 'cancel'] as const) {
      const threadId = await rig.thread('Hello')
      const creating = rig.runs.createRun(threadId, { assistant_id }, stream)
      const deleting = rig.store.deleteThread(threadId)
      const started = await creating
      const cancelling = act === 'cancel' && rig.runs.cancelRun(threadId, started.run.id)
      await Promise.allSettled([deleting, cancelling])
      assert.ok(!names(await collect(started)).includes('run.completed'))
    }
  })

  it('fails the stream of a run whose end cannot be written', async () => {
    const changeRun = rig.store.changeRun.bind(rig.store)
    const full = new Error('database or disk is full')
    rig.store.changeRun = async (change) => {
      if (['completed', 'failed'].includes(change.run.status)) throw full
      return changeRun(change)
    }
    const { started, target } = await start()
    await assert.rejects(collect(started), full)
    rig.store.changeRun = changeRun
    rig.clock.now += 600_000
    await until(target, 'expired')
  })

  it('expires rather than fails a run whose endpoint gives up when its time is over', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<void>()
    const count = rig.server.requests.length
    rig.server.script({ hold, error: { status: 500 } })
    const { started } = await start()
    await rig.server.request(count)
    rig.clock.now += 600_000
    release()
    assert.ok(names(await collect(started)).includes('run.expired'))
  })

  type Target = { threadId: string; runId: string }

  async function until({ threadId, runId }: Target, status: string) {
    for (;;) {
      const current = await rig.runs.getRun(threadId, runId)
      if (current.status === status) return current
      await new Promise(setImmediate)
    }
  }
})

describe('run service with room for one run', () => {
  it('lets the others wait, and executes them in order', async () => {
    const rig = await createRig({ maxConcurrent: 1 })
    let go = () => {}
    rig.server.script({ text: 'first', hold: new Promise<void>((resolve) => (go = resolve)) })
    const { id: assistant_id } = await rig.assistant()
    const started = []
    for (const content of ['a', 'b', 'c']) {
      const threadId = await rig.thread(content)
      started.push(await rig.runs.createRun(threadId, { assistant_id }, stream))
    }
    await rig.server.request(0)
    const waiting = started[2]
    assert.ok(waiting)
    const { thread_id, id } = waiting.run
    assert.equal((await rig.runs.getRun(thread_id, id)).status, 'queued')
    await rig.runs.cancelRun(thread_id, id)
    go()
    const ended = await Promise.all(
      started.map(async (each) => lastRun(await collect(each)).status),
    )
    assert.deepEqual(ended, ['completed', 'completed', 'cancelled'])
    assert.deepEqual(
      rig.server.requests.map(({ body }) => body.messages.at(-1)?.content),
      ['a', 'b'],
    )
    await rig.close()
  })

  it('ends the streams of those that wait, with their thread and with itself', async () => {
    const rig = await createRig({ maxConcurrent: 1 })
    rig.server.script({ hold: new Promise(() => {}) })
    const { id: assistant_id } = await rig.assistant()
    const [, deleted, closed] = await Promise.all(
      ['a', 'b', 'c'].map(async (content) => {
        const threadId = await rig.thread(content)
        return rig.runs.createRun(threadId, { assistant_id }, stream)
      }),
    )
    assert.ok(deleted && closed)
    await rig.server.request(0)
    await rig.store.deleteThread(deleted.run.thread_id)
    assert.deepEqual(names(await collect(deleted)), ['run.created', 'run.queued'])
    const rest = assert.rejects(collect(closed), { code: 'unavailable' })
    await rig.close()
    await rest
  })
})

function text(value: string) {
  return { type: 'text' as const, text: value }
}
