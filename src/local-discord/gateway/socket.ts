import { GatewayCloseCodes as Close, GatewayOpcodes as Op } from 'discord-api-types/v10'
import type { RawData, WebSocket } from 'ws'
import { z } from 'zod'

import type { Clock } from '../clock.ts'
import type { World } from '../world.ts'
import { privileged } from './intents.ts'
import { greet, type ReadyDeps } from './ready.ts'
import { createSession, type Session } from './session.ts'

export interface SocketDeps extends ReadyDeps {
  clock: Clock
  heartbeatIntervalMs: number
  /** Privileged intents that the application may use; others close with 4014. */
  allowedIntents: number
  /** How long a session waits for its client to resume. */
  sessionTimeoutMs: number
  resumeBuffer: number
}

const identifySchema = z.object({
  token: z.string(),
  intents: z.number().int().nonnegative().optional(),
  shard: z.tuple([z.number().int().nonnegative(), z.number().int().positive()]).optional(),
})
const resumeSchema = z.object({
  token: z.string(),
  session_id: z.string(),
  seq: z.number().int().nonnegative(),
})
const membersSchema = z.object({
  guild_id: z.string(),
  query: z.string().optional(),
  limit: z.number().int().nonnegative().optional(),
  user_ids: z.union([z.string(), z.array(z.string())]).optional(),
  nonce: z.string().max(32).optional(),
})
const frameSchema = z.object({ op: z.number().int(), d: z.unknown().optional() })

/** A frame from a bot may have 4096 bytes (documentation, "Sending Events"). */
const maxFrameBytes = 4096
const framesPerMinute = 120

/** One WebSocket of a client, from HELLO to its end. */
export function serveSocket(socket: WebSocket, gatewayUrl: string, deps: SocketDeps): void {
  const { world, hub, clock, heartbeatIntervalMs } = deps
  let session: Session | null = null
  let stopWatch = () => {}
  let minute = { startedAt: clock.now(), frames: 0 }

  const send = (op: Op, d: unknown) => socket.send(JSON.stringify({ t: null, s: null, op, d }))
  const close = (code: Close | 1000, reason: string) => socket.close(code, reason)

  const watchHeartbeat = () => {
    stopWatch()
    stopWatch = clock.after(heartbeatIntervalMs * 1.5 + 1000, () =>
      close(Close.SessionTimedOut, 'Session timed out.'),
    )
  }

  const isFlooding = () => {
    if (clock.now() - minute.startedAt >= 60_000) minute = { startedAt: clock.now(), frames: 0 }
    minute.frames += 1
    return minute.frames > framesPerMinute
  }

  const identify = (data: unknown) => {
    if (session) return close(Close.AlreadyAuthenticated, 'Already authenticated.')
    const asked = identifySchema.safeParse(data)
    if (!asked.success) return close(Close.DecodeError, 'Error while decoding payload.')
    const account = accountOf(asked.data.token, world)
    if (!account) return close(Close.AuthenticationFailed, 'Authentication failed.')
    const intents = asked.data.intents
    if (account.bot && intents === undefined)
      return close(Close.InvalidIntents, 'Invalid intent(s).')
    if (account.bot && (intents ?? 0) & privileged & ~deps.allowedIntents)
      return close(Close.DisallowedIntents, 'Disallowed intent(s).')
    const [shardId, shardCount] = asked.data.shard ?? [0, 1]
    if (shardId >= shardCount) return close(Close.InvalidShard, 'Invalid shard.')
    session = createSession({
      userId: account.user.id,
      bot: account.bot,
      intents: account.bot ? (intents ?? 0) : -1,
      shard: [shardId, shardCount],
      socket,
      bufferSize: deps.resumeBuffer,
    })
    const wasOnline = hub.isOnline(session.userId)
    hub.sessions.set(session.id, session)
    greet(session, gatewayUrl, deps)
    if (!wasOnline) hub.presenceChanged(session.userId)
  }

  const resume = (data: unknown) => {
    if (session) return close(Close.AlreadyAuthenticated, 'Already authenticated.')
    const asked = resumeSchema.safeParse(data)
    if (!asked.success) return close(Close.DecodeError, 'Error while decoding payload.')
    const account = accountOf(asked.data.token, world)
    if (!account) return close(Close.AuthenticationFailed, 'Authentication failed.')
    const known = hub.sessions.get(asked.data.session_id)
    if (known?.userId !== account.user.id) return send(Op.InvalidSession, false)
    if (asked.data.seq > known.sequence) return close(Close.InvalidSeq, 'Invalid seq.')
    const wasOnline = hub.isOnline(known.userId)
    const old = known.socket
    known.socket = socket
    if (old && old !== socket) old.close(Close.UnknownError, 'Resumed elsewhere.')
    if (!known.replay(asked.data.seq)) {
      hub.sessions.delete(known.id)
      return send(Op.InvalidSession, false)
    }
    session = known
    known.dispatch('RESUMED', '{"_trace":["local"]}')
    if (!wasOnline) hub.presenceChanged(known.userId)
  }

  const sendMembers = (current: Session, data: unknown) => {
    const asked = membersSchema.safeParse(data)
    if (!asked.success) return
    const { guild_id, query = '', limit = 0, user_ids, nonce } = asked.data
    const members = [...(world.guilds.get(guild_id)?.members.values() ?? [])]
    const ids = user_ids === undefined ? null : new Set([user_ids].flat())
    const chosen = members.filter(({ user }) =>
      ids ? ids.has(user.id) : user.username.toLowerCase().startsWith(query.toLowerCase()),
    )
    const chunk = {
      guild_id,
      members: limit > 0 ? chosen.slice(0, limit) : chosen,
      chunk_index: 0,
      chunk_count: 1,
      not_found: ids ? [...ids].filter((id) => !members.some(({ user }) => user.id === id)) : [],
      ...(nonce !== undefined && { nonce }),
    }
    current.dispatch('GUILD_MEMBERS_CHUNK', JSON.stringify(chunk))
  }

  const receive = (raw: RawData) => {
    // `ws` gives one Buffer per message unless its binaryType is changed.
    if (!Buffer.isBuffer(raw) || raw.byteLength > maxFrameBytes)
      return close(Close.DecodeError, 'Error while decoding payload.')
    if (isFlooding()) return close(Close.RateLimited, 'You are being rate limited.')
    const frame = parseFrame(raw.toString('utf8'))
    if (!frame) return close(Close.DecodeError, 'Error while decoding payload.')
    if (frame.op === Op.Heartbeat) {
      watchHeartbeat()
      return send(Op.HeartbeatAck, null)
    }
    if (frame.op === Op.Identify) return identify(frame.d)
    if (frame.op === Op.Resume) return resume(frame.d)
    if (!session) return close(Close.NotAuthenticated, 'Not authenticated.')
    if (frame.op === Op.RequestGuildMembers) return sendMembers(session, frame.d)
    const isAccepted = frame.op === Op.PresenceUpdate || frame.op === Op.VoiceStateUpdate
    if (!isAccepted) close(Close.UnknownOpcode, 'Unknown opcode.')
  }

  socket.on('message', receive)
  socket.on('error', () => socket.terminate())
  socket.on('close', (code) => {
    stopWatch()
    if (session?.socket === socket) leave(session, code, deps)
  })
  send(Op.Hello, { heartbeat_interval: heartbeatIntervalMs, _trace: ['local'] })
  watchHeartbeat()
}

/** 1000 and 1001 end a session; after anything else the client may come back to it (documentation, "Resuming"). */
function leave(session: Session, code: number, { hub, clock, sessionTimeoutMs }: SocketDeps): void {
  session.socket = null
  if (!hub.isOnline(session.userId)) hub.presenceChanged(session.userId)
  if (code === 1000 || code === 1001) {
    hub.sessions.delete(session.id)
    return
  }
  const absence = Symbol('absence')
  session.absence = absence
  clock.after(sessionTimeoutMs, () => {
    if (session.socket === null && session.absence === absence) hub.sessions.delete(session.id)
  })
}

const accountOf = (token: string, world: Pick<World, 'accountOf'>) =>
  world.accountOf(`Bot ${token.replace(/^Bot /, '')}`) ?? world.accountOf(token)

function parseFrame(bytes: string): z.output<typeof frameSchema> | null {
  try {
    return frameSchema.safeParse(JSON.parse(bytes)).data ?? null
  } catch {
    return null
  }
}
