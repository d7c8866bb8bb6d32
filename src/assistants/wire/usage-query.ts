import { z } from 'zod'

import { InvalidRequestError } from '../../errors.ts'
import { usageGroups, type UsageQuery } from '../store/store.ts'
import { problemIssue } from './problem.ts'

type BucketWidth = UsageQuery['bucketWidth']

/** Buckets on a page, by their width: as many as the API answers unasked, and at most. */
const limits: Record<BucketWidth, { usual: number; most: number }> = {
  '1m': { usual: 60, most: 1440 },
  '1h': { usual: 24, most: 168 },
  '1d': { usual: 7, most: 31 },
}
const costLimits = { usual: 7, most: 180 }

/** The end of the year 9999: what is beyond are milliseconds. */
const seconds = z.int().min(0).max(253_402_300_799)
const names = z.array(z.string().max(256)).max(100).exactOptional()

const page = z.string().transform((value, { issues }): number => {
  const start = /^page_(\d{1,12})$/.exec(value)?.[1]
  if (start !== undefined) return Number(start)
  const text = "Invalid $: expected the 'next_page' of an earlier answer."
  issues.push(problemIssue({ code: 'invalid_value', text }, value))
  return z.NEVER
})

const span = {
  start_time: seconds,
  end_time: seconds.exactOptional(),
  page: page.exactOptional(),
  limit: z.int().min(1).exactOptional(),
  project_ids: names,
  user_ids: names,
  api_key_ids: names,
}

/** `GET /organization/usage/completions`. Ours beside the API's: assistants and threads. */
export const usageQuery = z
  .strictObject({
    ...span,
    bucket_width: z.enum(['1m', '1h', '1d']).default('1d'),
    models: names,
    batch: z.boolean().exactOptional(),
    assistant_ids: names,
    thread_ids: names,
    group_by: z
      .array(z.enum([...usageGroups, 'user_id', 'batch', 'service_tier', 'api_source']))
      .default([]),
  })
  .transform(withLimit)

/** `GET /organization/usage/embeddings`. */
export const embeddingsQuery = z
  .strictObject({
    ...span,
    bucket_width: z.enum(['1m', '1h', '1d']).default('1d'),
    models: names,
    group_by: z.array(z.enum(['project_id', 'user_id', 'api_key_id', 'model'])).default([]),
  })
  .transform(withLimit)

/** `GET /organization/costs`. A line item is a model. */
export const costsQuery = z
  .strictObject({
    ...span,
    bucket_width: z.enum(['1d']).default('1d'),
    line_items: names,
    group_by: z
      .array(z.enum(['project_id', 'user_id', 'line_item', 'api_key_id', 'api_source']))
      .default([]),
  })
  .transform(({ limit, ...query }) => ({ ...query, limit: limitOf(limit, costLimits) }))

function withLimit<Query extends { bucket_width: BucketWidth; limit?: number }>(query: Query) {
  return { ...query, limit: limitOf(query.limit, limits[query.bucket_width]) }
}

function limitOf(given: number | undefined, { usual, most }: { usual: number; most: number }) {
  if (given === undefined || given <= most) return given ?? usual
  throw new InvalidRequestError(
    `Invalid 'limit': integer above maximum value. Expected a value <= ${most}, but got ${given} instead.`,
    { param: 'limit', apiCode: 'integer_above_max_value' },
  )
}

const lists = new Set([
  'project_ids',
  'user_ids',
  'api_key_ids',
  'models',
  'assistant_ids',
  'thread_ids',
  'line_items',
  'group_by',
])

/** A decoded query as values to check: lists as `name`, `name[]` or `name[0]`, numbers as numbers. */
export function toUsageValues(query: Record<string, string[]>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const given: Record<string, string[]> = {}
  for (const [name, each] of Object.entries(query)) {
    const plain = name.replace(/\[\d*\]$/, '')
    if (lists.has(plain)) given[plain] = [...(given[plain] ?? []), ...each]
    else values[name] = toValue(each[0] ?? '')
  }
  return { ...values, ...given }
}

function toValue(text: string): unknown {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return text
}
