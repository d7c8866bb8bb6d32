import type OpenAI from 'openai'

import type { Hit } from './search-index.ts'

export type SearchFilter = OpenAI.ComparisonFilter | OpenAI.CompoundFilter
export type Attributes = Record<string, string | number | boolean>

/** What the search endpoint and the tool of a run ask for alike. */
export interface FileSearchQuery {
  vectorStoreIds: readonly string[]
  queries: readonly string[]
  filters?: SearchFilter | undefined
  /** 1 to 50. */
  maxResults: number
  /** 0 to 1; default 0. */
  scoreThreshold?: number | undefined
  /** Of the results together; whole results beyond it are left out. Default: no limit. */
  maxTokens?: number | undefined
  weights?: { text: number; embedding: number } | undefined
}

export interface FoundPassage extends Hit {
  filename: string
  attributes: Attributes
}

export interface FileSearch {
  /**
   * The best passages of the files in these stores that are `completed`, best first. Marks the stores as
   * used. Stores that are missing or expired have nothing.
   */
  search(query: FileSearchQuery, options: { signal: AbortSignal }): Promise<FoundPassage[]>
  /** Those of the stores that are expired; missing ones are not. */
  expired(vectorStoreIds: readonly string[]): Promise<string[]>
}
