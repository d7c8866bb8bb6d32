import { mkdirSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

import { KeyvSqlite } from '@keyv/sqlite'
import { Keyv } from 'keyv'
import OpenAI from 'openai'

import { createApp } from './assistants/app.ts'
import { createRunService } from './assistants/runs/service.ts'
import { lockSqlite } from './assistants/store/sqlite-lock.ts'
import { createSqliteStore } from './assistants/store/sqlite.ts'
import { createBot, type Bot } from './bot/bot.ts'
import { inviteUrl } from './bot/invite.ts'
import { toLoggedError } from './bot/log-error.ts'
import { ConfigError, parseConfig, type Config } from './config.ts'
import { everyInterval } from './every.ts'
import { startHttpServer } from './http-server.ts'
import { newId } from './ids.ts'
import { createLogger, type Logger } from './log.ts'
import { createChatCompletionsDriver } from './models/chat-completions.ts'
import type { ModelDriver } from './models/driver.ts'
import { createSchedules } from './schedule/schedules.ts'
import { explainStartFailure } from './start-failure.ts'
import { createTokenCounter } from './tokens/token-counter.ts'
import { createAskDatabase } from './tools/ask-database.ts'
import { createToolRegistry } from './tools/registry.ts'

/** The whole program, running. */
interface Guagua {
  /** What to tell whoever started it. */
  greeting: string
  close(): Promise<void>
}

/** All of a stop: the bot's answers get most of it, the rest is for putting things away. */
const stopWithinMs = 10_000

/** Starts every part, in the order in which they need each other; `close` goes the other way. */
async function start(config: Config, log: Logger): Promise<Guagua> {
  const parts = new AsyncDisposableStack()
  try {
    return await startParts(config, { log, parts })
  } catch (error) {
    // Whatever goes wrong with putting things away, the first error is the one to tell of.
    await parts.disposeAsync().catch((err: unknown) => log.warn({ err }, 'did not close cleanly'))
    throw error
  }
}

async function startParts(
  config: Config,
  { log, parts }: { log: Logger; parts: AsyncDisposableStack },
): Promise<Guagua> {
  mkdirSync(config.dataDir, { recursive: true })
  const timeZone = Temporal.Now.timeZoneId()
  const model = await chooseModel(config, log)

  parts.defer(lockSqlite(config.databasePath))
  const store = await createSqliteStore({ path: config.databasePath, log })
  parts.defer(() => store.close())
  const tokens = createTokenCounter({ log })
  parts.defer(() => tokens.close())
  const runs = createRunService({
    store,
    driver: model.driver,
    tokens,
    newId,
    now,
    every: everyInterval,
    log,
  })
  parts.defer(() => runs.close())
  await runs.start()

  const api = { store, runs, models: model.driver, log, newId, now }
  const inside = createApp({ ...api, apiKeys: null })
  const openai = createOpenAi(config, inside)

  const keyv = await openKeyv(config)
  parts.defer(() => keyv.disconnect())
  const schedules = createSchedules({ now, timeZone, log })
  parts.defer(() => schedules.close())
  const tools = createToolRegistry({
    tools: { ask_database: createAskDatabase({ schedules }) },
    log,
  })

  const discord = await chooseDiscord(config, log)
  parts.defer(() => discord.close())
  const { host, port, apiKeys } = config.http
  let bot: Bot | null = null
  const http = await startHttpServer({
    host,
    port,
    authenticated: apiKeys.length > 0,
    mount(app) {
      app.route('/', createApp({ ...api, apiKeys: apiKeys.length > 0 ? apiKeys : null }))
      discord.mount(app)
    },
    async healthCheck() {
      await store.ping()
      if (bot?.isConnected() === false) throw new Error('Discord closed the gateway for good')
    },
    ...(discord.upgrade && { upgrade: discord.upgrade }),
    log,
  })
  parts.defer(() => http.close(1_000))

  bot = createBot({
    token: discord.token,
    apiUrl: discord.apiUrl(http.origin),
    openai,
    assistantId: config.assistantId ?? undefined,
    model: model.name,
    tools,
    schedules,
    keyv,
    log,
    timeZone,
    requestsPerSecond: config.discord.requestsPerSecond,
  })
  parts.defer(() => bot.close())
  const { applicationId } = await bot.start()
  schedules.warm().catch((err: unknown) => log.warn({ err }, 'the query thread did not start'))
  return {
    greeting: discord.greeting({ origin: http.origin, applicationId }),
    close: () => parts.disposeAsync(),
  }
}

/** Conversations and settings. Rejects here rather than at the first question. */
async function openKeyv({ keyvUri }: Config): Promise<Keyv> {
  const keyv = new Keyv({ store: new KeyvSqlite({ uri: keyvUri, wal: true }), throwOnErrors: true })
  await keyv.get('assistant')
  return keyv
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

/** The bot's way to the runtime: always the SDK, over HTTP or straight into the app. */
function createOpenAi({ assistantsServer }: Config, app: ReturnType<typeof createApp>): OpenAI {
  const shared = { organization: null, project: null, logLevel: 'off' as const }
  if (assistantsServer) {
    const { baseUrl, apiKey } = assistantsServer
    return new OpenAI({ ...shared, apiKey, baseURL: baseUrl })
  }
  return new OpenAI({
    ...shared,
    apiKey: 'embedded',
    baseURL: 'http://runtime/v1',
    maxRetries: 0,
    fetch: async (input, init) => app.fetch(new Request(input, init)),
  })
}

/** Discord itself, or the one in this process. */
interface ChosenDiscord {
  token: string
  apiUrl(origin: string): string | undefined
  mount: Parameters<typeof startHttpServer>[0]['mount']
  upgrade?: Parameters<typeof startHttpServer>[0]['upgrade']
  greeting(where: { origin: string; applicationId: string }): string
  close(): Promise<void>
}

async function chooseDiscord({ discord }: Config, log: Logger): Promise<ChosenDiscord> {
  const { token, apiUrl } = discord
  if (token !== null) {
    return {
      token,
      apiUrl: () => apiUrl ?? undefined,
      mount: () => {},
      greeting: ({ applicationId }) => `Add the bot to your server: ${inviteUrl(applicationId)}`,
      close: async () => {},
    }
  }
  const [{ createLocalDiscord }, { createPageApp }] = await Promise.all([
    import('./local-discord/local-discord.ts'),
    import('./local-discord/page-server.ts'),
  ])
  const local = createLocalDiscord({ log })
  return {
    token: local.botToken,
    apiUrl: (origin) => `${origin}/api`,
    mount(app) {
      app.route('/', local.app)
      app.route('/', createPageApp())
    },
    upgrade: (request, socket, head) => local.upgrade(request, socket, head),
    greeting: ({ origin }) => `Open ${origin}`,
    close: () => local.close(),
  }
}

function now(): number {
  return Date.now()
}

function readConfig(): Config {
  try {
    return parseConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

async function main(): Promise<void> {
  const config = readConfig()
  const pretty = process.stdout.isTTY
  const log = createLogger({ level: config.logLevel, pretty })
  process.on('unhandledRejection', (error) => {
    log.error({ err: toLoggedError(error) }, 'unhandled rejection')
  })

  let guagua: Guagua | null = null
  let stopping = false
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(130)
    stopping = true
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    try {
      await guagua?.close()
    } catch (error) {
      log.error({ err: toLoggedError(error) }, 'did not stop cleanly')
      process.exit(1)
    }
    process.exit(0)
  }
  process.on('SIGINT', (signal) => void stop(signal))
  process.on('SIGTERM', (signal) => void stop(signal))

  try {
    guagua = await start(config, log)
  } catch (error) {
    const explanation = explainStartFailure(error, config)
    if (explanation === null) log.fatal({ err: toLoggedError(error) }, 'could not start')
    else log.fatal(explanation)
    process.exitCode = 1
    return
  }
  // Now rather than at exit, which a crash would skip.
  flushCompileCache()
  if (pretty) process.stdout.write(`\n  瓜瓜 ${guagua.greeting}\n\n`)
  else log.info(guagua.greeting)
}

await main()
