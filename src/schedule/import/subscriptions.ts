import pLimit from 'p-limit'

import type { Every } from '../../every.ts'
import type { Logger } from '../../log.ts'
import { createFairQueue } from '../reminders/fair-queue.ts'
import type { ScheduleStore, Subscription } from '../store/schedule-store.ts'
import { toCalendarFailure } from './calendar-failure.ts'
import type { FetchedCalendar, FetchOptions } from './fetch-calendar.ts'

export interface SubscriptionsDeps {
  store: Pick<ScheduleStore, 'dueSubscriptions' | 'recordCheck'>
  /** `fetchCalendar` with its agent. */
  fetchCalendar: (options: FetchOptions) => Promise<FetchedCalendar>
  /** Reads what was fetched and changes the timetable. Answers whether that changed anything. */
  applyCalendar: (subscription: Subscription, bytes: Uint8Array) => Promise<boolean>
  /** Milliseconds since the Unix epoch. */
  now: () => number
  every: Every
  /** Guilds whose calendars rest; default: none. */
  restingGuilds?: () => readonly string[]
  log: Logger
}

const tickMs = 60_000
/** Between two checks of a calendar that answers. */
export const refreshMs = 60 * 60_000
/** The longest wait for one that does not. */
const longestMs = 24 * 60 * 60_000
const perTick = 20
/** Calendars that are fetched at once, so that slow servers do not hold up the others. */
const atOnce = 3
const maxFailures = 10_000

export interface Subscriptions {
  /** Checks those whose time has come: three at a time, and guilds in turn. */
  refresh(): Promise<void>
  /** No check begins any more; one that is under way is aborted. */
  close(): Promise<void>
}

/**
 * Refreshes the calendars that timetables follow: every hour, and after failures 2, 4, 8… up to 24 hours
 * apart. What came of it is remembered in the store, for whoever asks why nothing changes.
 */
export function createSubscriptions(deps: SubscriptionsDeps): Subscriptions {
  const { store, now, log } = deps
  const closing = new AbortController()
  /** Failures in a row; after a restart each calendar gets a new chance. */
  const failures = new Map<number, number>()
  /** Reading one takes far more memory than fetching it. */
  const oneByOne = pLimit(1)
  let running: Promise<void> | null = null

  function waitMs(id: number): number {
    return Math.min(refreshMs * 2 ** (failures.get(id) ?? 0), longestMs)
  }

  function isDue({ id, checkedAt }: Subscription): boolean {
    if (checkedAt === null || checkedAt > now()) return true
    return now() - checkedAt >= waitMs(id)
  }

  async function refreshAll(): Promise<void> {
    // Those that are backed off come back in each list; enough are asked for to get past them.
    const limit = perTick + failures.size
    const resting = deps.restingGuilds?.() ?? []
    const due = await store.dueSubscriptions(now() - refreshMs + 1, limit, resting)
    const queue = createFairQueue<Subscription>()
    for (const each of due.filter(isDue).slice(0, perTick))
      queue.add(each.guildId, `${each.id}`, each)
    const checkNext = async (): Promise<void> => {
      for (let next = queue.next(); next && !closing.signal.aborted; next = queue.next()) {
        await check(next)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, checkNext))
  }

  async function check(subscription: Subscription): Promise<void> {
    const { id, url, etag, lastModified } = subscription
    const { signal } = closing
    const kept = { etag, lastModified }
    try {
      const fetched = await deps.fetchCalendar({ url, etag, lastModified, signal })
      const isChanged =
        fetched.type === 'changed' &&
        (await oneByOne(() => deps.applyCalendar(subscription, fetched.bytes)))
      failures.delete(id)
      await store.recordCheck(id, {
        // Only what has been applied is not asked for again.
        ...(fetched.type === 'changed'
          ? { etag: fetched.etag, lastModified: fetched.lastModified }
          : kept),
        checkedAt: now(),
        result: isChanged ? 'changed' : 'unchanged',
        error: null,
      })
    } catch (error) {
      if (signal.aborted) return
      if (failures.size < maxFailures) failures.set(id, (failures.get(id) ?? 0) + 1)
      log.warn({ err: error, subscription: id }, 'a calendar could not be refreshed')
      await store.recordCheck(id, {
        ...kept,
        checkedAt: now(),
        result: 'failed',
        error: JSON.stringify(toCalendarFailure(error)),
      })
    }
  }

  function refresh(): Promise<void> {
    running ??= refreshAll().finally(() => {
      running = null
    })
    return running
  }

  const stop = deps.every(tickMs, () => {
    refresh().catch((error: unknown) => {
      log.error({ err: error }, 'the calendars could not be refreshed')
    })
  })

  return {
    refresh,
    async close() {
      stop()
      closing.abort()
      await running?.catch(() => {})
    },
  }
}
