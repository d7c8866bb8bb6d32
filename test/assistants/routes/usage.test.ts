import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import OpenAI from 'openai'

import type { createApp } from '../../../src/assistants/app.ts'
import type { UsageRecord } from '../../../src/assistants/store/store.ts'
import { createTestRuntime, type TestRuntime } from '../runtime.ts'

const day = 86_400
/** Noon of 2026-03-02. */
const noon = 1_772_452_800
const midnight = noon - day / 2

let runtime: TestRuntime
let everybody: OpenAI.Admin.Organization.Usage
let ofMaths: OpenAI.Admin.Organization.Usage

/** The SDK's part for administrators, whose key is one of ours. */
function usageOf(app: ReturnType<typeof createApp>, adminAPIKey: string) {
  const client = new OpenAI({
    adminAPIKey,
    apiKey: null,
    baseURL: 'http://runtime.test/v1',
    maxRetries: 0,
    fetch: async (url, init) => app.request(url instanceof Request ? url : String(url), init),
  })
  return client.admin.organization.usage
}

before(async () => {
  runtime = await createTestRuntime()
  const now = () => (noon + day) * 1000
  everybody = usageOf(runtime.createApp({ now }), 'any')
  const apiKeys = [
    { project: 'maths', key: 'sk-maths' },
    { project: 'physics', key: 'sk-physics' },
  ]
  ofMaths = usageOf(runtime.createApp({ now, apiKeys }), 'sk-maths')

  const record = async (
    createdAt: number,
    given: Partial<Pick<UsageRecord, 'kind' | 'project' | 'model' | 'apiKeyId'>> & {
      tokens: number
      cost?: number
    },
  ) => {
    const { tokens, cost, project = 'maths', model = 'small', apiKeyId = null } = given
    const { kind = 'completions' } = given
    await runtime.store.recordUsage({
      createdAt,
      kind,
      project,
      apiKeyId,
      model,
      usage: {
        prompt_tokens: tokens,
        completion_tokens: 1,
        total_tokens: tokens + 1,
        cached_tokens: 2,
        ...(cost !== undefined && { cost }),
      },
    })
  }
  await record(noon, { tokens: 10, cost: 0.5, apiKeyId: 'key_a' })
  await record(noon + 60, { tokens: 20, cost: 0.25, model: 'large' })
  await record(noon + 61, { tokens: 30, model: 'local' })
  await record(noon - 2 * day, { tokens: 40, cost: 1 })
  await record(noon, { tokens: 50, cost: 2, project: 'physics' })
  await record(noon, { tokens: 1000, cost: 8, kind: 'embeddings', model: 'e', apiKeyId: 'key_a' })
  await record(noon + 1, { tokens: 2000, kind: 'embeddings', model: 'e', project: 'physics' })
})

after(() => runtime.close())

describe('GET /v1/organization/usage/completions', () => {
  it('sums by day, with days on which nothing happened', async () => {
    const page = await everybody.completions({ start_time: midnight - 2 * day })
    assert.equal(page.object, 'page')
    assert.equal(page.has_more, false)
    assert.equal(page.next_page, null)
    assert.deepEqual(
      page.data.map(({ start_time, end_time, results }) => [
        start_time,
        end_time - start_time,
        results.length,
      ]),
      [
        [midnight - 2 * day, day, 1],
        [midnight - day, day, 0],
        [midnight, day, 1],
        [midnight + day, day, 0],
      ],
    )
    assert.deepEqual(page.data[2]?.results[0], {
      object: 'organization.usage.completions.result',
      input_tokens: 110,
      output_tokens: 4,
      input_cached_tokens: 8,
      input_uncached_tokens: 102,
      input_audio_tokens: 0,
      output_audio_tokens: 0,
      num_model_requests: 4,
      project_id: null,
      user_id: null,
      api_key_id: null,
      model: null,
      batch: null,
      service_tier: null,
      api_source: null,
      assistant_id: null,
      thread_id: null,
      cost: 2.75,
      num_unpriced_requests: 1,
    })
  })

  it('groups and filters, and says that a price is not known', async () => {
    const page = await everybody.completions({
      start_time: midnight,
      end_time: midnight + day,
      group_by: ['model', 'project_id'],
      project_ids: ['maths'],
      models: ['small', 'local'],
    })
    assert.deepEqual(page.data[0]?.results.map(toShort), [
      ['maths', 'local', 30, null],
      ['maths', 'small', 10, 0.5],
    ])
  })

  it('pages through narrow buckets', async () => {
    const query: OpenAI.Admin.Organization.UsageCompletionsParams = {
      start_time: noon,
      end_time: noon + 120,
      bucket_width: '1m',
      project_ids: ['maths'],
      limit: 1,
    }
    const first = await everybody.completions(query)
    assert.equal(first.has_more, true)
    assert.ok(first.next_page)
    const second = await everybody.completions({ ...query, page: first.next_page })
    assert.equal(second.has_more, false)
    assert.deepEqual(
      [first, second].map(({ data }) =>
        data.map(({ start_time, results }) => [start_time, results.map(toShort)]),
      ),
      [[[noon, [[null, null, 10, 0.5]]]], [[noon + 60, [[null, null, 50, 0.25]]]]],
    )
  })

  it('has no buckets for a time that is none, or has not come', async () => {
    for (const span of [
      { start_time: noon, end_time: noon },
      { start_time: noon, end_time: noon - 2 * day },
      { start_time: noon + 9 * day },
      { start_time: noon, page: `page_${noon + 9 * day}` },
    ]) {
      const page = await everybody.completions(span)
      assert.deepEqual(page, { object: 'page', data: [], has_more: false, next_page: null })
    }
  })

  it('counts nothing of before the start in the bucket that the start cuts', async () => {
    const page = await everybody.completions({ start_time: noon + 61, end_time: noon + 62 })
    assert.deepEqual(
      page.data.map(({ start_time, results }) => [start_time, results.map(toShort)]),
      [[midnight, [[null, null, 30, null]]]],
    )
  })

  it('shows a key its own project, whatever it asks for', async () => {
    const span = { start_time: midnight, end_time: midnight + day }
    const own = await ofMaths.completions({ ...span, group_by: ['project_id'] })
    assert.deepEqual(own.data[0]?.results.map(toShort), [['maths', null, 60, 0.75]])
    const other = await ofMaths.completions({ ...span, project_ids: ['physics'] })
    assert.deepEqual(other.data[0]?.results, [])
  })

  it('finds nothing for users and batches, which there are not', async () => {
    for (const filter of [{ user_ids: ['user-1'] }, { batch: true }]) {
      const page = await everybody.completions({ start_time: midnight, ...filter })
      assert.deepEqual(
        page.data.map(({ results }) => results.length),
        [0, 0],
      )
    }
  })

  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['no start', {}, /Missing required parameter: 'start_time'/],
    ['a wide page', { start_time: 0, limit: 32 }, /Invalid 'limit': integer above maximum value/],
    [
      'another width',
      { start_time: 0, bucket_width: '1w' },
      /Supported values are: '1m', '1h', and '1d'/,
    ],
    ['another group', { start_time: 0, group_by: ['colour'] }, /Invalid value: 'colour'/],
    ['a page of its own', { start_time: 0, page: 'x' }, /Invalid 'page'/],
    ['what it does not know', { start_time: 0, colour: 'red' }, /Unknown parameter: 'colour'/],
  ]
  for (const [what, query, message] of refused) {
    it(`refuses ${what}`, async () => {
      // The types know only what is right.
      const given = query as unknown as OpenAI.Admin.Organization.UsageCompletionsParams
      await assert.rejects(everybody.completions(given), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError)
        assert.match(error.message, message)
        return true
      })
    })
  }
})

describe('GET /v1/organization/usage/embeddings', () => {
  it('sums embeddings only, in the shape of their own', async () => {
    const page = await everybody.embeddings({
      start_time: midnight,
      end_time: midnight + day,
      bucket_width: '1h',
    })
    assert.deepEqual(page.data.length, 24)
    assert.deepEqual(
      page.data.flatMap(({ results }) => results),
      [
        {
          object: 'organization.usage.embeddings.result',
          input_tokens: 3000,
          num_model_requests: 2,
          project_id: null,
          user_id: null,
          api_key_id: null,
          model: null,
          cost: 8,
          num_unpriced_requests: 1,
        },
      ],
    )
  })

  it('groups and filters, and shows a key its own project', async () => {
    const span = { start_time: midnight, end_time: midnight + day }
    const page = await ofMaths.embeddings({
      ...span,
      group_by: ['project_id', 'user_id', 'api_key_id', 'model'],
    })
    const [result, ...others] = page.data[0]?.results ?? []
    assert.deepEqual(others, [])
    assert.partialDeepStrictEqual(result, {
      project_id: 'maths',
      api_key_id: 'key_a',
      model: 'e',
      input_tokens: 1000,
    })
    const none = await everybody.embeddings({ ...span, models: ['small'] })
    assert.deepEqual(none.data[0]?.results, [])
  })

  it('has no assistants', async () => {
    const query: object = { start_time: 0, group_by: ['assistant_id'] }
    const given = query as OpenAI.Admin.Organization.UsageEmbeddingsParams
    await assert.rejects(everybody.embeddings(given), /Invalid value: 'assistant_id'/)
  })
})

describe('GET /v1/organization/costs', () => {
  it('counts completions and embeddings', async () => {
    const page = await everybody.costs({ start_time: midnight, limit: 1 })
    assert.partialDeepStrictEqual(page.data[0]?.results, [{ amount: { value: 10.75 } }])
  })

  it('sums dollars by line item', async () => {
    const page = await everybody.costs({
      start_time: midnight,
      group_by: ['line_item'],
      project_ids: ['maths'],
    })
    assert.deepEqual(
      page.data[0]?.results.map((result) =>
        result.object === 'organization.costs.result' ? [result.line_item, result.amount] : null,
      ),
      [
        ['e', { value: 8, currency: 'usd' }],
        ['large', { value: 0.25, currency: 'usd' }],
        ['local', { value: 0, currency: 'usd' }],
        ['small', { value: 0.5, currency: 'usd' }],
      ],
    )
  })
})

type Result = OpenAI.Admin.Organization.UsageCompletionsResponse.Data['results'][number]

function toShort(result: Result) {
  assert.equal(result.object, 'organization.usage.completions.result')
  const { project_id, model, input_tokens } = result
  return [project_id, model, input_tokens, 'cost' in result ? result.cost : undefined]
}
