import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import type { Chunk } from '../../../src/assistants/indexing/document.ts'
import { createEmbedder, type Embedder } from '../../../src/assistants/search/embedder.ts'
import type {
  Hit,
  IndexedFile,
  IndexQuery,
  SearchIndex,
} from '../../../src/assistants/search/search-index.ts'
import { createLogger } from '../../../src/log.ts'
import { createForward } from '../../../src/models/forward.ts'
import { createEmbeddingServer, type EmbeddingServer } from '../../helpers/embedding-server.ts'

const log = createLogger({ level: 'silent', pretty: false })
const { signal } = new AbortController()

/** Where an index is, to be opened again and again. */
export interface IndexHome {
  open(embedder: Embedder | null): SearchIndex
  close(): Promise<void>
}

/** Each paragraph of each text is a chunk; each text is a batch. */
export async function* chunks(...texts: string[]): AsyncGenerator<Chunk[]> {
  let page = 0
  for (const text of texts) {
    yield text.split('\n\n').map((part) => ({ text: part, page: (page += 1), heading: null }))
  }
}

/** What every search index does. */
export function describeSearchIndex(name: string, createHome: () => Promise<IndexHome>): void {
  describe(`the search index on ${name}`, () => {
    let home: IndexHome
    let index: SearchIndex
    let embeddings: EmbeddingServer
    const opened: SearchIndex[] = []
    let lastStore = 0
    let clock = 1_000_000
    before(async () => {
      home = await createHome()
      embeddings = await createEmbeddingServer()
      index = home.open(null)
    })
    after(async () => {
      await index.close()
      await home.close()
      await embeddings.close()
    })
    afterEach(async () => {
      embeddings.answer = () => undefined
      for (const one of opened.splice(0)) await one.close()
    })

    const newStore = () => `vs_${name}_${(lastStore += 1)}`
    const embedderOf = (model: string) =>
      createEmbedder({
        models: { forward: createForward({ baseURL: embeddings.baseURL, log }) },
        model,
        now: () => clock,
        startTimer: (_delay, onEnd) => {
          setImmediate(onEnd)
          return () => {}
        },
        log,
      })
    /** While another one is open, only databases on servers allow it. */
    async function reopen(embedder: Embedder | null): Promise<SearchIndex> {
      await index.close()
      index = home.open(null)
      const another = home.open(embedder)
      opened.push(another)
      return another
    }

    const write = (on: SearchIndex, file: IndexedFile, ...texts: string[]) =>
      on.write(file, chunks(...texts), { signal })
    const search = (on: SearchIndex, query: Partial<IndexQuery> & { texts: string[] }) =>
      on.search({ vectorStoreIds: [], limit: 10, ...query }, { signal })
    const textsOf = (hits: readonly Hit[]) => hits.map(({ text }) => text)
    const found = async (vectorStoreId: string, text: string): Promise<string[]> =>
      textsOf(await search(index, { vectorStoreIds: [vectorStoreId], texts: [text] }))

    it('finds texts by word in English and Chinese, the best first', async () => {
      const vectorStoreId = newStore()
      const written = await write(
        index,
        { vectorStoreId, fileId: 'file-1' },
        'Gradient descent walks downhill on the loss surface.',
        '反向传播算法用链式法则计算每一层的梯度。',
        'The library opens at nine. Nothing here is about descending.',
      )
      assert.equal(written.chunks, 3)
      assert.ok(written.bytes > 3 * 1024)
      assert.match((await found(vectorStoreId, 'How does gradient descent work?'))[0] ?? '', /down/)
      assert.match((await found(vectorStoreId, '什么是反向传播？'))[0] ?? '', /链式法则/)
      assert.deepEqual(await found(vectorStoreId, 'photosynthesis'), [])
      const [hit] = await search(index, { vectorStoreIds: [vectorStoreId], texts: ['链式法则'] })
      assert.ok(hit && hit.score > 0 && hit.score <= 1)
      const { page, position, fileId, heading } = hit
      assert.deepEqual(
        { page, position, fileId, heading, store: hit.vectorStoreId },
        { page: 2, position: 1, fileId: 'file-1', heading: null, store: vectorStoreId },
      )
    })

    it('finds identifiers, numbers, accents and quotation marks', async () => {
      const vectorStoreId = newStore()
      const texts = [
        'Call read_csv before parseHtmlTable.',
        'C++ is not C# and pi is 3.14, roughly.',
        'Un résumé naïve, wrote O\'Brien; she said "don\'t".',
        'Odd bytes \0 and \uD800 half a pair; back\\slash #12 v1 | & !',
      ]
      await write(index, { vectorStoreId, fileId: 'file-1' }, texts.join('\n\n'))
      const firstOf = async (text: string) => (await found(vectorStoreId, text))[0]
      for (const word of ['read_csv', 'csv', 'html table']) {
        assert.equal(await firstOf(word), texts[0], word)
      }
      for (const word of ['c++', 'C#', '3.14']) assert.equal(await firstOf(word), texts[1], word)
      for (const word of ['RESUME', "o'brien"]) assert.equal(await firstOf(word), texts[2], word)
      assert.match((await firstOf('backslash odd bytes')) ?? '', /Odd bytes/)
      assert.deepEqual(await found(vectorStoreId, '#7 | \' " ( * : & ! \\ NEAR'), [])
    })

    it('replaces what a file had, and shows nothing of one that was not written whole', async () => {
      const vectorStoreId = newStore()
      const file = { vectorStoreId, fileId: 'file-2' }
      await write(index, file, 'the old syllabus')
      async function* broken(): AsyncGenerator<Chunk[]> {
        yield* chunks('the newer syllabus')
        assert.deepEqual(await found(vectorStoreId, 'syllabus'), ['the old syllabus'])
        throw new Error('cut off')
      }
      await assert.rejects(index.write(file, broken(), { signal }), /cut off/)
      assert.deepEqual(await found(vectorStoreId, 'syllabus'), ['the old syllabus'])
      await write(index, file, 'the new syllabus')
      assert.deepEqual(await found(vectorStoreId, 'syllabus'), ['the new syllabus'])
    })

    it('keeps vector stores and files apart, and forgets them', async () => {
      const [one, other] = [newStore(), newStore()]
      for (const fileId of ['file-a', 'file-b']) {
        await write(index, { vectorStoreId: one, fileId }, `${fileId} on volcanoes`)
      }
      await write(index, { vectorStoreId: other, fileId: 'file-a' }, 'volcanoes elsewhere')
      assert.equal((await found(one, 'volcano')).length, 2)
      const both = { vectorStoreIds: [one, other], texts: ['volcano'] }
      assert.equal((await search(index, both)).length, 3)
      const only = await search(index, { ...both, fileIds: ['file-b'] })
      assert.deepEqual(textsOf(only), ['file-b on volcanoes'])
      await index.remove({ vectorStoreId: one, fileId: 'file-a' })
      assert.deepEqual(await found(one, 'volcano'), ['file-b on volcanoes'])
      await index.remove({ vectorStoreId: one, fileId: null })
      await index.remove({ vectorStoreId: newStore(), fileId: null })
      assert.deepEqual(await found(one, 'volcano'), [])
      assert.deepEqual(await found(other, 'volcano'), ['volcanoes elsewhere'])
    })

    it('reads the chunks of a file in order', async () => {
      const file = { vectorStoreId: newStore(), fileId: 'file-1' }
      const texts = Array.from({ length: 120 }, (_, place) => `paragraph ${place}`)
      await write(index, file, texts.slice(0, 70).join('\n\n'), texts.slice(70).join('\n\n'))
      const passages = await index.passages(file, { position: 68, limit: 3 })
      assert.deepEqual(
        passages.map(({ position, text }) => [position, text]),
        [68, 69, 70].map((place) => [place, `paragraph ${place}`]),
      )
      const rest = await index.passages(file, { position: 119, limit: 3 })
      assert.equal(rest.length, 1)
    })

    it('finds by meaning what shares no word, and by words alone when that is wanted', async () => {
      const vectorStoreId = newStore()
      const embedded = await reopen(embedderOf('stub-1'))
      await write(
        embedded,
        { vectorStoreId, fileId: 'file-1' },
        'The physician commenced at noon.\n\nA recipe for soup.\n\nTides follow the moon.',
      )
      const query = { vectorStoreIds: [vectorStoreId], texts: ['doctor start'] }
      const hits = await search(embedded, query)
      assert.match(hits[0]?.text ?? '', /physician/)
      assert.ok(hits.every(({ score }) => score >= 0 && score <= 1))
      const weights = { text: 1, embedding: 0 }
      assert.deepEqual(await search(embedded, { ...query, weights }), [])
      const [only] = await search(embedded, { ...query, fileIds: ['file-1'], limit: 1 })
      assert.match(only?.text ?? '', /physician/)
      assert.deepEqual(await search(embedded, { ...query, fileIds: ['file-2'] }), [])
      await write(embedded, { vectorStoreId, fileId: 'file-1' }, 'The doctor starts over.')
      assert.deepEqual(textsOf(await search(embedded, query)), ['The doctor starts over.'])
      await embedded.remove({ vectorStoreId, fileId: 'file-1' })
      assert.deepEqual(await search(embedded, query), [])
    })

    it('searches words while questions have no embeddings, and fails files that get none', async () => {
      const vectorStoreId = newStore()
      const embedded = await reopen(embedderOf('stub-1'))
      await write(embedded, { vectorStoreId, fileId: 'file-1' }, 'Lava is molten rock.')
      embeddings.answer = () => ({ status: 500, body: {} })
      const query = { vectorStoreIds: [vectorStoreId], texts: ['molten lava?'] }
      assert.deepEqual(textsOf(await search(embedded, query)), ['Lava is molten rock.'])
      const failing = embeddings.requests.length
      await search(embedded, query)
      assert.equal(embeddings.requests.length, failing)
      await assert.rejects(
        write(embedded, { vectorStoreId, fileId: 'file-2' }, 'Lava flows.'),
        /model endpoint failed \(500\)/,
      )
      embeddings.answer = () => ({ status: 400, body: { error: { message: 'too long' } } })
      const before = embeddings.requests.length
      await assert.rejects(
        write(embedded, { vectorStoreId, fileId: 'file-2' }, 'Lava flows.'),
        /embedding model refused a request \(400\)/,
      )
      assert.equal(embeddings.requests.length, before + 1)
      embeddings.answer = () => undefined
      assert.deepEqual(textsOf(await search(embedded, query)), ['Lava is molten rock.'])
      clock += 20_000
      await search(embedded, query)
      assert.deepEqual(embeddings.requests.at(-1)?.input, ['molten lava?'])
      await embedded.remove({ vectorStoreId, fileId: null })
    })

    it('asks for the files again while some are missing, or known by another model', async () => {
      const fileOf = (vectorStoreId: string) => ({ vectorStoreId, fileId: 'file-1' })
      const vectorStoreId = newStore()
      let fills = 0
      const fill = async () => void (fills += 1)
      const plain = await reopen(null)
      await assert.rejects(
        plain.keepWhole(() => Promise.reject(new Error('no database'))),
        /no database/,
      )
      await (await reopen(null)).keepWhole(fill)
      assert.equal(fills, 1)
      const whole = await reopen(null)
      await whole.keepWhole(fill)
      assert.equal(fills, 1)
      await write(whole, fileOf(vectorStoreId), 'The automobile is red.')
      const embedded = await reopen(embedderOf('stub-2'))
      await embedded.keepWhole(fill)
      assert.equal(fills, 2)
      assert.deepEqual(
        textsOf(await search(embedded, { vectorStoreIds: [vectorStoreId], texts: ['red'] })),
        ['The automobile is red.'],
      )
      await write(embedded, fileOf(vectorStoreId), 'The automobile is blue.')
    })
  })
}
