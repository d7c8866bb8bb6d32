import type { Generated } from 'kysely'

/** What a reminder is about. */
export type About = 'classes' | 'assignments'

/** Why reminders rest until somebody sets them up again. */
export type PauseReason = 'closed' | 'left' | 'gone' | 'forbidden'

type OfTarget<Row> = Row & {
  guild_id: string
  target_type: 'user' | 'channel'
  /** Id of the person who gets direct messages, or of the channel. */
  target_id: string
}

/** The tables of reminders in `schedules.sqlite`. Times are milliseconds since the Unix epoch. */
export interface ReminderTables {
  /** Whom reminders of a guild go to. */
  reminder_targets: OfTarget<{
    /** In which language. */
    locale: string
    /** Null: they go out. */
    paused: PauseReason | null
  }>
  reminders: OfTarget<{
    id: Generated<number>
    about: About
    /** Empty: all courses. */
    course: string
    /** JSON: the minutes before. */
    leads: string
    /** What was due before then does not count. */
    since: number
  }>
  /** `HH:MM` in the zone of the timetable. */
  quiet_hours: { user_id: string; from_time: string; to_time: string }
  /** One message each. */
  deliveries: OfTarget<{
    id: Generated<number>
    claimed_at: number
    /** `claimed`: on its way, or cut off by the end of the process. */
    state: 'claimed' | 'sent' | 'dropped'
    /** JSON: the ids of the reminders that it came from. */
    reminders: string
  }>
  /** What each delivery reminds of, so that nothing else does once more. */
  delivered: OfTarget<{
    about: About
    /** The row of the timetable. */
    event: string
    starts_at: number
    /** Minutes before. */
    lead: number
    delivery_id: number
  }>
}
