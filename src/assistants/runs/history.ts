import type { Message, Run, Store } from '../store/store.ts'
import { upperBound, type MessageMeter } from './message-meter.ts'

/** The part of a thread that goes into a prompt. */
export interface History {
  /** In the order of the thread. */
  messages: Message[]
  /** False: not even the newest message fits into the budget; it is the only one here. */
  fits: boolean
}

export interface HistoryOptions {
  run: Run
  store: Pick<Store, 'listMessages' | 'readMessages'>
  meter: MessageMeter
  /** Everything else in the prompt, as one text. */
  rest: string
  /** Tokens for `rest` and the history together. */
  budget: number
  signal: AbortSignal
}

interface Weighed {
  message: Message
  tokens: number
}

/** Messages per query; most threads need only the first. */
const firstPage = 32
const nextPages = 100

/**
 * The newest messages that fit, read from the newest backwards, so that the length of the thread does
 * not matter. Under `auto` the thread's first message is kept too, and what is between is dropped.
 * As long as everything fits by its length in bytes, the tokenizer is not asked.
 */
export async function selectHistory(options: HistoryOptions): Promise<History> {
  const { meter, rest, budget, signal } = options
  const kept: Weighed[] = []
  let used = upperBound(rest)
  let isExact = false

  for await (const page of newestMessages(options)) {
    let weights = isExact
      ? await meter.count(page, { signal })
      : page.map((message) => meter.atMost(message))
    if (!isExact && used + sum(weights) > budget) {
      isExact = true
      used = (await meter.countText(rest, { signal })) + (await weighAgain(kept, options))
      weights = await meter.count(page, { signal })
    }
    for (const [index, message] of page.entries()) {
      const tokens = weights[index] ?? 0
      if (used + tokens > budget) {
        if (kept.length === 0) return { messages: [message], fits: false }
        return { messages: await withFirst(kept, { ...options, left: budget - used }), fits: true }
      }
      kept.push({ message, tokens })
      used += tokens
    }
  }
  if (!isExact && used > budget) used = await meter.countText(rest, { signal })
  return { messages: inOrder(kept), fits: used <= budget }
}

async function weighAgain(kept: Weighed[], { meter, signal }: HistoryOptions): Promise<number> {
  const messages = kept.map(({ message }) => message)
  const tokens = await meter.count(messages, { signal })
  for (const [index, entry] of kept.entries()) entry.tokens = tokens[index] ?? entry.tokens
  return sum(tokens)
}

/** Drops as many of the older messages as the thread's first one needs. */
async function withFirst(
  kept: Weighed[],
  options: HistoryOptions & { left: number },
): Promise<Message[]> {
  const { run, store, meter, signal } = options
  const strategy = run.truncation_strategy?.type ?? 'auto'
  const query = { limit: 1, order: 'asc' } as const
  const first =
    strategy === 'auto' ? (await store.listMessages(run.thread_id, query)).data[0] : undefined
  if (!first) return inOrder(kept)
  const [needed = 0] = await meter.count([first], { signal })
  const newest = kept[0]?.tokens ?? 0
  const room = options.left + sum(kept.map(({ tokens }) => tokens)) - newest
  if (needed > room) return inOrder(kept)
  let { left } = options
  while (left < needed) left += kept.pop()?.tokens ?? 0
  return [first, ...inOrder(kept)]
}

/** What the thread held before the run, in pages, newest first. */
async function* newestMessages({ run, store }: HistoryOptions): AsyncGenerator<Message[]> {
  let wanted = Number.POSITIVE_INFINITY
  if (run.truncation_strategy?.type === 'last_messages') {
    wanted = run.truncation_strategy.last_messages ?? wanted
  }
  let below: number | undefined
  let pageSize = firstPage
  while (wanted > 0) {
    const limit = Math.min(pageSize, wanted)
    const page = await store.readMessages(run.thread_id, {
      limit,
      ...(below !== undefined && { below }),
    })
    // What the run itself wrote comes with its steps.
    const messages = page.messages.filter(({ run_id }) => run_id !== run.id).slice(0, wanted)
    wanted -= messages.length
    if (messages.length > 0) yield messages
    if (page.next === undefined) return
    below = page.next
    pageSize = nextPages
  }
}

function inOrder(kept: Weighed[]): Message[] {
  return kept.map(({ message }) => message).toReversed()
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
