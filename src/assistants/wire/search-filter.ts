import { z } from 'zod'

import type { SearchFilter } from '../search/file-search.ts'
import { problemIssue } from './problem.ts'
import { text } from './text.ts'

const maxDepth = 8
const maxFilters = 200
const maxValues = 1000

const scalar = z.union([text(512), z.number(), z.boolean()])
const key = text(64)

const comparison = z.strictObject({
  type: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte']),
  key,
  value: scalar,
})

const membership = z.strictObject({
  type: z.enum(['in', 'nin']),
  key,
  value: z.array(z.union([text(512), z.number()])).max(maxValues),
})

/** Filters of attributes (reference 5.6), nested at most eight deep and 200 in all. */
export const searchFilter = z
  .unknown()
  .check(({ value, issues }) => {
    if (isWithinBounds(value)) return
    const what = `Invalid $: too many filters. Expected at most ${maxFilters}, nested at most ${maxDepth} deep.`
    issues.push({ ...problemIssue({ code: 'invalid_value', text: what }, value), continue: false })
  })
  .pipe(nested(maxDepth))

/** Schemas as deep as filters may be, so that a check never recurses further. */
function nested(depth: number): z.ZodType<SearchFilter> {
  const leaf = [comparison, membership] as const
  if (depth <= 1) return z.discriminatedUnion('type', leaf)
  const compound = z.strictObject({
    type: z.enum(['and', 'or']),
    filters: z.array(nested(depth - 1)).max(maxFilters),
  })
  return z.discriminatedUnion('type', [...leaf, compound])
}

/** Level by level, because the depth is what cannot be trusted. */
function isWithinBounds(root: unknown): boolean {
  let level: unknown[] = [root]
  let count = 0
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length
    if (depth >= maxDepth || count > maxFilters) return false
    level = level.flatMap(childrenOf)
  }
  return true
}

function childrenOf(filter: unknown): unknown[] {
  if (typeof filter !== 'object' || filter === null || !('filters' in filter)) return []
  return Array.isArray(filter.filters) ? filter.filters : []
}
