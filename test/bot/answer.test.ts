import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'

import OpenAI from 'openai'
import { pino } from 'pino'

import { createAnswerer, type AnswererDeps } from '../../src/bot/answer.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'

const log = pino({ level: 'silent' })

const run = (status: string): object => ({
  id: 'run_1',
  object: 'thread.run',
  status,
  ...(status === 'requires_action' && {
    required_action: {
      submit_tool_outputs: {
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'think', arguments: '{}' } },
        ],
      },
    },
  }),
})

const lines = (...events: [string, unknown][]): string =>
  events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('')

const hello = {
  object: 'thread.message.delta',
  delta: { content: [{ type: 'text', index: 0, text: { value: 'Hello' } }] },
}

const request = {
  place: { key: 'channel:1', guildId: null, channelId: '1', isShared: true },
  messages: [],
  instructions: '',
  onProgress: () => {},
}

/** What a server of another make might do, over the real SDK. */
describe('an answer', () => {
  let clock: ManualClock
  let asked: string[]
  let answers: Record<string, () => Response | Promise<Response>>
  let stopping: AbortController

  beforeEach(() => {
    clock = createManualClock()
    asked = []
    answers = {}
    stopping = new AbortController()
  })
  afterEach(() => stopping.abort())

  function createTestAnswerer(deps: Partial<AnswererDeps> = {}) {
    const openai = new OpenAI({
      apiKey: 'test',
      baseURL: 'http://runtime.test/v1',
      logLevel: 'off',
      async fetch(input) {
        const path = new URL(input instanceof Request ? input.url : input).pathname
        const name = path.split('/').at(-1) ?? ''
        asked.push(name)
        return (await answers[name]?.()) ?? Response.json({})
      },
    })
    return createAnswerer({
      openai,
      clock,
      log,
      tools: { run: async () => 'thought' },
      async startRun(_, signal) {
        const { runs } = openai.beta.threads
        const stream = await runs.create(
          'thread_1',
          { assistant_id: 'asst_1', stream: true },
          { signal },
        )
        return { threadId: 'thread_1', isNewThread: false, stream }
      },
      ...deps,
    })
  }

  function streams(...events: [string, unknown][]): () => Response {
    return () =>
      new Response(lines(...events), { headers: { 'content-type': 'text/event-stream' } })
  }

  it('takes no notice of events that the protocol does not know', async () => {
    answers['runs'] = streams(
      ['ping', {}],
      ['ping', null],
      ['thread.made.up', 'text'],
      ['thread.run.created', run('queued')],
      ['thread.message.delta', hello],
      ['thread.run.completed', run('completed')],
    )
    const answered = await createTestAnswerer()({ ...request, signal: stopping.signal })
    assert.deepEqual(answered.end, { type: 'completed' })
    assert.equal(answered.text, 'Hello')
  })

  it('can be stopped while a tool hangs that takes no notice', async () => {
    answers['runs'] = streams(['thread.run.requires_action', run('requires_action')])
    const begun = Promise.withResolvers<void>()
    const answer = createTestAnswerer({
      tools: {
        run() {
          begun.resolve()
          return new Promise(() => {})
        },
      },
    })
    const answering = answer({ ...request, signal: stopping.signal })
    await begun.promise
    stopping.abort()
    await clock.advance(3_000)
    assert.deepEqual((await answering).end, { type: 'cancelled' })
    assert.deepEqual(asked, ['runs', 'cancel'])
  })

  it('gives a tool up that hangs for ever', async () => {
    answers['runs'] = streams(['thread.run.requires_action', run('requires_action')])
    const begun = Promise.withResolvers<AbortSignal>()
    const answer = createTestAnswerer({
      tools: {
        run(_, { signal }) {
          begun.resolve(signal)
          return new Promise(() => {})
        },
      },
    })
    const answering = answer({ ...request, signal: stopping.signal })
    const signal = await begun.promise
    await clock.advance(11 * 60_000)
    assert.deepEqual((await answering).end, { type: 'failed', kind: 'expired' })
    assert.equal(signal.aborted, true)
  })

  it('can be stopped while the runtime does not even begin', async () => {
    const answer = createTestAnswerer({ startRun: () => new Promise(() => {}) })
    const answering = answer({ ...request, signal: stopping.signal })
    stopping.abort()
    await clock.advance(3_000)
    assert.deepEqual((await answering).end, { type: 'cancelled' })
  })

  it('asks only once to cancel a run, since somebody waits for it', async () => {
    const created = Promise.withResolvers<void>()
    answers['runs'] = () => {
      created.resolve()
      const body = new ReadableStream({
        start: (controller) =>
          controller.enqueue(
            new TextEncoder().encode(lines(['thread.run.in_progress', run('in_progress')])),
          ),
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const seen = Promise.withResolvers<void>()
    answers['cancel'] = () => {
      seen.resolve()
      return new Response('down', { status: 503 })
    }
    const answering = createTestAnswerer()({ ...request, signal: stopping.signal })
    await created.promise
    stopping.abort()
    await seen.promise
    await clock.advance(3_000)
    assert.deepEqual((await answering).end, { type: 'cancelled' })
    assert.deepEqual(asked, ['runs', 'cancel'])
  })
})
