import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createEventHub } from '../../../src/assistants/runs/event-hub.ts'
import type { Run } from '../../../src/assistants/store/store.ts'
import type { RunEvent } from '../../../src/assistants/wire/events.ts'
import { newAssistant, newRun } from '../store/objects.ts'

const one = { id: 'run_1', thread_id: 'thread_1' }
const run = newRun('thread_1', newAssistant())
const queued: RunEvent = { event: 'thread.run.queued', data: run }
const ended: RunEvent = {
  event: 'thread.run.completed',
  data: { ...run, status: 'completed' } satisfies Run,
}

function delta(text: string): RunEvent {
  const content = [{ index: 0, type: 'text' as const, text: { value: text } }]
  const data = { id: 'msg_1', object: 'thread.message.delta' as const, delta: { content } }
  return { event: 'thread.message.delta', data }
}

async function readAll(events: AsyncIterable<RunEvent[]>): Promise<RunEvent[]> {
  return (await Array.fromAsync(events)).flat()
}

describe('event hub', () => {
  it('gives every reader everything from when it joined to the end', async () => {
    const hub = createEventHub()
    const first = hub.open(one)
    hub.emit('run_1', [queued])
    const second = hub.open(one)
    hub.emit('run_1', [delta('a'), ended])
    assert.deepEqual(await readAll(first), [queued, delta('a'), ended])
    assert.deepEqual(await readAll(second), [delta('a'), ended])
  })

  it('keeps runs apart', async () => {
    const hub = createEventHub()
    const events = hub.open(one)
    hub.emit('run_2', [queued, ended])
    hub.emit('run_1', [ended])
    assert.deepEqual(await readAll(events), [ended])
  })

  it('wakes a reader that waits', async () => {
    const hub = createEventHub()
    const iterator = hub.open(one)[Symbol.asyncIterator]()
    const next = iterator.next()
    hub.emit('run_1', [queued])
    assert.deepEqual(await next, { done: false, value: [queued] })
  })

  it('gives a reader at once what came while it was busy', async () => {
    const hub = createEventHub()
    const iterator = hub.open(one)[Symbol.asyncIterator]()
    hub.emit('run_1', [queued])
    hub.emit('run_1', [delta('a')])
    assert.deepEqual((await iterator.next()).value, [queued, delta('a')])
    hub.emit('run_1', [delta('b')])
    hub.emit('run_1', [ended])
    assert.deepEqual((await iterator.next()).value, [delta('b'), ended])
    assert.equal((await iterator.next()).done, true)
  })

  it('lets a reader leave while it waits', async () => {
    const hub = createEventHub()
    const iterator = hub.open(one)[Symbol.asyncIterator]()
    const next = iterator.next()
    await iterator.return?.()
    assert.equal((await next).done, true)
  })

  it('ends the stream of a reader that falls too far behind, by number and by size', async () => {
    const floods = [
      Array.from({ length: 5000 }, () => delta('a')),
      Array.from({ length: 50 }, () => delta('a'.repeat(100_000))),
    ]
    for (const flood of floods) {
      const hub = createEventHub()
      const slow = hub.open(one)
      hub.emit('run_1', flood)
      await assert.rejects(Array.fromAsync(slow), { code: 'unavailable' })
    }
  })

  it('ends with a thread, for its readers and no others', async () => {
    const hub = createEventHub()
    const events = hub.open(one)
    const others = hub.open({ id: 'run_2', thread_id: 'thread_2' })
    hub.emit('run_1', [queued])
    hub.endThread('thread_1')
    hub.emit('run_2', [ended])
    assert.deepEqual(await readAll(events), [queued])
    assert.deepEqual(await readAll(others), [ended])
  })

  it('fails its readers when it closes, after what came before, and those who come later', async () => {
    const hub = createEventHub()
    const iterator = hub.open(one)[Symbol.asyncIterator]()
    hub.emit('run_1', [queued])
    hub.close()
    assert.deepEqual((await iterator.next()).value, [queued])
    await assert.rejects(iterator.next(), { code: 'unavailable' })
    await assert.rejects(Array.fromAsync(hub.open(one)), { code: 'unavailable' })
  })
})
