import { randomBytes } from 'node:crypto'

import type { InteractionType, MessageType } from 'discord-api-types/v10'

import type { Clock } from '../clock.ts'
import type { StoredMessage } from '../message-log.ts'
import type { Channel } from '../world.ts'

/** An interaction from its creation until its token dies. */
export interface Pending {
  readonly id: string
  readonly token: string
  readonly type: InteractionType
  readonly createdAt: number
  readonly userId: string
  readonly channel: Channel
  readonly nonce: string | undefined
  readonly origin: string
  /** The message whose component was used, or from which the modal came. */
  readonly source: StoredMessage | null
  /** Type of the message that answers. */
  readonly answerType: MessageType
  /** `name` of the command with those of its subcommands, for `interaction_metadata`. */
  readonly commandName: string | null
  isAcknowledged: boolean
  /** The message behind `@original`. */
  original: StoredMessage | null
}

export interface PendingStore {
  add(pending: Pending): void
  byId(id: string): Pending | undefined
  byToken(token: string): Pending | undefined
}

/** How long the application has for its first answer, and how long its token lives. */
export const firstAnswerMs = 3000
const tokenMs = 15 * 60 * 1000
const maxPending = 50_000

/** @param onSilence called when the first answer did not come in time */
export function createPendingStore({
  clock,
  onSilence,
}: {
  clock: Clock
  onSilence: (pending: Pending) => void
}): PendingStore {
  const byId = new Map<string, Pending>()
  const byToken = new Map<string, Pending>()
  const drop = (pending: Pending) => {
    byId.delete(pending.id)
    byToken.delete(pending.token)
  }
  return {
    add(pending) {
      byId.set(pending.id, pending)
      byToken.set(pending.token, pending)
      const oldest = byId.size > maxPending ? byId.values().next().value : undefined
      if (oldest) drop(oldest)
      clock.after(firstAnswerMs, () => {
        if (pending.isAcknowledged) return
        drop(pending)
        onSilence(pending)
      })
      clock.after(tokenMs, () => drop(pending))
    },
    byId: (id) => byId.get(id),
    byToken: (token) => byToken.get(token),
  }
}

export const newToken = (id: string): string =>
  Buffer.from(`interaction:${id}:${randomBytes(48).toString('base64url')}`).toString('base64url')
