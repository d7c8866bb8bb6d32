import type { Logger } from '../../log.ts'
import type { TokenCounter } from '../../tokens/token-counter.ts'
import type { Message } from '../store/store.ts'
import { toText } from './model-messages.ts'

/** Says how many tokens messages take in a prompt. */
export interface MessageMeter {
  /** At once and never too low; exact where the message was counted before. */
  atMost(message: Message): number
  /** As the tokenizer counts; where that fails, as `atMost`. */
  count(messages: Message[], options: { signal: AbortSignal }): Promise<number[]>
  countText(text: string, options: { signal: AbortSignal }): Promise<number>
}

/** Role and separators. */
const overhead = 8
/** What OpenAI counts for an image of usual size in full detail. */
const perImage = 1100
const maxRemembered = 20_000

export function createMessageMeter({
  tokens,
  log,
}: {
  tokens: Pick<TokenCounter, 'count'>
  log: Logger
}): MessageMeter {
  /** By message id: what a finished message says never changes. */
  const remembered = new Map<string, number>()

  const surcharge = ({ content }: Message) =>
    overhead + perImage * content.filter(({ type }) => type.startsWith('image_')).length

  function remember(id: string, count: number): void {
    if (remembered.size >= maxRemembered) {
      const [oldest] = remembered.keys()
      if (oldest !== undefined) remembered.delete(oldest)
    }
    remembered.set(id, count)
  }

  async function countTexts(texts: string[], signal: AbortSignal): Promise<number[] | undefined> {
    if (texts.length === 0) return []
    try {
      return await tokens.count(texts, { signal })
    } catch (err) {
      signal.throwIfAborted()
      log.warn({ err }, 'tokens could not be counted, bytes are taken instead')
      return undefined
    }
  }

  const atMost = (message: Message) =>
    remembered.get(message.id) ?? upperBound(toText(message.content)) + surcharge(message)

  return {
    atMost,
    async count(messages, { signal }) {
      const unknown = messages.filter(({ id }) => !remembered.has(id))
      const counts = await countTexts(
        unknown.map(({ content }) => toText(content)),
        signal,
      )
      for (const [index, message] of unknown.entries()) {
        const count = counts?.[index]
        if (count !== undefined) remember(message.id, count + surcharge(message))
      }
      return messages.map(atMost)
    },
    async countText(text, { signal }) {
      const counts = await countTexts([text], signal)
      return counts?.[0] ?? upperBound(text)
    },
  }
}

/** Every token of a byte-pair encoding stands for at least one byte. */
export function upperBound(text: string): number {
  return Buffer.byteLength(text)
}
