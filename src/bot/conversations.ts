import type { Keyv } from 'keyv'
import { z } from 'zod'

import type { Logger } from '../log.ts'
import type { Clock } from './clock.ts'
import { createKeyedMutex } from './mutex.ts'

/** A place in Discord that has a memory of its own. */
export interface Place {
  /** `channel:<id>`, `dm:<user id>`, or `channel:<id>:user:<id>` for a private one. */
  key: string
  /** Null in a direct message. */
  guildId: string | null
  channelId: string
  /** Several people speak here, so the model is told who does. */
  isShared: boolean
}

export interface WhereAsked {
  guildId: string | null
  channelId: string
  userId: string
  /** A direct message between the bot and one user. */
  isDirect: boolean
  /** The user's own conversation within a shared place. */
  isPrivate: boolean
}

/** Discord threads are channels with an id of their own, hence conversations of their own. */
export function placeOf({ guildId, channelId, userId, isDirect, isPrivate }: WhereAsked): Place {
  if (isDirect) return { key: `dm:${userId}`, guildId, channelId, isShared: false }
  const key = isPrivate ? `channel:${channelId}:user:${userId}` : `channel:${channelId}`
  return { key, guildId, channelId, isShared: !isPrivate }
}

const conversationSchema = z.object({
  threadId: z.string().min(1).max(200),
  /** Unix time in milliseconds. */
  since: z.number(),
})

/** What is stored of a conversation: the thread it is bound to. */
export type Conversation = z.infer<typeof conversationSchema>

const discardedSchema = z.object({
  key: z.string(),
  threadId: z.string(),
  /** When the thread is deleted, Unix time in milliseconds. */
  deleteAt: z.number(),
})
type Discarded = z.infer<typeof discardedSchema>

export interface Conversations {
  find(key: string): Promise<Conversation | null>
  /** The thread of a conversation; `create` makes one where there is none. */
  threadOf(key: string, create: () => Promise<string>): Promise<string>
  /** Forgets a thread that does not exist any more, unless another one has taken its place. */
  lose(key: string, threadId: string): Promise<void>
  /** Parts a conversation from its thread, which is deleted at `deleteAt`. Null: it had none. */
  reset(key: string): Promise<{ threadId: string; deleteAt: number } | null>
  /** Brings a parted thread back; one that began since then is discarded. False: it is too late. */
  restore(key: string, threadId: string): Promise<boolean>
  /** Deletes the parted threads whose time is over. */
  sweep(): Promise<void>
}

export interface ConversationsDeps {
  keyv: Keyv
  clock: Clock
  log: Logger
  /** Deletes a thread for good; resolves also when it does not exist. */
  deleteThread: (threadId: string) => Promise<void>
}

/** How long `/reset` can be undone. */
export const undoMs = 10 * 60_000

const discardedKey = 'discarded-threads'

export function createConversations(deps: ConversationsDeps): Conversations {
  const { keyv, clock, log, deleteThread } = deps
  const mutex = createKeyedMutex()
  const nameOf = (key: string): string => `conversation:${key}`

  async function find(key: string): Promise<Conversation | null> {
    const stored: unknown = await keyv.get(nameOf(key))
    if (stored === undefined || stored === null) return null
    const parsed = conversationSchema.safeParse(stored)
    if (parsed.success) return parsed.data
    log.warn({ conversation: key, err: parsed.error }, 'stored conversation is not readable')
    return null
  }

  async function bind(key: string, threadId: string): Promise<void> {
    const conversation: Conversation = { threadId, since: clock.now() }
    await keyv.set(nameOf(key), conversation)
  }

  async function discarded(): Promise<Discarded[]> {
    const parsed = z.array(discardedSchema).safeParse((await keyv.get(discardedKey)) ?? [])
    return parsed.success ? parsed.data : []
  }

  function changeDiscarded(change: (before: Discarded[]) => Discarded[]): Promise<void> {
    return mutex.run(discardedKey, async () => {
      await keyv.set(discardedKey, change(await discarded()))
    })
  }

  const keepDiscarded = (threadId: string): Promise<void> =>
    changeDiscarded((before) => before.filter((entry) => entry.threadId !== threadId))

  const discard = (entry: Discarded): Promise<void> =>
    changeDiscarded((before) => [
      ...before.filter(({ threadId }) => threadId !== entry.threadId),
      entry,
    ])

  async function sweepOne({ key, threadId }: Discarded): Promise<void> {
    const isBound = (await find(key))?.threadId === threadId
    if (!isBound) await deleteThread(threadId)
    await keepDiscarded(threadId)
  }

  return {
    find,

    threadOf: (key, create) =>
      mutex.run(key, async () => {
        const known = await find(key)
        if (known) return known.threadId
        const threadId = await create()
        await bind(key, threadId)
        return threadId
      }),

    lose: (key, threadId) =>
      mutex.run(key, async () => {
        if ((await find(key))?.threadId === threadId) await keyv.delete(nameOf(key))
      }),

    // The thread is noted as discarded before it is parted from: killed in between, the sweep finds
    // it still bound and keeps it.
    reset: (key) =>
      mutex.run(key, async () => {
        const known = await find(key)
        if (!known) return null
        const deleteAt = clock.now() + undoMs
        await discard({ key, threadId: known.threadId, deleteAt })
        await keyv.delete(nameOf(key))
        return { threadId: known.threadId, deleteAt }
      }),

    restore: (key, threadId) =>
      mutex.run(key, async () => {
        const current = await find(key)
        if (current?.threadId === threadId) return true
        const entry = (await discarded()).find((candidate) => candidate.threadId === threadId)
        if (entry?.key !== key || entry.deleteAt <= clock.now()) return false
        if (current) await discard({ key, threadId: current.threadId, deleteAt: clock.now() })
        await bind(key, threadId)
        await keepDiscarded(threadId)
        return true
      }),

    async sweep() {
      const due = (await discarded()).filter(({ deleteAt }) => deleteAt <= clock.now())
      // One that cannot be deleted must not keep the others.
      const failures: unknown[] = []
      for (const entry of due) {
        const swept = mutex.run(entry.key, () => sweepOne(entry))
        await swept.catch((error: unknown) => failures.push(error))
      }
      if (failures.length > 0) throw new AggregateError(failures, 'some threads are left')
    },
  }
}
