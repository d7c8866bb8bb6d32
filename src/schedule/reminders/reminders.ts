import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import type { Schedules } from '../schedule.ts'
import { concerns, type Due, endOfQuiet, findDues, isOver, isSince, oldestStart } from './due.ts'
import { createFairQueue } from './fair-queue.ts'
import {
  dueKey,
  type Delivery,
  type ReminderStore,
  type Subscriber,
  type Target,
} from './reminder-store.ts'
import type { PauseReason } from './reminder-tables.ts'
import { timetableEvents, type TimetableEvent } from './timetable-events.ts'

/** One message, in the words of the timetable. */
export interface ReminderMessage extends Pick<Delivery, 'id' | 'target' | 'locale' | 'claimedAt'> {
  /** At least one, in order of time. */
  events: TimetableEvent[]
}

/** What became of a message: out, perhaps later, never, or not until its place is open again. */
export type Sent = 'sent' | 'later' | 'refused' | { paused: PauseReason }

/** Brings reminders to people. */
export interface Courier {
  /** Twice with the same id within two minutes is one message. Does not reject. */
  send(message: ReminderMessage): Promise<Sent>
  /** Whether a message with this id can be seen; null: that cannot be found out. */
  wasSent(delivery: Pick<Delivery, 'id' | 'target' | 'claimedAt'>): Promise<boolean | null>
}

export interface RemindersDeps {
  store: ReminderStore
  schedules: Pick<Schedules, 'forGuild'>
  courier: Courier
  now: () => number
  startTimer: StartTimer
  /** Guilds whose reminders rest; default: none. */
  isResting?: (guildId: string) => boolean
  log: Logger
}

export interface Reminders {
  /** Sends what was left unfinished, and from then on what is due. */
  start(): Promise<void>
  /** Looks at a guild anew, now: its reminders or its timetable have changed. */
  refresh(guildId: string): void
  /** Resolves when nothing is being planned or sent. */
  settled(): Promise<void>
  /** Starts nothing more, and waits for what is being sent. */
  close(): Promise<void>
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const horizonMs = 48 * hourMs
/** The longest sleep: another process may change timetables, and clocks are put right. */
const longestSleepMs = minuteMs
const planAgainAfterMs = 24 * hourMs
/** For so long we rely on Discord to know a message by its nonce. */
const nonceMs = 2 * minuteMs
const keepMs = 30 * 24 * hourMs
const atOnce = 4
/** So many marks are written at once: what is not marked after a crash is known by its nonce. */
const marksAtOnce = 25
const firstRetryMs = 15_000
const longestRetryMs = 10 * minuteMs

interface GuildPlan {
  version: string
  /** When something is due next, or it is time to look further ahead. */
  wakeAt: number
}

interface Retry {
  delivery: Delivery
  at: number
  delayMs: number
}

/**
 * Finds out what is due and has it sent. Nothing is planned in the database: what is due follows from
 * the timetable and the reminders as they are at that moment, so every edit counts at once. What goes
 * out is claimed there first, which happens once.
 */
export function createReminders(deps: RemindersDeps): Reminders {
  const { store, schedules, courier, now, startTimer, isResting = () => false } = deps
  const log = deps.log.child({ module: 'reminders' })
  const plans = new Map<string, GuildPlan>()
  const queue = createFairQueue<() => Promise<void>>()
  const work = new Set<Promise<unknown>>()
  let retries: Retry[] = []
  let sent: number[] = []
  let sending = 0
  let isOpen = false
  let lastLook = -Infinity
  let forgetAt = -Infinity
  let cancelTimer = (): void => {}
  let isLooking = false
  let lookAgain = false

  function track(promise: Promise<unknown>): void {
    work.add(promise)
    void promise.finally(() => work.delete(promise))
  }

  /** One look at a time; who calls in between gets another one after it. */
  function wake(): void {
    if (!isOpen) return
    lookAgain = true
    if (!isLooking) track(lookAround())
  }

  async function lookAround(): Promise<void> {
    isLooking = true
    while (lookAgain && isOpen) {
      lookAgain = false
      cancelTimer()
      const delayMs = await look().then(sleepMs, (err: unknown) => {
        log.error({ err }, 'reminders were not looked at')
        return longestSleepMs
      })
      if (isOpen) cancelTimer = startTimer(delayMs, wake)
    }
    isLooking = false
  }

  function sleepMs(): number {
    const times = [
      ...[...plans.values()].map(({ wakeAt }) => wakeAt),
      ...retries.map(({ at }) => at),
    ]
    const next = times.reduce((least, time) => Math.min(least, time), Infinity)
    return Math.max(0, Math.min(longestSleepMs, next - now()))
  }

  async function look(): Promise<void> {
    // The clock was put back: what was over may be due again.
    if (now() < lastLook) plans.clear()
    lastLook = now()
    takeRetries()
    const versions = (await store.guildVersions()).filter(({ guildId }) => !isResting(guildId))
    const known = new Set(versions.map(({ guildId }) => guildId))
    for (const guildId of plans.keys()) if (!known.has(guildId)) plans.delete(guildId)
    for (const { guildId, version } of versions) {
      const plan = plans.get(guildId)
      if (plan?.version === version && plan.wakeAt > now()) continue
      if (!isOpen) return
      plans.set(guildId, { version, wakeAt: await planGuild(guildId) })
    }
    await forgetOld()
  }

  async function forgetOld(): Promise<void> {
    if (forgetAt > now()) return
    forgetAt = now() + planAgainAfterMs
    await store.forgetBefore(now() - keepMs)
  }

  /** Queues what is due in a guild; answers when to look again. */
  async function planGuild(guildId: string): Promise<number> {
    try {
      const subscribers = (await store.ofGuild(guildId)).filter(({ paused }) => paused === null)
      const { timeZone, events } = await upcoming(guildId, subscribers)
      const time = now()
      const claimed = await store.claimedSince(guildId, oldestStart(time))
      let wakeAt = time + planAgainAfterMs
      for (const alike of Map.groupBy(subscribers, wishes).values()) {
        const { reminders = [], quiet = null } = alike[0] ?? {}
        const rules = reminders.map((rule, place) => ({ ...rule, place }))
        const dues = findDues(rules, events, { now: time, timeZone, quiet })
        wakeAt = dues.reduce((least, { at }) => (at > time ? Math.min(least, at) : least), wakeAt)
        const dueNow = dues.filter(({ at }) => at <= time)
        const isWaiting = (subscriber: Subscriber) =>
          dueNow.some(
            (due) =>
              isSince(subscriber.reminders[due.rule.place]?.since ?? 0, due, time) &&
              !claimed.has(dueKey(subscriber.target, due)),
          )
        for (const { target } of alike.filter(isWaiting)) enqueue(target)
      }
      return wakeAt
    } catch (err) {
      log.error({ err, guildId }, 'reminders of a guild were not planned')
      return now() + longestSleepMs
    }
  }

  async function upcoming(guildId: string, subscribers: readonly Subscriber[]) {
    const schedule = await schedules.forGuild(guildId)
    const leads = subscribers.flatMap(({ reminders }) => reminders.flatMap(({ leads: of }) => of))
    const longest = leads.reduce((most, lead) => Math.max(most, lead), 0)
    const events = await timetableEvents(schedule, {
      from: oldestStart(now()),
      to: now() + horizonMs + longest * minuteMs,
    })
    return { timeZone: schedule.timeZone, events }
  }

  function enqueue(target: Target): void {
    queue.add(target.guildId, `${target.type} ${target.id}`, async () => {
      if (isResting(target.guildId)) return
      const subscriber = await store.find(target)
      if (subscriber?.paused !== null) return
      const { timeZone, events } = await upcoming(target.guildId, [subscriber])
      const { reminders, quiet } = subscriber
      const time = now()
      const due = findDues(reminders, events, { now: time, timeZone, quiet }).filter(
        (each) => each.at <= time && isSince(each.rule.since, each, time),
      )
      const delivery = due.length > 0 ? await store.claim(subscriber, due, time) : null
      if (delivery) await send(delivery, eventsOf(delivery, due))
    })
    pump()
  }

  function pump(): void {
    while (isOpen && sending < atOnce) {
      const job = queue.next()
      if (!job) return
      sending += 1
      track(
        job()
          .catch((err: unknown) => log.error({ err }, 'a reminder was not sent'))
          .finally(() => {
            sending -= 1
            pump()
            if (sending === 0 || sent.length >= marksAtOnce) track(markSent())
          }),
      )
    }
  }

  async function markSent(): Promise<void> {
    const ids = sent
    sent = []
    if (ids.length === 0) return
    await store
      .settle(ids, 'sent')
      .catch((err: unknown) => log.error({ err }, 'reminders were sent, but not marked'))
  }

  async function send(
    delivery: Delivery,
    events: TimetableEvent[],
    retryMs = firstRetryMs,
  ): Promise<void> {
    const { id, target } = delivery
    const outcome = await courier.send({ ...delivery, events })
    if (outcome === 'later') {
      postpone({ delivery, at: now() + retryMs, delayMs: retryMs })
      return
    }
    if (outcome === 'sent') {
      sent.push(id)
      return
    }
    await store.settle([id], 'dropped')
    if (outcome === 'refused') log.error({ delivery: id }, 'a reminder was refused')
    if (typeof outcome === 'object') {
      await store.pause(target, outcome.paused)
      log.info({ guildId: target.guildId, reason: outcome.paused }, 'reminders are paused')
    }
  }

  function takeRetries(): void {
    const due = retries.filter(({ at }) => at <= now())
    retries = retries.filter((retry) => !due.includes(retry))
    for (const { delivery, delayMs } of due) enqueueAgain(delivery, delayMs * 2)
  }

  /** Sends a delivery that may have been sent: as far as it still is one, and if nobody has seen it. */
  function enqueueAgain(delivery: Delivery, retryMs: number): void {
    const { id, target } = delivery
    queue.add(target.guildId, `delivery ${id}`, async () => {
      // The next start finds it again.
      if (isResting(target.guildId)) return
      const subscriber = await store.find(target)
      if (subscriber?.paused !== null) return await store.settle([id], 'dropped')
      const { timeZone, events } = await upcoming(target.guildId, [subscriber])
      const quietUntil = endOfQuiet(now(), subscriber.quiet, timeZone)
      if (quietUntil > now()) return postpone({ delivery, at: quietUntil, delayMs: retryMs })
      const left = eventsOf(delivery, toRemaining(subscriber, events))
      if (left.length === 0) return await store.settle([id], 'dropped')
      const seen = await maybeSent(delivery)
      if (seen === false) await send(delivery, left, Math.min(retryMs, longestRetryMs))
      else await store.settle([id], seen === true ? 'sent' : 'dropped')
    })
    pump()
  }

  /** What is wanted still, and not over. */
  function toRemaining({ reminders }: Subscriber, events: readonly TimetableEvent[]) {
    return events
      .filter((event) => !isOver(event.startsAt, now()))
      .filter((event) => reminders.some((reminder) => concerns(reminder, event)))
      .map((event) => ({ event }))
  }

  function postpone(retry: Retry): void {
    retries.push(retry)
    wake()
  }

  /** False: it can be sent without being there twice. */
  async function maybeSent(delivery: Delivery): Promise<boolean | null> {
    const age = now() - delivery.claimedAt
    return 0 <= age && age < nonceMs ? false : await courier.wasSent(delivery)
  }

  async function settled(): Promise<void> {
    while (work.size > 0) await Promise.all(work)
  }

  return {
    async start() {
      isOpen = true
      for (const delivery of await store.unfinished()) enqueueAgain(delivery, firstRetryMs)
      wake()
    },

    refresh(guildId) {
      plans.delete(guildId)
      wake()
    },

    settled,

    async close() {
      isOpen = false
      cancelTimer()
      queue.clear()
      await settled()
    },
  }
}

/** The same for subscribers who are reminded of the same. */
function wishes({ reminders, quiet }: Subscriber): string {
  return JSON.stringify([
    quiet,
    reminders.map(({ about, course, leads }) => [about, course, leads]),
  ])
}

function eventsOf(
  { events }: Pick<Delivery, 'events'>,
  candidates: readonly Pick<Due<unknown>, 'event'>[],
): TimetableEvent[] {
  const wanted = new Set(events.map(eventName))
  const found = candidates.map(({ event }) => event).filter((event) => wanted.has(eventName(event)))
  const byName = new Map(found.map((event) => [eventName(event), event]))
  return [...byName.values()].toSorted((a, b) => a.startsAt - b.startsAt)
}

function eventName({ about, key, startsAt }: Delivery['events'][number]): string {
  return JSON.stringify([about, key, startsAt])
}
