import { setTimeout as sleep } from 'node:timers/promises'

import type { Figure } from '../report.ts'
import type { Stage } from '../stage.ts'
import { questions, type Kind } from './latency.ts'
import { perBot } from './per-bot.ts'

/** Discord allows 50 requests a second, so their number decides how many turns a bot can serve. */
export async function measureRequests(stages: Stage[], turns: number): Promise<Figure[]> {
  return [await countRequests(stages, 'plain', turns), await countRequests(stages, 'tool', turns)]
}

async function countRequests(stages: Stage[], kind: Kind, turns: number): Promise<Figure> {
  const counted = await Promise.all(
    stages.map(async (stage) => {
      const before = await settledCount(stage)
      for (const channel of stage.channels.slice(0, turns)) {
        await stage.user.ask(channel, questions[kind])
      }
      return [stage.name, ((await settledCount(stage)) - before) / turns] as const
    }),
  )
  const perTurn = new Map(counted)
  return {
    id: `${kind}_requests`,
    title: kind === 'plain' ? 'Discord requests, no tool' : 'Discord requests, one tool call',
    unit: 'per turn',
    values: perBot(stages, ({ name }) => perTurn.get(name) ?? Number.NaN),
  }
}

const pollMs = 200
const quietPolls = 5

/** What a bot still sends after its answer belongs to the turn. */
async function settledCount(stage: Stage): Promise<number> {
  let count = await stage.requestCount()
  for (let quiet = 0; quiet < quietPolls;) {
    await sleep(pollMs)
    const now = await stage.requestCount()
    quiet = now === count ? quiet + 1 : 0
    count = now
  }
  return count
}
