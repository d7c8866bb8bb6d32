import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { readCpuMs, readMemory } from '../procfs.ts'
import { percentile } from '../statistics.ts'
import { insertLongThread } from '../thread-filler.ts'
import { createClient, type Client } from './client.ts'
import type { BenchDatabase, RuntimeServer } from './servers.ts'

/** A figure of one server: what `RuntimeFigure` holds, for one of its columns. */
export interface Measured {
  id: string
  title: string
  unit: string
  value: number
}

export interface Sizes {
  /** One after the other. */
  samples: number
  /** How long the load goes on. */
  loadMs: number
  openStreams: number
}

/** Runs that are under way at once while throughput is counted. */
const concurrency = 64
/** Reads that little, so that the prompt does not grow while threads do. */
const settings = { truncation_strategy: { type: 'last_messages', last_messages: 4 } }

/** A user that asks in threads of its own. */
interface Asker {
  client: Client
  assistantId: string
}

export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient(url)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

export function createAssistant(client: Client): Promise<{ id: string }> {
  return client.call('POST', '/assistants', {
    model: 'bench',
    instructions: 'Answer in one or two sentences.',
    tools: [{ type: 'function', function: { name: 'ask_database' } }],
  })
}

async function createThread({ client }: Asker): Promise<string> {
  const { id } = await client.call<{ id: string }>('POST', '/threads', {})
  return id
}

function question({ assistantId }: Asker, content = 'What is there next Tuesday evening?'): object {
  return {
    ...settings,
    assistant_id: assistantId,
    additional_messages: [{ role: 'user', content }],
  }
}

/** Latency of runs one after the other, then runs per second of many at once. */
export async function measureRuns(
  asker: Asker,
  { samples, loadMs }: Sizes,
  server: RuntimeServer,
): Promise<Measured[]> {
  const { client } = asker
  const threadId = await createThread(asker)
  const body = question(asker)
  for (let turn = 0; turn < samples; turn += 1) await client.runAndStream(threadId, body)
  const streamed: number[] = []
  const first: number[] = []
  const polled: number[] = []
  for (let turn = 0; turn < samples; turn += 1) {
    const { firstTextMs, doneMs } = await client.runAndStream(threadId, body)
    first.push(firstTextMs)
    streamed.push(doneMs)
    polled.push(await client.runAndPoll(threadId, body))
  }
  const pollLoad = await load({ asker, server, loadMs, run: (...run) => client.runAndPoll(...run) })
  const streamLoad = await load({
    asker,
    server,
    loadMs,
    run: (...run) => client.runAndStream(...run),
  })
  return [
    ...latency('stream', 'run streamed, one at a time', streamed),
    ...latency('stream_first', 'run streamed, one at a time: first text', first),
    ...latency('poll', 'run polled, one at a time', polled),
    ...toFigures('poll', 'polled', pollLoad),
    ...toFigures('stream', 'streamed', streamLoad),
  ]
}

function latency(id: string, title: string, samples: number[]): Measured[] {
  return ([50, 99] as const).map((percent) => ({
    id: `${id}_p${percent}_ms`,
    title: `${title}: p${percent}`,
    unit: 'ms',
    value: percentile(samples, percent / 100),
  }))
}

interface Load {
  runsPerSecond: number
  cpuMsPerRun: number
  p50Ms: number
  p99Ms: number
}

function toFigures(id: string, how: string, load: Load): Measured[] {
  const title = `${concurrency} runs at once, ${how}`
  return [
    {
      id: `${id}_runs_per_s`,
      title: `${title}: runs per second`,
      unit: '',
      value: load.runsPerSecond,
    },
    { id: `${id}_load_p50_ms`, title: `${title}: p50`, unit: 'ms', value: load.p50Ms },
    { id: `${id}_load_p99_ms`, title: `${title}: p99`, unit: 'ms', value: load.p99Ms },
    {
      id: `${id}_cpu_ms`,
      title: `${title}: CPU of the server per run`,
      unit: 'ms',
      value: load.cpuMsPerRun,
    },
  ]
}

interface LoadOptions {
  asker: Asker
  server: RuntimeServer
  loadMs: number
  run: (threadId: string, body: object) => Promise<unknown>
}

/** Keeps one run going in each of many threads. What is still going after the time does not count. */
async function load({ asker, server, loadMs, run }: LoadOptions): Promise<Load> {
  const threads = await Promise.all(Array.from({ length: concurrency }, () => createThread(asker)))
  let isOver = false
  let times: number[] = []
  const keepRunning = async (threadId: string) => {
    while (!isOver) {
      const startedAt = performance.now()
      await run(threadId, question(asker))
      times.push(performance.now() - startedAt)
    }
  }
  const count = async (): Promise<Load> => {
    await sleep(loadMs / 4)
    times = []
    const [from, cpuBefore] = [performance.now(), await readCpuMs(server.pid)]
    await sleep(loadMs)
    const counted = times
    isOver = true
    const seconds = (performance.now() - from) / 1000
    const cpuMs = (await readCpuMs(server.pid)) - cpuBefore
    return {
      runsPerSecond: counted.length / seconds,
      cpuMsPerRun: cpuMs / counted.length,
      p50Ms: percentile(counted, 0.5),
      p99Ms: percentile(counted, 0.99),
    }
  }
  const [result] = await Promise.all([
    Promise.race([count(), server.crashed]),
    ...threads.map(keepRunning),
  ])
  return result
}

/** What the server's memory grows by when each of so many runs is in the middle of its text. */
export async function measureOpenStreams(
  asker: Asker,
  { openStreams }: Sizes,
  { server, modelUrl }: { server: RuntimeServer; modelUrl: string },
): Promise<Measured[]> {
  const { client } = asker
  const threads: string[] = []
  for (let count = 0; count < openStreams; count += 1) threads.push(await createThread(asker))
  const release = async () => void (await fetch(new URL('/release', modelUrl)))
  const body = question(asker, 'Please hold the answer.')
  const openAll = (ids: string[]) => {
    const streams = ids.map((threadId) => client.openStream(threadId, body))
    return {
      started: Promise.all(streams.map(({ started }) => started)),
      done: Promise.all(streams.map(({ done }) => done)),
    }
  }
  // Once before, for what the process keeps anyway: pools, compiled code, a larger heap.
  const warmUp = openAll(threads)
  await warmUp.started
  await release()
  await warmUp.done
  const before = await settledMemory(server.pid)
  const measured = openAll(threads)
  await measured.started
  const after = await settledMemory(server.pid)
  await release()
  await measured.done
  return [
    {
      id: 'stream_memory_kb',
      title: `${openStreams} open streams: memory of the server per stream`,
      unit: 'kB',
      value: ((after - before) * 1024) / openStreams,
    },
  ]
}

/** The least of a few looks: between them the garbage collector may have been at work. */
async function settledMemory(pid: number): Promise<number> {
  const looks: number[] = []
  for (let look = 0; look < 10; look += 1) {
    await sleep(200)
    looks.push((await readMemory(pid)).rssMb)
  }
  return Math.min(...looks)
}

const lengths = [
  { messages: 10, threads: 10 },
  { messages: 1_000, threads: 10 },
  { messages: 100_000, threads: 1 },
]

export interface LongThreads {
  messages: number
  ids: string[]
}

/** Fills a database that no server uses. */
export async function fillLongThreads(database: BenchDatabase): Promise<LongThreads[]> {
  const store = await database.openStore()
  try {
    const groups: LongThreads[] = []
    for (const { messages, threads } of lengths) {
      const ids: string[] = []
      for (let count = 0; count < threads; count += 1) {
        ids.push(await insertLongThread(store, messages))
      }
      groups.push({ messages, ids })
    }
    return groups
  } finally {
    await store.close()
  }
}

/** The newest page of messages, and the time to a run's first text, in threads of every length. */
export async function measureThreadLengths(
  asker: Asker,
  groups: readonly LongThreads[],
  { samples }: Sizes,
): Promise<Measured[]> {
  const { client } = asker
  const timed = groups.map(({ messages, ids }) => {
    return { messages, ids, list: [] as number[], start: [] as number[] }
  })
  const warmUp = Math.ceil(samples / 4)
  for (let turn = 0; turn < warmUp + samples; turn += 1) {
    for (const { ids, list, start } of timed) {
      const threadId = ids[turn % ids.length] ?? ''
      const from = performance.now()
      await client.call('GET', `/threads/${threadId}/messages?limit=20`)
      const listMs = performance.now() - from
      const body = { ...question(asker), metadata: { turn: randomUUID() } }
      const { firstTextMs } = await client.runAndStream(threadId, body)
      if (turn < warmUp) continue
      list.push(listMs)
      start.push(firstTextMs)
    }
  }
  return timed.flatMap(({ messages, list, start }) => [
    {
      id: `list_${messages}_p50_ms`,
      title: `thread of ${messages} messages: newest 20, p50`,
      unit: 'ms',
      value: percentile(list, 0.5),
    },
    {
      id: `start_${messages}_p50_ms`,
      title: `thread of ${messages} messages: first text of a run, p50`,
      unit: 'ms',
      value: percentile(start, 0.5),
    },
  ])
}
