import type OpenAI from 'openai'
import type { z } from 'zod'

import type { NewVectorStore } from '../store/vector-stores.ts'
import type { newToolResources } from './tool-resources.ts'
import { toAttachment } from './vector-stores.ts'

/** Of a store that is made together with an assistant or a thread (reference 5.5). */
const daysOfHelperStore = 7

/** Resources as the object shows them, and the vector stores that are to be made for it. */
export interface NewResources {
  tool_resources: OpenAI.Beta.Thread['tool_resources']
  stores: NewVectorStore[]
}

/**
 * Turns the helper `file_search.vector_stores` into a store with an id of its own (reference 1.4.1).
 * `createdAt` is in Unix seconds.
 */
export function toNewResources(
  given: z.output<typeof newToolResources> | undefined,
  { newId, createdAt }: { newId: (prefix: 'vs_') => string; createdAt: number },
): NewResources {
  const { file_search, ...others } = given ?? {}
  if (!file_search) return { tool_resources: others, stores: [] }
  const { vector_stores = [], ...rest } = file_search
  const stores = vector_stores.map(({ file_ids = [], chunking_strategy, metadata }) => ({
    id: newId('vs_'),
    createdAt,
    name: null,
    description: null,
    metadata: metadata ?? {},
    expiresAfterDays: daysOfHelperStore,
    files: file_ids.map((id) => toAttachment(id, chunking_strategy ? { chunking_strategy } : {})),
  }))
  const ids = [...(rest.vector_store_ids ?? []), ...stores.map(({ id }) => id)]
  return { tool_resources: { ...others, file_search: { vector_store_ids: ids } }, stores }
}
