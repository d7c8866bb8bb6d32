import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { createFileSearch } from '../../../src/assistants/search/create-file-search.ts'
import type { FileSearch, FileSearchQuery } from '../../../src/assistants/search/file-search.ts'
import { createTokenCounter, type TokenCounter } from '../../../src/tokens/token-counter.ts'
import { createQueueRig, silent, until, type QueueRig } from '../indexing/queue-rig.ts'

const { signal } = new AbortController()

describe('file search', () => {
  let folder: string
  let rig: QueueRig
  let tokens: TokenCounter
  let search: FileSearch
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guagua-search-'))
    rig = await createQueueRig(folder)
    await (await rig.open()).start()
    tokens = createTokenCounter({ log: silent })
    search = createFileSearch({ ...rig, tokens, now: () => rig.clock.now })
  })
  after(async () => {
    await tokens.close()
    await rig.close()
    await rm(folder, { recursive: true })
  })

  async function indexed(...fileIds: string[]): Promise<string> {
    const id = await rig.vectorStore(...fileIds)
    await until(async () => (await rig.store.indexing.countWaiting(id)) === 0)
    return id
  }
  const textsOf = async (
    query: Partial<FileSearchQuery> & Pick<FileSearchQuery, 'vectorStoreIds'>,
  ) => {
    const asked = { queries: ['owl'], maxResults: 50, ...query }
    return (await search.search(asked, { signal })).map(({ text }) => text)
  }

  it('shows a text once that is in two stores, and twice that is in two files', async () => {
    const [one, other] = [await rig.upload('An owl.'), await rig.upload('An owl.')]
    const vectorStoreIds = [await indexed(one), await indexed(one)]
    assert.deepEqual(await textsOf({ vectorStoreIds }), ['An owl.'])
    vectorStoreIds.push(await indexed(other))
    assert.equal((await textsOf({ vectorStoreIds })).length, 2)
  })

  it('knows nothing of stores that are gone or expired', async () => {
    const id = await indexed(await rig.upload('An owl.'))
    assert.deepEqual(await textsOf({ vectorStoreIds: ['vs_none'] }), [])
    assert.deepEqual(await textsOf({ vectorStoreIds: [] }), [])
    assert.equal((await textsOf({ vectorStoreIds: ['vs_none', id] })).length, 1)
    const now = rig.clock.now / 1000
    await rig.store.vectorStores.update(id, { expiresAfterDays: 1 }, now)
    rig.clock.now += 86_400_000
    assert.deepEqual(await textsOf({ vectorStoreIds: [id] }), [])
  })

  it('fills up what hits of files took that are gone', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `Owl owl owl ${index}.`).join('\n\n')
    const gone = await rig.upload(many)
    const kept = await rig.upload('An owl among many other birds of the wood.')
    const id = await indexed(gone, kept)
    // As if the index had not heard of it yet.
    const key = { vectorStoreId: id, fileId: gone }
    const chunks = await rig.index.passages(key, { position: 0, limit: 100 })
    await rig.store.vectorStores.detach(key)
    await until(async () => (await rig.textsOf(id, gone)).length === 0)
    await rig.index.write(key, toAsync(chunks), { signal })
    const found = await textsOf({ vectorStoreIds: [id], maxResults: 5 })
    assert.deepEqual(found, ['An owl among many other birds of the wood.'])
  })

  it('keeps to the tokens that there is room for', async () => {
    const long = `An owl ${'that sees at night '.repeat(50)}`.trim()
    const id = await indexed(await rig.upload(`${long}\n\nAn owl.\n\nOne more owl.`))
    const found = await textsOf({ vectorStoreIds: [id], maxTokens: 20 })
    assert.deepEqual(found.toSorted(), ['An owl.', 'One more owl.'])
    assert.equal((await textsOf({ vectorStoreIds: [id] })).length, 3)
  })

  it('counts as a use of the stores', async () => {
    const id = await indexed(await rig.upload('An owl.'))
    rig.clock.now += 5_000
    await textsOf({ vectorStoreIds: [id] })
    const now = rig.clock.now / 1000
    assert.equal((await rig.store.vectorStores.get(id, now)).last_active_at, now)
  })
})

async function* toAsync<T>(value: T): AsyncGenerator<T> {
  yield value
}
