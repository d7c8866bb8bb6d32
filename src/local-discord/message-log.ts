import type { APIMessage } from 'discord-api-types/v10'

import { compareSnowflakes } from './snowflake.ts'

export interface Reaction {
  emoji: { id: string | null; name: string }
  users: Set<string>
}

/** A message as it is kept. `wire` is Discord's object without what depends on the reader. */
export interface StoredMessage {
  readonly id: string
  readonly channelId: string
  readonly wire: APIMessage
  readonly reactions: Map<string, Reaction>
  /** The only user who may see it; null: everybody in the channel. */
  readonly ephemeralFor: string | null
}

export interface PageQuery {
  limit: number
  before?: string | undefined
  after?: string | undefined
  around?: string | undefined
}

export interface MessageLog {
  add(message: StoredMessage): void
  get(id: string): StoredMessage | undefined
  delete(id: string): boolean
  /** Newest first, as Discord lists. */
  page(query: PageQuery): StoredMessage[]
}

/** The messages of one channel in order, the oldest leaving when there are more than `limit`. */
export function createMessageLog(limit: number): MessageLog {
  const byId = new Map<string, StoredMessage>()
  let ordered: StoredMessage[] = []

  /** Index of the first message that is not older than `id`. */
  const indexOf = (id: string): number => {
    let low = 0
    let high = ordered.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const candidate = ordered[middle]
      if (candidate && compareSnowflakes(candidate.id, id) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
  const range = (start: number, end: number) =>
    ordered.slice(Math.max(start, 0), Math.max(end, 0)).reverse()

  return {
    add(message) {
      byId.set(message.id, message)
      ordered.push(message)
      // Cutting in larger steps keeps the cost per message constant.
      if (ordered.length < limit + Math.ceil(limit / 8)) return
      const leaving = ordered.length - limit
      for (const old of ordered.slice(0, leaving)) byId.delete(old.id)
      ordered = ordered.slice(leaving)
    },
    get: (id) => byId.get(id),
    delete(id) {
      if (!byId.delete(id)) return false
      ordered.splice(indexOf(id), 1)
      return true
    },
    page({ limit: count, before, after, around }) {
      if (around !== undefined) {
        const middle = indexOf(around)
        return range(middle - Math.floor(count / 2), middle + Math.ceil(count / 2))
      }
      if (after !== undefined) {
        const found = indexOf(after)
        const start = ordered[found]?.id === after ? found + 1 : found
        return range(start, start + count)
      }
      const end = before === undefined ? ordered.length : indexOf(before)
      return range(end - count, end)
    },
  }
}
