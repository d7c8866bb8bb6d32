import { GatewayOpcodes } from 'discord-api-types/v10'

import type { Hub } from './hub.ts'
import type { Session } from './session.ts'

/** What a test does to the gateway. Each goes to the sessions of one user, e.g. the bot. */
export interface GatewayControls {
  /** Breaks the sockets without a close frame, as a network does. */
  dropConnections(userId: string): void
  /** Closes the sockets with a close code. */
  closeConnections(userId: string, code: number): void
  /** Op 7: asks clients to reconnect and resume. */
  requestReconnect(userId: string): void
  /** A RESUME of these sessions will get INVALID_SESSION. */
  forgetSessions(userId: string): void
  isOnline(userId: string): boolean
  /** Sends any dispatch to a user's sessions. */
  dispatch(userId: string, event: string, data: object): void
}

export function createGatewayControls({ hub }: { hub: Hub }): GatewayControls {
  const of = (userId: string): Session[] =>
    [...hub.sessions.values()].filter((session) => session.userId === userId)
  return {
    dropConnections(userId) {
      for (const { socket } of of(userId)) socket?.terminate()
    },
    closeConnections(userId, code) {
      for (const { socket } of of(userId)) socket?.close(code)
    },
    requestReconnect(userId) {
      const frame = JSON.stringify({ op: GatewayOpcodes.Reconnect, d: null, s: null, t: null })
      for (const { socket } of of(userId)) socket?.send(frame)
    },
    forgetSessions(userId) {
      for (const { id } of of(userId)) hub.sessions.delete(id)
    },
    isOnline: (userId) => hub.isOnline(userId),
    dispatch(userId, event, data) {
      hub.tell(userId, event, data)
    },
  }
}
