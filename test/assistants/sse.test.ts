import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { toEventStream } from '../../src/assistants/sse.ts'
import type { RunEvent } from '../../src/assistants/wire/events.ts'
import { RunConflictError } from '../../src/errors.ts'
import type { Every } from '../../src/every.ts'
import { createLogger } from '../../src/log.ts'

const log = createLogger({ level: 'silent', pretty: false })
const requestId = 'req_1'

/** A delta, the smallest event there is. */
function delta(value: string): RunEvent {
  return {
    event: 'thread.message.delta',
    data: {
      id: 'msg_1',
      object: 'thread.message.delta',
      delta: { content: [{ index: 0, type: 'text', text: { value } }] },
    },
  }
}

function block(value: string): string {
  return `event: thread.message.delta\ndata: ${JSON.stringify(delta(value).data)}\n\n`
}

/** A timer that ticks when the test says so. */
function createTicker() {
  const ticks = new Set<() => void>()
  const every: Every = (_intervalMs, tick) => {
    ticks.add(tick)
    return () => ticks.delete(tick)
  }
  return { every, running: () => ticks.size, tick: () => ticks.forEach((tick) => tick()) }
}

/** Events that come when the test sends them, and a record of what their reader did. */
function createSource() {
  let returned = false
  const sent: IteratorResult<RunEvent[]>[] = []
  const waiting: ((result: IteratorResult<RunEvent[]>) => void)[] = []
  const push = (result: IteratorResult<RunEvent[]>) => {
    const resolve = waiting.shift()
    if (resolve) resolve(result)
    else sent.push(result)
  }
  const source: AsyncIterable<RunEvent[]> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        const result = sent.shift()
        if (result) return Promise.resolve(result)
        return new Promise((resolve) => waiting.push(resolve))
      },
      return() {
        returned = true
        return Promise.resolve({ value: undefined, done: true })
      },
    }),
  }
  return {
    source,
    returned: () => returned,
    send: (event: RunEvent) => push({ value: [event], done: false }),
    end: () => push({ value: undefined, done: true }),
  }
}

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | null> {
  const { value, done } = await reader.read()
  return done ? null : new TextDecoder().decode(value)
}

function open(source: AsyncIterable<RunEvent[]>, signal = new AbortController().signal) {
  const ticker = createTicker()
  const stream = toEventStream(source, { requestId, signal, every: ticker.every, log })
  return { ticker, stream, text: () => new Response(stream).text() }
}

describe('toEventStream', () => {
  it('writes each event and ends in done', async () => {
    async function* events() {
      yield [delta('你好\n')]
      yield [delta('!')]
    }
    const { text, ticker } = open(events())
    assert.equal(await text(), `${block('你好\n')}${block('!')}event: done\ndata: [DONE]\n\n`)
    assert.equal(ticker.running(), 0)
  })

  it('hands an event on before the next one exists', async () => {
    const { source, send } = createSource()
    const reader = open(source).stream.getReader()
    send(delta('a'))
    assert.equal(await readText(reader), block('a'))
  })

  it('hands on what came together as one chunk', async () => {
    async function* events() {
      yield [delta('a'), delta('b')]
      yield [delta('c')]
    }
    const reader = open(events()).stream.getReader()
    assert.equal(await readText(reader), block('a') + block('b'))
    assert.equal(await readText(reader), block('c'))
  })

  it('takes no more batches than the client reads, but for the one that comes next', async () => {
    let taken = 0
    async function* events() {
      for (;;) {
        taken += 1
        yield [delta('x')]
      }
    }
    const reader = open(events()).stream.getReader()
    await readText(reader)
    await readText(reader)
    await new Promise(setImmediate)
    assert.ok(taken <= 3, `took ${taken}`)
    await reader.cancel()
  })

  it('shows an error in the stream, nested and flat, and then done', async () => {
    async function* events() {
      yield [delta('a')]
      throw new RunConflictError('Thread thread_1 already has an active run run_1.')
    }
    const error = {
      message: 'Thread thread_1 already has an active run run_1.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    }
    const data = JSON.stringify({ error, ...error })
    assert.equal(
      await open(events()).text(),
      `${block('a')}event: error\ndata: ${data}\n\nevent: done\ndata: [DONE]\n\n`,
    )
  })

  it('keeps what is inside to itself', async () => {
    // oxlint-disable-next-line require-yield -- it fails before the first event
    async function* events(): AsyncGenerator<RunEvent[]> {
      throw new Error('SQLITE_IOERR: /var/lib/guagua.db')
    }
    const text = await open(events()).text()
    assert.doesNotMatch(text, /SQLITE/)
    assert.match(text, /"type":"server_error"/)
    assert.match(text, /req_1/)
  })

  it('keeps a waiting client alive, and only a waiting one', async () => {
    const { source, send, end } = createSource()
    const { stream, ticker } = open(source)
    const reader = stream.getReader()
    const first = readText(reader)
    ticker.tick()
    assert.equal(await first, ': ping\n\n')
    send(delta('a'))
    await new Promise(setImmediate)
    ticker.tick()
    assert.equal(await readText(reader), block('a'))
    end()
    assert.equal(await readText(reader), 'event: done\ndata: [DONE]\n\n')
    assert.equal(await readText(reader), null)
    assert.equal(ticker.running(), 0)
  })

  it('leaves the events when the client cancels', async () => {
    const { source, returned } = createSource()
    const { stream, ticker } = open(source)
    await stream.cancel()
    assert.equal(returned(), true)
    assert.equal(ticker.running(), 0)
  })

  it('ends a pending read when the request is aborted', async () => {
    const { source, returned } = createSource()
    const controller = new AbortController()
    const { stream, ticker } = open(source, controller.signal)
    const reading = stream.getReader().read()
    controller.abort()
    await assert.rejects(reading, { name: 'AbortError' })
    assert.equal(returned(), true)
    assert.equal(ticker.running(), 0)
  })
})
