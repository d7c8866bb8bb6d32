import { sql, type Kysely, type RawBuilder } from 'kysely'

import {
  choosingWords,
  createTextScore,
  fuse,
  rarity,
  usableWeights,
  type Collection,
  type QueryWord,
  type RankedList,
} from '../rank.ts'
import type { Hit, IndexedFile, IndexQuery, Passage } from '../search-index.ts'
import { rankByMeaning, toBits } from '../vectors.ts'
import { createWordCounts } from '../word-counts.ts'
import { queryWords } from '../words.ts'

/** Texts that are compared word by word, or number by number; more only if more are wanted. */
const minCandidates = 200

interface PassageRow extends Omit<Passage, 'vectorStoreId' | 'fileId'> {
  id: number
  vector_store: string
  file: string
}

/** Where is searched. */
interface Place {
  stores: number[]
  /** Of the stores together. */
  chunks: number
  fileIds: readonly string[] | undefined
  candidates: number
  collection: Collection
}

interface Ranked {
  id: number
  score: number
}

/** A way of asking by meaning: one vector for each text, of the model with this number. */
export interface AskedVectors {
  vectors: readonly Float32Array[]
  model: number
}

export interface IndexReader {
  search(query: IndexQuery, asked: AskedVectors | null): Promise<Hit[]>
  passages(file: IndexedFile, range: { position: number; limit: number }): Promise<Passage[]>
}

/** What asks the index. */
export function createIndexReader<DB>(db: Kysely<DB>): IndexReader {
  const counts = createWordCounts()

  async function findPlace(
    trx: Kysely<DB>,
    { vectorStoreIds, fileIds, limit }: IndexQuery,
  ): Promise<Place | null> {
    // The planner knows nothing of long columns that lie elsewhere, and would read all of them.
    const { rows } = await sql<{ id: number; chunks: number; texts: number; words: number }>`
      select id, chunks, texts, words, set_config('enable_seqscan', 'off', true)
      from search_stores cross join search_collection
      where name in (select json_array_elements_text(${JSON.stringify(vectorStoreIds)}::json))`.execute(
      trx,
    )
    const chunks = rows.reduce((total, row) => total + Number(row.chunks), 0)
    const [first] = rows
    if (!first || chunks === 0) return null
    const texts = Number(first.texts)
    const averageLength = Number(first.words) / Math.max(texts, 1)
    return {
      stores: rows.map(({ id }) => Number(id)),
      chunks,
      fileIds,
      candidates: Math.max(minCandidates, limit),
      collection: { texts, averageLength },
    }
  }

  async function countWords(trx: Kysely<DB>, words: readonly string[]): Promise<QueryWord[]> {
    const unknown = words.filter((word) => counts.known(word) === undefined)
    if (unknown.length > 0) {
      const asked = JSON.stringify(unknown.map((word) => ({ word, query: quote(word) })))
      const { rows } = await sql<{ word: string; texts: number }>`
        select word, (select count(*) from search_chunks where terms @@ query) as texts
        from json_to_recordset(${asked}::json) as asked (word text, query tsquery)`.execute(trx)
      for (const { word, texts } of rows) counts.learn(word, Number(texts))
    }
    return words.flatMap((word) => {
      const texts = counts.known(word)
      return texts === undefined ? [] : [{ word, texts }]
    })
  }

  /** Files that can be found there, as a condition on `search_files`. */
  function readyFiles({ stores, fileIds }: Place): RawBuilder<unknown> {
    const inStores = sql`search_files.state = 1 and search_files.store in (${sql.join(stores)})`
    if (!fileIds) return inStores
    const names = JSON.stringify(fileIds)
    return sql`${inStores}
      and search_files.name in (select json_array_elements_text(${names}::json))`
  }

  /** The texts that answer best to one way of asking. */
  async function rankByWords(trx: Kysely<DB>, text: string, place: Place): Promise<Ranked[]> {
    const { collection, stores, chunks, candidates } = place
    const words = await countWords(trx, queryWords(text))
    if (words.length === 0) return []
    const marks = stores.map((id) => quote(`#${id}`)).join(' | ')
    const asked = choosingWords(words, { among: chunks }).map(({ word, texts }) => ({
      query: `(${marks}) & ${quote(word)}`,
      weight: rarity(texts, collection.texts),
    }))
    const { rows } = await sql<{ id: number; words: string }>`
      select best.id, search_chunks.words from (
        select found.id, sum(asked.weight) as weight
        from json_to_recordset(${JSON.stringify(asked)}::json) as asked (query tsquery, weight float8)
        cross join lateral (
          select id, file from search_chunks where terms @@ asked.query offset 0
        ) as found
        join search_files on search_files.id = found.file
        where ${readyFiles(place)}
        group by found.id order by sum(asked.weight) desc, found.id limit ${candidates}
      ) as best
      join search_chunks on search_chunks.id = best.id`.execute(trx)
    const scoreOf = createTextScore(words, collection)
    return rows
      .map((row) => ({ id: Number(row.id), score: scoreOf(row.words.split(' ')) }))
      .toSorted((one, other) => other.score - one.score || one.id - other.id)
  }

  async function rankVector(
    trx: Kysely<DB>,
    { vector, model }: { vector: Float32Array; model: number },
    place: Place,
  ): Promise<Ranked[]> {
    const bits = toBits(vector)
    const asked = sql`${`x${Buffer.from(bits).toString('hex')}`}::text::bit varying`
    const { stores, fileIds, candidates } = place
    const comparable = sql`search_vector_bits.store in (${sql.join(stores)})
      and search_vector_bits.model = ${model} and length(bits) = ${bits.length * 8}`
    const order = sql`order by bit_count(bits # ${asked})`
    type Near = { id: number; state: number; fine: Uint8Array }
    const nearest = (near: RawBuilder<unknown>) =>
      sql<Near>`
        select near.chunk as id, near.state, search_vectors.fine from (${near}) as near
        join search_vectors on search_vectors.chunk = near.chunk`.execute(trx)
    const toRanked = (near: readonly Near[]) =>
      rankByMeaning(
        vector,
        near.map(({ id, fine }) => ({ id: Number(id), fine })),
      )
    if (!fileIds) {
      // Looking up each chunk's file would take longer than comparing its vector.
      const { rows } = await nearest(sql`
        select chunk, search_files.state from (
          select chunk from search_vector_bits where ${comparable} ${order} limit ${candidates * 2}
        ) as all_near
        join search_chunks on search_chunks.id = all_near.chunk
        join search_files on search_files.id = search_chunks.file`)
      const ready = rows.filter(({ state }) => state === 1)
      if (ready.length >= candidates || rows.length < candidates * 2) return toRanked(ready)
    }
    const { rows } = await nearest(sql`
      select chunk, search_files.state from search_files
      join search_chunks on search_chunks.file = search_files.id
      join search_vector_bits on search_vector_bits.chunk = search_chunks.id
      where ${comparable} and ${readyFiles(place)} ${order} limit ${candidates}`)
    return toRanked(rows)
  }

  const passageColumns = sql`search_chunks.id, search_chunks.position, search_chunks.page,
    search_chunks.heading, search_chunks.text,
    search_files.name as file, search_stores.name as vector_store`

  async function passagesWith(trx: Kysely<DB>, ids: readonly number[]) {
    if (ids.length === 0) return new Map<number, Passage>()
    const { rows } = await sql<PassageRow>`
      select ${passageColumns} from search_chunks
      join search_files on search_files.id = search_chunks.file
      join search_stores on search_stores.id = search_files.store
      where search_chunks.id in (${sql.join(ids)})`.execute(trx)
    return new Map(rows.map((row) => [Number(row.id), toPassage(row)]))
  }

  return {
    search: (query, asked) =>
      db.transaction().execute(async (trx) => {
        const place = await findPlace(trx, query)
        if (!place) return []
        counts.forgetIfOther(place.collection.texts)
        const weight = usableWeights(query.weights, asked !== null)
        const lists: RankedList[] = []
        for (const [index, text] of query.texts.entries()) {
          if (weight.text > 0) {
            lists.push({ weight: weight.text, hits: await rankByWords(trx, text, place) })
          }
          const vector = asked?.vectors[index]
          if (!asked || !vector || weight.embedding === 0) continue
          const hits = await rankVector(trx, { vector, model: asked.model }, place)
          lists.push({ weight: weight.embedding, hits })
        }
        const best = fuse(lists).slice(0, query.limit)
        const passages = await passagesWith(
          trx,
          best.map(({ id }) => id),
        )
        return best.flatMap(({ id, score }) => {
          const passage = passages.get(id)
          return passage ? [{ ...passage, score }] : []
        })
      }),

    async passages({ vectorStoreId, fileId }, { position, limit }) {
      const { rows } = await sql<PassageRow>`
        select ${passageColumns} from search_stores
        join search_files on search_files.store = search_stores.id and search_files.state = 1
        join search_chunks on search_chunks.file = search_files.id
        where search_stores.name = ${vectorStoreId} and search_files.name = ${fileId}
          and search_chunks.position >= ${position}
        order by search_chunks.position limit ${limit}`.execute(db)
      return rows.map(toPassage)
    },
  }
}

/** A word in the language of `tsquery`. */
function quote(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

function toPassage(row: PassageRow): Passage {
  const { position, page, heading, text } = row
  return { vectorStoreId: row.vector_store, fileId: row.file, position, page, heading, text }
}
