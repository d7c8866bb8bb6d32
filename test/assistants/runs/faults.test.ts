import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

import type OpenAI from 'openai'

import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'
import { createTestDatabase, withoutServer, type TestDatabase } from '../../helpers/postgres.ts'
import { createLeases, type Leases } from './leases.ts'
import { startServed, type ServedProcess } from './served-process.ts'

const runsInAll = 200
const kills = 8
const atOnce = 24
const tools: OpenAI.Beta.AssistantTool[] = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
]

describe('runs with tools, while processes are killed', { timeout: 240_000 }, () => {
  let server: ModelServer
  let processes: ServedProcess[] = []
  /** What processes called an error before they were killed. */
  const errors: string[] = []
  beforeEach(async () => {
    server = await createModelServer()
    server.respond(({ messages }) => {
      const last = messages.at(-1)
      return last?.role === 'tool'
        ? { text: ['It ', 'is ', typeof last.content === 'string' ? last.content : ''] }
        : { text: '', toolCalls: [{ name: 'look', arguments: ['{', '}'] }] }
    })
  })
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((each) => each.end()))
    await server.close()
    assert.deepEqual(errors.splice(0), [])
  })

  const modelEnv = () => ({
    OPENAI_BASE_URL: server.baseURL,
    OPENAI_MODEL: 'scripted',
    OPENAI_API_KEY: 'any',
  })

  it('on SQLite end with one answer each', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guagua-faults-'))
    try {
      const env = { ...modelEnv(), DATA_DIR: folder }
      await survive({ env, count: 1, afterKill: async () => {} })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  describe('on Postgres', { skip: withoutServer }, () => {
    let database: TestDatabase
    let leases: Leases
    before(async () => {
      database = await createTestDatabase()
      leases = createLeases(database)
    })
    after(async () => {
      await leases.close()
      await database.drop()
    })

    it('in two processes end with one answer each', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'guagua-faults-'))
      try {
        const env = { ...modelEnv(), DATA_DIR: folder, DATABASE_URL: database.url }
        await survive({
          env,
          count: 2,
          afterKill: () => leases.end(),
        })
        while ((await database.query('select id from guagua_jobs.job')).length > 0) await wait(20)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  })

  interface Hardship {
    env: Record<string, string>
    count: number
    afterKill: () => Promise<void>
  }

  async function survive({ env, count, afterKill }: Hardship): Promise<void> {
    processes = await Promise.all(Array.from({ length: count }, () => startServed(env)))
    const random = createRandom(20_260_917)
    const { id: assistantId } = await client(random).beta.assistants.create({
      model: 'scripted',
      tools,
    })
    let started = 0
    let ended = 0
    const work = Array.from({ length: atOnce }, async () => {
      while (started < runsInAll) {
        started += 1
        await converse({ random, assistantId, number: started })
        ended += 1
      }
    })
    for (let kill = 1; kill <= kills; kill += 1) {
      const due = (runsInAll / (kills + 1)) * (kill - 1) + random() * 20
      while (ended < due) await wait(5)
      const victim = Math.floor(random() * count)
      await processes[victim]?.end()
      errors.push(...(processes[victim]?.errors ?? []))
      await afterKill()
      processes[victim] = await startServed(env)
    }
    await Promise.all(work)
    errors.push(...processes.flatMap((each) => each.errors))
    assert.equal(ended, runsInAll)
  }

  function client(random: () => number): OpenAI {
    const chosen = processes[Math.floor(random() * processes.length)]
    assert.ok(chosen)
    return chosen.client
  }

  interface Conversation {
    random: () => number
    assistantId: string
    number: number
  }

  /** What a client does that does not give up: it looks how things are, and goes on from there. */
  async function converse({ random, assistantId, number }: Conversation): Promise<void> {
    const api = () => client(random).beta.threads
    const thread = await insist(() =>
      api().create({ messages: [{ role: 'user', content: `What is ${number}?` }] }),
    )
    const find = () => insist(() => api().runs.list(thread.id))
    for (;;) {
      const [run] = (await find()).data
      if (!run) {
        await attempt(() => api().runs.create(thread.id, { assistant_id: assistantId }))
      } else if (run.status === 'requires_action') {
        const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
        const tool_outputs = calls.map(({ id }) => ({
          tool_call_id: id,
          output: `answer ${number}`,
        }))
        await attempt(() =>
          api().runs.submitToolOutputs(run.id, { thread_id: thread.id, tool_outputs }),
        )
      } else if (['queued', 'in_progress'].includes(run.status)) {
        await wait(10)
      } else break
    }
    const { data: runs } = await find()
    assert.deepEqual(
      runs.map(({ status, last_error }) => ({ status, last_error })),
      [{ status: 'completed', last_error: null }],
    )
    const { data: messages } = await insist(() => api().messages.list(thread.id, { order: 'asc' }))
    assert.deepEqual(
      messages.map(({ status, content: [block] }) => [
        status,
        block?.type === 'text' && block.text.value,
      ]),
      [
        ['completed', `What is ${number}?`],
        ['completed', `It is answer ${number}`],
      ],
    )
    const { data: steps } = await insist(() =>
      api().runs.steps.list(runs[0]?.id ?? '', { thread_id: thread.id, order: 'asc' }),
    )
    assert.deepEqual(
      steps.map(({ type, status }) => `${type} ${status}`),
      ['tool_calls completed', 'message_creation completed'],
    )
  }

  async function attempt(task: () => Promise<unknown>): Promise<void> {
    await task().catch(() => wait(10))
  }

  async function insist<T>(task: () => PromiseLike<T>): Promise<T> {
    for (;;) {
      try {
        return await task()
      } catch {
        await wait(10)
      }
    }
  }
})

/** The same numbers in [0, 1) each time: mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
