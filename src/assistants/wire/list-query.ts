import { z } from 'zod'

const cursor = z.string().exactOptional()

/** Query of a list (reference 1.2), after `toQueryValues`. Members it does not know are ignored. */
export const pageQuery = z.object({
  limit: z.int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: cursor,
  before: cursor,
})

const results = 'step_details.tool_calls[*].file_search.results[*]'
export const includedContent = `${results}.content` as const
/** Beyond the API; see `toShownStep`. */
export const includedLocation = `${results}.location` as const

/** What can be asked for in addition (reference 1.3). */
export const includeQuery = z.object({
  include: z.array(z.enum([includedContent, includedLocation])).exactOptional(),
})

/**
 * A decoded query as values to check: the first of repeated members, whole numbers as numbers,
 * empty members left out, and `include`, `include[]` or `include[0]` as one array.
 */
export function toQueryValues(query: Record<string, string[]>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const include: string[] = []
  for (const [name, given] of Object.entries(query)) {
    const first = given[0] ?? ''
    if (/^include(\[\d*\])?$/.test(name)) include.push(...given)
    else if (name === 'limit' && /^-?\d{1,15}$/.test(first)) values[name] = Number(first)
    else if (first !== '') values[name] = first
  }
  if (include.length > 0) values['include'] = include
  return values
}
