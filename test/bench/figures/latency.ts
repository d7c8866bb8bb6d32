import { setTimeout as sleep } from 'node:timers/promises'

import { readCpuMs } from '../procfs.ts'
import type { Figure } from '../report.ts'
import type { Stage } from '../stage.ts'
import { percentile } from '../statistics.ts'
import type { Turn } from '../user-client.ts'
import { perBot } from './per-bot.ts'

export const questions = {
  plain: 'what will we talk about today?',
  tool: 'please look into the schedule: what is on next Tuesday evening?',
}
export type Kind = keyof typeof questions

export interface LatencyOptions {
  kind: Kind
  samples: number
}

/** Between two turns, so that what a bot does after its answer is not in the next bot's way. */
const pauseMs = 4
const warmUpLanes = 8

/**
 * Asks one question at a time, the bots in turns, each in the next of its channels. The echo bot
 * calls no model, so its figures are the same kind of turn in both passes.
 */
export async function measureLatency(stages: Stage[], options: LatencyOptions): Promise<Figure[]> {
  const { kind, samples } = options
  const turns = new Map<string, Turn[]>(stages.map(({ name }) => [name, []]))
  const before = await cpuOf(stages)
  for (let sample = 0; sample < samples; sample += 1) {
    for (const stage of rotate(stages, sample)) {
      const channel = stage.channels[sample % stage.channels.length] ?? ''
      turns.get(stage.name)?.push(await stage.user.ask(channel, questions[kind]))
      await sleep(pauseMs)
    }
  }
  const after = await cpuOf(stages)

  const what = kind === 'plain' ? 'no tool' : 'one tool call'
  const times = moments.flatMap(({ id, title, of }) =>
    percentiles.map((percent): Figure => ({
      id: `${kind}_${id}_p${percent}_ms`,
      title: `${what}: ${title} p${percent}`,
      unit: 'ms',
      values: perBot(stages, ({ name }) =>
        percentile((turns.get(name) ?? []).map(of), percent / 100),
      ),
    })),
  )
  const cpu = perBot(
    stages,
    ({ name }) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / samples,
  )
  return [
    ...times,
    { id: `${kind}_cpu_ms`, title: `${what}: CPU per turn`, unit: 'ms', values: cpu },
  ]
}

const percentiles = [50, 95]
const moments = [
  { id: 'first', title: 'first reply', of: ({ firstMs }: Turn) => firstMs },
  { id: 'final', title: 'final text', of: ({ finalMs }: Turn) => finalMs },
]

async function cpuOf(stages: Stage[]): Promise<Map<string, number>> {
  const entries = stages.map(
    async (stage) => [stage.name, await readCpuMs(stage.bot().pid)] as const,
  )
  return new Map(await Promise.all(entries))
}

function rotate<T>(items: T[], by: number): T[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** A turn of either kind in every channel, several at once. */
export async function warmUp(stages: Stage[]): Promise<void> {
  for (const stage of stages) {
    const queue = [...stage.channels]
    const talk = async () => {
      for (let channel = queue.pop(); channel !== undefined; channel = queue.pop()) {
        await stage.user.ask(channel, questions.plain)
        await stage.user.ask(channel, questions.tool)
      }
    }
    await Promise.all(Array.from({ length: warmUpLanes }, talk))
  }
}
