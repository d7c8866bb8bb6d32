import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Chunk } from '../../../src/assistants/indexing/document.ts'
import { createPostgresIndex } from '../../../src/assistants/search/postgres/postgres-index.ts'
import type { SearchIndex } from '../../../src/assistants/search/search-index.ts'
import { createSqliteIndex } from '../../../src/assistants/search/sqlite/sqlite-index.ts'
import { openPostgres } from '../../../src/assistants/store/postgres.ts'
import { createLogger } from '../../../src/log.ts'
import { percentile } from '../statistics.ts'
import type { Measured } from './figures.ts'
import type { BenchDatabase } from './servers.ts'

export interface SearchSizes {
  /** In one vector store. */
  chunks: number
  /** Further vector stores of one chunk each. */
  smallStores: number
  searches: number
}

/** Letters of a chunk: a bit of a page, so that a hundred thousand of them are written in a minute. */
const chunkLength = 800
const vocabularySize = 60_000
const log = createLogger({ level: 'warn', pretty: false })
const { signal } = new AbortController()

/** Writing an index of made-up words that occur as often as those of a language, and asking it. */
export async function measureSearchOnSqlite(sizes: SearchSizes): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), 'guagua-bench-'))
  const path = join(folder, 'search.sqlite')
  const index = createSqliteIndex({ path, embedder: null, log })
  try {
    return await measure(index, sizes)
  } finally {
    await index.close()
    await rm(folder, { recursive: true })
  }
}

export async function measureSearchOnPostgres(
  database: BenchDatabase,
  sizes: SearchSizes,
): Promise<Measured[]> {
  const postgres = openPostgres({ url: database.url, log })
  const index = createPostgresIndex({ db: postgres.db, embedder: null, log })
  try {
    await postgres.migrate()
    return await measure(index, sizes)
  } finally {
    await index.close()
    await postgres.close()
  }
}

async function measure(
  index: SearchIndex,
  { chunks, smallStores, searches }: SearchSizes,
): Promise<Measured[]> {
  const words = createWords()
  const started = performance.now()
  const written = { bytes: 0 }
  const big = { vectorStoreId: 'vs_big', fileId: 'file-1' }
  await index.write(big, makeChunks(words, chunks, written), { signal })
  const megabytesPerSecond = written.bytes / 1000 / (performance.now() - started)
  for (let store = 0; store < smallStores; store += 1) {
    const small = { vectorStoreId: `vs_${store}`, fileId: 'file-1' }
    await index.write(small, makeChunks(words, 1, written), { signal })
  }
  // Its words are counted once.
  await timeSearches(10, (turn) => ask(index, { vectorStoreId: 'vs_big', words, turn }))
  const inBig = await timeSearches(searches, (turn) =>
    ask(index, { vectorStoreId: 'vs_big', words, turn }),
  )
  const inSmall = await timeSearches(searches, (turn) =>
    ask(index, { vectorStoreId: `vs_${turn % smallStores}`, words, turn }),
  )
  const of = `, ${chunks.toLocaleString('en')} chunks`
  return [
    {
      id: 'index_mb_per_s',
      title: 'writing to the index',
      unit: 'MB/s',
      value: megabytesPerSecond,
    },
    { id: 'search_p50_ms', title: `search p50${of}`, unit: 'ms', value: percentile(inBig, 0.5) },
    { id: 'search_p95_ms', title: `search p95${of}`, unit: 'ms', value: percentile(inBig, 0.95) },
    {
      id: 'search_small_p50_ms',
      title: 'search p50, small store beside it',
      unit: 'ms',
      value: percentile(inSmall, 0.5),
    },
  ]
}

async function timeSearches(
  searches: number,
  search: (turn: number) => Promise<void>,
): Promise<number[]> {
  const samples: number[] = []
  for (let turn = 0; turn < searches; turn += 1) {
    const started = performance.now()
    await search(turn)
    samples.push(performance.now() - started)
  }
  return samples
}

/** As a question is: a few words that many texts have, and some that few have. */
async function ask(
  index: SearchIndex,
  { vectorStoreId, words, turn }: { vectorStoreId: string; words: Words; turn: number },
): Promise<void> {
  const text = [30, 200, 1_000, 4_000, 9_000, 20_000]
    .map((rank) => words.at(rank + ((turn * 37) % rank)))
    .join(' ')
  await index.search({ vectorStoreIds: [vectorStoreId], texts: [text], limit: 20 }, { signal })
}

interface Words {
  at(rank: number): string
  /** Common words often. */
  any(): string
}

function createWords(): Words {
  const random = createRandom()
  const syllables = 'ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu'.split(' ')
  const vocabulary = Array.from({ length: vocabularySize }, (_, rank) => {
    let word = ''
    for (let rest = rank + 400; rest > 0; rest = Math.floor(rest / 20)) word += syllables[rest % 20]
    return word
  })
  return {
    at: (rank) => vocabulary[rank % vocabularySize] ?? '',
    // Zipf's law: of the words that a text has, equally many are in each power of ten of ranks.
    any: () => vocabulary[Math.floor(vocabularySize ** random()) - 1] ?? '',
  }
}

/** Adds to `written` the bytes of their texts. */
async function* makeChunks(
  words: Words,
  count: number,
  written: { bytes: number },
): AsyncGenerator<Chunk[]> {
  for (let made = 0; made < count; made += 100) {
    yield Array.from({ length: Math.min(100, count - made) }, () => {
      let text = ''
      while (text.length < chunkLength) text += `${words.any()} `
      written.bytes += text.length
      return { text, page: null, heading: null }
    })
  }
}

/** The same numbers each time. */
function createRandom(): () => number {
  let state = 1
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c_1b_3c_6d) + 0x6d_2b_79_f5
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}
