import { join } from 'node:path'

import { KeyvSqlite } from '@keyv/sqlite'
import { Keyv } from 'keyv'
import OpenAI from 'openai'

import { createBot, type Bot } from './bot/bot.ts'
import { inviteUrl } from './bot/invite.ts'
import { toLoggedError } from './bot/log-error.ts'
import { parseConfig, type Config } from './config.ts'
import { AppError } from './errors.ts'
import { everyInterval } from './every.ts'
import { startHttpServer } from './http-server.ts'
import type { Logger } from './log.ts'
import { runProgram, type Parts } from './program.ts'
import { startRuntime, type Runtime } from './runtime.ts'
import { createFeedApp, type Feed } from './schedule/calendar/feed-app.ts'
import { createApplyCalendar } from './schedule/import/apply-calendar.ts'
import { fetchCalendar } from './schedule/import/fetch-calendar.ts'
import { createPublicAgent } from './schedule/import/public-connection.ts'
import { createSubscriptions } from './schedule/import/subscriptions.ts'
import { createPictures } from './schedule/picture/pictures.ts'
import { createReminderStore } from './schedule/reminders/sql-reminder-store.ts'
import { createSchedules } from './schedule/schedules.ts'
import { openScheduleDatabase } from './schedule/store/open-database.ts'
import { createScheduleStore } from './schedule/store/sql-schedule-store.ts'
import { watchChanges } from './schedule/store/watch-changes.ts'
import { createAskDatabase } from './tools/ask-database.ts'
import { createToolRegistry } from './tools/registry.ts'

/** Everything: the bot, the runtime, and Discord if there is no other. */
async function start(config: Config, { log, parts }: Parts): Promise<string> {
  const timeZone = Temporal.Now.timeZoneId()
  const runtime = await startRuntime(config, { log, parts })
  const openai = createOpenAi(config, runtime)

  const keyv = await openKeyv(config)
  parts.defer(() => keyv.disconnect())
  const db = await openScheduleDatabase(join(config.dataDir, 'schedules.sqlite'))
  const store = createScheduleStore({ db, now: Date.now, timeZone })
  parts.defer(() => store.close())
  const schedules = createSchedules({ now: Date.now, timeZone, store, log })
  parts.defer(() => schedules.close())
  let bot: Bot | null = null
  const agent = createPublicAgent()
  parts.defer(() => agent.destroy())
  const calendars = createSubscriptions({
    store,
    fetchCalendar: (options) => fetchCalendar(options, { agent }),
    applyCalendar: createApplyCalendar({
      store: watchChanges(store, (guildId) => bot?.timetableChanged(guildId)),
      timeZone,
      now: Date.now,
    }),
    now: Date.now,
    every: everyInterval,
    restingGuilds: () => bot?.awayGuilds() ?? [],
    log,
  })
  parts.defer(() => calendars.close())
  const pictures = createPictures({ log })
  parts.defer(() => pictures.close())
  const tools = createToolRegistry({
    tools: { ask_database: createAskDatabase({ schedules }) },
    log,
  })

  const discord = await chooseDiscord(config, log)
  parts.defer(() => discord.close())
  const { host, port, apiKeys, corsOrigins } = config.http
  const http = await startHttpServer({
    host,
    port,
    authenticated: apiKeys.length > 0,
    corsOrigins,
    mountOpen(app) {
      const describe = async (feed: Feed) => {
        if (bot === null) throw new AppError('unavailable', 'The bot is not there yet.')
        return await bot.describeFeed(feed)
      }
      app.route('/', createFeedApp({ store, now: Date.now, describe }))
    },
    mount(app) {
      app.route('/', runtime.outside)
      discord.mount(app)
    },
    async healthCheck() {
      await runtime.healthCheck()
      if (bot?.isConnected() === false)
        throw new AppError('unavailable', 'Discord closed the connection for good.')
    },
    ...(discord.upgrade && { upgrade: discord.upgrade }),
    log,
  })
  parts.defer(() => http.close(1_000))
  await runtime.ready

  bot = createBot({
    token: discord.token,
    apiUrl: discord.apiUrl(http.origin),
    openai,
    assistantId: config.assistantId ?? undefined,
    model: runtime.defaultModel,
    tools,
    schedules,
    timetables: store,
    reminders: createReminderStore(db),
    pictures,
    refreshCalendars: () => calendars.refresh(),
    feedAddress: feedAddressAt(config, http.origin),
    keyv,
    log,
    timeZone,
    requestsPerSecond: config.discord.requestsPerSecond,
  })
  parts.defer(() => bot.close())
  const { applicationId } = await bot.start()
  schedules.warm().catch((err: unknown) => log.warn({ err }, 'the query thread did not start'))
  return discord.greeting({ origin: http.origin, applicationId })
}

/** Local Discord's members are on this machine; for others somebody has to say where it is. */
function feedAddressAt({ http, discord }: Config, origin: string) {
  const base = http.publicUrl ?? (discord.token === null ? origin : null)
  return base === null ? undefined : (token: string) => `${base}/calendar/${token}.ics`
}

/** Conversations and settings. Rejects here rather than at the first question. */
async function openKeyv({ keyvUri }: Config): Promise<Keyv> {
  const keyv = new Keyv({ store: new KeyvSqlite({ uri: keyvUri, wal: true }), throwOnErrors: true })
  await keyv.get('assistant')
  return keyv
}

/** The bot's way to the runtime: always the SDK, over HTTP or straight into the app. */
function createOpenAi({ assistantsServer }: Config, { inside }: Runtime): OpenAI {
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
    fetch: async (input, init) => inside.fetch(new Request(input, init)),
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

await runProgram({ readConfig: (env) => parseConfig(env), start, toLoggedError })
