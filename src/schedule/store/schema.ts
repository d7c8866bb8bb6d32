import type { Generated } from 'kysely'

import type { ReminderTables } from '../reminders/reminder-tables.ts'
import type { Assignment, ClassMeeting, Holiday, Term } from '../timetable.ts'
import type { ChangeKind, Subscription } from './schedule-store.ts'

type OfGuild<Row> = Row & { guild_id: string; id: number }

/** The tables of `schedules.sqlite`. Times are milliseconds since the Unix epoch. */
export interface ScheduleDatabase extends ReminderTables {
  timetables: {
    guild_id: string
    /** Random: tells it from one of the same guild that was forgotten. */
    incarnation: string
    /** Of the newest change. Goes on where the timetable was taken back. */
    revision: number
    /** 0: its first change was taken back, so the guild has none of its own. */
    present: number
    time_zone: string
    next_id: number
    /** What all rows take, as JSON in UTF-8. */
    bytes: number
  }
  classes: OfGuild<ClassMeeting>
  assignments: OfGuild<Assignment>
  holidays: OfGuild<Holiday>
  terms: OfGuild<Term>
  revisions: {
    guild_id: string
    revision: number
    at: number
    by: string
    kind: ChangeKind
    note: string | null
    undoes: number | null
    /** 1: taken back. */
    undone: Generated<number>
    /** 1: before it the guild had no timetable of its own. */
    creates: number
    added: number
    changed: number
    removed: number
    /** JSON of a `Difference`; null: not kept any more. */
    difference: string | null
    /** Length of `difference`. */
    size: number
  }
  proposals: {
    id: string
    guild_id: string
    at: number
    by: string
    kind: Exclude<ChangeKind, 'undo'>
    note: string | null
    /** As whoever proposed it saw it: 0 where the guild had no timetable. */
    revision: number
    /** The number in `timetables` at that time. */
    base: number
    /** JSON of a `Difference`. */
    difference: string
    /** JSON. */
    report: string
  }
  subscriptions: {
    id: Generated<number>
    guild_id: string
    url: string
    by: string
    added_at: number
    etag: string | null
    last_modified: string | null
    checked_at: number | null
    result: Subscription['result']
    error: string | null
  }
  feeds: { guild_id: string; user_id: string; token: string }
}
