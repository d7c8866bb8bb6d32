import { setImmediate } from 'node:timers/promises'

import type { TokenCounter } from '../../tokens/token-counter.ts'
import type { SearchableFile } from '../store/searchable-files.ts'
import type { Store } from '../store/store.ts'
import type { FileSearch, FileSearchQuery, FoundPassage, SearchFilter } from './file-search.ts'
import { matches } from './filters.ts'
import type { Hit, SearchIndex } from './search-index.ts'

export interface FileSearchDeps {
  store: Pick<Store, 'searchable'>
  index: Pick<SearchIndex, 'search'>
  tokens: Pick<TokenCounter, 'count'>
  /** Milliseconds since the epoch. */
  now: () => number
}

/** More than are wanted, because some may be of files that are gone, or be there twice. */
const spareHits = 10
/** How often more hits are asked for, twice as many each time. */
const maxRounds = 4

/** Searches the index, and believes the store. */
export function createFileSearch({ store, index, tokens, now }: FileSearchDeps): FileSearch {
  const { searchable } = store
  const seconds = () => Math.floor(now() / 1000)

  /** Of every file that passes; undefined: all do. */
  async function chooseFiles(
    vectorStoreIds: readonly string[],
    { filter, time }: { filter: SearchFilter | undefined; time: number },
  ): Promise<string[] | undefined> {
    if (!filter) return undefined
    const ids = new Set<string>()
    for (const vectorStoreId of vectorStoreIds) {
      let afterFile: string | undefined = ''
      while (afterFile !== undefined) {
        const files: SearchableFile[] = await searchable.pageOfFiles({
          vectorStoreId,
          afterFile,
          now: time,
        })
        for (const { fileId, attributes } of files) if (matches(attributes, filter)) ids.add(fileId)
        afterFile = files.at(-1)?.fileId
        // On SQLite nothing else has its turn by itself.
        await setImmediate()
      }
    }
    return [...ids]
  }

  /** What the store has of the files that were hit, by store and file. */
  async function filesOf(
    hits: readonly Hit[],
    { vectorStoreIds, filter, time }: SearchPlace,
  ): Promise<Map<string, SearchableFile>> {
    const fileIds = [...new Set(hits.map(({ fileId }) => fileId))]
    const files = await searchable.findFiles({ vectorStoreIds, fileIds, now: time })
    const passing = filter ? files.filter(({ attributes }) => matches(attributes, filter)) : files
    return new Map(passing.map((file) => [keyOf(file), file]))
  }

  async function findPassages(
    { queries, maxResults, scoreThreshold = 0, weights }: FileSearchQuery,
    { signal, ...place }: SearchPlace & { signal: AbortSignal },
  ): Promise<FoundPassage[]> {
    const { vectorStoreIds, fileIds } = place
    let limit = maxResults + spareHits
    for (let round = 1; ; round += 1) {
      const asked = { vectorStoreIds, fileIds, texts: queries, weights, limit }
      const hits = await index.search(asked, { signal })
      const files = await filesOf(hits, place)
      const found = withoutDoubles(hits).flatMap((hit) => {
        const file = files.get(keyOf(hit))
        if (!file || hit.score < scoreThreshold) return []
        return [{ ...hit, filename: file.filename, attributes: file.attributes }]
      })
      const isAll = hits.length < limit || (hits.at(-1)?.score ?? 0) < scoreThreshold
      if (found.length >= maxResults || isAll || round === maxRounds) {
        return found.slice(0, maxResults)
      }
      limit *= 2
    }
  }

  async function withinTokens(
    passages: FoundPassage[],
    { maxTokens, signal }: { maxTokens: number | undefined; signal: AbortSignal },
  ): Promise<FoundPassage[]> {
    if (maxTokens === undefined || passages.length === 0) return passages
    const counts = await tokens.count(
      passages.map(({ text }) => text),
      { signal },
    )
    let left = maxTokens
    return passages.filter((_, place) => {
      const count = counts[place] ?? 0
      if (count > left) return false
      left -= count
      return true
    })
  }

  return {
    async search(query, { signal }) {
      const time = seconds()
      const vectorStoreIds = await searchable.liveStores(query.vectorStoreIds, time)
      if (vectorStoreIds.length === 0) return []
      await searchable.useStores(vectorStoreIds, time)
      const filter = query.filters
      const fileIds = await chooseFiles(vectorStoreIds, { filter, time })
      if (fileIds?.length === 0) return []
      const place = { vectorStoreIds, fileIds, filter, time }
      const passages = await findPassages(query, { ...place, signal })
      return withinTokens(passages, { maxTokens: query.maxTokens, signal })
    },

    expired: (vectorStoreIds) => searchable.expiredStores(vectorStoreIds, seconds()),
  }
}

interface SearchPlace {
  vectorStoreIds: string[]
  fileIds: string[] | undefined
  filter: SearchFilter | undefined
  /** Unix seconds. */
  time: number
}

function keyOf({ vectorStoreId, fileId }: { vectorStoreId: string; fileId: string }): string {
  return `${vectorStoreId} ${fileId}`
}

/** The same text of the same file only once: the file may be in several stores. */
function withoutDoubles(hits: readonly Hit[]): Hit[] {
  const best = new Map<string, Hit>()
  for (const hit of hits) {
    const key = `${hit.fileId} ${hit.text}`
    if (!best.has(key)) best.set(key, hit)
  }
  return [...best.values()]
}
