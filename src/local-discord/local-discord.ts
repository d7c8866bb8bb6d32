import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Hono } from 'hono'
import { WebSocketServer } from 'ws'

import { isLoopbackHost } from '../loopback.ts'
import { systemClock, type Clock } from './clock.ts'
import { createGatewayControls, type GatewayControls } from './gateway/controls.ts'
import { createHub } from './gateway/hub.ts'
import { privileged } from './gateway/intents.ts'
import { toPresence } from './gateway/ready.ts'
import { serveSocket } from './gateway/socket.ts'
import { createCommands } from './interactions/commands.ts'
import { createInteractions, toNotice } from './interactions/create.ts'
import { createModals } from './interactions/modals.ts'
import { createPendingStore } from './interactions/pending.ts'
import { createRespond } from './interactions/respond.ts'
import { createAttachments } from './messages/attachments.ts'
import { createMessages } from './messages/messages.ts'
import { createPermissions } from './permissions.ts'
import { extraChannelId, populate, seedPicture } from './populate.ts'
import { createRestApp } from './rest/app.ts'
import type { RestEnv } from './rest/context.ts'
import { createRestWatch, type RestControls } from './rest/controls.ts'
import { createRateLimits, type RateLimitOptions } from './rest/rate-limits.ts'
import { cdnRoutes } from './rest/routes/cdn.ts'
import { channelRoutes } from './rest/routes/channels.ts'
import { commandRoutes } from './rest/routes/commands.ts'
import { gatewayRoutes } from './rest/routes/gateway.ts'
import { guildRoutes } from './rest/routes/guilds.ts'
import { interactionRoutes } from './rest/routes/interactions.ts'
import { messageRoutes } from './rest/routes/messages.ts'
import { reactionRoutes } from './rest/routes/reactions.ts'
import { threadRoutes } from './rest/routes/threads.ts'
import { userRoutes } from './rest/routes/users.ts'
import { seedBot, seedIds } from './seed.ts'
import { createSnowflakes } from './snowflake.ts'
import { createThreads } from './threads.ts'
import { createWorld } from './world.ts'

export interface LocalDiscordOptions {
  /** Ids, timestamps, rate limits, interaction tokens, attachment URLs. */
  clock?: Clock
  /**
   * Heartbeats and session time-outs. Apart from `clock`, because clients send heartbeats by their own time,
   * and a test that moves `clock` by 15 minutes must not lose its bot.
   */
  gatewayClock?: Clock
  /** Gets what should never happen: errors that became a 500. */
  log?: { error(data: { err: unknown }, message: string): void }
  /** Default: a new one per start. */
  botToken?: string
  /** Permission bits that the bot's own role grants it besides everybody's; default none. */
  botPermissions?: bigint
  /** Discord's numbers by default; `false`: none at all. Users are never limited. */
  rateLimits?: RateLimitOptions | false
  /** Privileged intents that the bot may use; default all. Without MESSAGE_CONTENT REST empties content, too. */
  allowedIntents?: number
  /** Default 41 250. */
  heartbeatIntervalMs?: number
  /** How long a session waits for its client to resume; default 90 s. */
  sessionTimeoutMs?: number
  /** Shards that may identify at once, per 5 s: clients keep to it by themselves. Default 1. */
  maxConcurrency?: number
  /** Dispatches kept per session for RESUME; default 2000. */
  resumeBuffer?: number
  /** Default 5000; the oldest leave. */
  messagesPerChannel?: number
  /** All attachments together, default 256 MiB; the oldest leave. */
  maxAttachmentBytes?: number
  /** What interactions carry as `attachment_size_limit`; default 10 MiB. */
  attachmentSizeLimit?: number
  /** REST calls kept in `controls.requests`; default 10 000. */
  maxRequests?: number
  /** Text channels besides the seed's, for benches. */
  extraChannels?: number
  /** The server's address where the Host header does not tell it, e.g. behind a proxy. */
  publicOrigin?: string
}

export interface LocalDiscord {
  /** Serves `/api/v10/*` and `/cdn/*`; needs the Bindings of @hono/node-server. */
  readonly app: Hono<RestEnv>
  /** The WebSocket side of `/gateway`: for a server's `upgrade` event. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  readonly botToken: string
  readonly applicationId: string
  readonly ids: typeof seedIds
  /** Ids of the extra channels. */
  readonly extraChannelIds: readonly string[]
  /** The token to speak as a seed user. */
  userToken(userId: string): string
  readonly controls: RestControls & GatewayControls
  close(): Promise<void>
}

/** A Discord in memory, with the seed's guild; it listens to nothing by itself (see serve.ts). */
export function createLocalDiscord(options: LocalDiscordOptions = {}): LocalDiscord {
  const clock = options.clock ?? systemClock
  const allowedIntents = options.allowedIntents ?? privileged
  const extraChannels = options.extraChannels ?? 0
  const applicationId = seedIds.bot
  const applicationName = seedBot.globalName
  const nextId = createSnowflakes(clock)

  const world = createWorld({ messagesPerChannel: options.messagesPerChannel ?? 5000 })
  populate(world, {
    botToken: options.botToken,
    botPermissions: options.botPermissions ?? 0n,
    extraChannels,
  })
  const hub = createHub()
  const permissions = createPermissions(world)
  const parts = { world, hub, permissions, clock, nextId, applicationId, applicationName }

  const attachments = createAttachments({
    clock,
    nextId,
    maxBytes: options.maxAttachmentBytes ?? 256 * 1024 * 1024,
  })
  const threads = createThreads(parts)
  const messages = createMessages({ ...parts, threads, attachments })
  const commands = createCommands(parts)
  const modals = createModals()
  const pending = createPendingStore({
    clock,
    onSilence: (silent) =>
      hub.tell(silent.userId, 'INTERACTION_FAILURE', { ...toNotice(silent), reason_code: 2 }),
  })
  const createInteraction = createInteractions({
    ...parts,
    commands,
    modals,
    attachments,
    pending,
    attachmentSizeLimit: options.attachmentSizeLimit ?? 10 * 1024 * 1024,
  })
  const respond = createRespond({ ...parts, messages, modals, pending, clock })
  const rateLimits = createRateLimits({ options: options.rateLimits ?? {}, clock })
  const watch = createRestWatch({ clock, maxRequests: options.maxRequests ?? 10_000 })

  announcePresence(parts)
  commands.onChange((scope) => announceIndex(parts, scope))

  const app = createRestApp({
    world,
    watch,
    rateLimits,
    publicOrigin: options.publicOrigin,
    onError: (err) => options.log?.error({ err }, 'local discord failed'),
    routes: [
      gatewayRoutes({
        world,
        applicationId,
        guildId: seedIds.guild,
        maxConcurrency: options.maxConcurrency ?? 1,
        isTrustedHost: (host) => isTrusted(host, options.publicOrigin),
      }),
      userRoutes(parts),
      guildRoutes(parts),
      channelRoutes({ ...parts, threads }),
      threadRoutes({ ...parts, threads, messages }),
      reactionRoutes(parts),
      messageRoutes({
        ...parts,
        messages,
        attachments,
        rateLimits,
        mayReadContent: (allowedIntents & messageContent) !== 0,
      }),
      commandRoutes({ ...parts, commands }),
      interactionRoutes({ applicationId, createInteraction, respond }),
    ],
  })
  app.route('/', cdnRoutes({ attachments, picture: seedPicture }))

  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 })
  const socketDeps = {
    ...parts,
    clock: options.gatewayClock ?? systemClock,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 41_250,
    allowedIntents,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 90_000,
    resumeBuffer: options.resumeBuffer ?? 2000,
  }

  return {
    app,
    upgrade(request, socket, head) {
      const host = request.headers.host ?? 'localhost'
      const isGateway = /^\/gateway\/?(\?|$)/.test(request.url ?? '')
      if (!isGateway || isForeign(request, options.publicOrigin)) {
        // The HTTP server listens to its errors no more.
        socket.on('error', () => socket.destroy())
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
        return
      }
      const origin = options.publicOrigin ?? `http://${host}`
      const gatewayUrl = `${origin.replace(/^http/, 'ws')}/gateway`
      sockets.handleUpgrade(request, socket, head, (client) =>
        serveSocket(client, gatewayUrl, socketDeps),
      )
    },
    botToken: world.accounts.get(applicationId)?.token ?? '',
    applicationId,
    ids: seedIds,
    extraChannelIds: Array.from({ length: extraChannels }, (_, index) => extraChannelId(index)),
    userToken: (userId) => world.accounts.get(userId)?.token ?? '',
    controls: Object.assign(watch, createGatewayControls({ hub })),
    async close() {
      for (const client of sockets.clients) client.terminate()
      await new Promise<void>((resolve) => sockets.close(() => resolve()))
    },
  }
}

const messageContent = 1 << 15

type Parts = Parameters<typeof createThreads>[0]

function announcePresence({ world, hub }: Pick<Parts, 'world' | 'hub'>): void {
  hub.onPresence((userId) => {
    for (const guild of world.guilds.values())
      if (guild.members.has(userId))
        hub.publish({
          event: 'PRESENCE_UPDATE',
          data: toPresence(userId, guild.id, hub),
          guildId: guild.id,
          isFor: (otherId) => guild.members.has(otherId),
        })
  })
}

/** Users' clients fetch the index anew. */
function announceIndex({ world, hub }: Pick<Parts, 'world' | 'hub'>, scope: string | null): void {
  for (const { user, bot } of world.accounts.values())
    for (const guild of world.guilds.values())
      if (!bot && (scope === null || scope === guild.id))
        hub.tell(user.id, 'GUILD_APPLICATION_COMMAND_INDEX_UPDATE', { guild_id: guild.id })
}

/** A WebSocket that a page of another origin opens. */
function isForeign({ headers }: IncomingMessage, publicOrigin: string | undefined): boolean {
  const { origin, host } = headers
  if (origin === undefined || origin === publicOrigin) return false
  return URL.parse(origin)?.host !== host
}

const isTrusted = (host: string, publicOrigin: string | undefined): boolean =>
  isLoopbackHost(host.toLowerCase()) ||
  (publicOrigin !== undefined && URL.parse(publicOrigin)?.host === host)
