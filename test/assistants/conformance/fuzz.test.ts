import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import fc from 'fast-check'

import { arbitraryOf, junk, text } from './arbitrary.ts'
import { schemas } from './document.ts'
import { createConformanceServer, type ConformanceServer } from './server.ts'

/** The same values in every run of the test. */
const settings = { seed: 20_260_826, endOnFailure: true } satisfies fc.Parameters<unknown[]>
const numRuns = 60
/** Far more than any answer takes; whatever takes longer hangs. */
const patienceMs = 10_000

let server: ConformanceServer
const ids = new Map<string, string>()
before(async () => {
  server = await createConformanceServer()
  const { assistants, threads } = server.sdk.beta
  const tools = [{ type: 'function' as const, function: { name: 'f' } }]
  const assistant = await assistants.create({ model: 'scripted', instructions: 'i', tools })
  const thread = await threads.create({ messages: [{ role: 'user', content: 'hi' }] })
  server.model.script({ toolCalls: [{ name: 'f', arguments: '{}' }] })
  const waiting = await threads.createAndRunPoll({ assistant_id: assistant.id })
  const [message] = (await threads.messages.list(thread.id)).data
  ids.set('{assistant}', assistant.id).set('{thread}', thread.id)
  ids
    .set('{waiting}', `${waiting.thread_id}/runs/${waiting.id}`)
    .set('{message}', message?.id ?? '')
})
after(() => server.close())

function fill(template: string): string {
  let filled = template
  for (const [name, id] of ids) filled = filled.replaceAll(name, id)
  return filled
}

interface Asked {
  method?: string
  body?: NonNullable<RequestInit['body']>
  headers?: Record<string, string>
}

/** An answer of the API came, whatever was asked. */
async function survives(path: string, init: Asked): Promise<void> {
  const response = await fetch(`${server.origin}${path}`, {
    ...init,
    headers: { 'openai-beta': 'assistants=v2', ...init.headers },
    signal: AbortSignal.timeout(patienceMs),
  })
  const answer = await response.text()
  assert.ok(response.status === 200 || (response.status >= 400 && response.status < 500), answer)
  assert.deepEqual(await server.problems(), [])
}

const places: [schema: string, path: string, required: object][] = [
  ['CreateAssistantRequest', '/v1/assistants', {}],
  ['ModifyAssistantRequest', '/v1/assistants/{assistant}', {}],
  ['CreateThreadRequest', '/v1/threads', {}],
  ['ModifyThreadRequest', '/v1/threads/{thread}', {}],
  ['CreateMessageRequest', '/v1/threads/{thread}/messages', {}],
  ['ModifyMessageRequest', '/v1/threads/{thread}/messages/{message}', {}],
  ['CreateRunRequest', '/v1/threads/{thread}/runs', { assistant_id: '{assistant}' }],
  ['CreateThreadAndRunRequest', '/v1/threads/runs', { assistant_id: '{assistant}' }],
  ['ModifyRunRequest', '/v1/threads/{waiting}', {}],
  ['SubmitToolOutputsRunRequest', '/v1/threads/{waiting}/submit_tool_outputs', {}],
]

/** A body as it might be, and what may become of it on its way. */
function bodies(schema: string, required: object): fc.Arbitrary<string> {
  const members = schemas[schema] as { properties: object }
  const names = fc.constantFrom(...Object.keys(members.properties))
  const valid = arbitraryOf(schemas[schema] ?? {}).map((body) => ({ ...Object(body), ...required }))
  const sent = valid.map((body) => JSON.stringify(body))
  const broken = fc.tuple(valid, names, junk)
  return fc
    .oneof(
      { weight: 3, arbitrary: sent },
      {
        weight: 3,
        arbitrary: broken.map(([body, name, value]) => JSON.stringify({ ...body, [name]: value })),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(sent, fc.nat())
          .map(([body, at]) => body.slice(0, at % (body.length + 1))),
      },
      { weight: 1, arbitrary: fc.tuple(names, junk, junk).map(twice) },
      { weight: 1, arbitrary: fc.tuple(names, fc.integer({ min: 1, max: 20_000 })).map(deep) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(names, fc.constantFrom('1e400', '-1e400', '1'.repeat(400)))
          .map(([name, number]) => `{"${name}":${number}}`),
      },
      { weight: 1, arbitrary: junk.map((value) => JSON.stringify(value)) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(junk, sent)
          .map(([value, body]) => `{"__proto__":${JSON.stringify(value)},${body.slice(1)}`),
      },
      { weight: 1, arbitrary: text },
    )
    .map(fill)
}

const twice = ([name, one, other]: [string, unknown, unknown]) =>
  `{"${name}":${JSON.stringify(one)},"${name}":${JSON.stringify(other)}}`

const deep = ([name, levels]: [string, number]) =>
  `{"${name}":${'{"a":['.repeat(levels)}${']}'.repeat(levels)}}`

describe('no body', () => {
  for (const [schema, path, required] of places) {
    it(`brings down POST ${path}`, async () => {
      const types = fc.constantFrom('application/json', 'text/plain', 'multipart/form-data', '')
      await fc.assert(
        fc.asyncProperty(bodies(schema, required), types, (body, type) =>
          survives(fill(path), { method: 'POST', body, headers: { 'content-type': type } }),
        ),
        { ...settings, numRuns },
      )
    })
  }

  it('of bytes that are no text brings anything down', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (body) =>
        survives('/v1/threads', { method: 'POST', body: Uint8Array.from(body) }),
      ),
      { ...settings, numRuns },
    )
  })
})

describe('no address', () => {
  const segment = fc.oneof(
    text,
    fc.constantFrom(
      'asst_',
      'thread_',
      'run_',
      'threads',
      'runs',
      'assistants',
      'messages',
      'steps',
    ),
    fc.constantFrom('{thread}', '{assistant}', '{message}').map(fill),
    fc.constantFrom('%', '%00', '%ff', '%E0%A4%A', '..%2f', '*', ':thread_id'),
  )
  const encoded = segment.map((part) => {
    if (part.startsWith('%') || part.startsWith('..%')) return part
    return encodeURIComponent(part.toWellFormed())
  })

  it('brings anything down', async () => {
    const paths = fc.array(encoded, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
    const prefix = fc.constantFrom(
      '/v1/',
      '/v1/threads/',
      '/v1/assistants/',
      '/openai/',
      '/v1/models/',
    )
    const method = fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS')
    await fc.assert(
      fc.asyncProperty(method, prefix, paths, async (how, where, path) => {
        // What `fetch` makes of dots may lead out of the API.
        if (!/^\/(v1|openai)\//.test(new URL(where + path, server.origin).pathname)) return
        await survives(where + path, { method: how })
      }),
      { ...settings, numRuns: 200 },
    )
  })

  it('with whatever query brings anything down', async () => {
    const names = fc.constantFrom(
      'limit',
      'order',
      'after',
      'before',
      'run_id',
      'include[]',
      'include',
      'x',
      '__proto__',
    )
    const pairs = fc.array(fc.tuple(names, fc.oneof(encoded, fc.integer().map(String))), {
      maxLength: 5,
    })
    const lists = fc.constantFrom(
      '/v1/assistants',
      '/v1/threads/{thread}/messages',
      '/v1/threads/{thread}/runs',
      '/v1/threads/{waiting}/steps',
    )
    await fc.assert(
      fc.asyncProperty(lists, pairs, (path, query) =>
        survives(`${fill(path)}?${query.map((pair) => pair.join('=')).join('&')}`, {}),
      ),
      { ...settings, numRuns: 150 },
    )
  })
})
