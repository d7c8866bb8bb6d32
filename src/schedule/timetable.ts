/** One meeting of a course on one day. A course that meets every week has one of these for each week. */
export interface ClassMeeting {
  /** `YYYY-MM-DD`, a calendar date in the timetable's time zone. */
  course_date: string
  /** `HH:MM:SS`, wall-clock time in the timetable's time zone; `end_time` is later on the same day. */
  start_time: string
  end_time: string
  course_name: string
  /** May be empty. */
  instructor: string
  room: string | null
  /** http or https. */
  online_url: string | null
  notes: string | null
  /** Who made it says so by this: the UID and RECURRENCE-ID of a calendar; null for one of ours. */
  source_id: string | null
}

/** Work that is to be handed in. */
export interface Assignment {
  title: string
  course_name: string | null
  /** `YYYY-MM-DD` and `HH:MM:SS` in the timetable's time zone. */
  due_date: string
  due_time: string
  url: string | null
  notes: string | null
  /** As that of a class. */
  source_id: string | null
}

/** Days without classes, both included. */
export interface Holiday {
  name: string
  first_date: string
  last_date: string
}

/** A stretch of numbered weeks: week 1 is the ISO week (from Monday) that holds `first_date`. */
export interface Term {
  name: string
  first_date: string
  weeks: number
}
