import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { startServer } from '../processes.ts'
import { percentile } from '../statistics.ts'
import { withClient, type Measured, type Sizes } from './figures.ts'

const row = { role: 'user', content: 'What is there next Tuesday evening?' }
const concurrency = 64

/** The bare route, as if each of its requests were a run: what HTTP and one write cost at least. */
export async function measureBaseline(
  folder: string,
  { samples, loadMs }: Sizes,
): Promise<Measured[]> {
  mkdirSync(folder, { recursive: true })
  const server = await startServer({
    name: 'the bare route',
    args: [
      fileURLToPath(new URL('./baseline-server.ts', import.meta.url)),
      join(folder, 'rows.sqlite'),
    ],
    env: {},
    logFile: join(folder, 'baseline.log'),
  })
  try {
    return await withClient(server.announced, async (client) => {
      const write = () => client.call('POST', '/rows', row)
      const times = await timeEach(write, samples)
      let count = 0
      let isOver = false
      const keepWriting = async () => {
        while (!isOver) {
          await write()
          count += 1
        }
      }
      const writers = Array.from({ length: concurrency }, keepWriting)
      await sleep(loadMs / 4)
      const [from, countBefore] = [performance.now(), count]
      await sleep(loadMs / 2)
      const perSecond = ((count - countBefore) * 1000) / (performance.now() - from)
      isOver = true
      await Promise.all(writers)
      const title = `${concurrency} runs at once, polled: runs per second`
      return [
        {
          id: 'row_p50_ms',
          title: 'one row written: p50',
          unit: 'ms',
          value: percentile(times, 0.5),
        },
        { id: 'poll_runs_per_s', title, unit: '', value: perSecond },
      ]
    })
  } finally {
    await server.stop()
  }
}

/** The model endpoint without anything between: what a streamed run cannot take less than. */
export async function measureModel(modelUrl: string, { samples }: Sizes): Promise<Measured[]> {
  const times = await timeEach(async () => {
    const answer = await fetch(`${modelUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'bench',
        stream: true,
        stream_options: { include_usage: true },
        messages: [row],
      }),
    })
    await answer.text()
  }, samples)
  return [
    {
      id: 'stream_p50_ms',
      title: 'run streamed, one at a time: p50',
      unit: 'ms',
      value: percentile(times, 0.5),
    },
  ]
}

async function timeEach(task: () => Promise<unknown>, samples: number): Promise<number[]> {
  for (let count = 0; count < samples; count += 1) await task()
  const times: number[] = []
  for (let count = 0; count < samples; count += 1) {
    const from = performance.now()
    await task()
    times.push(performance.now() - from)
  }
  return times
}
