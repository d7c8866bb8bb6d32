import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import pino from 'pino'

import type { Chunk } from '../../../src/assistants/indexing/document.ts'
import type { SearchIndex } from '../../../src/assistants/search/search-index.ts'
import { createSqliteIndex } from '../../../src/assistants/search/sqlite/sqlite-index.ts'

const log = pino({ level: 'silent' })
const { signal } = new AbortController()

async function* chunks(...texts: string[]): AsyncGenerator<Chunk[]> {
  for (const [index, text] of texts.entries()) yield [{ text, page: index + 1, heading: null }]
}

describe('the search index on SQLite', () => {
  let folder: string
  let index: SearchIndex
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guagua-index-'))
    index = createSqliteIndex({ path: join(folder, 'search.sqlite'), embedder: null, log })
  })
  after(async () => {
    await index.close()
    await rm(folder, { recursive: true })
  })

  const found = async (vectorStoreId: string, text: string): Promise<string[]> => {
    const hits = await index.search(
      { vectorStoreIds: [vectorStoreId], texts: [text], limit: 10 },
      { signal },
    )
    return hits.map((hit) => hit.text)
  }

  it('finds texts by word in English and Chinese, the best first', async () => {
    const file = { vectorStoreId: 'vs_1', fileId: 'file-1' }
    await index.write(
      file,
      chunks(
        'Gradient descent walks downhill on the loss surface.',
        '反向传播算法用链式法则计算每一层的梯度。',
        'The library opens at nine. Nothing here is about descending.',
      ),
      { signal },
    )
    assert.match((await found('vs_1', 'How does gradient descent work?'))[0] ?? '', /downhill/)
    assert.match((await found('vs_1', '什么是反向传播？'))[0] ?? '', /链式法则/)
    assert.deepEqual(await found('vs_1', 'photosynthesis'), [])
    const [hit] = await index.search(
      { vectorStoreIds: ['vs_1'], texts: ['链式法则'], limit: 1 },
      { signal },
    )
    assert.ok(hit && hit.score > 0 && hit.score <= 1)
    assert.deepEqual(
      { page: hit.page, position: hit.position, fileId: hit.fileId },
      { page: 2, position: 1, fileId: 'file-1' },
    )
  })

  it('replaces what a file had, and shows nothing of one that was not written whole', async () => {
    const file = { vectorStoreId: 'vs_2', fileId: 'file-2' }
    await index.write(file, chunks('the old syllabus'), { signal })
    async function* broken(): AsyncGenerator<Chunk[]> {
      yield* chunks('the newer syllabus')
      throw new Error('cut off')
    }
    await assert.rejects(index.write(file, broken(), { signal }), /cut off/)
    assert.deepEqual(await found('vs_2', 'syllabus'), ['the old syllabus'])
    await index.write(file, chunks('the new syllabus'), { signal })
    assert.deepEqual(await found('vs_2', 'syllabus'), ['the new syllabus'])
  })

  it('keeps vector stores and files apart, and forgets them', async () => {
    for (const fileId of ['file-a', 'file-b']) {
      await index.write({ vectorStoreId: 'vs_3', fileId }, chunks(`${fileId} on volcanoes`), {
        signal,
      })
    }
    await index.write({ vectorStoreId: 'vs_4', fileId: 'file-a' }, chunks('volcanoes elsewhere'), {
      signal,
    })
    assert.equal((await found('vs_3', 'volcano')).length, 2)
    const only = await index.search(
      { vectorStoreIds: ['vs_3'], fileIds: ['file-b'], texts: ['volcano'], limit: 10 },
      { signal },
    )
    assert.deepEqual(
      only.map(({ fileId }) => fileId),
      ['file-b'],
    )
    await index.remove({ vectorStoreId: 'vs_3', fileId: 'file-a' })
    assert.deepEqual(await found('vs_3', 'volcano'), ['file-b on volcanoes'])
    await index.remove({ vectorStoreId: 'vs_3', fileId: null })
    assert.deepEqual(await found('vs_3', 'volcano'), [])
    assert.deepEqual(await found('vs_4', 'volcano'), ['volcanoes elsewhere'])
    const passages = await index.passages(
      { vectorStoreId: 'vs_4', fileId: 'file-a' },
      { position: 0, limit: 10 },
    )
    assert.deepEqual(
      passages.map(({ text }) => text),
      ['volcanoes elsewhere'],
    )
  })
})
