/**
 * `npm run bench`: what a turn costs, measured from the outside under local Discord, with a model
 * endpoint that answers at once, so that only the bots differ: a bare discord.js echo bot, a
 * minimal bot on Chat Completions, and Guagua as `npm start` runs it.
 *
 *   npm run bench                     below four minutes
 *   npm run bench -- --quick          below one minute, figures less exact
 *   npm run bench -- --json FILE      the JSON goes there instead of onto the last line
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { measureLatency, warmUp } from './figures/latency.ts'
import { measureRequests } from './figures/requests.ts'
import { measureStartup } from './figures/startup.ts'
import { channelsNeeded, contextWindow, measureThreadLengths } from './figures/thread-length.ts'
import { measureLifted, measureShipped } from './figures/throughput.ts'
import { elapsedSeconds, say, writeReport } from './output.ts'
import { startServer } from './processes.ts'
import { botNames, judge, toTable, type BotName, type Figure } from './report.ts'
import { openStage, type Stage, type StageOptions } from './stage.ts'

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})

const full = { starts: 5, turns: 300, rounds: 2, loadMs: 6_000, shippedMs: 20_000, counted: 30 }
const quick = { starts: 2, turns: 40, rounds: 1, loadMs: 2_000, shippedMs: 4_000, counted: 5 }
const sizes = flags.quick ? quick : full

const folder = mkdtempSync(join(tmpdir(), 'guagua-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const model = await startServer({
  name: 'the model endpoint',
  args: [fileURLToPath(new URL('./model-stub.ts', import.meta.url))],
  env: {},
  logFile: join(folder, 'model.log'),
})

/** Higher than any bot gets here. */
const capLifted = { DISCORD_REQUESTS_PER_SECOND: '100000' }
const smallWindow = { OPENAI_CONTEXT_WINDOW: String(contextWindow) }

const figures = [
  ...(await onStages(
    { bots: botNames, channels: 200, rateLimits: false, env: capLifted },
    measureUnlimited,
  )),
  ...(await onStages(
    { bots: botNames, channels: 200, rateLimits: true, env: {} },
    measureAsShipped,
  )),
  ...(await onStages(
    {
      bots: ['guagua'],
      channels: channelsNeeded,
      rateLimits: false,
      env: { ...capLifted, ...smallWindow },
    },
    measureLengths,
  )),
]
await model.stop()
print(figures)

/** Everything that Discord's limits would only blur. */
async function measureUnlimited(stages: Stage[]): Promise<Figure[]> {
  say('starts and idle memory')
  const startup = await measureStartup(stages, sizes.starts)
  for (const stage of stages) await stage.startBot()
  say('warming up')
  await warmUp(stages)
  say('latency without a tool')
  const plain = await measureLatency(stages, { kind: 'plain', samples: sizes.turns })
  say('latency with a tool')
  const tool = await measureLatency(stages, { kind: 'tool', samples: sizes.turns })
  say('throughput, cap lifted')
  const { rounds, loadMs } = sizes
  const lifted = await measureLifted(stages, { rounds, countMs: loadMs, warmUpMs: 1_000 })
  return [...startup, ...plain, ...tool, ...lifted]
}

/** With Discord's limits on, and discord.js's own. */
async function measureAsShipped(stages: Stage[]): Promise<Figure[]> {
  for (const stage of stages) await stage.startBot()
  say('Discord requests per turn')
  const requests = await measureRequests(stages, sizes.counted)
  say('throughput, as shipped')
  // 200 first answers take four seconds at 50 requests a second.
  const shipped = await measureShipped(stages, { countMs: sizes.shippedMs, warmUpMs: 5_000 })
  return [...shipped, ...requests]
}

async function measureLengths([stage]: Stage[]): Promise<Figure[]> {
  say('thread lengths')
  return stage ? measureThreadLengths(stage, sizes.turns / 3) : []
}

interface Setting extends Pick<StageOptions, 'channels' | 'rateLimits' | 'env'> {
  bots: readonly BotName[]
}

/** Opens a stage per bot, measures, and closes them whatever happens. */
async function onStages(
  { bots, ...setting }: Setting,
  measure: (stages: Stage[]) => Promise<Figure[]>,
): Promise<Figure[]> {
  const home = mkdtempSync(join(folder, 'stages-'))
  const stages: Stage[] = []
  try {
    for (const name of bots) {
      stages.push(
        await openStage({ ...setting, name, folder: join(home, name), modelUrl: model.announced }),
      )
    }
    return await measure(stages)
  } catch (error) {
    for (const stage of stages) process.stderr.write(`${stage.name}: ${stage.logTail()}\n`)
    throw error
  } finally {
    for (const stage of stages) await stage.close()
  }
}

function print(measured: Figure[]): void {
  const aims = judge(measured)
  console.log(`\n${toTable(measured, aims)}\n`)
  const report = {
    quick: flags.quick,
    seconds: elapsedSeconds(),
    machine: {
      node: process.version,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: totalmem() / 2 ** 30,
    },
    figures: measured,
    aims,
  }
  writeReport(report, flags.json)
}
