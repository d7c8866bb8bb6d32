import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'

import BetterSqlite from 'better-sqlite3'

import type { Blobs } from '../../../src/assistants/files/blobs.ts'
import { createDiskBlobs } from '../../../src/assistants/files/disk-blobs.ts'
import { createFiles, type FileStock } from '../../../src/assistants/files/files.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import { newId } from '../../../src/ids.ts'
import { createLogger } from '../../../src/log.ts'
import { createTestStore, withoutServer, type TestStore } from '../../helpers/postgres.ts'
import { newAssistant, newMessage, newThread } from '../store/objects.ts'

const log = createLogger({ level: 'silent', pretty: false })
const hour = 3_600_000

let clock: number
let folder: string
beforeEach(async () => {
  clock = Date.UTC(2026, 10, 1)
  folder = await mkdtemp(join(tmpdir(), 'guagua-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

const openFiles = (store: Store, blobs: Blobs = createDiskBlobs({ folder })) =>
  createFiles({ store, blobs, newId, now: () => clock, every: () => () => {}, log })

async function textOf(files: FileStock, id: string): Promise<string | undefined> {
  const content = await files.project('default').read(id)
  return content && Buffer.concat(await Array.fromAsync(content)).toString()
}

function create(files: FileStock, text: string, project = 'default') {
  const content = Array.fromAsync([Buffer.from(text)])
  async function* chunks() {
    yield* await content
  }
  const file = { filename: 'a.txt', purpose: 'assistants' as const, content: chunks() }
  return files.project(project).create(file, {})
}

/** The digests of what is there. */
async function stored(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const kept = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('incoming'))
  return kept.map(({ name }) => name)
}

function describeFiles(name: string, open: () => Promise<Store>): void {
  describe(`files on ${name}`, () => {
    let store: Store
    beforeEach(async () => (store = await open()))
    afterEach(() => store.close())

    it('keep bytes as long as a file has them, and an hour after they came', async () => {
      const files = openFiles(store)
      const one = await create(files, 'shared')
      const two = await create(files, 'shared', 'other')
      assert.equal((await stored()).length, 1)
      await files.project('default').delete(one.id)
      clock += 2 * hour
      await files.sweep()
      assert.equal((await stored()).length, 1)
      await files.project('other').delete(two.id)
      await create(files, 'shared')
      await files.sweep()
      assert.equal((await stored()).length, 1)
      const [again] = (await files.project('default').list({ limit: 9, order: 'asc' })).data
      await files.project('default').delete(again?.id ?? '')
      clock += hour
      await files.sweep()
      assert.equal((await stored()).length, 1)
      clock += 1000
      await files.sweep()
      assert.deepEqual(await stored(), [])
    })

    it('wait for the deletion of the bytes that they bring', async () => {
      const { promise: paused, resolve: go } = Promise.withResolvers<void>()
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
      const disk = createDiskBlobs({ folder })
      const slow: Blobs = {
        ...disk,
        async delete(sha256) {
          begin()
          await paused
          await disk.delete(sha256)
        },
      }
      const files = openFiles(store, slow)
      const { id } = await create(files, 'same')
      await files.project('default').delete(id)
      clock += 2 * hour
      const sweep = files.sweep()
      await begun
      // Another process has no part in what this one is deleting.
      const elsewhere = openFiles(store, disk)
      const made = [create(files, 'same')]
      if (name !== 'SQLite') made.push(create(elsewhere, 'same'))
      go()
      await sweep
      for (const file of await Promise.all(made)) {
        assert.equal(await textOf(files, file.id), 'same')
      }
      assert.equal((await stored()).length, 1)
    })

    it('go on with a deletion that failed, or whose process was killed', async () => {
      const disk = createDiskBlobs({ folder })
      const failing: Blobs = { ...disk, delete: () => Promise.reject(new Error('no network')) }
      const { id } = await create(openFiles(store), 'text')
      await openFiles(store).project('default').delete(id)
      clock += 2 * hour
      await assert.rejects(openFiles(store, failing).sweep(), /no network/)
      assert.equal((await stored()).length, 1)
      const again = await create(openFiles(store), 'text')
      assert.equal(await textOf(openFiles(store), again.id), 'text')
      await openFiles(store).project('default').delete(again.id)
      clock += 2 * hour
      await assert.rejects(openFiles(store, failing).sweep(), /no network/)
      await openFiles(store).sweep()
      assert.deepEqual(await stored(), [])
    })

    it('look at all blobs, however many', async () => {
      const files = openFiles(store)
      const kept = await create(files, 'kept')
      const names = Array.from({ length: 510 }, (_, index) => index.toString(16).padStart(64, '0'))
      await Promise.all(
        names.map((name) => store.touchBlob({ sha256: name, bytes: 1 }, clock / 1000)),
      )
      clock += 2 * hour
      await files.sweep()
      for (const sha256 of [names[0] ?? '', names.at(-1) ?? '']) {
        // What is gone, is as new.
        assert.equal(await store.touchBlob({ sha256, bytes: 1 }, 0), true)
        const { unused } = await store.markUnusedBlobs({ after: '', touchedBefore: 1 })
        assert.deepEqual(unused, [sha256])
        await store.deleteBlob(sha256, () => Promise.resolve())
      }
      assert.equal(await textOf(files, kept.id), 'kept')
    })

    it('are deleted while an assistant takes them, or are taken; never both', async () => {
      const files = openFiles(store)
      for (let round = 0; round < 10; round += 1) {
        const { id } = await create(files, `round ${round}`)
        const assistant = newAssistant()
        await store.insertAssistant(assistant)
        const tool_resources = { code_interpreter: { file_ids: [id] } }
        const [taken, deleted] = await Promise.allSettled([
          store.updateAssistant(assistant.id, { tool_resources }, clock / 1000),
          files.project('default').delete(id),
        ])
        assert.deepEqual(deleted, { status: 'fulfilled', value: true })
        if (taken.status === 'rejected') assert.match(String(taken.reason), /No such File object/)
        const now = await store.getAssistant(assistant.id)
        assert.deepEqual(now?.tool_resources?.code_interpreter?.file_ids ?? [], [])
      }
    })

    it('leave their thread and assistant while these are changed, or deleted', async () => {
      const files = openFiles(store)
      const time = clock / 1000
      for (let round = 0; round < 20; round += 1) {
        const [kept, gone, added] = await Promise.all(
          ['kept', 'gone', 'added'].map(async (text) => (await create(files, text)).id),
        )
        assert.ok(kept !== undefined && gone !== undefined && added !== undefined)
        const tool_resources = { code_interpreter: { file_ids: [kept, gone] } }
        const thread = { ...newThread(), tool_resources }
        const assistants = [0, 1].map(() => newAssistant({ tool_resources }))
        const [changed, deleted] = assistants
        assert.ok(changed && deleted)
        await store.insertThread(thread, [])
        for (const assistant of assistants) await store.insertAssistant(assistant)
        const attachments = [{ file_id: added, tools: [{ type: 'code_interpreter' as const }] }]
        const smaller = { tool_resources: { code_interpreter: { file_ids: [kept] } } }
        const done = await Promise.all([
          store.insertMessage({ ...newMessage(thread.id), attachments }),
          store.updateAssistant(changed.id, smaller, time),
          store.deleteAssistant(deleted.id),
          files.project('default').delete(gone),
        ])
        assert.deepEqual(done.slice(2), [true, true])
        assert.deepEqual((await store.getThread(thread.id))?.tool_resources, {
          code_interpreter: { file_ids: [kept, added] },
        })
        await files.project('default').delete(kept)
        assert.deepEqual((await store.getThread(thread.id))?.tool_resources, {
          code_interpreter: { file_ids: [added] },
        })
        const left = { code_interpreter: { file_ids: [] } }
        assert.deepEqual((await store.getAssistant(changed.id))?.tool_resources, left)
      }
    })

    it('that expire leave everything that had them, many at a time', async () => {
      const files = openFiles(store)
      const ids: string[] = []
      for (let count = 0; count < 102; count += 1) {
        async function* content() {
          yield Buffer.from('x')
        }
        const file = { filename: 'a', purpose: 'assistants' as const, content: content() }
        const life = { expiresAfterSeconds: count === 0 ? 7200 : 3600 }
        ids.push((await files.project('default').create({ ...file, ...life }, {})).id)
      }
      clock += hour
      await files.expire()
      assert.equal(await store.expireFiles(clock / 1000), 0)
      const { data } = await files.project('default').list({ limit: 1000, order: 'asc' })
      assert.deepEqual(
        data.map(({ id }) => id),
        ids.slice(0, 1),
      )
    })
  })
}

describeFiles('SQLite', () => createSqliteStore({ path: ':memory:', log }))

describe('a Postgres server', { skip: withoutServer }, () => {
  let made: TestStore
  before(async () => {
    made = await createTestStore(log)
  })
  after(() => made.close())
  describeFiles('Postgres', async () => {
    await made.postgres.pool.query('delete from files; delete from blobs; delete from assistants')
    return { ...made.store, close: async () => {} }
  })
})

describe('a file that is deleted', () => {
  it('leaves no row behind, also of the batches it came with', async () => {
    const path = join(folder, 'store.sqlite')
    const store = await createSqliteStore({ path, log })
    const files = openFiles(store)
    const { id: fileId } = await create(files, 'text')
    const { vectorStores } = store.project('default')
    const settings = { name: null, description: null, metadata: {}, expiresAfterDays: null }
    const createdAt = clock / 1000
    const { id: vectorStoreId } = await vectorStores.insert({
      ...settings,
      id: newId('vs_'),
      createdAt,
      files: [],
    })
    const chunking = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 }
    const attached = [{ fileId, chunking, attributes: {} }]
    const batch = { vectorStoreId, batchId: newId('vsfb_'), files: attached, createdAt }
    await vectorStores.insertBatch(batch)
    const codeFiles = { code_interpreter: { file_ids: [fileId] } }
    await store.insertAssistant(newAssistant({ tool_resources: codeFiles }))
    await vectorStores.detach({ vectorStoreId, fileId })
    await files.project('default').delete(fileId)
    await store.close()

    const database = new BetterSqlite(path, { readonly: true })
    for (const table of ['vector_store_batch_files', 'file_owners', 'files']) {
      assert.deepEqual(database.prepare(`select * from ${table}`).all(), [], table)
    }
    database.close()
  })
})

describe('a process that is killed', () => {
  for (const step of ['spooled', 'claimed', 'written', 'marked', 'removed']) {
    it(`loses nothing and leaves nothing for ever (${step})`, async () => {
      const path = join(folder, 'store.sqlite')
      const script = join(import.meta.dirname, 'killed-process.ts')
      const flags = ['--disable-warning=ExperimentalWarning', script]
      const child = spawn(process.execPath, [...flags, path, join(folder, 'files'), step], {
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])

      const store = await createSqliteStore({ path, log })
      const blobs = createDiskBlobs({ folder: join(folder, 'files') })
      const files = openFiles(store, blobs)
      const kept = (await files.project('default').list({ limit: 9, order: 'asc' })).data
      assert.equal(kept.length, 1)
      assert.equal(await textOf(files, kept[0]?.id ?? ''), 'kept')
      const { id } = await create(files, 'doomed')
      assert.equal(await textOf(files, id), 'doomed')
      await files.project('default').delete(id)
      clock += 24 * hour
      await files.sweep()
      assert.equal((await stored()).filter((name) => /^[0-9a-f]{64}$/.test(name)).length, 1)
      await store.close()
    })
  }
})
