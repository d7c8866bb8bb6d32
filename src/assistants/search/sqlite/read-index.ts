import type { Database } from 'better-sqlite3'

import { createTextScore, fuse, type QueryWord, type RankedList } from '../rank.ts'
import type { Hit, IndexQuery, Passage } from '../search-index.ts'
import { queryWords } from '../words.ts'
import type { ReaderCalls } from './messages.ts'

/** Texts that are compared word by word. */
const maxCandidates = 200

/**
 * Texts that may be looked at to find those: of more than these, only the rarer words choose the
 * candidates, and the others only help to put them in order. Otherwise a search with a common word would
 * take a second in a large store.
 */
const maxMatches = 5_000

const maxQueryWords = 64

const maxCountedWords = 50_000

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

  // Counting takes the longer, the more texts have the word.
  const counted = new Map<string, number>()
  let countedAmong = 0

  function occurrences(word: string, allTexts: number): number {
    if (Math.abs(allTexts - countedAmong) > allTexts / 20 || counted.size >= maxCountedWords) {
      counted.clear()
      countedAmong = allTexts
    }
    const texts = counted.get(word) ?? textsWith.get(word)?.doc ?? 0
    if (texts > 0) counted.set(word, texts)
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

  /** The texts that answer best to one way of asking. */
  function rank(text: string, stores: Stores, fileIds: readonly string[] | undefined) {
    const all = collection.get() ?? { texts: 0, words: 0 }
    const words = queryWords(text)
      .slice(0, maxQueryWords)
      .map((word): QueryWord => ({ word, texts: occurrences(word, all.texts) }))
      .filter(({ texts }) => texts > 0)
    if (words.length === 0) return []
    const candidates = match.all({
      expression: toExpression(words, stores, all.texts),
      stores: JSON.stringify(stores.ids),
      files: fileIds ? JSON.stringify(fileIds) : null,
      limit: maxCandidates,
    })
    const scoreOf = createTextScore(words, {
      texts: all.texts,
      averageLength: all.words / Math.max(all.texts, 1),
    })
    return candidates
      .map(({ id }) => ({ id, score: scoreOf(wordsIn.get(id)?.words.split(' ') ?? []) }))
      .toSorted((one, other) => other.score - one.score || one.id - other.id)
  }

  return {
    search({ vectorStoreIds, fileIds, texts, limit }: IndexQuery): Hit[] {
      const stores = storesOf(vectorStoreIds)
      if (stores.chunks === 0) return []
      const lists = texts.map((text): RankedList => ({
        weight: 1,
        hits: rank(text, stores, fileIds),
      }))
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
  const isSmall = stores.chunks <= maxMatches
  const choosing = isSmall ? words : rarest(words)
  const terms = `words : (${choosing.map(({ word }) => `"${word}"`).join(' OR ')})`
  // The more of all texts the stores have, the less it helps to look for their mark.
  if (stores.chunks * 2 > allTexts) return terms
  const marks = stores.ids.map((id) => `"v${id}"`).join(' OR ')
  return `vector_store : (${marks}) AND ${terms}`
}

/** The rarest word, and further ones as long as all together are in few enough texts. */
function rarest(words: readonly QueryWord[]): QueryWord[] {
  const chosen: QueryWord[] = []
  let matches = 0
  for (const word of words.toSorted((one, other) => one.texts - other.texts)) {
    matches += word.texts
    if (chosen.length > 0 && matches > maxMatches) break
    chosen.push(word)
  }
  return chosen
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
