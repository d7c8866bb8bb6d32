import { Hono } from 'hono'
import type OpenAI from 'openai'

import { replyJson, type ApiContext, type ApiEnv } from '../reply.ts'
import {
  usageGroups,
  type Store,
  type UsageGroup,
  type UsageKind,
  type UsageQuery,
  type UsageSum,
} from '../store/store.ts'
import { parseRequest } from '../wire/parse.ts'
import { costsQuery, embeddingsQuery, toUsageValues, usageQuery } from '../wire/usage-query.ts'

export interface UsageRoutesDeps {
  store: Pick<Store, 'sumUsage'>
  /** Milliseconds since the epoch. */
  now: () => number
}

const widths: Record<UsageQuery['bucketWidth'], number> = { '1m': 60, '1h': 3600, '1d': 86_400 }

/** What models cost, to those whose key it is: a key sees its own project, without keys all are seen. */
export function usageRoutes(deps: UsageRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()

  routes.get('/usage/completions', async (context) => {
    const query = parseRequest(usageQuery, toUsageValues(context.req.queries()))
    const isAsked = (group: string) => query.group_by.some((each) => each === group)
    const page = await readPage(deps, {
      ...query,
      kind: 'completions',
      groupBy: usageGroups.filter(isAsked),
      only: {
        ...onlyFrom(context, query),
        ...(query.assistant_ids && { assistant_id: query.assistant_ids }),
        ...(query.thread_ids && { thread_id: query.thread_ids }),
        // Nothing here runs in batches.
        ...(query.batch === true && { model: [] }),
      },
      toResult: (sum) => toUsageResult(sum, isAsked),
    })
    return replyJson(context, page)
  })

  routes.get('/usage/embeddings', async (context) => {
    const query = parseRequest(embeddingsQuery, toUsageValues(context.req.queries()))
    const isAsked = (group: string) => query.group_by.some((each) => each === group)
    const page = await readPage(deps, {
      ...query,
      kind: 'embeddings',
      groupBy: usageGroups.filter(isAsked),
      only: onlyFrom(context, query),
      toResult: toEmbeddingsResult,
    })
    return replyJson(context, page)
  })

  routes.get('/costs', async (context) => {
    const query = parseRequest(costsQuery, toUsageValues(context.req.queries()))
    const groups: Partial<Record<string, UsageGroup>> = {
      project_id: 'project_id',
      api_key_id: 'api_key_id',
      line_item: 'model',
    }
    const page = await readPage(deps, {
      ...query,
      groupBy: query.group_by.flatMap((group) => groups[group] ?? []),
      only: {
        ...onlyFrom(context, query),
        ...(query.line_items && { model: query.line_items }),
      },
      toResult: (sum) => toCostsResult(sum, query.group_by.includes('api_source')),
    })
    return replyJson(context, page)
  })

  return routes
}

type Filter = NonNullable<UsageQuery['only']>

interface CommonFilters {
  project_ids?: string[]
  user_ids?: string[]
  api_key_ids?: string[]
  models?: string[]
}

function onlyFrom(context: ApiContext, given: CommonFilters): Filter {
  const { project, apiKeyId } = context.var
  const { project_ids: projects, user_ids: users, api_key_ids: keys, models } = given
  const own = projects ? projects.filter((id) => id === project) : [project]
  const seen = apiKeyId === null ? projects : own
  return {
    ...(seen && { project_id: seen }),
    ...(keys && { api_key_id: keys }),
    ...(models && { model: models }),
    // Nobody is told apart beyond the keys.
    ...(users && { api_key_id: [] }),
  }
}

interface PageOptions<Result> {
  start_time: number
  end_time?: number
  /** Where the page starts, from an earlier page. */
  page?: number
  /** Buckets. */
  limit: number
  bucket_width: UsageQuery['bucketWidth']
  /** Default: of every kind. */
  kind?: UsageKind
  groupBy: UsageGroup[]
  only: Filter
  toResult: (sum: UsageSum) => Result
}

/** Buckets begin with the days, hours or minutes of UTC; those without usage are there, empty. */
async function readPage<Result>({ store, now }: UsageRoutesDeps, options: PageOptions<Result>) {
  const { bucket_width: bucketWidth, kind, groupBy, only, limit, toResult } = options
  const width = widths[bucketWidth]
  const end = options.end_time ?? Math.floor(now() / 1000) + 1
  const start = Math.max(options.start_time, options.page ?? 0)
  const starts: number[] = []
  for (
    let bucket = start - (start % width);
    start < end && bucket < end && starts.length < limit;
    bucket += width
  ) {
    starts.push(bucket)
  }
  const next = (starts.at(-1) ?? end) + width
  const matchesNothing = Object.values(only).some((values) => values.length === 0)
  const sums =
    matchesNothing || starts.length === 0
      ? []
      : await store.sumUsage({
          start,
          end: Math.min(next, end),
          bucketWidth,
          groupBy,
          ...(kind && { kind }),
          only,
        })
  const byBucket = Map.groupBy(sums, ({ bucket }) => bucket)
  return {
    object: 'page',
    data: starts.map((bucket) => ({
      object: 'bucket',
      start_time: bucket,
      end_time: bucket + width,
      results: (byBucket.get(bucket) ?? []).map(toResult),
    })),
    has_more: next < end,
    next_page: next < end ? `page_${next}` : null,
  }
}

type UsageResult =
  OpenAI.Admin.Organization.UsageCompletionsResponse.Data.OrganizationUsageCompletionsResult & {
    assistant_id: string | null
    thread_id: string | null
    /** US dollars, of the requests whose model has a known price; null if none has. */
    cost: number | null
    num_unpriced_requests: number
  }

function toUsageResult(sum: UsageSum, isAsked: (group: string) => boolean): UsageResult {
  return {
    object: 'organization.usage.completions.result',
    input_tokens: sum.prompt_tokens,
    output_tokens: sum.completion_tokens,
    input_cached_tokens: sum.cached_tokens,
    input_uncached_tokens: sum.prompt_tokens - sum.cached_tokens,
    input_audio_tokens: 0,
    output_audio_tokens: 0,
    num_model_requests: sum.requests,
    project_id: sum.project_id,
    user_id: null,
    api_key_id: sum.api_key_id,
    model: sum.model,
    batch: isAsked('batch') ? false : null,
    service_tier: null,
    api_source: isAsked('api_source') ? 'unlabeled' : null,
    assistant_id: sum.assistant_id,
    thread_id: sum.thread_id,
    cost: sum.cost,
    num_unpriced_requests: sum.unpriced_requests,
  }
}

type EmbeddingsResult =
  OpenAI.Admin.Organization.UsageEmbeddingsResponse.Data.OrganizationUsageEmbeddingsResult &
    Pick<UsageResult, 'cost' | 'num_unpriced_requests'>

function toEmbeddingsResult(sum: UsageSum): EmbeddingsResult {
  return {
    object: 'organization.usage.embeddings.result',
    input_tokens: sum.prompt_tokens,
    num_model_requests: sum.requests,
    project_id: sum.project_id,
    user_id: null,
    api_key_id: sum.api_key_id,
    model: sum.model,
    cost: sum.cost,
    num_unpriced_requests: sum.unpriced_requests,
  }
}

type CostsResult = OpenAI.Admin.Organization.UsageCostsResponse.Data.OrganizationCostsResult & {
  num_unpriced_requests: number
}

function toCostsResult(sum: UsageSum, isSourceAsked: boolean): CostsResult {
  return {
    object: 'organization.costs.result',
    amount: { value: sum.cost ?? 0, currency: 'usd' },
    line_item: sum.model,
    project_id: sum.project_id,
    api_key_id: sum.api_key_id,
    user_id: null,
    api_source: isSourceAsked ? 'unlabeled' : null,
    quantity: null,
    quantity_unit: null,
    num_unpriced_requests: sum.unpriced_requests,
  }
}
