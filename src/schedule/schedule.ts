/** One class of the timetable, as the columns of `Courses` hold it. */
export interface Course {
  id: number
  /** `YYYY-MM-DD`, a calendar date in the schedule's time zone. */
  course_date: string
  /** `HH:MM:SS`, wall-clock time in the schedule's time zone. */
  start_time: string
  end_time: string
  course_name: string
  instructor: string
}

/** What a query answered, cut to the limits of the sandbox. */
export interface QueryResult {
  columns: string[]
  rows: (string | number | null)[][]
  /** True when rows were left out to stay within the limits. */
  truncated: boolean
}

/** One guild's timetable: the table `Courses` in an in-memory database of its own. */
export interface Schedule {
  /** IANA name of the zone that its dates and times are in, e.g. `Asia/Shanghai`. */
  readonly timeZone: string
  /** The SQL text that creates its tables, as the model is shown it. */
  readonly schema: string
  /**
   * Runs one statement that came from a model, so from anybody. Throws `QueryError` with a message
   * that the model can act on (refused statement, SQL error, time limit).
   */
  query(sql: string, options: { signal: AbortSignal }): Promise<QueryResult>
  /** The classes from one calendar date to another, both included, in order of time. */
  between(from: string, to: string): Promise<Course[]>
}

/** Finds the schedule of a guild; null means a direct message, which gets the default one. */
export interface Schedules {
  forGuild(guildId: string | null): Promise<Schedule>
  close(): Promise<void>
}
