import type OpenAI from 'openai'
import { NotFoundError } from 'openai'

/** What `/thread` tells of a thread. */
export interface ThreadFacts {
  thread: OpenAI.Beta.Thread
  messages: Count
  promptTokens: number
  completionTokens: number
  /** False: only the newest runs were counted. */
  areAllRunsCounted: boolean
}

export interface Count {
  value: number
  /** False: there are more. */
  isExact: boolean
}

const pageSize = 100
const maxPages = 10

/** Null: the thread does not exist any more. Reads at most the newest 1000 messages and runs. */
export async function threadFacts(openai: OpenAI, threadId: string): Promise<ThreadFacts | null> {
  const { threads } = openai.beta
  try {
    const [thread, messages, runs] = await Promise.all([
      threads.retrieve(threadId),
      firstPages(threads.messages.list(threadId, { limit: pageSize })),
      firstPages(threads.runs.list(threadId, { limit: pageSize })),
    ])
    return {
      thread,
      messages: { value: messages.items.length, isExact: messages.isWhole },
      promptTokens: sum(runs.items.map(({ usage }) => usage?.prompt_tokens ?? 0)),
      completionTokens: sum(runs.items.map(({ usage }) => usage?.completion_tokens ?? 0)),
      areAllRunsCounted: runs.isWhole,
    }
  } catch (error) {
    if (error instanceof NotFoundError) return null
    throw error
  }
}

interface Pages<Item> {
  getPaginatedItems(): Item[]
  hasNextPage(): boolean
  getNextPage(): Promise<Pages<Item>>
}

async function firstPages<Item>(
  first: PromiseLike<Pages<Item>>,
): Promise<{ items: Item[]; isWhole: boolean }> {
  let page = await first
  const items = [...page.getPaginatedItems()]
  for (let count = 1; count < maxPages && page.hasNextPage(); count += 1) {
    page = await page.getNextPage()
    items.push(...page.getPaginatedItems())
  }
  return { items, isWhole: !page.hasNextPage() }
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
