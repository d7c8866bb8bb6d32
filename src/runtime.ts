import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Hono } from 'hono'

import { createApp } from './assistants/app.ts'
import type { Blobs } from './assistants/files/blobs.ts'
import { createDiskBlobs } from './assistants/files/disk-blobs.ts'
import { createFiles } from './assistants/files/files.ts'
import { createDocumentReader } from './assistants/indexing/document-reader.ts'
import { openInterpreter } from './assistants/interpreter/open-interpreter.ts'
import { createLimits } from './assistants/limits.ts'
import type { ApiEnv } from './assistants/reply.ts'
import { createHostedTools } from './assistants/runs/hosted-tools.ts'
import type { JobQueue } from './assistants/runs/job-queue.ts'
import { createPromptImages } from './assistants/runs/prompt-images.ts'
import { createRunService } from './assistants/runs/service.ts'
import { createEmbedder, type Embedder } from './assistants/search/embedder.ts'
import { createRewriteQuery } from './assistants/search/rewrite-query.ts'
import type { SearchIndex } from './assistants/search/search-index.ts'
import { createSqliteIndex } from './assistants/search/sqlite/sqlite-index.ts'
import { DatabaseUnavailableError } from './assistants/store/database-errors.ts'
import { openStore } from './assistants/store/open-store.ts'
import type { Postgres } from './assistants/store/postgres.ts'
import { createVectorStores } from './assistants/vector-stores/vector-stores.ts'
import type { Config } from './config.ts'
import { everyInterval } from './every.ts'
import { newId } from './ids.ts'
import type { Logger } from './log.ts'
import { createDriverForward } from './models/driver-forward.ts'
import { createModels } from './models/model-router.ts'
import type { Models } from './models/models.ts'
import { serveEndpoint } from './models/served-endpoint.ts'
import type { Parts } from './program.ts'
import { startTimer } from './timer.ts'
import { createTokenCounter } from './tokens/token-counter.ts'

/** The Assistants API. Until it is ready, it answers 503. */
export interface Runtime {
  /** The API for this process: needs no key. */
  inside: Hono<ApiEnv>
  /** The API for everybody else: needs one of the keys, if there are any. */
  outside: Hono<ApiEnv>
  /** The model that a new assistant should have. */
  defaultModel: string
  /** Resolves when requests are served: a database on a server may be long in coming. */
  ready: Promise<void>
  /** Rejects with the reason why requests cannot be served. */
  healthCheck(): Promise<void>
}

/** Starts the runtime's parts, in the order in which they need each other. */
export async function startRuntime(config: Config, { log, parts }: Parts): Promise<Runtime> {
  mkdirSync(config.dataDir, { recursive: true })
  const model = await chooseModel(config, log)
  let queue: JobQueue | undefined
  const opened = await openStore(config.database, {
    log,
    wait: (ms, signal) => sleep(ms, undefined, { signal }),
    async insertJob(job) {
      if (!queue) throw new DatabaseUnavailableError()
      return queue.insertion(job)
    },
  })
  parts.defer(() => opened.close())
  const { store, postgres } = opened
  if (postgres) {
    // Most have no Postgres, and need not wait for the code to load.
    const { createPostgresJobQueue } = await import('./assistants/runs/job-queue.ts')
    queue = createPostgresJobQueue({ postgres, log })
    parts.defer(() => queue?.close())
  }
  const tokens = createTokenCounter({ log })
  parts.defer(() => tokens.close())
  const shared = { store, log, newId, now: Date.now }
  const blobs = await openBlobs(config)
  const files = createFiles({ ...shared, blobs, every: everyInterval })
  parts.defer(() => files.close())
  const embedder =
    config.embeddingModel === null
      ? null
      : createEmbedder({
          models: model.models,
          model: config.embeddingModel,
          now: Date.now,
          log,
        })
  const index = await openIndex({ dataDir: config.dataDir, postgres, embedder, log })
  parts.defer(() => index.close())
  const reader = createDocumentReader({ log })
  parts.defer(() => reader.close())
  const rewrite =
    config.model && createRewriteQuery({ driver: model.models, model: model.name, log })
  const vectorStores = createVectorStores({
    ...shared,
    blobs,
    reader,
    index,
    tokens,
    rewrite: rewrite ?? undefined,
    every: everyInterval,
    isShared: postgres !== null,
  })
  parts.defer(() => vectorStores.queue.close())
  const interpreter =
    config.interpreter &&
    openInterpreter(config.interpreter, {
      dataDir: config.dataDir,
      fetch,
      startTimer,
      now: Date.now,
      log,
    })
  parts.defer(() => interpreter?.close())
  const hostedTools = createHostedTools({
    ...shared,
    files,
    interpreter: interpreter ?? undefined,
    search: vectorStores.search,
    waitForFiles: (id, options) => vectorStores.queue.wait(id, options),
  })
  const runs = createRunService({
    ...shared,
    hostedTools,
    images: createPromptImages({ store, files, log }),
    driver: model.models,
    costOf: (name, usage) => model.models.costOf(name, usage),
    tokens,
    every: everyInterval,
    queue,
  })
  parts.defer(() => runs.close())
  let isReady = false
  const notReady = () => (isReady ? null : new DatabaseUnavailableError())
  async function becomeReady(): Promise<void> {
    await opened.ready
    await runs.start()
    // Stopped meanwhile: nobody would stop what begins now.
    if (parts.disposed) throw new DatabaseUnavailableError()
    files.start()
    await vectorStores.queue.start()
    isReady = true
    await index
      .keepWhole(
        () => vectorStores.queue.indexAnew(),
        () => store.indexing.hasIndexed(),
      )
      .catch((err: unknown) => {
        if (!parts.disposed) log.error({ err }, 'the search index cannot be used')
      })
  }
  const ready = becomeReady()
  // Whoever waits for it is told.
  ready.catch(() => {})

  const { apiKeys, corsOrigins, limits } = config.http
  const api = { ...shared, runs, files, vectorStores, models: model.models, notReady }
  return {
    inside: createApp({ ...api, apiKeys: null }),
    outside: createApp({
      ...api,
      apiKeys: apiKeys.length > 0 ? apiKeys : null,
      corsOrigins,
      limits: createLimits(limits),
    }),
    defaultModel: model.name,
    ready,
    async healthCheck() {
      const reason = notReady()
      if (reason !== null) throw reason
      await store.ping()
      await blobs.ping()
    },
  }
}

interface IndexPlace {
  dataDir: string
  postgres: Postgres | null
  embedder: Embedder | null
  log: Logger
}

/** Where the store is: beside its file, or in its database. */
async function openIndex({ dataDir, postgres, ...deps }: IndexPlace): Promise<SearchIndex> {
  if (!postgres) return createSqliteIndex({ path: join(dataDir, 'search.sqlite'), ...deps })
  // Most have no Postgres, and need not wait for the code to load.
  const { createPostgresIndex } = await import('./assistants/search/postgres/postgres-index.ts')
  return createPostgresIndex({ db: postgres.db, ...deps })
}

async function openBlobs({ files, dataDir }: Config): Promise<Blobs> {
  if (files.type === 'folder') return createDiskBlobs({ folder: files.path })
  // Most have no bucket, and need not wait for the code to load.
  const { createS3Blobs } = await import('./assistants/files/s3-blobs.ts')
  const { createS3Client } = await import('./assistants/files/s3-client.ts')
  const client = createS3Client({ settings: files.settings })
  return createS3Blobs({ client, folder: join(dataDir, 'incoming') })
}

interface ChosenModel {
  models: Models
  name: string
}

async function chooseModel({ model }: Config, log: Logger): Promise<ChosenModel> {
  const deps = { now: Date.now, startTimer, random: Math.random, log }
  if (model) {
    const endpoints = model.endpoints.map((settings) => serveEndpoint(settings, log))
    return { models: createModels({ ...deps, endpoints }), name: model.name }
  }
  const { createDemoDriver, demoModel } = await import('./models/demo.ts')
  const driver = createDemoDriver({
    sleep: (ms, { signal }) => sleep(ms, undefined, { signal }),
  })
  const forward = createDriverForward({ driver, newId, now: Date.now })
  const demo = { name: 'demo', driver, forward, models: new Map(), servesAll: true }
  const endpoints = [{ ...demo, concurrency: null }]
  return { models: createModels({ ...deps, endpoints }), name: demoModel }
}
