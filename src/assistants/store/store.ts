import type OpenAI from 'openai'

import type { ModelUsage, TurnState } from '../../models/driver.ts'
import type { Page, PageQuery } from '../wire/page.ts'
import type { FileQueries, FileUpkeep } from './files.ts'
import type { HistoryStore } from './import.ts'
import type { IndexingWork } from './indexing-work.ts'
import type { SearchableQueries } from './searchable-files.ts'
import type { NewVectorStore, VectorStoreObjects } from './vector-stores.ts'

export type Assistant = OpenAI.Beta.Assistant & {
  /** On the wire, though the SDK's type of the answer lacks it. */
  reasoning_effort?: OpenAI.ReasoningEffort | null
}
export type Thread = OpenAI.Beta.Thread
export type Message = OpenAI.Beta.Threads.Message
export type Run = OpenAI.Beta.Threads.Run & {
  /** Both on the wire, though the SDK's type lacks them. */
  tool_resources?: Assistant['tool_resources']
  reasoning_effort?: OpenAI.ReasoningEffort | null
}
export type RunStep = OpenAI.Beta.Threads.Runs.RunStep & {
  /** The run's while the step is open, then null. On the wire, though the SDK's type lacks it. */
  expires_at?: number | null
}

/** A run in one of these states holds its thread: no second run, no new messages. */
export const activeStatuses = [
  'queued',
  'in_progress',
  'requires_action',
  'cancelling',
] as const satisfies Run['status'][]

/** What a turn of a model cost. */
export type TurnUsage = ModelUsage & {
  /** US dollars, at the price of the time; null or absent where nobody knows it. */
  cost?: number | null
}

/** Whether a run in this state holds its thread. */
export function isActiveStatus(status: Run['status']): boolean {
  return activeStatuses.some((active) => active === status)
}

/** A step as the run engine knows it: with the message it made, and with its usage while open. */
export interface StepRecord {
  step: RunStep
  /** What the model turn cost so far as the step is concerned; on the wire only once it is closed. */
  usage: TurnUsage | null
  /** What the model driver left behind with the turn that ends here; kept until the run ends. */
  state?: TurnState | undefined
  message?: Message | undefined
}

/** Whose everything is that nobody gave to another: the embedded bot's, and without keys everybody's. */
export const defaultProject = 'default'

/** What a new run needs; checked and written in one transaction. */
export interface RunCreation {
  /** A thread that exists, or one to be written together with the run. */
  thread: string | { thread: Thread; messages: Message[]; stores?: NewVectorStore[] | undefined }
  assistantId: string
  /** Appended to the thread before the run starts. */
  messages: Message[]
  /** Freezes the assistant's configuration into the run, which is `queued`. */
  toRun(assistant: Assistant): Run
  /** Who asked for it, for the usage records. */
  apiKeyId?: string | null | undefined
  /** Queued together with the run. */
  job?: RunJob | undefined
}

/** The work on a queued run, where several processes share it; one of them takes it. */
export interface RunJob {
  /** A UUID. */
  id: string
  runId: string
  threadId: string
  /** The process where somebody reads the run's events. */
  reader: string | null
}

/** One step of a run's life. Written whole, or not at all if the run has moved on meanwhile. */
export interface RunChange {
  /** The new state. `metadata` is not written: it belongs to the user. */
  run: Run
  /** The states in which the run may be found. */
  from: Run['status'][]
  opened?: StepRecord[]
  /** Steps that end now. What each cost is recorded with the change, and so exactly once. */
  closed?: StepRecord[]
  /** Other steps that are no longer as they were stored: open ones, or ones that had ended before. */
  rewritten?: StepRecord[]
  /** What a turn cost that made no step, and when, in Unix seconds; recorded as well. */
  stepless?: { usage: TurnUsage; createdAt: number } | undefined
  /** Steps of a turn that will be done again; they vanish with their messages. */
  undone?: StepRecord[]
  /** Who must hold the run; if another does, it has moved on. Default: whoever. */
  heldBy?: string | undefined
  /** Who holds it from now on; null: nobody. Default: who does. */
  holder?: string | null | undefined
  /** Queued together with the change. */
  job?: RunJob | undefined
}

/** A run, and who holds it: the execution that works on it, or the job that it is queued with. */
export interface HeldRun {
  run: Run
  heldBy: string | null
}

/** A run with its steps, while nobody else can change them. */
export interface FoundRun extends HeldRun {
  records: StepRecord[]
}

/** As much of a run as tells whether to go on with it. */
export interface RunGlance {
  id: string
  status: Run['status']
  heldBy: string | null
}

/** Messages of a thread, read for a prompt. */
export interface MessageRange {
  messages: Message[]
  /** Below it there is more; undefined: that was all. Stays good when messages are deleted. */
  next: number | undefined
}

/** What a request cost that went to a model endpoint as the client wrote it. */
export interface UsageRecord {
  /** Unix seconds. */
  createdAt: number
  kind: UsageKind
  project: string
  apiKeyId: string | null
  model: string
  usage: TurnUsage
}

/** What a model was asked for, in the words of the API's usage. Turns of runs are completions. */
export type UsageKind = 'completions' | 'embeddings'

export const usageGroups = [
  'project_id',
  'api_key_id',
  'model',
  'assistant_id',
  'thread_id',
] as const
export type UsageGroup = (typeof usageGroups)[number]

export interface UsageQuery {
  /** Unix seconds. */
  start: number
  /** Unix seconds, exclusive. */
  end: number
  /** Buckets begin with the minutes, hours or days of UTC; the outer ones may be cut by the query. */
  bucketWidth: '1m' | '1h' | '1d'
  /** One sum per bucket for each value that these have; empty: one per bucket. */
  groupBy: readonly UsageGroup[]
  /** Default: of every kind. */
  kind?: UsageKind
  /** Only records with one of these values. */
  only?: Partial<Record<UsageGroup, readonly string[]>>
}

/** A group is null where it was not asked for, and where a record has none. */
export interface UsageSum extends Record<UsageGroup, string | null> {
  /** When the bucket begins, in Unix seconds. */
  bucket: number
  /** Turns of runs, and requests that were passed through. */
  requests: number
  prompt_tokens: number
  /** Part of `prompt_tokens`. */
  cached_tokens: number
  completion_tokens: number
  /** Part of `completion_tokens`. */
  reasoning_tokens: number
  /** US dollars, of the requests with a known price; null if none has one. */
  cost: number | null
  unpriced_requests: number
}

/**
 * The runtime's objects as a request may see and change them. Objects go in and come out in their
 * wire shape; rows never leave the store. Everything is asynchronous, because SQLite and Postgres
 * share the same queries. A missing object is `undefined` (or `false` from a delete); an unknown
 * cursor is an `InvalidRequestError`. Files that new tool resources or messages name must be there, or
 * nothing is written: `NotFoundError`; `time`, in Unix seconds, says where nothing else does whether
 * theirs is over.
 */
export interface ObjectStore {
  /** Vector stores that its resources name may be made together with it. */
  insertAssistant(assistant: Assistant, stores?: NewVectorStore[]): Promise<void>
  getAssistant(id: string): Promise<Assistant | undefined>
  /** Changes the given members only. */
  updateAssistant(
    id: string,
    patch: Partial<Assistant>,
    time?: number,
  ): Promise<Assistant | undefined>
  deleteAssistant(id: string): Promise<boolean>
  listAssistants(query: PageQuery): Promise<Page<Assistant>>

  /**
   * The thread and its first messages, in one transaction, and vector stores that its resources name.
   */
  insertThread(thread: Thread, messages: Message[], stores?: NewVectorStore[]): Promise<void>
  getThread(id: string): Promise<Thread | undefined>
  updateThread(
    id: string,
    patch: Partial<Pick<Thread, 'metadata' | 'tool_resources'>>,
    time?: number,
  ): Promise<Thread | undefined>
  /**
   * Removes the thread with its messages, runs and steps from view at once; what they occupied is
   * freed in the background, also after a restart.
   */
  deleteThread(id: string): Promise<boolean>

  /** Throws `RunConflictError` while a run of the thread is active, `NotFoundError` without a thread. */
  insertMessage(message: Message): Promise<void>
  getMessage(threadId: string, id: string): Promise<Message | undefined>
  updateMessage(
    threadId: string,
    id: string,
    patch: Pick<Message, 'metadata'>,
  ): Promise<Message | undefined>
  deleteMessage(threadId: string, id: string): Promise<boolean>
  listMessages(
    threadId: string,
    query: PageQuery & { runId?: string | undefined },
  ): Promise<Page<Message>>

  getRun(threadId: string, id: string): Promise<Run | undefined>
  listRuns(threadId: string, query: PageQuery): Promise<Page<Run>>
  getStep(threadId: string, runId: string, id: string): Promise<RunStep | undefined>
  listSteps(threadId: string, runId: string, query: PageQuery): Promise<Page<RunStep>>

  /**
   * Throws, with nothing written: `NotFoundError` without the thread or the assistant,
   * `RunConflictError` while a run of the thread is active, `InvalidRequestError` (`invalid_thread`)
   * with neither a user message nor instructions.
   */
  insertRun(creation: RunCreation): Promise<Run>
  /** Only metadata, and only of a run that is not `in_progress`: else `RunConflictError`. */
  updateRun(threadId: string, id: string, patch: Pick<Run, 'metadata'>): Promise<Run | undefined>

  readonly vectorStores: VectorStoreObjects
}

/**
 * Where everything lives. As an `ObjectStore` of its own it sees the objects of every project, and
 * makes new ones in `default`: for the run engine and for tools of the operator.
 */
export interface Store extends ObjectStore, FileUpkeep {
  /**
   * The objects of one project. Those of another are missing: for every query, also as a cursor, and
   * as the assistant or thread of a new run.
   */
  project(id: string): ObjectStore
  files(project: string): FileQueries
  readonly indexing: IndexingWork
  readonly searchable: SearchableQueries
  /**
   * Tells whoever indexes files that there may be something to do, or to leave. Answers how to stop
   * listening.
   */
  onIndexingWork(listener: () => void): () => void
  /**
   * Where history from elsewhere goes: into a project, or, in a dry run, nowhere. What was deleted
   * since it came stays away, unless it is to be restored.
   */
  history(target: { project: string; dryRun: boolean; restore: boolean }): HistoryStore
  /** Tells whoever works on a thread that it is gone. Answers how to stop listening. */
  onThreadDeleted(listener: (threadId: string) => void): () => void
  /** The run as it is now, or `undefined` if it was in none of the states `from`, or held by another. */
  changeRun(change: RunChange): Promise<Run | undefined>
  /**
   * As `changeRun`, for who does not hold the run: the change is planned from the run as it is, in the
   * same transaction. If there is none, or nothing is planned, nothing is written; what `plan` throws
   * is thrown.
   */
  changeFoundRun(
    key: Pick<Run, 'id' | 'thread_id'>,
    plan: (found: FoundRun) => RunChange | undefined,
  ): Promise<Run | undefined>
  getHeldRun(threadId: string, id: string): Promise<HeldRun | undefined>
  /** Those of these runs that there are, in no order. */
  glanceAtRuns(ids: string[]): Promise<RunGlance[]>
  /** The thread's active run, if it has one. */
  getActiveRun(threadId: string): Promise<Run | undefined>
  /** At most `limit` messages of a thread, newest first, from below the position `below`. */
  readMessages(threadId: string, range: { limit: number; below?: number }): Promise<MessageRange>
  /** Every step of a run, oldest first, with what the engine needs to go on. */
  getStepRecords(run: Pick<Run, 'id' | 'thread_id'>): Promise<StepRecord[]>
  /** Whose the thread is; undefined without the thread. */
  getThreadProject(threadId: string): Promise<string | undefined>
  /**
   * Counts one more search of files in the thread, and answers its number, from 0; no other search of
   * the thread has it. Undefined without the thread.
   */
  countSearch(threadId: string): Promise<number | undefined>
  /** What the files are called that can be searched in these stores, the newest first. */
  listSearchableNames(vectorStoreIds: readonly string[], limit: number): Promise<string[]>
  /** Active runs in the order of their creation, at most 1000, later than the run `after`. */
  listActiveRuns(after?: string): Promise<Run[]>
  /** Runs that are `cancelling`, or whose time was over at `time` (Unix seconds), at most 100. */
  listEndingRuns(time: number): Promise<Run[]>

  /** For requests that are no turn of a run; those are recorded with the run's changes. */
  recordUsage(record: UsageRecord): Promise<void>
  /**
   * What models cost, by time; buckets and groups without any are absent. In the order of time.
   * Throws `InvalidRequestError` if there are more than 10 000 sums.
   */
  sumUsage(query: UsageQuery): Promise<UsageSum[]>

  /** Answers when the database answers; throws otherwise. For `/healthz`. */
  ping(): Promise<void>
  close(): Promise<void>
}
