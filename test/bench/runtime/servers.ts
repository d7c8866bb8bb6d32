import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Client as PgClient } from 'pg'

import { createPostgresStore } from '../../../src/assistants/store/postgres.ts'
import { createSqliteStore } from '../../../src/assistants/store/sqlite.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import { createLogger } from '../../../src/log.ts'
import { startCommand } from '../../helpers/start-command.ts'
import { startProcess, type Process } from '../processes.ts'

/** Where a runtime keeps its objects while it is measured. */
export interface BenchDatabase {
  /** `DATABASE_URL`. */
  url: string
  /** The store itself, to fill it faster than requests could; while no server uses it. */
  openStore(): Promise<Store>
  drop(): Promise<void>
}

const log = createLogger({ level: 'silent', pretty: false })

export function sqliteDatabase(folder: string): BenchDatabase {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'assistants.sqlite')
  return {
    url: `sqlite:${path}`,
    openStore: () => createSqliteStore({ path, log }),
    drop: () => Promise.resolve(),
  }
}

/** A new database on the server of `serverUrl`. */
export async function postgresDatabase(serverUrl: string): Promise<BenchDatabase> {
  const name = `guagua_bench_${process.pid}_${Math.trunc(performance.now())}`
  await execute(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    openStore: () => createPostgresStore({ url: url.href, log }),
    drop: () => execute(serverUrl, `drop database ${name} with (force)`),
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new PgClient({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export interface RuntimeServer extends Process {
  /** Up to and including `/v1`. */
  baseUrl: string
}

export interface RuntimeServerOptions {
  database: BenchDatabase
  folder: string
  modelUrl: string
  env?: Record<string, string>
}

/** The runtime alone, as `npm run serve` starts it. */
export async function startRuntimeServer(options: RuntimeServerOptions): Promise<RuntimeServer> {
  const { database, folder, modelUrl, env = {} } = options
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const server = startProcess({
    name: 'the runtime',
    args: startCommand('serve'),
    logFile: join(folder, 'runtime.log'),
    env: {
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      OPENAI_API_KEY: 'bench',
      OPENAI_BASE_URL: modelUrl,
      OPENAI_MODEL: 'bench',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      ...env,
    },
  })
  const origin = `http://127.0.0.1:${port}`
  await Promise.race([isHealthy(origin), server.crashed]).catch((error: unknown) => {
    throw new Error(`the runtime did not start: ${server.logTail()}`, { cause: error })
  })
  return { ...server, baseUrl: `${origin}/v1` }
}

async function isHealthy(origin: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${origin}/healthz`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(20)
  }
}

/** Somebody else might take it before it is used; then the server says so and the bench ends. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens
  await new Promise((resolve) => server.close(resolve))
  return port
}
