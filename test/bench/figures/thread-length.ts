import { setTimeout as sleep } from 'node:timers/promises'

import type { Figure } from '../report.ts'
import type { Stage } from '../stage.ts'
import { percentile } from '../statistics.ts'
import { fillThreads } from '../thread-filler.ts'
import { questions } from './latency.ts'

/**
 * So small that ten messages fill it: the model is sent about as much at every length, and what is
 * left to differ is the work of finding it. With a larger window short threads would only have
 * shorter prompts.
 */
export const contextWindow = 2_000

/** Short threads grow by being asked in, so there are several of them to share the questions. */
const lengths = [
  { messages: 10, threads: 10 },
  { messages: 1_000, threads: 10 },
  { messages: 100_000, threads: 1 },
]

export const channelsNeeded = lengths.reduce((sum, { threads }) => sum + threads, 0)

const warmUpTurns = 20
const pauseMs = 4

/**
 * The time to the final text in threads of very different lengths, asked in turns. The stage's bot
 * must not have been started: the threads are written to its database before.
 */
export async function measureThreadLengths(stage: Stage, samples: number): Promise<Figure[]> {
  const rest = [...stage.channels]
  const groups = lengths.map(({ messages, threads }) => ({
    messages,
    channels: rest.splice(0, threads),
    times: [] as number[],
  }))
  await fillThreads(stage.dataDir, groups)
  await stage.startBot()
  for (let turn = 0; turn < warmUpTurns + samples; turn += 1) {
    for (const { channels, times } of groups) {
      const channel = channels[turn % channels.length] ?? ''
      const { finalMs } = await stage.user.ask(channel, questions.plain)
      if (turn >= warmUpTurns) times.push(finalMs)
      await sleep(pauseMs)
    }
  }
  return groups.map(({ messages, times }) => ({
    id: `thread_${messages}_p50_ms`,
    title: `thread of ${messages} messages: final text p50`,
    unit: 'ms',
    values: { guagua: percentile(times, 0.5) },
  }))
}
