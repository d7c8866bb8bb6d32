import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import type OpenAI from 'openai'

import { createConformanceServer, type ConformanceServer } from './server.ts'

interface Page {
  object: string
  data: { id: string }[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

const empty: Page = { object: 'list', data: [], first_id: null, last_id: null, has_more: false }
const sizes = [0, 1, 20, 21, 100, 101]

let server: ConformanceServer
let assistant_id: string
before(async () => {
  server = await createConformanceServer()
  const { id } = await server.sdk.beta.assistants.create({
    model: 'scripted',
    instructions: 'i',
    tools: [{ type: 'function', function: { name: 'f' } }],
  })
  assistant_id = id
})
after(() => server.close())
afterEach(async () => assert.deepEqual(await server.problems(), []))

async function list(path: string, query = ''): Promise<Page> {
  const response = await server.send('GET', `${path}${query && `?${query}`}`)
  assert.equal(response.status, 200, query)
  return (await response.json()) as Page
}

async function messagesOf(size: number): Promise<{ path: string; ids: string[] }> {
  const { threads } = server.sdk.beta
  const { id } = await threads.create()
  const ids: string[] = []
  for (let number = 0; number < size; number += 1) {
    ids.push((await threads.messages.create(id, { role: 'user', content: String(number) })).id)
  }
  return { path: `/threads/${id}/messages`, ids }
}

/** All pages, one after the other, with the cursor that leads on from each. */
async function walk(path: string, query: string, start = ''): Promise<string[][]> {
  const pages: string[][] = []
  let next = start
  for (;;) {
    const page = await list(path, `${query}${next}`)
    const ids = page.data.map(({ id }) => id)
    assert.equal(page.first_id, ids[0] ?? null)
    assert.equal(page.last_id, ids.at(-1) ?? null)
    pages.push(ids)
    if (!page.has_more) return pages
    assert.notEqual(page.last_id, null)
    next = start === '' ? `&after=${page.last_id}` : `&before=${page.first_id}`
  }
}

describe('a list (1.2)', () => {
  for (const size of sizes) {
    it(`of ${size} pages in both directions with both cursors`, async () => {
      // All of one second or two: only their sequence tells them apart.
      const { path, ids } = await messagesOf(size)
      for (const order of ['asc', 'desc'] as const) {
        const expected = order === 'asc' ? ids : ids.toReversed()
        const shown = (await list(path, `order=${order}`)).data.map(({ id }) => id)
        assert.deepEqual(shown, expected.slice(0, 20))
        for (const limit of [1, 20, 100]) {
          if (limit === 1 && size > 21) continue
          const forward = await walk(path, `order=${order}&limit=${limit}`)
          assert.deepEqual(forward.flat(), expected)
          assert.ok(forward.slice(0, -1).every((page) => page.length === limit))
          const last = expected.at(-1)
          if (last === undefined) continue
          const back = await walk(path, `order=${order}&limit=${limit}`, `&before=${last}`)
          // Each page is the one next to its cursor, in the order that was asked for.
          assert.deepEqual(back.toReversed().flat(), expected.slice(0, -1))
        }
      }
    })
  }

  it('is empty where there is nothing', async () => {
    const { path } = await messagesOf(0)
    assert.deepEqual(await list(path), empty)
    assert.deepEqual(await list(path.replace('messages', 'runs')), empty)
  })

  it('takes both cursors at once: what is between them', async () => {
    const { path, ids } = await messagesOf(6)
    const between = await list(path, `order=asc&after=${ids[0]}&before=${ids[4]}`)
    assert.deepEqual(
      between.data.map(({ id }) => id),
      ids.slice(1, 4),
    )
  })

  it('refuses a cursor that it does not know, and one of another list', async () => {
    const { path, ids } = await messagesOf(1)
    const { path: other } = await messagesOf(1)
    for (const cursor of ['after', 'before']) {
      for (const query of [`${cursor}=msg_none`, `${cursor}=%00`, `${cursor}=asst_x`]) {
        const response = await server.send('GET', `${path}?${query}`)
        assert.equal(response.status, 400, query)
        const { error } = (await response.json()) as { error: OpenAI.ErrorObject }
        assert.equal(error.param, cursor)
      }
      const response = await server.send('GET', `${other}?${cursor}=${ids[0]}`)
      assert.equal(response.status, 400)
    }
  })

  it('refuses a limit that is no whole number and an order that there is not', async () => {
    for (const query of ['limit=x', 'limit=1.5', 'limit=-1', 'limit=1e2', 'order=up']) {
      const response = await server.send('GET', `/assistants?${query}`)
      assert.equal(response.status, 400, query)
    }
  })

  it('of assistants, runs and steps pages likewise', async () => {
    const { threads, assistants } = server.sdk.beta
    const call = { toolCalls: [{ name: 'f', arguments: '{}' }] }
    server.model.script(call, call, 'done')
    const { id: thread_id } = await threads.create({ messages: [{ role: 'user', content: 'x' }] })
    let run = await threads.runs.createAndPoll(thread_id, { assistant_id })
    while (run.status === 'requires_action') {
      run = await threads.runs.submitToolOutputsAndPoll(run.id, {
        thread_id,
        tool_outputs: [{ tool_call_id: 'call_1', output: '' }],
      })
    }
    for (let count = 0; count < 2; count += 1) {
      await threads.runs.createAndPoll(thread_id, { assistant_id })
      await assistants.create({ model: 'm' })
    }
    const lists = [
      '/assistants',
      `/threads/${thread_id}/runs`,
      `/threads/${thread_id}/runs/${run.id}/steps`,
    ]
    for (const path of lists) {
      const all = (await list(path, 'order=asc')).data.map(({ id }) => id)
      assert.equal(all.length, 3, path)
      assert.deepEqual((await walk(path, 'order=asc&limit=1')).flat(), all)
      assert.deepEqual((await walk(path, 'order=desc&limit=2')).flat(), all.toReversed())
      const before = await list(path, `order=asc&limit=1&before=${all[2]}`)
      assert.deepEqual(
        before.data.map(({ id }) => id),
        [all[1]],
      )
      assert.equal(before.has_more, true)
    }
    const path = `/threads/${thread_id}/messages`
    assert.equal((await list(path, `run_id=${run.id}`)).data.length, 1)
    assert.equal((await list(path, 'run_id=run_none')).data.length, 0)
    assert.equal((await server.send('GET', `${path}?run_id=x`)).status, 400)
  })

  it('of steps takes include in the ways that clients send it', async () => {
    const { threads } = server.sdk.beta
    const { id: thread_id } = await threads.create({ messages: [{ role: 'user', content: 'x' }] })
    const run = await threads.runs.createAndPoll(thread_id, { assistant_id })
    const path = `/threads/${thread_id}/runs/${run.id}/steps`
    const value = 'step_details.tool_calls[*].file_search.results[*].content'
    const encoded = encodeURIComponent(value)
    const [step] = (await list(path)).data
    for (const query of [
      `include[]=${value}`,
      `include%5B%5D=${encoded}`,
      `include=${encoded}`,
      `include[0]=${value}`,
      `include[]=${value}&include[]=${value}`,
    ]) {
      assert.equal((await list(path, query)).data.length, 1, query)
      assert.equal((await server.send('GET', `${path}/${step?.id}?${query}`)).status, 200)
    }
    for (const query of ['include[]=x', `include[]=${value}&include[]=x`]) {
      for (const at of [path, `${path}/${step?.id}`]) {
        const response = await server.send('GET', `${at}?${query}`)
        assert.equal(response.status, 400)
        const { error } = (await response.json()) as { error: OpenAI.ErrorObject }
        assert.equal(error.code, 'invalid_value')
        assert.match(error.param ?? '', /^include/)
      }
    }
    const create = `/threads/${thread_id}/runs`
    const wrong = await server.send('POST', `${create}?include[]=x`, { body: { assistant_id } })
    assert.equal(wrong.status, 400)
    const right = await server.send('POST', `${create}?include%5B%5D=${encoded}`, {
      body: { assistant_id },
    })
    assert.equal(right.status, 200)
  })
})
