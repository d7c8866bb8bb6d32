import type OpenAI from 'openai'
import { z } from 'zod'

import type { NewAttachment } from '../store/live-vector-store.ts'
import type { NewVectorStore } from '../store/vector-stores.ts'
import { attributes } from './attributes.ts'
import { chunkingStrategy, toChunkSizes } from './chunking-strategy.ts'
import { decimal } from './decimal.ts'
import { id } from './ids.ts'
import { pageQuery } from './list-query.ts'
import { metadata } from './metadata.ts'
import { problemIssue } from './problem.ts'
import { searchFilter } from './search-filter.ts'
import { text } from './text.ts'

const maxFilesOfNewStore = 500
const maxFilesOfBatch = 2000
const maxName = 256
const maxDescription = 512
/** Longer than any question; a model's context is not searched for. */
const maxQuery = 10_000
const maxQueries = 20

const fileId = id('file_id')

const expiresAfter = z.strictObject({
  anchor: z.literal('last_active_at'),
  days: z.int().min(1).max(365),
})

export const createVectorStoreBody = z
  .strictObject({
    name: text(maxName).nullable().exactOptional(),
    description: text(maxDescription).nullable().exactOptional(),
    file_ids: z.array(fileId).max(maxFilesOfNewStore).exactOptional(),
    expires_after: expiresAfter.nullable().exactOptional(),
    chunking_strategy: chunkingStrategy.exactOptional(),
    metadata: metadata.exactOptional(),
  })
  .check(({ value, issues }) => {
    if (value.chunking_strategy === undefined || value.file_ids?.length) return
    const what = "Invalid $. It is only applicable if 'file_ids' is non-empty."
    const issue = problemIssue({ code: 'invalid_value', text: what }, value)
    issues.push({ ...issue, path: ['chunking_strategy'] })
  })

export const modifyVectorStoreBody = z.strictObject({
  name: text(maxName).nullable().exactOptional(),
  expires_after: expiresAfter.nullable().exactOptional(),
  metadata: metadata.exactOptional(),
})

const attachment = {
  attributes: attributes.exactOptional(),
  chunking_strategy: chunkingStrategy.exactOptional(),
}

export const attachFileBody = z.strictObject({ file_id: fileId, ...attachment })
export const modifyFileBody = z.strictObject({ attributes })

/** Either ids, which share everything, or files with what each has of its own. */
export const createBatchBody = z
  .strictObject({
    file_ids: z.array(fileId).max(maxFilesOfBatch).exactOptional(),
    files: z.array(attachFileBody).max(maxFilesOfBatch).exactOptional(),
    ...attachment,
  })
  .check(({ value, issues }) => {
    const problem = problemOfBatch(value)
    if (problem) issues.push({ ...problemIssue(problem, value), path: [problem.param] })
  })

function problemOfBatch({ file_ids, files }: { file_ids?: string[]; files?: object[] }) {
  if (file_ids && files) {
    const what = "Invalid $. 'files' and 'file_ids' cannot both be given."
    return { param: 'files', code: 'invalid_value', text: what }
  }
  if (!file_ids && !files) {
    const what = "Missing required parameter: $. Either it or 'files' must be given."
    return { param: 'file_ids', code: 'missing_required_parameter', text: what }
  }
  if (file_ids?.length || files?.length) return undefined
  const what =
    'Invalid $: empty array. Expected an array with minimum length 1, but got an empty array instead.'
  return { param: files ? 'files' : 'file_ids', code: 'empty_array', text: what }
}

const query = text(maxQuery).check(({ value, issues }) => {
  if (value.trim().length > 0) return
  const what = 'Invalid $: empty string. Expected a question, or words to search for.'
  issues.push(problemIssue({ code: 'empty_string', text: what }, value))
})

const queries = z
  .array(query)
  .max(maxQueries)
  .check(({ value, issues }) => {
    if (value.length > 0) return
    const what =
      'Invalid $: empty array. Expected an array with minimum length 1, but got an empty array instead.'
    issues.push(problemIssue({ code: 'empty_array', text: what }, value))
  })

const hybridSearch = z
  .strictObject({ embedding_weight: decimal(0, 1_000_000), text_weight: decimal(0, 1_000_000) })
  .check(({ value, issues }) => {
    if (value.embedding_weight > 0 || value.text_weight > 0) return
    const what = 'Invalid $: at least one of the weights must be above 0.'
    issues.push(problemIssue({ code: 'invalid_value', text: what }, value))
  })

/** Reference 5.6; its rankers have hyphens, those of the tool have underscores. */
export const searchBody = z.strictObject({
  query: z.union([query, queries]),
  rewrite_query: z.boolean().exactOptional(),
  max_num_results: z.int().min(1).max(50).exactOptional(),
  filters: searchFilter.nullable().exactOptional(),
  ranking_options: z
    .strictObject({
      ranker: z.enum(['none', 'auto', 'default-2024-11-15']).exactOptional(),
      score_threshold: decimal(0, 1).exactOptional(),
      hybrid_search: hybridSearch.nullable().exactOptional(),
    })
    .nullable()
    .exactOptional(),
})

/** Clients that send something else keep their answers: the API has no such parameter. */
export const searchQuery = z.object({
  include: z
    .array(z.string())
    .transform((names) => names.filter((name) => name === 'location'))
    .exactOptional(),
})

export const filesQuery = pageQuery.extend({
  filter: z.enum(['in_progress', 'completed', 'failed', 'cancelled']).exactOptional(),
})

/** The position that `next_page` named. */
export const contentQuery = z.object({
  page: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .default(0),
})

type FileBody = Omit<z.output<typeof attachFileBody>, 'file_id'>

/** A file as it goes into a vector store. */
export function toAttachment(fileId: string, body: FileBody = {}): NewAttachment {
  return {
    fileId,
    chunking: toChunkSizes(body.chunking_strategy),
    attributes: body.attributes ?? {},
  }
}

export function toBatchAttachments(body: z.output<typeof createBatchBody>): NewAttachment[] {
  const { file_ids = [], files = [], ...shared } = body
  return [
    ...file_ids.map((each) => toAttachment(each, shared)),
    ...files.map(({ file_id, ...own }) => toAttachment(file_id, own)),
  ]
}

interface Birth {
  id: string
  /** Unix seconds. */
  createdAt: number
}

export function toNewVectorStore(
  body: Omit<z.output<typeof createVectorStoreBody>, 'metadata'> & {
    metadata?: OpenAI.Metadata | null
  },
  { id: storeId, createdAt }: Birth,
): NewVectorStore {
  const { chunking_strategy } = body
  return {
    id: storeId,
    createdAt,
    name: body.name ?? null,
    description: body.description ?? null,
    metadata: body.metadata ?? {},
    expiresAfterDays: body.expires_after?.days ?? null,
    files: (body.file_ids ?? []).map((each) =>
      toAttachment(each, chunking_strategy ? { chunking_strategy } : {}),
    ),
  }
}
