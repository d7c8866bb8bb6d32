import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Hono } from 'hono'

import { createApp } from './assistants/app.ts'
import type { ApiEnv } from './assistants/reply.ts'
import { createRunService } from './assistants/runs/service.ts'
import { lockSqlite } from './assistants/store/sqlite-lock.ts'
import { createSqliteStore } from './assistants/store/sqlite.ts'
import type { Store } from './assistants/store/store.ts'
import type { Config } from './config.ts'
import { everyInterval } from './every.ts'
import { newId } from './ids.ts'
import type { Logger } from './log.ts'
import { createChatCompletionsDriver } from './models/chat-completions.ts'
import type { ModelDriver } from './models/driver.ts'
import type { Parts } from './program.ts'
import { createTokenCounter } from './tokens/token-counter.ts'

/** The Assistants API, ready to be served. */
export interface Runtime {
  /** The API for this process: needs no key. */
  inside: Hono<ApiEnv>
  /** The API for everybody else: needs one of the keys, if there are any. */
  outside: Hono<ApiEnv>
  /** The model that a new assistant should have. */
  defaultModel: string
  /** Rejects with the reason why requests cannot be served. */
  healthCheck(): Promise<void>
}

/** Starts the runtime's parts, in the order in which they need each other. */
export async function startRuntime(config: Config, { log, parts }: Parts): Promise<Runtime> {
  mkdirSync(config.dataDir, { recursive: true })
  const model = await chooseModel(config, log)
  const store = await openStore(config, { log, parts })
  const tokens = createTokenCounter({ log })
  parts.defer(() => tokens.close())
  const shared = { store, log, newId, now: Date.now }
  const runs = createRunService({
    ...shared,
    driver: model.driver,
    tokens,
    every: everyInterval,
  })
  parts.defer(() => runs.close())
  await runs.start()

  const { apiKeys } = config.http
  const api = { ...shared, runs, models: model.driver }
  return {
    inside: createApp({ ...api, apiKeys: null }),
    outside: createApp({ ...api, apiKeys: apiKeys.length > 0 ? apiKeys : null }),
    defaultModel: model.name,
    healthCheck: () => store.ping(),
  }
}

async function openStore(config: Config, { log, parts }: Parts): Promise<Store> {
  parts.defer(lockSqlite(config.databasePath))
  const store = await createSqliteStore({ path: config.databasePath, log })
  parts.defer(() => store.close())
  return store
}

interface ChosenModel {
  driver: ModelDriver
  name: string
}

async function chooseModel({ model }: Config, log: Logger): Promise<ChosenModel> {
  if (model) {
    const driver = createChatCompletionsDriver({
      apiKey: model.apiKey,
      baseURL: model.baseUrl,
      defaultModel: model.model,
      contextWindow: model.contextWindow ?? undefined,
      log,
    })
    return { driver, name: model.model }
  }
  const { createDemoDriver, demoModel } = await import('./models/demo.ts')
  const driver = createDemoDriver({
    sleep: (ms, { signal }) => sleep(ms, undefined, { signal }),
  })
  return { driver, name: demoModel }
}
