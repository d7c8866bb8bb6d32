import { setTimeout as sleep } from 'node:timers/promises'

import { readCpuMs, readMemory, type Memory } from '../procfs.ts'
import type { Figure } from '../report.ts'
import type { Stage } from '../stage.ts'
import { median } from '../statistics.ts'
import { perBot } from './per-bot.ts'

interface Start {
  readyMs: number
  idle: Memory
  /** The first turn after the start, when nothing is warm. */
  firstTurnMs: number
}

/**
 * Starts each bot several times, in turns. The first start of each is not counted: it fills the
 * file cache for the others, and creates what later starts find.
 */
export async function measureStartup(stages: Stage[], starts: number): Promise<Figure[]> {
  const counted = new Map<string, Start[]>(stages.map(({ name }) => [name, []]))
  for (let round = 0; round <= starts; round += 1) {
    for (const stage of stages) {
      const start = await startOnce(stage)
      if (round > 0) counted.get(stage.name)?.push(start)
    }
  }
  const medians = (pick: (start: Start) => number) =>
    perBot(stages, ({ name }) => median((counted.get(name) ?? []).map(pick)))
  const pss = medians(({ idle }) => idle.pssMb ?? Number.NaN)
  return [
    { id: 'ready_ms', title: 'start to READY', unit: 'ms', values: medians((s) => s.readyMs) },
    { id: 'idle_rss_mb', title: 'idle RSS', unit: 'MB', values: medians((s) => s.idle.rssMb) },
    ...(Object.values(pss).some(Number.isNaN)
      ? []
      : [{ id: 'idle_pss_mb', title: 'idle PSS', unit: 'MB', values: pss }]),
    {
      id: 'cold_turn_ms',
      title: 'first turn after a start',
      unit: 'ms',
      values: medians((s) => s.firstTurnMs),
    },
  ]
}

async function startOnce(stage: Stage): Promise<Start> {
  const { readyMs } = await stage.startBot()
  await untilIdle(stage.bot().pid)
  const idle = await readMemory(stage.bot().pid)
  const firstTurn = await stage.user.ask(stage.channels[0] ?? '', 'good morning, what is new?')
  await stage.stopBot()
  return { readyMs, idle, firstTurnMs: firstTurn.finalMs }
}

const pollMs = 100
const quietPolls = 6
const maxPolls = 60

/** Waits until the process has used next to no processor time for a while. */
export async function untilIdle(pid: number): Promise<void> {
  let quiet = 0
  let before = await readCpuMs(pid)
  for (let poll = 0; poll < maxPolls && quiet < quietPolls; poll += 1) {
    await sleep(pollMs)
    const now = await readCpuMs(pid)
    quiet = now - before > 0 ? 0 : quiet + 1
    before = now
  }
}
