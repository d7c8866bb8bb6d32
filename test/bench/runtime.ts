/**
 * `npm run bench:runtime`: what the Assistants API costs, measured over HTTP against a server of its
 * own, with a model endpoint that answers at once. The baselines are a bare Hono route that writes
 * one row, and the model endpoint asked directly.
 *
 *   npm run bench:runtime                     about five minutes
 *   npm run bench:runtime -- --quick          about two minutes, figures less exact
 *   npm run bench:runtime -- --json FILE      the JSON goes there instead of onto the last line
 *
 * With TEST_DATABASE_URL, a Postgres server on which databases may be made, Postgres is measured too.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { elapsedSeconds, say, writeReport } from './output.ts'
import { startServer } from './processes.ts'
import { measureBaseline, measureModel } from './runtime/baselines.ts'
import { createClient } from './runtime/client.ts'
import {
  createAssistant,
  fillLongThreads,
  measureOpenStreams,
  measureRuns,
  measureThreadLengths,
  withClient,
  type Measured,
} from './runtime/figures.ts'
import { measurePython } from './runtime/python.ts'
import { judgeRuntime, toRuntimeTable, type Column, type RuntimeFigure } from './runtime/report.ts'
import { measureSearchOnPostgres, measureSearchOnSqlite } from './runtime/search.ts'
import {
  postgresDatabase,
  sqliteDatabase,
  startRuntimeServer,
  type BenchDatabase,
} from './runtime/servers.ts'

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})
const full = {
  samples: 300,
  loadMs: 8_000,
  openStreams: 1_000,
  search: { chunks: 100_000, smallStores: 2_000, searches: 200 },
}
const quick = {
  samples: 60,
  loadMs: 2_000,
  openStreams: 200,
  search: { chunks: 20_000, smallStores: 200, searches: 100 },
}
const sizes = flags.quick ? quick : full

const folder = mkdtempSync(join(tmpdir(), 'guagua-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const model = await startServer({
  name: 'the model endpoint',
  args: [fileURLToPath(new URL('./model-stub.ts', import.meta.url))],
  env: {},
  logFile: join(folder, 'model.log'),
})
const modelUrl = model.announced
const figures = new Map<string, RuntimeFigure>()

say('the bare route and the model endpoint')
add('baseline', [
  ...(await measureBaseline(join(folder, 'baseline'), sizes)),
  ...(await measureModel(modelUrl, sizes)),
])
say('Python')
add('sqlite', await measurePython(join(folder, 'python'), sizes))
say('search on SQLite')
add('sqlite', await measureSearchOnSqlite(sizes.search))
await measureOn('sqlite', sqliteDatabase(join(folder, 'sqlite')))
const serverUrl = process.env.TEST_DATABASE_URL
if (serverUrl) {
  await measureOn('postgres', await postgresDatabase(serverUrl))
  await measureSearch(await postgresDatabase(serverUrl))
} else say('no TEST_DATABASE_URL: Postgres is not measured')
await model.stop()
print([...figures.values()])

async function measureOn(column: Column, database: BenchDatabase): Promise<void> {
  const home = join(folder, column)
  mkdirSync(home, { recursive: true })
  try {
    say(`${column}: long threads are written`)
    const threads = await fillLongThreads(database)
    await withRuntime({ database, home }, async (asker, server) => {
      // First, because the heap that a load leaves behind would be used again.
      say(`${column}: open streams`)
      add(column, await measureOpenStreams(asker, sizes, { server, modelUrl }))
      say(`${column}: runs`)
      add(column, await measureRuns(asker, sizes, server))
      say(`${column}: thread lengths`)
      add(column, await measureThreadLengths(asker, threads, sizes))
    })
  } finally {
    await database.drop()
  }
}

async function measureSearch(database: BenchDatabase): Promise<void> {
  say('search on Postgres')
  try {
    add('postgres', await measureSearchOnPostgres(database, sizes.search))
  } finally {
    await database.drop()
  }
}

async function withRuntime(
  { database, home }: { database: BenchDatabase; home: string },
  measure: (
    asker: { client: ReturnType<typeof createClient>; assistantId: string },
    server: Awaited<ReturnType<typeof startRuntimeServer>>,
  ) => Promise<void>,
): Promise<void> {
  const server = await startRuntimeServer({ database, folder: home, modelUrl })
  try {
    await withClient(server.baseUrl, async (client) => {
      const { id: assistantId } = await createAssistant(client)
      await measure({ client, assistantId }, server)
    })
  } catch (error) {
    process.stderr.write(`${server.logTail()}\n`)
    throw error
  } finally {
    await server.stop()
  }
}

function add(column: Column, measured: readonly Measured[]): void {
  for (const { id, title, unit, value } of measured) {
    const figure = figures.get(id) ?? { id, title, unit, values: {} }
    figure.values[column] = value
    figures.set(id, figure)
  }
}

function print(measured: RuntimeFigure[]): void {
  const aims = judgeRuntime(measured)
  console.log(`\n${toRuntimeTable(measured, aims)}\n`)
  const report = {
    quick: flags.quick,
    seconds: elapsedSeconds(),
    machine: { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length },
    figures: measured,
    aims,
  }
  writeReport(report, flags.json)
}
