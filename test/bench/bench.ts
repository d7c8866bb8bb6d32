/**
 * `npm run bench`: what a turn costs, measured from the outside under local Discord, with a model
 * endpoint that answers at once, so that only the bots differ: a bare discord.js echo bot, a
 * minimal bot on Chat Completions, and Guagua as `npm start` runs it.
 *
 *   npm run bench                     about four minutes
 *   npm run bench -- --quick          below one minute, figures less exact
 *   npm run bench -- --json FILE      the JSON goes there instead of onto the last line
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { measureLatency, warmUp } from './figures/latency.ts'
import { measureRequests } from './figures/requests.ts'
import { measureStartup } from './figures/startup.ts'
import { measureLifted, measureShipped } from './figures/throughput.ts'
import { startServer } from './processes.ts'
import { botNames, judge, toTable, type Figure } from './report.ts'
import { openStage, type Stage } from './stage.ts'

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})

const sizes = flags.quick
  ? {
      starts: 2,
      samples: 40,
      rounds: 1,
      countMs: 2_000,
      shippedMs: 6_000,
      requestTurns: 5,
      lengthSamples: 15,
    }
  : {
      starts: 5,
      samples: 300,
      rounds: 2,
      countMs: 6_000,
      shippedMs: 20_000,
      requestTurns: 30,
      lengthSamples: 100,
    }

const channels = 200
/** Higher than any bot gets here. */
const liftedCap = { DISCORD_REQUESTS_PER_SECOND: '100000' }

const folder = mkdtempSync(join(tmpdir(), 'guagua-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const stub = await startServer({
  name: 'the model endpoint',
  args: [fileURLToPath(new URL('./model-stub.ts', import.meta.url))],
  env: {},
  logFile: join(folder, 'model.log'),
})
const modelUrl = stub.announced

const startedAt = performance.now()
const figures = [
  ...(await withStages({ rateLimits: false, env: liftedCap }, unlimited)),
  ...(await withStages({ rateLimits: true, env: {} }, asShipped)),
]
await stub.stop()
print(figures)

/** Everything that Discord's limits would only blur. */
async function unlimited(stages: Stage[]): Promise<Figure[]> {
  say('starts and idle memory')
  const startup = await measureStartup(stages, sizes.starts)
  for (const stage of stages) await stage.startBot()
  say('warming up')
  await warmUp(stages)
  say('latency without a tool')
  const plain = await measureLatency(stages, { kind: 'plain', samples: sizes.samples })
  say('latency with a tool')
  const tool = await measureLatency(stages, { kind: 'tool', samples: sizes.samples })
  say('throughput, cap lifted')
  const { rounds, countMs } = sizes
  const lifted = await measureLifted(stages, { rounds, countMs, warmUpMs: 1_000 })
  return [...startup, ...plain, ...tool, ...lifted]
}

/** With Discord's limits on, and discord.js's own. */
async function asShipped(stages: Stage[]): Promise<Figure[]> {
  for (const stage of stages) await stage.startBot()
  say('Discord requests per turn')
  const requests = await measureRequests(stages, sizes.requestTurns)
  say('throughput, as shipped')
  const shipped = await measureShipped(stages, { countMs: sizes.shippedMs, warmUpMs: 2_000 })
  return [...shipped, ...requests]
}

async function withStages(
  options: { rateLimits: boolean; env: Record<string, string> },
  measure: (stages: Stage[]) => Promise<Figure[]>,
): Promise<Figure[]> {
  const stages: Stage[] = []
  const home = join(folder, options.rateLimits ? 'shipped' : 'lifted')
  try {
    for (const name of botNames) {
      stages.push(await openStage({ ...options, name, folder: home, modelUrl, channels }))
    }
    return await measure(stages)
  } finally {
    for (const stage of stages) await stage.close()
  }
}

function print(measured: Figure[]): void {
  const aims = judge(measured)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`\n${toTable(measured, aims)}\n`)
  const [cpu] = cpus()
  const report = {
    quick: flags.quick,
    seconds,
    machine: {
      node: process.version,
      cpu: cpu?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
    },
    figures: measured,
    aims,
  }
  if (flags.json === undefined) console.log(JSON.stringify(report, rounded))
  else writeFileSync(flags.json, `${JSON.stringify(report, rounded, 2)}\n`)
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value
}

function say(step: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)
  process.stderr.write(`${seconds} s  ${step}\n`)
}
