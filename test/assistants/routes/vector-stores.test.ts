import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { OpenAI } from 'openai'

import { createTestRuntime, type TestRuntime } from '../runtime.ts'

let runtime: TestRuntime
let id: string
before(async () => {
  runtime = await createTestRuntime()
  id = (await runtime.client.vectorStores.create({})).id
})
after(() => runtime.close())

/** What the API answers to a body that no type of the SDK allows. */
async function refuse(path: string, body: unknown) {
  const response = await runtime.app.request(`/v1/vector_stores${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  const { error } = (await response.json()) as { error: OpenAI.ErrorObject }
  return { status: response.status, code: error.code, param: error.param, message: error.message }
}

const many = (count: number) => Array.from({ length: count }, (_, index) => `file-${index}`)
const deep = (depth: number): object =>
  depth === 1 ? { type: 'eq', key: 'a', value: 1 } : { type: 'and', filters: [deep(depth - 1)] }

describe('vector stores refuse', () => {
  const chunked = (max_chunk_size_tokens: number, chunk_overlap_tokens: number) => ({
    file_ids: ['file-1'],
    chunking_strategy: {
      type: 'static',
      static: { max_chunk_size_tokens, chunk_overlap_tokens },
    },
  })
  const attributes = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key ${index}`, index]))

  const cases: Record<string, [body: unknown, code: string, param: string]> = {
    'more than 500 files': [{ file_ids: many(501) }, 'array_above_max_length', 'file_ids'],
    'a long name': [{ name: 'x'.repeat(257) }, 'string_above_max_length', 'name'],
    'another anchor': [
      { expires_after: { anchor: 'created_at', days: 1 } },
      'invalid_value',
      'expires_after.anchor',
    ],
    'more than a year': [
      { expires_after: { anchor: 'last_active_at', days: 366 } },
      'integer_above_max_value',
      'expires_after.days',
    ],
    'chunks that are too small': [
      chunked(99, 0),
      'integer_below_min_value',
      'chunking_strategy.static.max_chunk_size_tokens',
    ],
    'an overlap of more than half': [
      chunked(201, 101),
      'integer_above_max_value',
      'chunking_strategy.static.chunk_overlap_tokens',
    ],
    'chunking without files': [
      { chunking_strategy: { type: 'auto' } },
      'invalid_value',
      'chunking_strategy',
    ],
    'ids of something else': [{ file_ids: ['vs_1'] }, 'invalid_value', 'file_ids[0]'],
    'what they do not know': [{ color: 'red' }, 'unknown_parameter', 'color'],
  }
  for (const [name, [body, code, param]] of Object.entries(cases)) {
    it(name, async () => {
      assert.partialDeepStrictEqual(await refuse('', body), { status: 400, code, param })
    })
  }

  it('attributes that are too many, too long or no values', async () => {
    const attach = (given: unknown) =>
      refuse(`/${id}/files`, { file_id: 'file-1', attributes: given })
    assert.equal((await attach(attributes(17))).code, 'object_above_max_properties')
    assert.equal((await attach({ a: 'x'.repeat(513) })).code, 'string_above_max_length')
    assert.equal((await attach({ ['k'.repeat(65)]: 1 })).code, 'property_name_above_max_length')
    assert.equal((await attach({ a: [] })).param, 'attributes.a')
    assert.equal((await attach(attributes(16))).status, 404)
  })

  it('batches that are too large', async () => {
    const { code, param } = await refuse(`/${id}/file_batches`, { file_ids: many(2001) })
    assert.deepEqual([code, param], ['array_above_max_length', 'file_ids'])
    assert.equal((await refuse(`/${id}/file_batches`, { file_ids: many(2000) })).status, 404)
  })

  it('searches without words, with odd filters, weights or rankers', async () => {
    const search = (body: object) => refuse(`/${id}/search`, { query: 'x', ...body })
    assert.equal((await search({ query: '' })).param, 'query')
    assert.equal((await search({ query: [] })).param, 'query')
    assert.equal((await search({ query: ['x', ' '] })).param, 'query[1]')
    assert.equal((await search({ max_num_results: 51 })).code, 'integer_above_max_value')
    const ranking_options = { ranker: 'default_2024_08_21' }
    assert.equal((await search({ ranking_options })).param, 'ranking_options.ranker')
    const weights = { hybrid_search: { embedding_weight: 0, text_weight: 0 } }
    assert.equal(
      (await search({ ranking_options: weights })).param,
      'ranking_options.hybrid_search',
    )
    assert.equal((await search({ filters: { type: 'like', key: 'a', value: 1 } })).status, 400)
    assert.equal((await search({ filters: deep(9) })).param, 'filters')
    assert.match((await search({ filters: deep(5_000) })).message, /nested/)
    const wide = { type: 'or', filters: Array.from({ length: 200 }, () => deep(1)) }
    assert.equal((await search({ filters: wide })).param, 'filters')
  })

  it('ids of another kind, and names what is not there', async () => {
    const { vectorStores } = runtime.client
    await assert.rejects(vectorStores.retrieve('file-1'), { status: 400, code: 'invalid_value' })
    await assert.rejects(vectorStores.retrieve('vs_none'), {
      status: 404,
      message: "404 Vector store with id 'vs_none' not found.",
    })
    await assert.rejects(vectorStores.fileBatches.retrieve('vsfb_none', { vector_store_id: id }), {
      status: 404,
      message: `404 No file batch found with id 'vsfb_none' in vector store '${id}'.`,
    })
  })
})

describe('vector stores take', () => {
  it('filters as deep and as many as they may be', async () => {
    const { data } = await runtime.client.vectorStores.search(id, {
      query: 'x',
      filters: deep(8) as OpenAI.CompoundFilter,
    })
    assert.deepEqual(data, [])
  })

  it('changes of what may change, and nothing where nothing is sent', async () => {
    const { vectorStores } = runtime.client
    const made = await vectorStores.create({ name: 'a', metadata: { a: 'b' } })
    assert.deepEqual(await vectorStores.update(made.id, {}), made)
    const expires_after = { anchor: 'last_active_at' as const, days: 3 }
    const changed = await vectorStores.update(made.id, { name: 'b', expires_after, metadata: null })
    const expires_at = (made.last_active_at ?? 0) + 3 * 86_400
    assert.deepEqual(changed, { ...made, name: 'b', metadata: {}, expires_after, expires_at })
    const kept = await vectorStores.update(made.id, { expires_after: null })
    assert.deepEqual([kept.expires_after, kept.expires_at], [null, null])
  })
})
