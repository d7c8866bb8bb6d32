import { setTimeout as sleep } from 'node:timers/promises'

import { readCpuMs } from '../procfs.ts'
import type { Figure } from '../report.ts'
import type { Stage } from '../stage.ts'
import { mean } from '../statistics.ts'
import { questions } from './latency.ts'
import { perBot } from './per-bot.ts'

export interface ThroughputOptions {
  /** Before counting begins. */
  warmUpMs: number
  countMs: number
}

/** Each bot alone on the machine, in turns, with discord.js's own limit lifted. */
export async function measureLifted(
  stages: Stage[],
  options: ThroughputOptions & { rounds: number },
): Promise<Figure[]> {
  const measured = new Map<string, Throughput[]>(stages.map(({ name }) => [name, []]))
  for (let round = 0; round < options.rounds; round += 1) {
    for (const stage of stages) measured.get(stage.name)?.push(await talk(stage, options))
  }
  const means = (pick: (result: Throughput) => number) =>
    perBot(stages, ({ name }) => mean((measured.get(name) ?? []).map(pick)))
  return [
    {
      id: 'lifted_turns_per_s',
      title: '200 channels, cap lifted: turns per second',
      unit: '',
      values: means(({ turnsPerSecond }) => turnsPerSecond),
    },
    {
      id: 'lifted_cpu_ms',
      title: '200 channels, cap lifted: CPU per turn',
      unit: 'ms',
      values: means(({ cpuMsPerTurn }) => cpuMsPerTurn),
    },
  ]
}

/** All bots at once, since the limit of 50 requests a second leaves the machine idle. */
export async function measureShipped(
  stages: Stage[],
  options: ThroughputOptions,
): Promise<Figure[]> {
  const results = await Promise.all(
    stages.map(async (stage) => [stage.name, await talk(stage, options)] as const),
  )
  const measured = new Map(results)
  return [
    {
      id: 'shipped_turns_per_s',
      title: '200 channels, as shipped: turns per second',
      unit: '',
      values: perBot(stages, ({ name }) => measured.get(name)?.turnsPerSecond ?? Number.NaN),
    },
  ]
}

interface Throughput {
  turnsPerSecond: number
  cpuMsPerTurn: number
}

/**
 * Keeps one question open in every channel: each answer brings the next question there. What is
 * still open after the time does not count, but is waited for.
 */
async function talk(stage: Stage, { warmUpMs, countMs }: ThroughputOptions): Promise<Throughput> {
  const { pid } = stage.bot()
  let turns = 0
  let isOver = false
  const keepAsking = async (channel: string) => {
    while (!isOver) {
      await stage.user.ask(channel, questions.plain)
      turns += 1
    }
  }
  const count = async () => {
    await sleep(warmUpMs)
    const [from, turnsBefore, cpuBefore] = [performance.now(), turns, await readCpuMs(pid)]
    await sleep(countMs)
    const seconds = (performance.now() - from) / 1000
    const counted = turns - turnsBefore
    const cpuMs = (await readCpuMs(pid)) - cpuBefore
    isOver = true
    return {
      turnsPerSecond: counted / seconds,
      cpuMsPerTurn: counted === 0 ? Number.NaN : cpuMs / counted,
    }
  }
  const [result] = await Promise.all([count(), ...stage.channels.map(keepAsking)])
  return result
}
