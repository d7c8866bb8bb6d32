import type { Clock } from '../clock.ts'
import type { MessageForm } from './message-form.ts'

/** `enforce_nonce`: for a few minutes, a second message with the same nonce is the first one. */
export interface Nonces {
  /** The id of the message that had this nonce first. */
  find(channelId: string, authorId: string, form: MessageForm): string | undefined
  remember(
    channelId: string,
    authorId: string,
    sent: { form: MessageForm; messageId: string },
  ): void
}

const validMs = 5 * 60 * 1000
const maxKept = 10_000

export function createNonces({ clock }: { clock: Pick<Clock, 'now'> }): Nonces {
  const kept = new Map<string, { messageId: string; at: number }>()
  const keyOf = (channelId: string, authorId: string, nonce: string | number) =>
    `${channelId}:${authorId}:${nonce}`

  return {
    find(channelId, authorId, { nonce, enforce_nonce }) {
      if (!enforce_nonce || nonce === undefined || nonce === null) return undefined
      const known = kept.get(keyOf(channelId, authorId, nonce))
      return known && clock.now() - known.at < validMs ? known.messageId : undefined
    },
    remember(channelId, authorId, { form: { nonce }, messageId }) {
      if (nonce === undefined || nonce === null) return
      const key = keyOf(channelId, authorId, nonce)
      kept.delete(key)
      kept.set(key, { messageId, at: clock.now() })
      const oldest = kept.size > maxKept ? kept.keys().next().value : undefined
      if (oldest !== undefined) kept.delete(oldest)
    },
  }
}
