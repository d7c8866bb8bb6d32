import { InvalidRequestError } from '../../errors.ts'
import type { Due, QuietHours, ReminderRule } from './due.ts'
import type { PauseReason } from './reminder-tables.ts'
import type { TimetableEvent } from './timetable-events.ts'

/** Where reminders of a guild go: to a person's direct messages or into a channel. */
export interface Target {
  guildId: string
  type: 'user' | 'channel'
  id: string
}

export interface Reminder extends ReminderRule {
  id: number
  /** What was due before then does not count; milliseconds since the Unix epoch. */
  since: number
}

/** Somebody's reminders of one guild. */
export interface Subscriber {
  target: Target
  locale: string
  /** Null: they go out. */
  paused: PauseReason | null
  quiet: QuietHours | null
  /** In the order in which they were set up. */
  reminders: Reminder[]
}

export type ReminderRequest = Omit<Reminder, 'id'> & Pick<Subscriber, 'target' | 'locale'>

/** Somebody, or a guild, has as many reminders as there can be. */
export class TooManyRemindersError extends InvalidRequestError {
  readonly of: Target['type'] | 'guild'
  constructor(of: Target['type'] | 'guild') {
    super('There are too many reminders already. Stop one first.')
    this.of = of
  }
}

/** One message with reminders, which is to be sent once. */
export interface Delivery {
  id: number
  target: Target
  locale: string
  /** Milliseconds since the Unix epoch. */
  claimedAt: number
  /** What it reminds of: names of events with the time at which they began. */
  events: ClaimedDue['event'][]
}

/** A guild with reminders; the version changes with its timetable. */
export interface GuildVersion {
  guildId: string
  version: string
}

interface ClaimedDue {
  event: Pick<TimetableEvent, 'about' | 'key' | 'startsAt'>
  lead: number
}

/** Names what a target is reminded of once. */
export function dueKey(target: Target, { event, lead }: ClaimedDue): string {
  const { about, key, startsAt } = event
  return JSON.stringify([target.type, target.id, about, key, startsAt, lead])
}

/** Who wants to be reminded of what, and what has gone out; durable. */
export interface ReminderStore {
  /**
   * Sets some up, or changes when it comes; the target's reminders go
   * out (again). All of them or none; throws `TooManyRemindersError`.
   */
  put(requests: readonly ReminderRequest[]): Promise<void>
  /** Null: none. */
  find(target: Target): Promise<Subscriber | null>
  /** A person's, of all guilds. */
  ofUser(userId: string): Promise<Subscriber[]>
  ofGuild(guildId: string): Promise<Subscriber[]>
  /** Those of a guild's channels. */
  channelsOf(guildId: string): Promise<Subscriber[]>
  /** Those of these ids, or all. Answers how many there were. */
  remove(target: Target, ids?: readonly number[]): Promise<number>
  /** Removes what a delivery came from; null: nobody knows any more. */
  removeDelivered(deliveryId: number, target: Pick<Target, 'type' | 'id'>): Promise<number | null>
  pause(target: Target, reason: PauseReason): Promise<void>

  /** Null: there are none. */
  getQuietHours(userId: string): Promise<QuietHours | null>
  setQuietHours(userId: string, quiet: QuietHours | null): Promise<void>

  guildVersions(): Promise<GuildVersion[]>
  /** What has been claimed of events that begin after a time: names by `dueKey`. */
  claimedSince(guildId: string, startsAfter: number): Promise<Set<string>>
  /** Takes what nobody has taken yet, for one delivery; null: there is nothing left. */
  claim(
    subscriber: Subscriber,
    dues: readonly Due<Reminder>[],
    now: number,
  ): Promise<Delivery | null>
  settle(deliveryIds: readonly number[], state: 'sent' | 'dropped'): Promise<void>
  /** Deliveries of which nobody knows whether they were sent, the oldest first. */
  unfinished(): Promise<Delivery[]>
  /** Forgets what has gone out about events before a time. */
  forgetBefore(time: number): Promise<void>
}
