import type OpenAI from 'openai'
import { z } from 'zod'

import { id } from './ids.ts'
import { metadata } from './metadata.ts'

const codeInterpreter = z.strictObject({ file_ids: z.array(id('file_id')).max(20).exactOptional() })

const chunkingStrategy = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({
    type: z.literal('static'),
    static: z.strictObject({
      max_chunk_size_tokens: z.int().min(100).max(4096),
      chunk_overlap_tokens: z.int().min(0).max(4096),
    }),
  }),
])

const newVectorStore = z.strictObject({
  file_ids: z.array(z.string()).max(10_000).exactOptional(),
  chunking_strategy: chunkingStrategy.exactOptional(),
  metadata: metadata.exactOptional(),
})

const vectorStoreIds = z.array(z.string()).max(1).exactOptional()

/** Where an object is made: the `vector_stores` helper is allowed (reference 1.4.1). */
export const newToolResources = z
  .strictObject({
    code_interpreter: codeInterpreter.exactOptional(),
    file_search: z
      .strictObject({
        vector_store_ids: vectorStoreIds,
        vector_stores: z.array(newVectorStore).max(1).exactOptional(),
      })
      .exactOptional(),
  })
  .nullable() satisfies z.ZodType<OpenAI.Beta.AssistantCreateParams.ToolResources | null>

/** Where an object is changed: ids only. */
export const toolResources = z
  .strictObject({
    code_interpreter: codeInterpreter.exactOptional(),
    file_search: z.strictObject({ vector_store_ids: vectorStoreIds }).exactOptional(),
  })
  .nullable() satisfies z.ZodType<OpenAI.Beta.AssistantUpdateParams.ToolResources | null>
