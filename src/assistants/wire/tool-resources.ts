import type OpenAI from 'openai'
import { z } from 'zod'

import { chunkingStrategy } from './chunking-strategy.ts'
import { id } from './ids.ts'
import { metadata } from './metadata.ts'
import { problemIssue } from './problem.ts'

const codeInterpreter = z.strictObject({ file_ids: z.array(id('file_id')).max(20).exactOptional() })

const newVectorStore = z.strictObject({
  file_ids: z.array(id('file_id')).max(10_000).exactOptional(),
  chunking_strategy: chunkingStrategy.exactOptional(),
  metadata: metadata.exactOptional(),
})

const vectorStoreIds = z.array(id('vector_store_id')).max(1).exactOptional()

/** Where an object is made: the `vector_stores` helper is allowed (reference 1.4.1). */
export const newToolResources = z
  .strictObject({
    code_interpreter: codeInterpreter.exactOptional(),
    file_search: z
      .strictObject({
        vector_store_ids: vectorStoreIds,
        vector_stores: z.array(newVectorStore).max(1).exactOptional(),
      })
      .check(({ value, issues }) => {
        if (!value.vector_store_ids?.length || !value.vector_stores?.length) return
        const text = "Invalid $. 'vector_store_ids' and 'vector_stores' cannot both be given."
        issues.push(problemIssue({ code: 'invalid_value', text }, value))
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
