// The page's end of the gateway: identify, heartbeat, resume, and coming back
// by itself whenever the server does.
import type { LocalSession } from '../protocol.ts'

export type ConnectionState = 'connecting' | 'online' | 'lost'

export interface GatewayDeps {
  /** Asks for the session document and says as whom to speak. Rejects while the server is away. */
  findSpeaker: () => Promise<{ session: LocalSession; token: string }>
  onDispatch: (event: string, data: unknown) => void
  onState: (state: ConnectionState) => void
}

export interface Gateway {
  /** Leaves the present session, if any, and identifies anew as the current speaker. */
  restart(): void
}

interface Payload {
  op: number
  d: unknown
  s: number | null
  t: string | null
}

const opcodes = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
}

const firstDelayMs = 300
const longestDelayMs = 5_000

export function createGateway({ findSpeaker, onDispatch, onState }: GatewayDeps): Gateway {
  let socket: WebSocket | undefined
  let heartbeat: ReturnType<typeof setInterval> | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let resumable: { token: string; sessionId: string } | undefined
  let sequence: number | null = null
  let failures = 0
  let attempt = 0

  function connect(): void {
    clearTimeout(retry)
    retry = undefined
    closeSocket()
    const mine = ++attempt
    findSpeaker().then(
      ({ session, token }) => mine === attempt && openSocket(session, token),
      () => mine === attempt && connectLater(),
    )
  }

  function openSocket(session: LocalSession, token: string): void {
    const opened = new WebSocket(socketUrl(session))
    socket = opened
    opened.addEventListener('message', ({ data }) => {
      const payload = typeof data === 'string' ? toPayload(data) : undefined
      if (socket === opened && payload) handle(payload, token)
    })
    opened.addEventListener('close', ({ code }) => {
      if (socket !== opened) return
      if (code >= 4003 && code <= 4009) resumable = undefined
      connectLater()
    })
  }

  function handle(payload: Payload, token: string): void {
    if (payload.s !== null) sequence = payload.s
    switch (payload.op) {
      case opcodes.hello:
        startHeartbeat(payload.d)
        if (resumable?.token === token) {
          send(opcodes.resume, { token, session_id: resumable.sessionId, seq: sequence })
        } else {
          send(opcodes.identify, { token, properties: {} })
        }
        break
      case opcodes.heartbeat:
        send(opcodes.heartbeat, sequence)
        break
      case opcodes.heartbeatAck:
        isAlive = true
        break
      case opcodes.reconnect:
        connect()
        break
      case opcodes.invalidSession:
        if (payload.d !== true) resumable = undefined
        connectLater()
        break
      case opcodes.dispatch:
        if (payload.t !== null) dispatch(payload.t, payload.d, token)
        break
    }
  }

  function dispatch(event: string, data: unknown, token: string): void {
    if (event === 'READY' || event === 'RESUMED') {
      failures = 0
      if (event === 'READY') resumable = { token, sessionId: sessionIdOf(data) }
      onDispatch(event, data)
      onState('online')
    } else {
      onDispatch(event, data)
    }
  }

  let isAlive = true
  function startHeartbeat(hello: unknown): void {
    clearInterval(heartbeat)
    isAlive = true
    heartbeat = setInterval(() => {
      if (!isAlive) {
        connectLater()
        return
      }
      isAlive = false
      send(opcodes.heartbeat, sequence)
    }, heartbeatInterval(hello))
  }

  function send(op: number, d: unknown): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op, d }))
  }

  function closeSocket(): void {
    clearInterval(heartbeat)
    const closing = socket
    socket = undefined
    closing?.close(4900)
  }

  /** 0.3 s, doubling up to 5 s, each a little different so that several pages do not come at once. */
  function connectLater(): void {
    closeSocket()
    attempt++
    onState('lost')
    const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** failures)
    failures = Math.min(failures + 1, 10)
    clearTimeout(retry)
    retry = setTimeout(connect, delay * (0.75 + Math.random() / 2))
  }

  const hurry = () => {
    if (retry === undefined || document.hidden) return
    failures = 0
    connect()
  }
  addEventListener('online', hurry)
  document.addEventListener('visibilitychange', hurry)

  return {
    restart() {
      resumable = undefined
      sequence = null
      failures = 0
      onState('connecting')
      connect()
    },
  }
}

/** The server names its address by one loopback name; the page must stay with the one it came from. */
function socketUrl(session: LocalSession): string {
  const url = new URL(session.gateway_url)
  url.host = location.host
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  url.search = '?v=10&encoding=json'
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url.href
}

function toPayload(text: string): Payload | undefined {
  const value: unknown = JSON.parse(text)
  if (!isObject(value) || typeof value['op'] !== 'number') return undefined
  const { op, d, s, t } = value
  return {
    op,
    d,
    s: typeof s === 'number' ? s : null,
    t: typeof t === 'string' ? t : null,
  }
}

function sessionIdOf(ready: unknown): string {
  return isObject(ready) && typeof ready['session_id'] === 'string' ? ready['session_id'] : ''
}

function heartbeatInterval(hello: unknown): number {
  const interval = isObject(hello) ? hello['heartbeat_interval'] : undefined
  return typeof interval === 'number' && interval >= 1000 ? interval : 41_250
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
