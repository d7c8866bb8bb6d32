import type { HostedTools } from '../../../src/assistants/runs/hosted-tools.ts'
import type { RunService, StartedRun } from '../../../src/assistants/runs/run-service.ts'
import { createRunService, type RunServiceDeps } from '../../../src/assistants/runs/service.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import type { Assistant, Run, Store } from '../../../src/assistants/store/store.ts'
import type { RunEvent } from '../../../src/assistants/wire/events.ts'
import { newId } from '../../../src/ids.ts'
import { createLogger, type Logger } from '../../../src/log.ts'
import { createChatCompletionsDriver } from '../../../src/models/chat-completions.ts'
import type { ModelDriver } from '../../../src/models/driver.ts'
import type { EndpointOptions } from '../../../src/models/endpoint.ts'
import { createTokenCounter, type TokenCounter } from '../../../src/tokens/token-counter.ts'
import { createModelServer, type ModelServer } from '../../helpers/model-server.ts'

/** The runtime below its routes: real store, real engine, real driver, a scripted endpoint. */
export interface Rig {
  server: ModelServer
  store: Store
  runs: RunService
  /** What `now` says, in milliseconds. */
  clock: { now: number }
  /** What a timer would do. */
  sweep(): void
  /** The assistant that `createRun` uses, with other settings where given. */
  assistant(settings?: Partial<Assistant>): Promise<Assistant>
  /** A thread with these texts, the user's first, then taking turns. */
  thread(...texts: string[]): Promise<string>
  close(): Promise<void>
}

export interface RigOptions {
  path?: string
  server?: ModelServer
  driver?: Partial<EndpointOptions>
  /** Default: Chat Completions. */
  createDriver?: (options: EndpointOptions) => ModelDriver
  tokens?: Pick<TokenCounter, 'count'>
  costOf?: RunServiceDeps['costOf']
  maxConcurrent?: number
  /** Instead of one on SQLite; closed with the rig. */
  store?: Store
  queue?: RunServiceDeps['queue']
  /** Default: there are no tools but the user's functions. */
  createTools?: (store: Store) => HostedTools
  clock?: { now: number }
  startTimer?: RunServiceDeps['startTimer']
  log?: Logger
}

export const silent = createLogger({ level: 'silent', pretty: false })

export async function createRig(options: RigOptions = {}): Promise<Rig> {
  const server = options.server ?? (await createModelServer())
  const store =
    options.store ?? (await createSqliteStore({ path: options.path ?? ':memory:', log: silent }))
  const tokens = createTokenCounter({ log: silent })
  const clock = options.clock ?? { now: 1_790_000_000_000 }
  const { createDriver = createChatCompletionsDriver } = options
  const ticks = new Set<() => void>()
  const runs = createRunService({
    store,
    driver: createDriver({
      baseURL: server.baseURL,
      apiKey: 'sk-secret-of-the-test',
      log: silent,
      ...options.driver,
    }),
    tokens: options.tokens ?? tokens,
    costOf: options.costOf,
    newId,
    now: () => clock.now,
    every: (_, tick) => {
      ticks.add(tick)
      return () => void ticks.delete(tick)
    },
    startTimer: options.startTimer,
    maxConcurrent: options.maxConcurrent,
    queue: options.queue,
    hostedTools: options.createTools?.(store),
    log: options.log ?? silent,
  })
  await runs.start()
  return {
    server,
    store,
    runs,
    clock,
    sweep: () => {
      for (const tick of ticks) tick()
    },
    async assistant(settings = {}) {
      const assistant: Assistant = {
        id: newId('asst_'),
        object: 'assistant',
        created_at: 1,
        name: null,
        description: null,
        model: 'scripted',
        instructions: 'You are a test.',
        tools: [],
        tool_resources: {},
        metadata: {},
        temperature: 1,
        top_p: 1,
        response_format: 'auto',
        ...settings,
      }
      await store.insertAssistant(assistant)
      return assistant
    },
    async thread(...texts) {
      const messages = texts.map((content, index) => ({
        role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
        content,
      }))
      return (await runs.createThread({ messages })).id
    },
    async close() {
      await runs.close()
      await tokens.close()
      await store.close()
      if (!options.server) await server.close()
    },
  }
}

/** Two functions without parameters. */
export const functions: Assistant['tools'] = ['first', 'second'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} }, strict: false },
}))

/** Everything that happens until the run ends or waits. */
export async function collect(started: StartedRun): Promise<RunEvent[]> {
  return Array.fromAsync(eventsOf(started))
}

/** The events one by one, for a test that looks at each. */
export async function* eventsOf({ events }: StartedRun): AsyncIterableIterator<RunEvent> {
  for await (const batch of events) yield* batch
}

export function names(events: RunEvent[]): string[] {
  return events.map(({ event }) => event.replace('thread.', ''))
}

export function lastRun(events: RunEvent[]): Run {
  const last = events.at(-1)?.data
  if (last?.object !== 'thread.run') throw new Error('the last event shows no run')
  return last
}

/** Reads until an event of this name has come; the rest stays to be read. */
export async function readUntil(
  iterator: AsyncIterator<RunEvent>,
  name: RunEvent['event'],
): Promise<RunEvent[]> {
  const seen: RunEvent[] = []
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) throw new Error(`the events ended without ${name}: ${names(seen).join(', ')}`)
    seen.push(value)
    if (value.event === name) return seen
  }
}
