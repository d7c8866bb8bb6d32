import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import OpenAI from 'openai'

import { createApp, type AppDeps } from '../../src/assistants/app.ts'
import { createDiskBlobs } from '../../src/assistants/files/disk-blobs.ts'
import type { FileStock } from '../../src/assistants/files/files.ts'
import {
  createHostedTools,
  type HostedTools,
  type HostedToolsDeps,
} from '../../src/assistants/runs/hosted-tools.ts'
import { createPromptImages } from '../../src/assistants/runs/prompt-images.ts'
import type { RunService } from '../../src/assistants/runs/run-service.ts'
import { createRunService } from '../../src/assistants/runs/service.ts'
import { createSqliteStore } from '../../src/assistants/store/sqlite.ts'
import type { Store } from '../../src/assistants/store/store.ts'
import type { VectorStoresDeps } from '../../src/assistants/vector-stores/vector-stores.ts'
import type { Every } from '../../src/every.ts'
import { newId } from '../../src/ids.ts'
import { createLogger, type Logger } from '../../src/log.ts'
import { createChatCompletionsDriver } from '../../src/models/chat-completions.ts'
import type { ModelDriver } from '../../src/models/driver.ts'
import type { EndpointOptions } from '../../src/models/endpoint.ts'
import type { StartTimer } from '../../src/timer.ts'
import { createTokenCounter } from '../../src/tokens/token-counter.ts'
import { createTestFiles } from '../helpers/files.ts'
import { createModelServer, type ModelServer } from '../helpers/model-server.ts'
import { modelsOf } from '../helpers/models.ts'
import { createTestVectorStores, type TestVectorStores } from '../helpers/vector-stores.ts'

export interface TestRuntime {
  app: ReturnType<typeof createApp>
  /** The SDK as a program in this process uses it. */
  client: OpenAI
  model: ModelServer
  /** What the app gets of the model server. */
  models: AppDeps['models']
  store: Store
  runs: RunService
  files: FileStock
  vectorStores: TestVectorStores
  log: Logger
  /** Lines that the runtime logged at `warn` and above. */
  logged: string[]
  /** Another app over the same store and engine. */
  createApp(options: Partial<AppDeps>): ReturnType<typeof createApp>
  close(): Promise<void>
}

export interface TestRuntimeOptions {
  now?: () => number
  startTimer?: StartTimer
  /** Default: SQLite in memory. */
  createStore?: (log: Logger) => Promise<Store>
  /** Default: Chat Completions. */
  createDriver?: (options: EndpointOptions) => ModelDriver
  /** Parts of the vector stores that are not the real ones. */
  library?: Partial<VectorStoresDeps>
  /** Default: the real search, and no Python. */
  createTools?: (deps: Pick<HostedToolsDeps, 'store' | 'files' | 'log'>) => HostedTools
}

/** Nothing in a test waits for a timer. */
const never: Every = () => () => {}

/** The runtime as the program puts it together, on an empty database and with a scripted model. */
export async function createTestRuntime({
  now = Date.now,
  startTimer,
  createStore = (log) => createSqliteStore({ path: ':memory:', log }),
  createDriver = createChatCompletionsDriver,
  createTools,
  library,
}: TestRuntimeOptions = {}): Promise<TestRuntime> {
  const logged: string[] = []
  const log = createLogger({
    level: 'warn',
    pretty: false,
    destination: { write: (line) => void logged.push(line) },
  })
  const model = await createModelServer()
  const store = await createStore(log)
  const driver = createDriver({ baseURL: model.baseURL, log })
  const tokens = createTokenCounter({ log })
  const common = { store, newId, now, every: never, log }
  const blobFolder = mkdtempSync(join(tmpdir(), 'guagua-blobs-'))
  const blobs = createDiskBlobs({ folder: blobFolder })
  const files = createTestFiles({ ...common, blobs })
  const vectorStores = createTestVectorStores({
    ...common,
    blobs,
    tokens,
    startTimer,
    ...library,
  })
  const hostedTools =
    createTools?.({ store, files, log }) ??
    createHostedTools({
      store,
      files,
      search: vectorStores.search,
      waitForFiles: (id, options) => vectorStores.queue.wait(id, options),
      log,
    })
  const images = createPromptImages({ store, files, log })
  const runs = createRunService({ ...common, startTimer, driver, tokens, hostedTools, images })
  await runs.start()
  await vectorStores.queue.start()
  const models = modelsOf(driver, { baseURL: model.baseURL, log })
  const deps: AppDeps = { ...common, runs, files, vectorStores, models, apiKeys: null }
  const app = createApp(deps)
  return {
    app,
    client: createTestClient(app),
    model,
    models,
    store,
    runs,
    files,
    vectorStores,
    log,
    logged,
    createApp: (options) => createApp({ ...deps, ...options }),
    async close() {
      await runs.close()
      await vectorStores.close()
      await tokens.close()
      await files.close()
      rmSync(blobFolder, { recursive: true, force: true })
      await store.close()
      await model.close()
    },
  }
}

/** The SDK whose every request goes to the app, without a network. */
export function createTestClient(app: ReturnType<typeof createApp>, apiKey = 'any'): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: 'http://runtime.test/v1',
    maxRetries: 0,
    fetch: async (url, init) => app.request(url instanceof Request ? url : String(url), init),
  })
}
