import { type Client, Events } from 'discord.js'
import type { Keyv } from 'keyv'
import { NotFoundError } from 'openai'
import type OpenAI from 'openai'

import { createTranslations, toLocale } from '../i18n.ts'
import type { Logger } from '../log.ts'
import type { Feed, FeedDescription } from '../schedule/calendar/feed-app.ts'
import type { Pictures } from '../schedule/picture/pictures.ts'
import type { ReminderStore } from '../schedule/reminders/reminder-store.ts'
import { createReminders } from '../schedule/reminders/reminders.ts'
import type { Schedules } from '../schedule/schedule.ts'
import type { ScheduleStore } from '../schedule/store/schedule-store.ts'
import { watchChanges } from '../schedule/store/watch-changes.ts'
import type { ToolRegistry } from '../tools/registry.ts'
import { createAnswerer } from './answer.ts'
import { createAssistant } from './assistant.ts'
import { createAttachments } from './attachments.ts'
import { createClassFiles } from './class-files/class-files.ts'
import { createClassStores } from './class-files/class-stores.ts'
import { createClient } from './client.ts'
import { type Clock, systemClock, wait } from './clock.ts'
import { loadCommands } from './command-loader.ts'
import { registerCommands } from './command-registration.ts'
import { createConversations } from './conversations.ts'
import { createDepartures } from './departures.ts'
import { createDispatcher } from './dispatcher.ts'
import { createFeedOwners } from './feed-owner.ts'
import { createHowIKnow, howIKnowName } from './how-i-know.ts'
import { createListener } from './listener.ts'
import { toLoggedError } from './log-error.ts'
import { createMadeFiles } from './made-files.ts'
import { createCourier } from './reminders/courier.ts'
import { createRunContext } from './run-context.ts'
import { createRunStart } from './run-start.ts'
import { createStartedImports } from './schedule/import-file.ts'
import { createNotices } from './schedule/notices.ts'
import { codeName, createShownCode } from './shown-code.ts'
import { createSources, sourcesName } from './sources.ts'
import { createTurns } from './turns.ts'

export interface BotDeps {
  token: string
  /** Discord's REST base, without the version; default Discord's own. */
  apiUrl?: string | undefined
  /** The runtime, embedded or remote. */
  openai: OpenAI
  /** An existing assistant to use as it is; default: the built-in one, made once. */
  assistantId?: string | undefined
  /** The model of the built-in assistant. */
  model: string
  tools: ToolRegistry
  schedules: Pick<Schedules, 'forGuild'>
  /** The guilds' own timetables, to be changed. */
  timetables: ScheduleStore
  reminders: ReminderStore
  pictures: Pick<Pictures, 'drawWeek' | 'warm'>
  /** Looks at the calendars on the web whose time has come, new ones among them. */
  refreshCalendars: () => Promise<void>
  /** The address of the calendar feed of a secret; absent: nobody could reach it. */
  feedAddress?: ((token: string) => string) | undefined
  /** Conversations, and what else has to outlive the process. */
  keyv: Keyv
  log: Logger
  /** IANA name of the zone that runs are told the time in where no schedule can be read. */
  timeZone: string
  clock?: Clock
  /** discord.js's cap over all its requests; Discord allows 50, which is the default. */
  requestsPerSecond?: number | undefined
}

export interface Bot {
  /** Connects and resolves once messages are listened to. Rejects when Discord refuses the token. */
  start(): Promise<{ applicationId: string; userName: string }>
  /** False once Discord has closed the gateway in a way that no reconnecting mends. */
  isConnected(): boolean
  /** To be told of changes that no command made: reminders are planned anew. */
  timetableChanged(guildId: string): void
  /** The guilds that the bot has left: nothing happens there by itself. */
  awayGuilds(): string[]
  /**
   * What a person's calendar feed is called; null: he may not read it (any more). Throws an `AppError`
   * (`unavailable`) while Discord does not say, as before the start.
   */
  describeFeed(feed: Feed): Promise<FeedDescription | null>
  /**
   * Takes no more messages, lets running answers finish for `graceMs` (default 4 s), tells the others
   * that they were interrupted, and disconnects: 10 s in all at most.
   */
  close(options?: { graceMs?: number }): Promise<void>
}

const sweepEveryMs = 60_000
const closeWithinMs = 9_000

export function createBot(deps: BotDeps): Bot {
  const { openai, keyv, tools, schedules, timeZone, clock = systemClock } = deps
  const log = deps.log.child({ module: 'bot' }, { serializers: { err: toLoggedError } })
  const client = createClient(deps)
  const translations = createTranslations()
  const conversations = createConversations({ keyv, clock, log, deleteThread })
  const classStores = createClassStores({ openai, keyv })
  const assistant = createAssistant({ ...deps, classStores, log })
  const ownsAssistant = deps.assistantId === undefined
  const classFiles = createClassFiles({
    openai,
    stores: classStores,
    assistant,
    ownsAssistant,
    clock,
    log,
  })
  const contextOf = createRunContext({
    schedules,
    tools,
    classStores,
    clock,
    log,
    timeZone,
    ownsAssistant,
  })
  const startRun = createRunStart({ openai, assistant, conversations, contextOf, clock })
  const answer = createAnswerer({ openai, startRun, tools, clock, log })
  const attachments = createAttachments({ openai, clock, log })
  const readMadeFiles = createMadeFiles({ openai, log })
  const turns = createTurns({ answer, attachments, readMadeFiles, translations, clock, log })
  const notices = createNotices({
    keyv,
    timetables: deps.timetables,
    schedules,
    rest: client.rest,
    isResting: (guildId) => departures.isAway(guildId),
    nameOf: (guildId) => client.guilds.cache.get(guildId)?.name ?? '',
    localeOf: (guildId) => toLocale(client.guilds.cache.get(guildId)?.preferredLocale),
    translations,
    clock,
    log,
  })
  const describeFeed = createFeedOwners({ client, now: () => clock.now() })
  const reminders = createReminders({
    store: deps.reminders,
    schedules,
    courier: createCourier({ client, translations, now: () => clock.now(), log }),
    now: () => clock.now(),
    startTimer: (delayMs, onEnd) => clock.after(delayMs, onEnd),
    isResting: (guildId) => departures.isAway(guildId),
    log,
  })
  const departures = createDepartures({
    keyv,
    keepers: [
      {
        guilds: () => deps.timetables.listGuilds(),
        forget: (guildId) => deps.timetables.forgetGuild(guildId),
      },
      notices,
      classFiles,
    ],
    clock,
    log,
  })
  const timetables = watchChanges(deps.timetables, (guildId) => reminders.refresh(guildId))
  let cancelSweep = (): void => {}

  async function deleteThread(threadId: string): Promise<void> {
    try {
      await openai.beta.threads.delete(threadId)
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
    }
  }

  function sweep(): void {
    const parted = conversations
      .sweep()
      .catch((err: unknown) => log.warn({ err }, 'parted threads were not deleted'))
    const told = notices
      .sweep()
      .catch((err: unknown) => log.warn({ err }, 'changes of timetables were not told'))
    const forgotten = departures
      .sweep()
      .catch((err: unknown) => log.warn({ err }, 'guilds that were left were not forgotten'))
    void Promise.all([parted, told, forgotten]).finally(() => {
      if (!isClosed) cancelSweep = clock.after(sweepEveryMs, sweep)
    })
  }

  /** Writes down where the bot comes and goes. Guilds that Discord cannot reach do not count as left. */
  function watchGuilds(): void {
    const failed = (err: unknown) => log.error({ err }, 'a departure was not written down')
    client.on(Events.GuildDelete, ({ id }) => {
      log.info({ guildId: id }, 'the bot left a guild')
      departures.left(id).catch(failed)
    })
    client.on(Events.GuildCreate, ({ id }) => {
      departures.joined(id).then(() => reminders.refresh(id), failed)
    })
    client.on(Events.InteractionCreate, ({ guildId }) => {
      if (guildId !== null) departures.used(guildId).catch(failed)
    })
  }

  let isClosed = false
  let isConnected = true

  async function toolNames(guildId: string | null): Promise<string[]> {
    return (await tools.definitions({ guildId })).map((tool) => tool.function.name)
  }

  return {
    async start() {
      logConnection(client, log)
      client.on(Events.ShardDisconnect, () => (isConnected = false))
      client.on(Events.Invalidated, () => (isConnected = false))
      const commands = await loadCommands()
      const commandDeps = {
        turns,
        conversations,
        openai,
        schedules,
        timetables,
        imports: createStartedImports(keyv),
        refreshCalendars: deps.refreshCalendars,
        feedAddress: deps.feedAddress ?? null,
        pictures: deps.pictures,
        notices,
        classFiles,
        reminders: {
          store: deps.reminders,
          refresh: (guildId: string) => reminders.refresh(guildId),
        },
        translations,
        clock,
        toolNames,
        commands,
      }
      await departures.load()
      const ready = Promise.withResolvers<void>()
      client.once(Events.ClientReady, (readyClient) => {
        const listen = createListener({ client: readyClient, turns, translations, log })
        client.on(Events.MessageCreate, listen)
        const buttons = {
          [howIKnowName]: createHowIKnow({ openai, translations }),
          [sourcesName]: createSources({ openai, translations }),
          [codeName]: createShownCode({ openai, translations }),
        }
        const dispatch = createDispatcher({ commands, commandDeps, buttons, translations, log })
        client.on(Events.InteractionCreate, dispatch)
        watchGuilds()
        ready.resolve()
      })
      assistant
        .id(null)
        .catch((err: unknown) => log.error({ err }, 'the assistant is not available'))
      await client.login(deps.token)
      await ready.promise
      await departures.arrive(client.guilds.cache.keys())
      const applicationId = client.application?.id ?? ''
      registerCommands(applicationId, commands, { rest: client.rest, keyv, log }).catch(
        (err: unknown) => log.error({ err }, 'commands were not registered'),
      )
      sweep()
      classFiles
        .resume()
        .catch((err: unknown) => log.error({ err }, 'class files were not gone on with'))
      reminders.start().catch((err: unknown) => log.error({ err }, 'reminders did not start'))
      const userName = client.user?.tag ?? ''
      log.info({ applicationId, userName, guilds: client.guilds.cache.size }, 'bot is ready')
      return { applicationId, userName }
    },

    isConnected: () => isConnected,
    timetableChanged: (guildId) => reminders.refresh(guildId),
    awayGuilds: () => departures.away(),
    describeFeed,

    async close({ graceMs = 4_000 } = {}) {
      isClosed = true
      cancelSweep()
      client.removeAllListeners(Events.MessageCreate)
      client.removeAllListeners(Events.InteractionCreate)
      const done = new AbortController()
      const turnsClosed = turns
        .close({ graceMs })
        .catch((err: unknown) => log.error({ err }, 'turns did not close'))
      const remindersClosed = reminders
        .close()
        .catch((err: unknown) => log.error({ err }, 'reminders did not close'))
      const closed = Promise.all([turnsClosed, remindersClosed, classFiles.close()]).finally(() =>
        done.abort(),
      )
      await Promise.race([closed, wait(clock, closeWithinMs, done.signal)])
      await client.destroy()
    },
  }
}

function logConnection(client: Client, log: Logger): void {
  client.on(Events.Error, (err) => log.error({ err }, 'discord client failed'))
  client.on(Events.Warn, (warning) => log.warn({ warning }, 'discord client warned'))
  client.on(Events.ShardError, (err) => log.warn({ err }, 'gateway connection failed'))
  client.on(Events.ShardDisconnect, ({ code }) => log.error({ code }, 'gateway closed for good'))
  client.on(Events.ShardReconnecting, () => log.debug('gateway reconnects'))
  client.on(Events.ShardResume, () => log.info('gateway resumed'))
  client.on(Events.Invalidated, () => log.error('discord invalidated the session'))
}
