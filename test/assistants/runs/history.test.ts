import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, it } from 'node:test'

import type { RunBody } from '../../../src/assistants/runs/run-service.ts'
import { newId } from '../../../src/ids.ts'
import { createTokenCounter } from '../../../src/tokens/token-counter.ts'
import { newMessage, newThread } from '../store/objects.ts'
import { collect, createRig, lastRun, silent, type Rig } from './rig.ts'

describe('history in the prompt', () => {
  const counter = createTokenCounter({ log: silent })
  const counted: string[] = []
  let rig: Rig
  let rowsRead = 0
  beforeEach(async () => {
    counted.length = 0
    rig = await createRig({
      driver: { contextWindow: 400 },
      tokens: {
        count: (texts, options) => {
          counted.push(...texts)
          return counter.count(texts, options)
        },
      },
    })
    const { store } = rig
    const listMessages = store.listMessages.bind(store)
    const readMessages = store.readMessages.bind(store)
    rowsRead = 0
    store.listMessages = async (threadId, query) => {
      const page = await listMessages(threadId, query)
      rowsRead += page.data.length
      return page
    }
    store.readMessages = async (threadId, range) => {
      const page = await readMessages(threadId, range)
      rowsRead += page.messages.length
      return page
    }
  })
  afterEach(() => rig.close())
  after(() => counter.close())

  /** The texts that the model saw of a thread with these. */
  async function seen(texts: string[], body: Partial<RunBody> = {}) {
    const { id: assistant_id } = await rig.assistant()
    const thread = { ...newThread(), id: newId('thread_') }
    await rig.store.insertThread(
      thread,
      texts.map((text) => newMessage(thread.id, text)),
    )
    const started = await rig.runs.createRun(thread.id, { assistant_id, ...body }, { stream: true })
    const run = lastRun(await collect(started))
    const messages = rig.server.requests.at(-1)?.body.messages.slice(1) ?? []
    return { run, texts: messages.map(({ content }) => content) }
  }

  const numbered = (count: number) =>
    Array.from({ length: count }, (_, index) => `Message number ${index + 1}`)

  it('is everything, uncounted, as long as its bytes fit', async () => {
    assert.deepEqual((await seen(numbered(8))).texts, numbered(8))
    assert.deepEqual(counted, [])
  })

  it('is counted before anything is dropped', async () => {
    // 15 × 24 bytes are too many, 15 × 12 tokens are not.
    assert.deepEqual((await seen(numbered(15))).texts, numbered(15))
    assert.ok(counted.length > 0)
  })

  it('keeps the first message and the newest when the window is full', async () => {
    const { texts } = await seen(numbered(200))
    assert.equal(texts[0], 'Message number 1')
    assert.equal(texts.at(-1), 'Message number 200')
    const newest = texts.slice(1)
    assert.ok(newest.length > 10 && newest.length < 30, `${newest.length} messages`)
    assert.deepEqual(newest, numbered(200).slice(-newest.length))
  })

  it('costs the same however long the thread is', async () => {
    await seen(numbered(300))
    const rows = rowsRead
    rowsRead = 0
    await seen(numbered(20_000))
    assert.equal(rowsRead, rows)
    assert.ok(rows < 150, `${rows} rows`)
  })

  it('is the newest n for last_messages, and no more is read', async () => {
    const strategy = { type: 'last_messages' as const, last_messages: 3 }
    const { texts } = await seen(numbered(200), { truncation_strategy: strategy })
    assert.deepEqual(texts, numbered(200).slice(-3))
    assert.equal(rowsRead, 3)
  })

  it('is the newest n for last_messages, over several pages', async () => {
    await rig.close()
    rig = await createRig()
    const strategy = { type: 'last_messages' as const, last_messages: 150 }
    const { texts } = await seen(numbered(200), { truncation_strategy: strategy })
    assert.deepEqual(texts, numbered(200).slice(-150))
  })

  it('goes on where it was when the message there is deleted', async () => {
    const thread = newThread()
    const messages = numbered(200).map((text) => newMessage(thread.id, text))
    await rig.close()
    rig = await createRig({
      driver: { contextWindow: 4_000 },
      tokens: {
        // Asked for after two pages, of 32 and 100 messages, of which the next one is the last.
        async count(texts, options) {
          await rig.store.deleteMessage(thread.id, messages[68]?.id ?? '')
          return counter.count(texts, options)
        },
      },
    })
    await rig.store.insertThread(thread, messages)
    const { id: assistant_id } = await rig.assistant()
    const started = await rig.runs.createRun(thread.id, { assistant_id }, { stream: true })
    assert.equal(lastRun(await collect(started)).status, 'completed')
    assert.equal(await rig.store.getMessage(thread.id, messages[68]?.id ?? ''), undefined)
    const [, ...seenMessages] = rig.server.requests.at(-1)?.body.messages ?? []
    assert.deepEqual(
      seenMessages.map(({ content }) => content),
      numbered(200),
    )
  })

  it('obeys max_prompt_tokens', async () => {
    const { texts, run } = await seen(numbered(50), { max_prompt_tokens: 80 })
    assert.equal(run.status, 'completed')
    assert.equal(texts[0], 'Message number 1')
    assert.ok(texts.length > 2 && texts.length < 8, `${texts.length} messages`)
  })

  it('counts a message once', async () => {
    const { id: assistant_id } = await rig.assistant()
    const thread = newThread()
    await rig.store.insertThread(
      thread,
      numbered(15).map((text) => newMessage(thread.id, text)),
    )
    for (let turn = 0; turn < 2; turn += 1) {
      await collect(await rig.runs.createRun(thread.id, { assistant_id }, { stream: true }))
    }
    assert.equal(counted.filter((text) => text === 'Message number 15').length, 1)
  })

  it('sends a message that is longer than the window alone: the endpoint decides', async () => {
    const long = 'word '.repeat(1000)
    assert.deepEqual((await seen(['First', long])).texts, [long])
  })

  it('falls back to bytes when the tokenizer fails', async () => {
    await rig.close()
    rig = await createRig({
      driver: { contextWindow: 400 },
      tokens: { count: () => Promise.reject(new Error('broken')) },
    })
    const { texts } = await seen(numbered(15))
    assert.equal(texts.at(-1), 'Message number 15')
    assert.ok(texts.length < 15)
  })
})
