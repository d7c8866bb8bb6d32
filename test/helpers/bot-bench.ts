import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { KeyvSqlite } from '@keyv/sqlite'
import { type APIMessage, PermissionFlagsBits } from 'discord-api-types/v10'
import { Keyv } from 'keyv'
import OpenAI from 'openai'
import { pino } from 'pino'

import { createApp } from '../../src/assistants/app.ts'
import { createDiskBlobs } from '../../src/assistants/files/disk-blobs.ts'
import { createFiles } from '../../src/assistants/files/files.ts'
import { createHostedTools } from '../../src/assistants/runs/hosted-tools.ts'
import { createRunService } from '../../src/assistants/runs/service.ts'
import { createSqliteIndex } from '../../src/assistants/search/sqlite/sqlite-index.ts'
import { createSqliteStore } from '../../src/assistants/store/sqlite.ts'
import { createBot, type Bot, type BotDeps } from '../../src/bot/bot.ts'
import { everyInterval } from '../../src/every.ts'
import { newId } from '../../src/ids.ts'
import type { ServeOptions } from '../../src/local-discord/serve.ts'
import { createChatCompletionsDriver } from '../../src/models/chat-completions.ts'
import { createApplyCalendar } from '../../src/schedule/import/apply-calendar.ts'
import { fetchCalendar } from '../../src/schedule/import/fetch-calendar.ts'
import { createPublicAgent } from '../../src/schedule/import/public-connection.ts'
import { createSubscriptions, type Subscriptions } from '../../src/schedule/import/subscriptions.ts'
import { createPictures } from '../../src/schedule/picture/pictures.ts'
import { createReminderStore } from '../../src/schedule/reminders/sql-reminder-store.ts'
import { createSchedules } from '../../src/schedule/schedules.ts'
import { openScheduleDatabase } from '../../src/schedule/store/open-database.ts'
import type { ScheduleStore } from '../../src/schedule/store/schedule-store.ts'
import { createScheduleStore } from '../../src/schedule/store/sql-schedule-store.ts'
import { createTokenCounter } from '../../src/tokens/token-counter.ts'
import { createAskDatabase } from '../../src/tools/ask-database.ts'
import { createToolRegistry } from '../../src/tools/registry.ts'
import { openInterpreter } from '../assistants/interpreter/rig.ts'
import { startLocalDiscord, type TestDiscord, type TestUser } from './local-discord.ts'
import { createModelServer, type ChatBody, type ModelServer } from './model-server.ts'
import { modelsOf } from './models.ts'
import { createTestVectorStores } from './vector-stores.ts'

/** The bot, the runtime in its process, local Discord and a scripted model, put together for a test. */
export interface BotBench {
  discord: TestDiscord
  model: ModelServer
  /** The runtime's client, as the bot has it. */
  openai: OpenAI
  keyv: Keyv
  /** The guilds' own timetables; at first there are none. */
  timetables: ScheduleStore
  /** The calendars that they follow; nobody looks at them by himself. */
  calendars: Pick<Subscriptions, 'refresh'>
  bot: Bot
  /** Every line that was logged, as the object it was. */
  logged: Record<string, unknown>[]
  /** What was asked of the runtime, as `GET /v1/files`, in order. */
  asked: string[]
  /** The first line with this message, or the one of that number (from 1), past or future. */
  waitForLog(message: string, options?: { times?: number }): Promise<Record<string, unknown>>
  /** Closes bot and runtime and starts both anew on the same files, the bot with other options. */
  restart(botOptions?: BenchOptions['bot']): Promise<void>
  /** Says something to the bot and waits for the whole answer. */
  ask(text: string, options?: AskOptions): Promise<APIMessage>
  /** The text messages of a model request, the newest last. */
  conversationOf(request: number): string[]
  /** A channel in which nobody has said anything yet. */
  newChannel(): string
  /** Messages of the bot in a channel as a user saw them, in order. */
  answersIn(channelId: string): APIMessage[]
  close(): Promise<void>
}

export interface AskOptions {
  channelId?: string
  user?: TestUser
  /** What the answer holds in the end; default: any text that is no grey line of activity. */
  until?: RegExp
}

export interface BenchOptions {
  discord?: ServeOptions
  bot?: Partial<Pick<BotDeps, 'clock' | 'assistantId' | 'timeZone' | 'feedAddress' | 'pictures'>>
  /** Milliseconds since the epoch for the schedule; default: the real time. */
  now?: () => number
  /** How long the driver waits for the model's first token. */
  firstTokenTimeoutMs?: number
  /** Whether runs can execute Python. */
  python?: boolean
  /** The model endpoint instead of the scripted one. */
  modelUrl?: string
}

interface Part {
  openai: OpenAI
  keyv: Keyv
  timetables: ScheduleStore
  calendars: Subscriptions
  bot: Bot
  close(): Promise<void>
}

/** Starts everything; whoever called closes it. */
export async function startBotBench(options: BenchOptions = {}): Promise<BotBench> {
  const logged: Record<string, unknown>[] = []
  const asked: string[] = []
  const lines = new EventEmitter()
  const log = pino(
    { level: 'debug' },
    // pino writes one JSON object per line.
    {
      write(line) {
        logged.push(JSON.parse(line) as Record<string, unknown>)
        lines.emit('line')
      },
    },
  )
  const waitForLog: BotBench['waitForLog'] = async (message, { times = 1 } = {}) => {
    for (;;) {
      const found = logged.filter(({ msg }) => msg === message)[times - 1]
      if (found) return found
      await once(lines, 'line', { signal: AbortSignal.timeout(10_000) })
    }
  }

  const folder = await mkdtemp(join(tmpdir(), 'guagua-bot-'))
  const model = await createModelServer()
  const ignored = { after: () => {} }
  const discord = await startLocalDiscord(ignored, {
    rateLimits: false,
    extraChannels: 20,
    // What it never does must be its own choice.
    botPermissions: PermissionFlagsBits.MentionEveryone,
    ...options.discord,
  })
  let part = await startPart()
  await waitForLog('registered the commands')
  let usedChannels = 0

  async function startPart(botOptions = options.bot): Promise<Part> {
    const now = options.now ?? Date.now
    const store = await createSqliteStore({ path: join(folder, 'assistants.sqlite'), log })
    const tokens = createTokenCounter({ log })
    const driver = createChatCompletionsDriver({
      baseURL: options.modelUrl ?? model.baseURL,
      apiKey: 'sk-test',
      log,
      ...(options.firstTokenTimeoutMs && { firstTokenTimeoutMs: options.firstTokenTimeoutMs }),
    })
    const models = modelsOf(driver, { baseURL: options.modelUrl ?? model.baseURL, log })
    const blobs = createDiskBlobs({ folder: join(folder, 'files') })
    const files = createFiles({ store, blobs, newId, now: Date.now, every: everyInterval, log })
    const common = { store, log, now: Date.now, every: everyInterval }
    const python = options.python === true ? openInterpreter({ after() {} }) : null
    const index = createSqliteIndex({ path: join(folder, 'search.sqlite'), embedder: null, log })
    const vectorStores = createTestVectorStores({ ...common, blobs, tokens, index })
    const runs = createRunService({
      store,
      driver,
      tokens,
      hostedTools: createHostedTools({
        store,
        files,
        search: vectorStores.search,
        ...(python && { interpreter: python.interpreter }),
        waitForFiles: (id, wanted) => vectorStores.queue.wait(id, wanted),
        log,
      }),
      newId,
      now: Date.now,
      every: everyInterval,
      log,
    })
    await runs.start()
    await vectorStores.queue.start()
    const app = createApp({
      store,
      runs,
      files,
      vectorStores,
      models,
      log,
      newId,
      now: Date.now,
      apiKeys: null,
    })
    const openai = new OpenAI({
      apiKey: 'embedded',
      baseURL: 'http://runtime/v1',
      maxRetries: 0,
      fetch: async (input, init) => {
        const request = new Request(input, init)
        asked.push(`${request.method} ${new URL(request.url).pathname}`)
        return app.fetch(request)
      },
    })
    const timeZone = 'Asia/Shanghai'
    const db = await openScheduleDatabase(join(folder, 'schedules.sqlite'))
    const timetables = createScheduleStore({ db, now, timeZone })
    const schedules = createSchedules({ now, timeZone, store: timetables, log })
    const pictures = createPictures({ log })
    // Calendars come from this machine.
    const agent = createPublicAgent({ isAllowed: (address) => address === '127.0.0.1' })
    const calendars = createSubscriptions({
      store: timetables,
      fetchCalendar: (request) => fetchCalendar(request, { agent }),
      applyCalendar: createApplyCalendar({ store: timetables, timeZone, now }),
      now,
      every: () => () => {},
      restingGuilds: (): string[] => bot.awayGuilds(),
      log,
    })
    const keyv = new Keyv({
      store: new KeyvSqlite(`sqlite://${join(folder, 'keyv.sqlite')}`),
      throwOnErrors: true,
    })
    const bot = createBot({
      token: discord.botToken,
      apiUrl: discord.api,
      openai,
      model: 'scripted',
      tools: createToolRegistry({ tools: { ask_database: createAskDatabase({ schedules }) }, log }),
      schedules,
      timetables,
      reminders: createReminderStore(db),
      pictures,
      refreshCalendars: () => calendars.refresh(),
      keyv,
      log,
      timeZone,
      requestsPerSecond: 10_000,
      ...botOptions,
    })
    await bot.start()
    return {
      openai,
      keyv,
      timetables,
      calendars,
      bot,
      async close() {
        await bot.close({ graceMs: 0 })
        await runs.close()
        await python?.interpreter.close()
        await schedules.close()
        await timetables.close()
        await pictures.close()
        await calendars.close()
        await agent.destroy()
        await vectorStores.close()
        await tokens.close()
        await store.close()
        await keyv.disconnect()
      },
    }
  }

  return {
    discord,
    model,
    logged,
    asked,
    get openai() {
      return part.openai
    },
    get keyv() {
      return part.keyv
    },
    get timetables() {
      return part.timetables
    },
    get calendars() {
      return part.calendars
    },
    get bot() {
      return part.bot
    },

    async restart(botOptions) {
      await part.close()
      part = await startPart(botOptions)
    },

    waitForLog,

    async ask(
      text,
      { channelId = discord.channels.questions, user = discord.users.alex, until } = {},
    ) {
      const asked = await user.say(channelId, text, { mentionBot: true })
      return user.waitForMessage(
        channelId,
        (message) =>
          message.message_reference?.message_id === asked.id &&
          (until ? until.test(message.content) : isWhole(message)),
      )
    },

    conversationOf(request) {
      const body: ChatBody | undefined = model.requests[request]?.body
      return (body?.messages ?? [])
        .filter(({ role }) => role === 'user' || role === 'assistant')
        .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)))
    },

    newChannel() {
      const channelId = discord.extraChannelIds[usedChannels]
      if (channelId === undefined) throw new Error('no channel is left')
      usedChannels += 1
      return channelId
    },

    answersIn: (channelId) =>
      [...discord.users.wangZhuoran.seen.values()]
        .filter((seen) => seen.channelId === channelId && !seen.isDeleted)
        .map(({ message }) => message)
        .filter(({ author }) => author.id === discord.applicationId),

    async close() {
      await part.close()
      await discord.close()
      await model.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Neither a preview that only says what is being done, nor nothing. */
function isWhole({ content }: APIMessage): boolean {
  return content !== '' && !/(^|\n)-# [^\n]*…$/.test(content)
}
