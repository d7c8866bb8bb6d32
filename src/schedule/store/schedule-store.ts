import { AppError } from '../../errors.ts'
import type { Assignment, ClassMeeting, Holiday, Term } from '../timetable.ts'

/** A row with the id that it keeps over all revisions; ids count from 1 per guild and never come again. */
export type Stored<Row> = Row & { id: number }

/** A guild's own timetable at one revision; classes and assignments in order of time. */
export interface StoredTimetable {
  /** Counts the changes: from 1. */
  revision: number
  timeZone: string
  terms: Stored<Term>[]
  holidays: Stored<Holiday>[]
  classes: Stored<ClassMeeting>[]
  assignments: Stored<Assignment>[]
}

/** What is to become of the rows of one kind. */
export interface RowEdits<Row> {
  add?: readonly Row[]
  /** Only the members that are there are written. */
  update?: readonly (Partial<Row> & { id: number })[]
  /** Ids. */
  remove?: readonly number[]
}

/** What is to become of a timetable, in one step: all of it or nothing. */
export interface TimetableEdits {
  timeZone?: string
  terms?: RowEdits<Term>
  holidays?: RowEdits<Holiday>
  classes?: RowEdits<ClassMeeting>
  assignments?: RowEdits<Assignment>
}

export interface RowsDifference<Row> {
  added: Stored<Row>[]
  changed: { before: Stored<Row>; after: Stored<Row> }[]
  removed: Stored<Row>[]
}

/** All that a revision changes. */
export interface Difference {
  /** Null: it stays. */
  timeZone: { before: string; after: string } | null
  terms: RowsDifference<Term>
  holidays: RowsDifference<Holiday>
  classes: RowsDifference<ClassMeeting>
  assignments: RowsDifference<Assignment>
}

/** What a change came from; `undo` is made by the store alone. */
export type ChangeKind = 'edit' | 'import' | 'subscription' | 'undo'

/** Whose change it is. The store does not read any of it. */
export interface Origin {
  /** Id of the person, or the name of the program, at most 100 characters. */
  by: string
  kind: Exclude<ChangeKind, 'undo'>
  /** A file's name, an address; at most 500 characters. */
  note: string | null
}

/** One entry of a timetable's history. */
export interface Revision {
  revision: number
  /** Milliseconds since the Unix epoch. */
  at: number
  by: string
  kind: ChangeKind
  note: string | null
  /** The revision that this one took back; null unless `kind` is `undo`. */
  undoes: number | null
  /** How many rows of all kinds it added, changed and removed. */
  counts: { added: number; changed: number; removed: number }
}

/** A revision that has just been made, with all that it changed. */
export interface MadeRevision extends Revision {
  difference: Difference
}

/** A change that waits for somebody's word. */
export interface Proposal {
  id: string
  guildId: string
  origin: Origin
  /** Milliseconds since the Unix epoch. */
  at: number
  /** The revision that it was made against (0: no timetable yet); it can be applied to no other. */
  revision: number
  /** What applying it will change; the ids of added rows are those that they will have. */
  difference: Difference
  /** What the importer wants to tell about it, e.g. bad rows and the mapping: JSON. */
  report: unknown
}

export interface ChangeRequest {
  guildId: string
  origin: Origin
  edits: TimetableEdits
  /** The revision that the edits were made against (0: no timetable yet); default: the present one. */
  revision?: number
  /** A subscription of the guild: when it has ended, nothing is changed. */
  subscription?: number
}

export interface ProposalRequest extends ChangeRequest {
  report: unknown
}

/** A calendar on the web that a timetable follows. */
export interface Subscription {
  id: number
  guildId: string
  url: string
  by: string
  addedAt: number
  /** What the server said, to ask only for what is new. */
  etag: string | null
  lastModified: string | null
  /** When it was last asked for, and what came of it; null: not yet. */
  checkedAt: number | null
  result: 'changed' | 'unchanged' | 'failed' | null
  /** Why it failed: JSON of at most 500 characters for `readCalendarFailure`; null: it did not. */
  error: string | null
}

export type SubscriptionCheck = Pick<
  Subscription,
  'etag' | 'lastModified' | 'checkedAt' | 'result' | 'error'
>

/** The timetable is not the one any more that a change was made for. */
export class StaleRevisionError extends AppError {
  override readonly name = 'StaleRevisionError'
  constructor() {
    super(
      'invalid_request',
      'The timetable was changed in the meantime. Look at it again and repeat the change.',
    )
  }
}

/**
 * The guilds' own timetables, durable. Each change is one transaction that makes a revision; one that
 * changes nothing makes none. Throws `RefusedChangeError` for rows that break a rule of
 * `timetable-rows.ts`, and for too many of them; `NotFoundError` for ids that there are not.
 */
export interface ScheduleStore {
  /** Null: the guild has none of its own. */
  getTimetable(guildId: string): Promise<StoredTimetable | null>
  /** Without reading the rows. Null: the guild has none of its own. */
  getOutline(guildId: string): Promise<TimetableOutline | null>
  /** The classes from one calendar date to another, both included, in order of time. */
  classesBetween(guildId: string, from: string, to: string): Promise<Stored<ClassMeeting>[]>
  /** The assignments due from one calendar date to another, both included, in order of time. */
  assignmentsBetween(guildId: string, from: string, to: string): Promise<Stored<Assignment>[]>

  /** Makes a change at once. Null: nothing to change. Throws `StaleRevisionError`. */
  change(request: ChangeRequest): Promise<MadeRevision | null>
  /**
   * Takes back the newest change that was not taken back yet, if it is at most 24 hours old, and so
   * on back with each call. Null: there is none. Throws `StaleRevisionError` when the timetable's newest
   * revision is not the one that is named, and `RefusedChangeError` (`not_kept`) when what it changed was
   * too large to be kept.
   */
  undo(guildId: string, by: string, revision?: number): Promise<MadeRevision | null>
  /** Newest first; at most the newest 500 are kept. */
  listRevisions(guildId: string, limit: number): Promise<Revision[]>
  /** Null: there is no such revision, or what it changed is not kept any more. */
  getDifference(guildId: string, revision: number): Promise<Difference | null>

  /**
   * Keeps a change for a decision, for 24 hours; null: nothing to change. A guild has at most 5: the
   * oldest one goes. Throws `StaleRevisionError`.
   */
  propose(request: ProposalRequest): Promise<Proposal | null>
  /** Null: there is no such proposal in this guild (any more). */
  getProposal(guildId: string, id: string): Promise<Proposal | null>
  /**
   * Makes the change and forgets the proposal. Throws `NotFoundError`, and `StaleRevisionError`, which
   * leaves the proposal: compare anew and propose again.
   */
  apply(guildId: string, id: string): Promise<MadeRevision>
  /** False: there is no such proposal (any more). */
  drop(guildId: string, id: string): Promise<boolean>

  /** At most 5 for a guild; the same address twice is one. */
  addSubscription(guildId: string, url: string, by: string): Promise<Subscription>
  listSubscriptions(guildId: string): Promise<Subscription[]>
  /** Those of all guilds, in the order in which they were last asked for, the longest ago first. */
  dueSubscriptions(
    checkedBefore: number,
    limit: number,
    /** Whose do not count; default: nobody. */
    exceptGuilds?: readonly string[],
  ): Promise<Subscription[]>
  /** Remembers what came of asking; no more than a word when the subscription is gone. */
  recordCheck(id: number, check: SubscriptionCheck): Promise<void>
  /**
   * Ends one, and changes the timetable with it, if that is asked for: both or neither. Null: there is no
   * such subscription. Throws `StaleRevisionError`.
   */
  removeSubscription(
    guildId: string,
    id: number,
    change?: Omit<ChangeRequest, 'guildId' | 'subscription'>,
  ): Promise<{ made: MadeRevision | null } | null>

  /** The secret of a person's calendar feed of a guild: made on the first call. */
  feedToken(guildId: string, userId: string): Promise<string>
  /** Null: nobody's. */
  findFeed(token: string): Promise<{ guildId: string; userId: string } | null>
  /** The old secret is nobody's any more. False: there was none. */
  revokeFeed(guildId: string, userId: string): Promise<boolean>

  /** The ids of the guilds of which there is anything. */
  listGuilds(): Promise<string[]>
  /** Removes everything of a guild. */
  forgetGuild(guildId: string): Promise<void>
  close(): Promise<void>
}

/** A timetable without its rows of classes and assignments. */
export interface TimetableOutline {
  revision: number
  /** Names this content among all that the guild ever had: as `revision`, but also after forgetting. */
  version: string
  timeZone: string
  terms: Stored<Term>[]
  holidays: Stored<Holiday>[]
  classCount: number
  assignmentCount: number
  /** The dates of the first and the last class; null: there is none. */
  firstDate: string | null
  lastDate: string | null
}
