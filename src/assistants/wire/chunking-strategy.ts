import { z } from 'zod'

import type { ChunkSizes } from '../indexing/document.ts'
import { problemIssue } from './problem.ts'

const sizes = z
  .strictObject({
    max_chunk_size_tokens: z.int().min(100).max(4096),
    chunk_overlap_tokens: z.int().min(0).max(4096),
  })
  .check(({ value, issues }) => {
    const most = Math.floor(value.max_chunk_size_tokens / 2)
    if (value.chunk_overlap_tokens <= most) return
    const text = `Invalid $: integer above maximum value. Expected a value <= ${most} (half of 'max_chunk_size_tokens'), but got ${value.chunk_overlap_tokens} instead.`
    issues.push({
      ...problemIssue({ code: 'integer_above_max_value', text }, value),
      path: ['chunk_overlap_tokens'],
    })
  })

/** How a file is cut (reference 5.3). */
export const chunkingStrategy = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto') }),
  z.strictObject({ type: z.literal('static'), static: sizes }),
])

/** What `auto` means, and what is not said. */
const defaultSizes: ChunkSizes = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 }

export function toChunkSizes(strategy: z.output<typeof chunkingStrategy> | undefined): ChunkSizes {
  return strategy?.type === 'static' ? strategy.static : defaultSizes
}
