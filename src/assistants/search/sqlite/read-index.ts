import type { Database } from 'better-sqlite3'

import {
  choosingWords,
  createTextScore,
  fuse,
  usableWeights,
  type QueryWord,
  type RankedList,
} from '../rank.ts'
import type { Hit, IndexQuery, Passage } from '../search-index.ts'
import { rankByMeaning, toBits } from '../vectors.ts'
import { createWordCounts } from '../word-counts.ts'
import { queryWords } from '../words.ts'
import type { ReaderCalls } from './messages.ts'

/** Texts that are compared word by word, or number by number; more only if more are wanted. */
const minCandidates = 200

interface ChunkRow {
  id: number
  vector_store: string
  file: string
  position: number
  page: number | null
  heading: string | null
  text: string
}

/** What asks the index. */
export function createIndexReader(database: Database): ReaderCalls {
  const storeNamed = database.prepare<[string], { id: number; chunks: number }>(
    'select id, chunks from vector_stores where name = ?',
  )
  const collection = database.prepare<[], { texts: number; words: number }>(
    'select texts, words from collection',
  )
  const textsWith = database.prepare<[string], { doc: number }>(
    'select doc from vocabulary where term = ?',
  )
  const match = database.prepare<[MatchQuery], { id: number }>(
    `select chunks.id from terms
     join chunks on chunks.id = terms.rowid
     join files on files.id = chunks.file
     where terms match @expression and files.state = 1
       and files.vector_store in (select value from json_each(@stores))
       and (@files is null or files.name in (select value from json_each(@files)))
     order by terms.rank limit @limit`,
  )
  const wordsIn = database.prepare<[number], { words: string }>(
    'select words from chunks where id = ?',
  )
  const dimensions = database.prepare<[], { dimensions: number | null }>(
    'select dimensions from settings',
  )
  const vectorOf = database.prepare<[number], { fine: Buffer }>(
    'select fine from vectors where chunk = ?',
  )
  const chunk = database.prepare<[number], ChunkRow>(
    `select chunks.*, files.name as file, vector_stores.name as vector_store from chunks
     join files on files.id = chunks.file
     join vector_stores on vector_stores.id = files.vector_store
     where chunks.id = ?`,
  )
  const chunksOf = database.prepare<[string, string, number, number], ChunkRow>(
    `select chunks.*, files.name as file, vector_stores.name as vector_store from vector_stores
     join files on files.vector_store = vector_stores.id and files.state = 1
     join chunks on chunks.file = files.id
     where vector_stores.name = ? and files.name = ? and chunks.position >= ?
     order by chunks.position limit ?`,
  )

  const counts = createWordCounts()

  function occurrences(word: string): number {
    const known = counts.known(word)
    if (known !== undefined) return known
    const texts = textsWith.get(word)?.doc ?? 0
    counts.learn(word, texts)
    return texts
  }

  interface Stores {
    ids: number[]
    chunks: number
  }

  function storesOf(names: readonly string[]): Stores {
    const stores = names.flatMap((name) => storeNamed.get(name) ?? [])
    return {
      ids: stores.map(({ id }) => id),
      chunks: stores.reduce((total, { chunks }) => total + chunks, 0),
    }
  }

  interface Place {
    stores: Stores
    fileIds: readonly string[] | undefined
    candidates: number
  }

  /** The texts that answer best to one way of asking. */
  function rankByWords(text: string, { stores, fileIds, candidates }: Place): Ranked[] {
    const all = collection.get() ?? { texts: 0, words: 0 }
    counts.forgetIfOther(all.texts)
    const words = queryWords(text)
      .map((word): QueryWord => ({ word, texts: occurrences(word) }))
      .filter(({ texts }) => texts > 0)
    if (words.length === 0) return []
    const matching = match.all({
      expression: toExpression(words, stores, all.texts),
      stores: JSON.stringify(stores.ids),
      files: fileIds ? JSON.stringify(fileIds) : null,
      limit: candidates,
    })
    const scoreOf = createTextScore(words, {
      texts: all.texts,
      averageLength: all.words / Math.max(all.texts, 1),
    })
    return matching
      .map(({ id }) => ({ id, score: scoreOf(wordsIn.get(id)?.words.split(' ') ?? []) }))
      .toSorted((one, other) => other.score - one.score || one.id - other.id)
  }

  /** The extension is there only with an embedding model. */
  const nearest = lazily(() => createNearest(database))

  function rankVector(question: Float32Array, { stores, fileIds, candidates }: Place): Ranked[] {
    if (dimensions.get()?.dimensions !== question.length) return []
    const ids = nearest()({
      bits: toBits(question),
      stores: JSON.stringify(stores.ids),
      files: fileIds ? JSON.stringify(fileIds) : null,
      limit: candidates,
    })
    const vectors = ids.flatMap(({ id }) => {
      const row = vectorOf.get(id)
      return row ? [{ id, fine: row.fine }] : []
    })
    return rankByMeaning(question, vectors)
  }

  return {
    search({ vectorStoreIds, fileIds, texts, weights, limit }: IndexQuery, vectors): Hit[] {
      const stores = storesOf(vectorStoreIds)
      if (stores.chunks === 0) return []
      const place = { stores, fileIds, candidates: Math.max(minCandidates, limit) }
      const weight = usableWeights(weights, vectors !== null)
      const lists: RankedList[] = []
      for (const [index, text] of texts.entries()) {
        if (weight.text > 0) lists.push({ weight: weight.text, hits: rankByWords(text, place) })
        const vector = vectors?.[index]
        if (!vector || weight.embedding === 0) continue
        lists.push({ weight: weight.embedding, hits: rankVector(vector, place) })
      }
      return fuse(lists)
        .slice(0, limit)
        .flatMap(({ id, score }) => {
          const row = chunk.get(id)
          return row ? [{ ...toPassage(row), score }] : []
        })
    },

    passages: ({ vectorStoreId, fileId }, { position, limit }) =>
      chunksOf.all(vectorStoreId, fileId, position, limit).map(toPassage),
  }
}

interface Ranked {
  id: number
  score: number
}

interface NearQuery {
  bits: Uint8Array
  /** JSON arrays. */
  stores: string
  files: string | null
  limit: number
}

/** The chunks whose vectors have most signs in common with a question's. */
function createNearest(database: Database): (query: NearQuery) => { id: number }[] {
  const order = 'order by vec_distance_hamming(vec_bit(bits), vec_bit(@bits)) limit @limit'
  // Looking up each chunk's file would take longer than comparing its vector.
  const nearOfAll = database.prepare<[NearQuery], { id: number; state: number }>(
    `select near.chunk as id, files.state from (
       select chunk from vector_bits
       where vector_store in (select value from json_each(@stores)) ${order}
     ) as near
     join chunks on chunks.id = near.chunk
     join files on files.id = chunks.file`,
  )
  const nearOfReady = database.prepare<[NearQuery], { id: number }>(
    `select vector_bits.chunk as id from files
     join chunks on chunks.file = files.id
     join vector_bits
       on vector_bits.vector_store = files.vector_store and vector_bits.chunk = chunks.id
     where files.vector_store in (select value from json_each(@stores)) and files.state = 1
       and (@files is null or files.name in (select value from json_each(@files)))
     ${order}`,
  )
  return (query) => {
    if (query.files === null) {
      const near = nearOfAll.all({ ...query, limit: query.limit * 2 })
      const ready = near.filter(({ state }) => state === 1)
      if (ready.length >= query.limit || near.length < query.limit * 2) return ready
    }
    return nearOfReady.all(query)
  }
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

interface MatchQuery {
  expression: string
  /** JSON arrays. */
  stores: string
  files: string | null
  limit: number
}

/** Which texts are candidates, in the language of FTS5. */
function toExpression(
  words: readonly QueryWord[],
  stores: { ids: number[]; chunks: number },
  allTexts: number,
): string {
  const choosing = choosingWords(words, { among: stores.chunks })
  const terms = `words : (${choosing.map(({ word }) => `"${word}"`).join(' OR ')})`
  // The more of all texts the stores have, the less it helps to look for their mark.
  if (stores.chunks * 2 > allTexts) return terms
  const marks = stores.ids.map((id) => `"v${id}"`).join(' OR ')
  return `vector_store : (${marks}) AND ${terms}`
}

function toPassage(row: ChunkRow): Passage {
  return {
    vectorStoreId: row.vector_store,
    fileId: row.file,
    position: row.position,
    page: row.page,
    heading: row.heading,
    text: row.text,
  }
}
