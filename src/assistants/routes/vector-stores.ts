import { Hono } from 'hono'
import type OpenAI from 'openai'

import type { NewId } from '../../ids.ts'
import { isPollHelper, replyJson, replyPollable, type ApiContext, type ApiEnv } from '../reply.ts'
import { readBody, type BodyRules } from '../request-body.ts'
import { pathId, readQuery } from '../request-params.ts'
import type { FoundPassage } from '../search/file-search.ts'
import { expiredStore } from '../store/live-vector-store.ts'
import type { Store } from '../store/store.ts'
import type { VectorStores } from '../vector-stores/vector-stores.ts'
import { pageQuery } from '../wire/list-query.ts'
import {
  attachFileBody,
  contentQuery,
  createBatchBody,
  createVectorStoreBody,
  filesQuery,
  modifyFileBody,
  modifyVectorStoreBody,
  searchBody,
  searchQuery,
  toAttachment,
  toBatchAttachments,
  toNewVectorStore,
} from '../wire/vector-stores.ts'

export interface VectorStoreRoutesDeps {
  store: Pick<Store, 'project'>
  vectorStores: Pick<VectorStores, 'search' | 'index' | 'rewrite'> & {
    queue: Pick<VectorStores['queue'], 'waitUntil'>
  }
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
}

/** How long who polls is kept waiting for the end: shorter than any client or proxy gives up. */
const awaitMs = 1000
/** Of a file's content in one answer, about 8 MB. */
const passagesPerPage = 2000
const defaultResults = 10
/** 2000 files with 16 attributes each. */
const batchRules: BodyRules = { maxBytes: 8 * 1024 * 1024, maxValues: 100_000 }

export function vectorStoreRoutes({
  store,
  vectorStores: { search, index, queue, rewrite },
  newId,
  now,
}: VectorStoreRoutesDeps): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  const seconds = () => Math.floor(now() / 1000)
  const storesOf = ({ var: { project } }: ApiContext) => store.project(project).vectorStores
  const storeId = (context: ApiContext) => pathId(context, 'vector_store_id')
  const fileKey = (context: ApiContext) => ({
    vectorStoreId: storeId(context),
    fileId: pathId(context, 'file_id'),
  })
  const batchKey = (context: ApiContext) => ({
    vectorStoreId: storeId(context),
    batchId: pathId(context, 'batch_id'),
  })

  /** As it is now; but who polls is kept waiting while it is in progress, at most for a moment. */
  async function awaitEnd<T extends { status: string }>(
    context: ApiContext,
    read: () => Promise<T>,
  ): Promise<T> {
    let current = await read()
    if (!isPollHelper(context) || current.status !== 'in_progress') return current
    const look = async () => {
      current = await read()
      return current.status !== 'in_progress'
    }
    await queue.waitUntil(look, { timeoutMs: awaitMs, signal: context.req.raw.signal })
    return current
  }

  routes.get('/', async (context) => {
    const page = readQuery(context, pageQuery)
    return replyJson(context, await storesOf(context).list(page, seconds()))
  })

  routes.post('/', async (context) => {
    const body = await readBody(context, createVectorStoreBody)
    const created = toNewVectorStore(body, { id: newId('vs_'), createdAt: seconds() })
    return replyJson(context, await storesOf(context).insert(created))
  })

  routes.get('/:vector_store_id', async (context) =>
    replyPollable(context, await storesOf(context).get(storeId(context), seconds())),
  )

  routes.post('/:vector_store_id', async (context) => {
    const id = storeId(context)
    const { name, metadata, expires_after } = await readBody(context, modifyVectorStoreBody)
    const patch = {
      ...(name !== undefined && { name }),
      ...(metadata !== undefined && { metadata: metadata ?? {} }),
      ...(expires_after !== undefined && { expiresAfterDays: expires_after?.days ?? null }),
    }
    return replyJson(context, await storesOf(context).update(id, patch, seconds()))
  })

  routes.delete('/:vector_store_id', async (context) => {
    const id = storeId(context)
    await storesOf(context).delete(id)
    const answer: OpenAI.VectorStoreDeleted = { id, object: 'vector_store.deleted', deleted: true }
    return replyJson(context, answer)
  })

  routes.post('/:vector_store_id/search', async (context) => {
    const id = storeId(context)
    const { include = [] } = readQuery(context, searchQuery)
    const body = await readBody(context, searchBody)
    const { status } = await storesOf(context).get(id, seconds())
    if (status === 'expired') throw expiredStore(id)
    const { signal } = context.req.raw
    const asked = [body.query].flat()
    const queries =
      body.rewrite_query === true && rewrite
        ? await Promise.all(asked.map((query) => rewrite(query, { signal })))
        : asked
    const { score_threshold, hybrid_search } = body.ranking_options ?? {}
    const weights = hybrid_search && {
      text: hybrid_search.text_weight,
      embedding: hybrid_search.embedding_weight,
    }
    const found = await search.search(
      {
        vectorStoreIds: [id],
        queries,
        filters: body.filters ?? undefined,
        maxResults: body.max_num_results ?? defaultResults,
        scoreThreshold: score_threshold,
        weights: weights ?? undefined,
      },
      { signal },
    )
    const toResult = include.length > 0 ? toLocatedResult : toSearchResult
    return replyJson(context, {
      object: 'vector_store.search_results.page',
      search_query: queries,
      data: found.map(toResult),
      has_more: false,
      next_page: null,
    })
  })

  routes.get('/:vector_store_id/files', async (context) => {
    const query = readQuery(context, filesQuery)
    const page = await storesOf(context).listFiles(storeId(context), query, seconds())
    return replyJson(context, page)
  })

  routes.post('/:vector_store_id/files', async (context) => {
    const id = storeId(context)
    const { file_id, ...body } = await readBody(context, attachFileBody)
    const attachment = toAttachment(file_id, body)
    return replyPollable(context, await storesOf(context).attach(id, attachment, seconds()))
  })

  routes.get('/:vector_store_id/files/:file_id', async (context) => {
    const key = fileKey(context)
    const file = await awaitEnd(context, () => storesOf(context).getFile(key, seconds()))
    return replyPollable(context, file)
  })

  routes.post('/:vector_store_id/files/:file_id', async (context) => {
    const key = fileKey(context)
    const { attributes } = await readBody(context, modifyFileBody)
    const changed = await storesOf(context).setAttributes(key, attributes ?? {}, seconds())
    return replyJson(context, changed)
  })

  routes.delete('/:vector_store_id/files/:file_id', async (context) => {
    const key = fileKey(context)
    await storesOf(context).detach(key)
    const answer: OpenAI.VectorStores.VectorStoreFileDeleted = {
      id: key.fileId,
      object: 'vector_store.file.deleted',
      deleted: true,
    }
    return replyJson(context, answer)
  })

  routes.get('/:vector_store_id/files/:file_id/content', async (context) => {
    const key = fileKey(context)
    const { page: position } = readQuery(context, contentQuery)
    const { status } = await storesOf(context).getFile(key, seconds())
    const range = { position, limit: passagesPerPage + 1 }
    const found = status === 'completed' ? await index.passages(key, range) : []
    const passages = found.slice(0, passagesPerPage)
    const hasMore = found.length > passagesPerPage
    return replyJson(context, {
      object: 'vector_store.file_content.page',
      data: passages.map(({ text }) => ({ type: 'text', text })),
      has_more: hasMore,
      next_page: hasMore ? String(position + passagesPerPage) : null,
    })
  })

  routes.post('/:vector_store_id/file_batches', async (context) => {
    const vectorStoreId = storeId(context)
    const files = toBatchAttachments(await readBody(context, createBatchBody, batchRules))
    const batch = { vectorStoreId, batchId: newId('vsfb_'), files, createdAt: seconds() }
    return replyPollable(context, await storesOf(context).insertBatch(batch))
  })

  const batchPath = '/:vector_store_id/file_batches/:batch_id'

  routes.get(batchPath, async (context) => {
    const key = batchKey(context)
    return replyPollable(context, await awaitEnd(context, () => storesOf(context).getBatch(key)))
  })

  routes.post(`${batchPath}/cancel`, async (context) =>
    replyJson(context, await storesOf(context).cancelBatch(batchKey(context))),
  )

  routes.get(`${batchPath}/files`, async (context) => {
    const query = readQuery(context, filesQuery)
    const page = await storesOf(context).listBatchFiles(batchKey(context), query, seconds())
    return replyJson(context, page)
  })

  return routes
}

function toSearchResult({
  fileId,
  filename,
  score,
  attributes,
  text,
}: FoundPassage): OpenAI.VectorStoreSearchResponse {
  return { file_id: fileId, filename, score, attributes, content: [{ type: 'text', text }] }
}

/** Beyond the API: where in its file the passage stands, for those who ask with `include[]=location`. */
function toLocatedResult(passage: FoundPassage) {
  const { page, heading } = passage
  return { ...toSearchResult(passage), page, heading }
}
