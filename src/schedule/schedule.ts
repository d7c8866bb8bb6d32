import type { Stored } from './store/schedule-store.ts'
import type { Assignment, ClassMeeting, Holiday, Term } from './timetable.ts'

/** One class of the timetable, as the columns of `Courses` hold it. */
export interface Course extends Stored<Omit<ClassMeeting, 'source_id'>> {
  /** Number of the week in its term, from 1; null outside all terms. */
  week: number | null
  /** Name of that term. */
  term: string | null
  /** Name of the holiday that it falls on, so that it does not take place; null: it does. */
  holiday: string | null
}

/** What a query answered, cut to the limits of the sandbox. */
export interface QueryResult {
  columns: string[]
  rows: (string | number | null)[][]
  /** True when rows were left out to stay within the limits. */
  truncated: boolean
}

/** How far a guild's own timetable reaches. */
export interface Reach {
  classes: number
  assignments: number
  /** The dates of the first and the last class, `YYYY-MM-DD`; null: there is no class. */
  firstDate: string | null
  lastDate: string | null
}

/**
 * One guild's timetable as it was when it was asked for; a query reads it, or a newer one, from tables
 * in memory (`dataset.ts`).
 */
export interface Schedule {
  /** Null: the guild has no timetable of its own, and this is the sample. */
  readonly own: (Reach & { revision: number }) | null
  /** IANA name of the zone that its dates and times are in, e.g. `Asia/Shanghai`. */
  readonly timeZone: string
  /** The SQL text that creates its tables, as the model is shown it. */
  readonly schema: string
  /** In order of time. */
  readonly terms: readonly Term[]
  readonly holidays: readonly Holiday[]
  /**
   * Runs one statement that came from a model, so from anybody. Throws `QueryError` with a message
   * that the model can act on (refused statement, SQL error, time limit).
   */
  query(sql: string, options: { signal: AbortSignal }): Promise<QueryResult>
  /** The classes from one calendar date to another, both included, in order of time. */
  between(from: string, to: string): Promise<Course[]>
  /** The assignments due from one calendar date to another, both included, in order of time. */
  assignmentsBetween(from: string, to: string): Promise<Stored<Assignment>[]>
}

export interface Schedules {
  /**
   * The schedule of a guild; null means a direct message, which gets the sample. Queries of one guild
   * run one after the other, and so do those of one `asker` (any name) in direct messages.
   */
  forGuild(guildId: string | null, asker?: string): Promise<Schedule>
  close(): Promise<void>
}
