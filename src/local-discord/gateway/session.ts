import { randomBytes } from 'node:crypto'

import type { WebSocket } from 'ws'

/** A gateway session outlives its socket: it counts what was sent and keeps the newest of it for RESUME. */
export interface Session {
  readonly id: string
  readonly userId: string
  readonly bot: boolean
  readonly intents: number
  readonly shard: readonly [id: number, count: number]
  sequence: number
  /** Null while the client is away. */
  socket: WebSocket | null
  /** Names the latest time without a socket, so that an older one's time-out does not count. */
  absence: symbol | null
  /** `data` is JSON. */
  dispatch(event: string, data: string): void
  /** Sends everything after `sequence` again; false when that is no longer kept. */
  replay(sequence: number): boolean
}

export interface SessionOptions {
  userId: string
  bot: boolean
  intents: number
  shard: readonly [number, number]
  socket: WebSocket
  /** How many dispatches are kept for RESUME. */
  bufferSize: number
}

/** A client that reads slower than this is cut off, or its backlog would fill the memory. */
const maxBacklogBytes = 64 * 1024 * 1024

export function createSession({ bufferSize, socket, ...options }: SessionOptions): Session {
  const kept: string[] = []
  const frameAt = (sequence: number) => kept[sequence % bufferSize]
  const session: Session = {
    ...options,
    id: randomBytes(16).toString('hex'),
    sequence: 0,
    socket,
    absence: null,
    dispatch(event, data) {
      session.sequence += 1
      const frame = `{"t":"${event}","s":${session.sequence},"op":0,"d":${data}}`
      kept[session.sequence % bufferSize] = frame
      send(session.socket, frame)
    },
    replay(sequence) {
      const missed = session.sequence - sequence
      if (missed < 0 || missed >= bufferSize) return false
      for (let next = sequence + 1; next <= session.sequence; next += 1)
        send(session.socket, frameAt(next) ?? '')
      return true
    },
  }
  return session
}

function send(socket: WebSocket | null, frame: string): void {
  if (!socket || socket.readyState !== socket.OPEN) return
  if (socket.bufferedAmount > maxBacklogBytes) socket.terminate()
  else socket.send(frame)
}
