import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Keyv } from 'keyv'
import OpenAI from 'openai'
import { z } from 'zod'

import { createApp } from '../../src/assistants/app.ts'
import { createDiskBlobs } from '../../src/assistants/files/disk-blobs.ts'
import { createFiles } from '../../src/assistants/files/files.ts'
import { createRunService } from '../../src/assistants/runs/service.ts'
import { createSqliteStore } from '../../src/assistants/store/sqlite.ts'
import { createAnswerer } from '../../src/bot/answer.ts'
import { createAssistant } from '../../src/bot/assistant.ts'
import { createClassStores } from '../../src/bot/class-files/class-stores.ts'
import type { Place } from '../../src/bot/conversations.ts'
import { createRunContext } from '../../src/bot/run-context.ts'
import { createRunStart } from '../../src/bot/run-start.ts'
import { everyInterval } from '../../src/every.ts'
import { newId } from '../../src/ids.ts'
import type { Logger } from '../../src/log.ts'
import type { ModelUsage } from '../../src/models/driver.ts'
import type { Models } from '../../src/models/models.ts'
import { createSchedules } from '../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../src/schedule/store/open-database.ts'
import { createScheduleStore } from '../../src/schedule/store/sql-schedule-store.ts'
import { createTokenCounter } from '../../src/tokens/token-counter.ts'
import { createAskDatabase } from '../../src/tools/ask-database.ts'
import { createToolRegistry } from '../../src/tools/registry.ts'
import { createTestVectorStores } from '../helpers/vector-stores.ts'
import type { Rows } from './compare.ts'
import { askedAt, timetable } from './timetable.ts'

/** A call of `ask_database`. */
export interface Call {
  sql: string
  /** Null: the tool answered an error, which `problem` holds. */
  rows: Rows | null
  problem: string | null
}

/** What a turn came to. */
export interface Told {
  text: string
  /** In their order. */
  calls: Call[]
  /** Null: it came to its end. */
  failure: string | null
}

/**
 * All of the bot that answers a question, without Discord: the assistant and its instructions, what a
 * run is told of a guild's timetable, the tools, and the runtime in this process.
 */
export interface Stage {
  /** One after the other within a conversation. */
  ask(conversation: string, text: string): Promise<Told>
  /** Runs a query on the guild's timetable. */
  query(sql: string): Promise<Rows>
  /** All tokens so far. */
  spent(): { prompt: number; completion: number; dollars: number | null }
  close(): Promise<void>
}

export interface StageOptions {
  models: Models
  /** The assistant's. */
  model: string
  log: Logger
}

const guildId = '1000'
const timeZone = 'Asia/Shanghai'

export async function openStage({ models, model, log }: StageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'guagua-eval-'))
  const now = () => askedAt
  const store = await createSqliteStore({ path: join(folder, 'assistants.sqlite'), log })
  const tokens = createTokenCounter({ log })
  const meter = createMeter(models, model)
  const runs = createRunService({
    store,
    driver: meter.models,
    tokens,
    newId,
    now: Date.now,
    every: everyInterval,
    log,
  })
  await runs.start()
  const blobs = createDiskBlobs({ folder: join(folder, 'files') })
  const files = createFiles({ store, blobs, newId, now: Date.now, every: everyInterval, log })
  const common = { store, log, now: Date.now, every: everyInterval }
  const vectorStores = createTestVectorStores({ ...common, blobs, tokens })
  const app = createApp({
    store,
    runs,
    files,
    vectorStores,
    models,
    log,
    newId,
    now: Date.now,
    apiKeys: null,
  })
  const openai = new OpenAI({
    apiKey: 'embedded',
    baseURL: 'http://runtime/v1',
    maxRetries: 0,
    fetch: async (input, init) => app.fetch(new Request(input, init)),
  })

  const db = await openScheduleDatabase(join(folder, 'schedules.sqlite'))
  const timetables = createScheduleStore({ db, now, timeZone })
  const origin = { by: 'eval', kind: 'import', note: null } as const
  await timetables.change({ guildId, origin, edits: timetable })
  const schedules = createSchedules({ now, timeZone, store: timetables, log })
  const registry = createToolRegistry({
    tools: { ask_database: createAskDatabase({ schedules }) },
    log,
  })

  const calls = new Map<string, Call[]>()
  const tools: typeof registry = {
    ...registry,
    async run(call, context) {
      const output = await registry.run(call, context)
      calls.get(context.conversation)?.push(toCall(call.arguments, output))
      return output
    },
  }
  const clock = {
    now,
    after(ms: number, action: () => void) {
      const timer = setTimeout(action, ms)
      return () => clearTimeout(timer)
    },
  }
  const classStores = createClassStores({ openai, keyv: new Keyv() })
  const shared = { openai, tools, classStores, clock, log }
  const assistant = createAssistant({ ...shared, keyv: new Keyv(), model })
  const contextOf = createRunContext({ ...shared, schedules, timeZone, ownsAssistant: true })
  const startRun = createRunStart({
    ...shared,
    assistant,
    conversations: conversations(),
    contextOf,
  })
  const answer = createAnswerer({ ...shared, startRun })

  return {
    async ask(conversation, text) {
      const place: Place = { key: conversation, guildId, channelId: conversation, isShared: false }
      calls.set(conversation, [])
      const told = await answer({
        place,
        messages: [{ role: 'user', content: text }],
        signal: new AbortController().signal,
        onProgress: () => {},
      })
      return {
        text: told.text,
        calls: calls.get(conversation) ?? [],
        failure:
          told.end.type === 'completed'
            ? null
            : `${JSON.stringify(told.end)} ${String(told.cause)}`,
      }
    },
    async query(sql) {
      const schedule = await schedules.forGuild(guildId, 'eval')
      const { signal } = new AbortController()
      const { columns, rows } = await schedule.query(sql, { signal })
      return { columns, rows }
    },
    spent: meter.spent,
    async close() {
      await runs.close()
      await schedules.close()
      await timetables.close()
      await vectorStores.close()
      await tokens.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The threads of conversations, which none loses. */
function conversations() {
  const threads = new Map<string, string>()
  return {
    async threadOf(key: string, create: () => Promise<string>) {
      const threadId = threads.get(key) ?? (await create())
      threads.set(key, threadId)
      return threadId
    },
    async lose(key: string) {
      threads.delete(key)
    },
  }
}

/** Counts what the answers cost. */
function createMeter(models: Models, model: string) {
  const total = { prompt: 0, completion: 0 }
  let dollars: number | null = 0
  const metered: Models = {
    ...models,
    async *stream(request, options) {
      for await (const event of models.stream(request, options)) {
        if (event.type === 'finish' && event.usage) add(event.usage)
        yield event
      }
    },
  }

  function add(usage: ModelUsage): void {
    total.prompt += usage.prompt_tokens
    total.completion += usage.completion_tokens
    const cost = models.costOf(model, usage)
    dollars = dollars === null || cost === null ? null : dollars + cost
  }

  return {
    models: metered,
    spent: () => ({ ...total, dollars }),
  }
}

const argumentsSchema = z.object({ query: z.string() })
const outputSchema = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
})

function toCall(args: string, output: string): Call {
  const sql = parse(argumentsSchema, args)?.query ?? args
  const rows = parse(outputSchema, output)
  return { sql, rows, problem: rows === null ? output : null }
}

function parse<Value>(schema: z.ZodType<Value>, json: string): Value | null {
  try {
    return schema.safeParse(JSON.parse(json)).data ?? null
  } catch {
    return null
  }
}
