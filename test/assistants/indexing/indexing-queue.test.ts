import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import { createPostgresStore } from '../../../src/assistants/store/postgres.ts'
import { AppError } from '../../../src/errors.ts'
import { createTestDatabase, withoutServer, type TestDatabase } from '../../helpers/postgres.ts'
import { createQueueRig, silent, until, type QueueRig } from './queue-rig.ts'

const chunking = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 }
const signal = new AbortController().signal

describe('the indexing queue', () => {
  let folder: string
  let rig: QueueRig
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guagua-queue-'))
    rig = await createQueueRig(folder)
  })
  afterEach(async () => {
    await rig.close()
    await rm(folder, { recursive: true })
  })

  const isCompleted = (storeId: string, fileId: string) => async () =>
    (await rig.statusOf(storeId, fileId)) === 'completed'

  it('takes what was attached before it began, and after', async () => {
    const [one, other] = [await rig.upload('One.'), await rig.upload('Other.')]
    const before = await rig.vectorStore(one)
    const queue = await rig.open()
    await queue.start()
    const after = await rig.vectorStore(other)
    await until(isCompleted(before, one))
    await until(isCompleted(after, other))
    assert.deepEqual(await rig.textsOf(before, one), ['One.'])
  })

  it('serves vector stores in turn, however many files one of them has', async () => {
    const queue = await rig.open({ concurrency: 1 })
    const release = queue.reader.hold((filename) => filename === 'first.txt')
    await queue.start()
    const many = [await rig.upload('x', 'first.txt')]
    for (let count = 0; count < 20; count += 1) many.push(await rig.upload('x', 'many.txt'))
    await rig.vectorStore(...many)
    const [one, other] = [await rig.upload('a', 'one.txt'), await rig.upload('b', 'other.txt')]
    const stores = [await rig.vectorStore(one), await rig.vectorStore(other)]
    await until(() => queue.reader.begun.length === 1)
    release()
    await until(isCompleted(stores[0] ?? '', one))
    await until(isCompleted(stores[1] ?? '', other))
    const early = queue.reader.begun.slice(0, 5)
    assert.ok(early.includes('one.txt') && early.includes('other.txt'), early.join())
  })

  it('tries again later what was not the fault of the document, then gives up', async () => {
    const queue = await rig.open()
    queue.reader.failure = () => new AppError('unavailable', 'The embedding model is away.')
    await queue.start()
    const file = await rig.upload('Text.')
    const store = await rig.vectorStore(file)
    for (const delayMs of [5_000, 30_000]) {
      await queue.timers.running(delayMs)
      assert.equal(await rig.statusOf(store, file), 'in_progress')
      // Not before its time, whatever else wakes the queue.
      const tries = queue.reader.begun.length
      await rig.vectorStore()
      await queue.tick()
      assert.equal(queue.reader.begun.length, tries)
      rig.clock.now += delayMs
      queue.timers.fire(delayMs)
    }
    await until(async () => (await rig.statusOf(store, file)) === 'failed')
    const key = { vectorStoreId: store, fileId: file }
    const { last_error } = await rig.store.vectorStores.getFile(key, rig.clock.now / 1000)
    const message = 'The embedding model is away.'
    assert.deepEqual(last_error, { code: 'server_error', message })
    assert.equal(queue.reader.begun.length, 3)
  })

  it('gives back what it was at when it closes, as if it had not begun', async () => {
    const file = await rig.upload('Text.')
    const store = await rig.vectorStore(file)
    for (let count = 0; count < 5; count += 1) {
      const queue = await rig.open()
      queue.reader.hold(() => true)
      await queue.start()
      await until(() => queue.reader.begun.length === 1)
      await queue.close()
      assert.equal(await rig.statusOf(store, file), 'in_progress')
    }
    const queue = await rig.open()
    await queue.start()
    await until(isCompleted(store, file))
  })

  it('does not begin for ever with a file that kills its process', async () => {
    const file = await rig.upload('Text.')
    const store = await rig.vectorStore(file)
    const { indexing } = rig.store
    for (let count = 0; count < 10; count += 1) {
      assert.ok(await indexing.claimFile({ token: `${count}`, now: 1, until: 2 }, ''))
      await indexing.releaseAll()
    }
    const queue = await rig.open()
    await queue.start()
    await until(async () => (await rig.statusOf(store, file)) === 'failed')
    assert.deepEqual(queue.reader.begun, [])
  })

  it('begins with others before what it was killed over', async () => {
    const names = ['first.txt', 'second.txt', 'third.txt', 'fourth.txt']
    const files = await Promise.all(names.map((name) => rig.upload('Text.', name)))
    const store = await rig.vectorStore(...files)
    const { indexing } = rig.store
    for (let count = 0; count < 20; count += 1) {
      assert.ok(await indexing.claimFile({ token: `${count}`, now: 1, until: 2 }, ''))
      await indexing.releaseAll()
    }
    const queue = await rig.open()
    await queue.start()
    await queue.wait(store, { timeoutMs: 60_000, signal })
    const counts = (await rig.store.vectorStores.get(store, rig.clock.now / 1000)).file_counts
    assert.deepEqual([counts.completed, counts.failed], [4, 0])
  })

  it('leaves a file that is detached while it is read, and the index has nothing of it', async () => {
    const queue = await rig.open()
    const release = queue.reader.hold(() => true)
    await queue.start()
    const file = await rig.upload('Text.')
    const store = await rig.vectorStore(file)
    await until(() => queue.reader.begun.length === 1)
    await rig.store.vectorStores.detach({ vectorStoreId: store, fileId: file })
    release()
    // It is taken up again only when the index has forgotten it.
    const again = { fileId: file, chunking, attributes: {} }
    await rig.store.vectorStores.attach(store, again, rig.clock.now / 1000)
    await until(isCompleted(store, file))
    assert.deepEqual(await rig.textsOf(store, file), ['Text.'])
    await rig.store.vectorStores.detach({ vectorStoreId: store, fileId: file })
    await until(async () => (await rig.textsOf(store, file)).length === 0)
  })

  it('lets who waits go when a store is done, when the time is over, and when they leave', async () => {
    const queue = await rig.open()
    const release = queue.reader.hold(() => true)
    await queue.start()
    const file = await rig.upload('Text.')
    const store = await rig.vectorStore(file)
    const leaving = new AbortController()
    const left = queue.wait(store, { timeoutMs: 1, signal: leaving.signal })
    leaving.abort(new Error('gone'))
    await assert.rejects(left, { message: 'gone' })
    const late = queue.wait(store, { timeoutMs: 2, signal })
    await queue.timers.running(2)
    queue.timers.fire(2)
    await late
    assert.equal(await rig.statusOf(store, file), 'in_progress')
    const done = queue.wait(store, { timeoutMs: 3, signal })
    release()
    await done
    assert.equal(await rig.statusOf(store, file), 'completed')
  })

  it('indexes everything anew when the index was lost', async () => {
    const queue = await rig.open()
    await queue.start()
    const file = await rig.upload('Text.')
    const store = await rig.vectorStore(file)
    await until(isCompleted(store, file))
    await rig.index.remove({ vectorStoreId: store, fileId: null })
    await queue.indexAnew()
    await until(isCompleted(store, file))
    assert.deepEqual(await rig.textsOf(store, file), ['Text.'])
  })

  describe('of several processes', () => {
    const shared = { isShared: true, concurrency: 1 }

    it('takes over when a lease is over, and whoever lost it writes nothing any more', async () => {
      const first = await rig.open(shared)
      const release = first.reader.hold(() => true)
      await first.start()
      const file = await rig.upload('Text.')
      const store = await rig.vectorStore(file)
      await until(() => first.reader.begun.length === 1)
      const second = await rig.open(shared)
      await second.start()
      await second.tick()
      // Long enough for a lease, but it is renewed.
      for (let count = 0; count < 3; count += 1) {
        rig.clock.now += 10_000
        await first.tick()
        await second.tick()
      }
      assert.deepEqual(second.reader.begun, [])
      rig.clock.now += 16_000
      await second.tick()
      await until(isCompleted(store, file))
      release()
      await first.close()
      assert.equal(await rig.statusOf(store, file), 'completed')
      assert.deepEqual(await rig.textsOf(store, file), ['Text.'])
    })
  })

  it('goes on after SIGKILL, without anything twice', async () => {
    await rig.close()
    const script = new URL('killed-queue.ts', import.meta.url)
    const child = spawn(process.execPath, [script.pathname, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    const { vectorStoreId, fileIds } = JSON.parse(line) as {
      vectorStoreId: string
      fileIds: string[]
    }
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone

    rig = await createQueueRig(folder)
    const queue = await rig.open()
    await queue.start()
    await queue.wait(vectorStoreId, { timeoutMs: 60_000, signal })
    assert.deepEqual(queue.reader.begun.toSorted(), ['second.txt', 'third.txt'])
    const texts = await Promise.all(fileIds.map((id) => rig.textsOf(vectorStoreId, id)))
    assert.deepEqual(texts, [['One.'], ['Two.', 'Three.'], ['Four.']])
    const { file_counts } = await rig.store.vectorStores.get(vectorStoreId, rig.clock.now / 1000)
    assert.deepEqual([file_counts.completed, file_counts.total], [3, 3])
  })
})

describe('indexing queues at one Postgres', { skip: withoutServer }, () => {
  let database: TestDatabase
  before(async () => (database = await createTestDatabase()))
  after(() => database.drop())

  it('share the work, and count exactly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guagua-queues-'))
    const stores = await Promise.all(
      [1, 2].map(() => createPostgresStore({ url: database.url, log: silent })),
    )
    const rig = await createQueueRig(folder, stores[0])
    const fileIds: string[] = []
    for (let count = 0; count < 40; count += 1) fileIds.push(await rig.upload(`Text ${count}.`))
    const id = await rig.vectorStore(...fileIds)
    const queues = await Promise.all(stores.map((store) => rig.open({ store, isShared: true })))
    await Promise.all(queues.map((queue) => queue.start()))
    const time = rig.clock.now / 1000
    await until(async () => {
      const { file_counts } = await rig.store.vectorStores.get(id, time)
      const { in_progress, completed, total } = file_counts
      assert.deepEqual([in_progress + completed, total], [40, 40])
      return in_progress === 0
    })
    const begun = queues.map(({ reader }) => reader.begun.length)
    assert.equal(
      begun.reduce((sum, count) => sum + count),
      40,
    )
    assert.ok(Math.min(...begun) > 0, begun.join())
    await rig.close()
    await Promise.all(stores.map((store) => store.close()))
    await rm(folder, { recursive: true })
  })
})
