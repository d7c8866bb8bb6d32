import { GatewayIntentBits } from 'discord-api-types/v10'

import { intentFor } from './intents.ts'
import type { Session } from './session.ts'

export interface Dispatch {
  event: string
  data: object
  /** Null: it happened in a DM or concerns users, not a guild. */
  guildId: string | null
  /** Who may know of it. */
  isFor: (userId: string) => boolean
  /** What a bot without MESSAGE_CONTENT gets instead. */
  withoutContent?: (botId: string) => object
}

/** All sessions, and the way every event takes to them. */
export interface Hub {
  readonly sessions: Map<string, Session>
  publish(dispatch: Dispatch): void
  /** To all sessions of one user; the answer is how many. */
  tell(userId: string, event: string, data: object): number
  /** INTERACTION_CREATE to the application: whatever its intents, on the shard that has the guild. */
  tellBot(botId: string, data: object, guildId: string | null): void
  isOnline(userId: string): boolean
  /** Is called whenever a user's first socket opens or last one closes. */
  onPresence(listener: (userId: string) => void): void
  presenceChanged(userId: string): void
}

export function createHub(): Hub {
  const sessions = new Map<string, Session>()
  const listeners: ((userId: string) => void)[] = []

  return {
    sessions,
    publish({ event, data, guildId, isFor, withoutContent }) {
      const intent = intentFor(event, guildId)
      let json: string | undefined
      for (const session of sessions.values()) {
        if (!isFor(session.userId)) continue
        if (session.bot && !isWanted(session, intent)) continue
        if (session.bot && !isOnShard(session, guildId)) continue
        if (session.bot && withoutContent && !isWanted(session, GatewayIntentBits.MessageContent)) {
          session.dispatch(event, JSON.stringify(withoutContent(session.userId)))
          continue
        }
        json ??= JSON.stringify(data)
        session.dispatch(event, json)
      }
    },
    tell(userId, event, data) {
      const json = JSON.stringify(data)
      let told = 0
      for (const session of sessions.values()) {
        if (session.userId !== userId) continue
        session.dispatch(event, json)
        told += 1
      }
      return told
    },
    tellBot(botId, data, guildId) {
      const json = JSON.stringify(data)
      for (const session of sessions.values())
        if (session.userId === botId && isOnShard(session, guildId))
          session.dispatch('INTERACTION_CREATE', json)
    },
    isOnline: (userId) => {
      for (const session of sessions.values())
        if (session.userId === userId && session.socket) return true
      return false
    },
    onPresence: (listener) => void listeners.push(listener),
    presenceChanged(userId) {
      for (const listener of listeners) listener(userId)
    },
  }
}

const isWanted = (session: Session, intent: number): boolean =>
  (session.intents & intent) === intent

/** Documentation, "Sharding Formula"; direct messages go to shard 0. */
const isOnShard = ({ shard: [id, count] }: Session, guildId: string | null): boolean =>
  guildId === null ? id === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === id
