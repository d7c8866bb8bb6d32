import { sql, type Kysely, type RawBuilder } from 'kysely'

import { InvalidRequestError, RunConflictError } from '../../errors.ts'
import { noObject } from '../not-found.ts'
import { findAssistant } from './assistants.ts'
import { attachedFileIds, giveFiles, hasAttachments } from './attachments.ts'
import { imageFileIds, requireFiles } from './file-owners.ts'
import { findActiveRunId, liveThread, lockThread } from './live-thread.ts'
import { readPage } from './pages.ts'
import {
  fromRunRow,
  isActive,
  parse,
  toMessageRow,
  toRunRow,
  toRunSettings,
  toRunStateRow,
  toStepRow,
} from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { createStepRecordQueries } from './steps.ts'
import type {
  HeldRun,
  ObjectStore,
  Run,
  RunChange,
  RunCreation,
  RunJob,
  RunStep,
  StepRecord,
  Store,
} from './store.ts'
import { bringsFiles, insertThread } from './threads.ts'
import { insertRunUsage, type RunUsage } from './usage.ts'
import { insertWith, writeTogether, type Head } from './write-together.ts'

type RunQueries = Pick<ObjectStore, 'getRun' | 'listRuns' | 'insertRun' | 'updateRun'>

interface RunQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Whose runs; null: everybody's. */
  project: string | null
  insertJob?: InsertJob | undefined
  /** There are files to be indexed. */
  onWork: () => void
}

type EngineQueries = Pick<
  Store,
  | 'changeRun'
  | 'changeFoundRun'
  | 'getHeldRun'
  | 'glanceAtRuns'
  | 'getActiveRun'
  | 'listActiveRuns'
  | 'listEndingRuns'
>

/** Makes the statement that queues a job, to go with the one that makes its run `queued`. */
export type InsertJob = (job: RunJob) => Promise<(head: Head) => RawBuilder<unknown>>

/** Runs, whole; conditions are added. */
function selectRuns(db: Kysely<Database>) {
  return db
    .selectFrom('runs')
    .innerJoin('run_settings', 'run_settings.seq', 'runs.seq')
    .select(['status', 'expires_at', 'state', 'metadata', 'run_settings.body as settings'])
}

export function createRunQueries(deps: RunQueriesDeps): RunQueries {
  const { db, project } = deps
  const inThread = (threadId: string) =>
    liveThread(db, { id: threadId, project }).select('threads.id')

  return {
    async insertRun(creation) {
      const run = await insertRun({ ...deps, creation })
      const { thread, messages } = creation
      const isNew = typeof thread !== 'string' && bringsFiles(thread)
      if (isNew || hasAttachments(messages)) deps.onWork()
      return run
    },

    updateRun: (threadId, id, { metadata }) =>
      db.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('runs')
          .set({ metadata: JSON.stringify(metadata) })
          .where('id', '=', id)
          .where('thread_id', '=', liveThread(trx, { id: threadId, project }).select('id'))
          .returning('id')
          .executeTakeFirst()
        const run = row && (await findRun(trx, { threadId, id, project }))
        if (run?.status === 'in_progress') {
          throw new RunConflictError(`Cannot update run with status '${run.status}'.`)
        }
        return run
      }),

    getRun: (threadId, id) => findRun(db, { threadId, id, project }),

    listRuns: (threadId, query) =>
      readPage({
        noun: 'run',
        query,
        seqOf: (id) =>
          db
            .selectFrom('runs')
            .select('seq')
            .where('id', '=', id)
            .where('thread_id', '=', inThread(threadId))
            .executeTakeFirst(),
        rows: ({ above, below, order, limit }) =>
          selectRuns(db)
            .where('thread_id', '=', inThread(threadId))
            .where('runs.seq', '>', above)
            .where('runs.seq', '<', below)
            .orderBy('runs.seq', order)
            .limit(limit)
            .execute(),
        toObject: fromRunRow,
      }),
  }
}

/** What the run engine asks and writes, of whichever project. */
export function createEngineQueries({
  db,
  dialect,
  insertJob,
}: {
  db: Kysely<Database>
  dialect: SqlDialect
  insertJob?: InsertJob | undefined
}): EngineQueries {
  return {
    changeRun(change) {
      // One statement is a transaction by itself.
      const isOne = dialect.writableCtes || isOfStateAlone(change)
      if (isOne) return changeRun({ db, dialect, insertJob, change })
      return db.transaction().execute((trx) => changeRun({ db: trx, dialect, insertJob, change }))
    },

    changeFoundRun: (key, plan) =>
      db.transaction().execute(async (trx) => {
        const row = await selectHeldRun(trx, key)
          .$if(dialect.rowLocks, (query) => query.forNoKeyUpdate('runs'))
          .executeTakeFirst()
        if (!row) return undefined
        const { getStepRecords } = createStepRecordQueries({ db: trx })
        const change = plan({ ...fromHeldRow(row), records: await getStepRecords(key) })
        return change && changeRun({ db: trx, dialect, insertJob, change })
      }),

    async getHeldRun(threadId, id) {
      const row = await selectHeldRun(db, { id, thread_id: threadId }).executeTakeFirst()
      return row && fromHeldRow(row)
    },

    async glanceAtRuns(ids) {
      if (ids.length === 0) return []
      const rows = await db
        .selectFrom('runs')
        .select(['id', 'status', 'held_by'])
        .where('id', 'in', ids)
        .execute()
      return rows.map(({ id, status, held_by }) => ({
        id,
        status: status as Run['status'],
        heldBy: held_by,
      }))
    },

    async getActiveRun(threadId) {
      const row = await selectRuns(db)
        .where('thread_id', '=', threadId)
        .where(isActive)
        .executeTakeFirst()
      return row && fromRunRow(row)
    },

    async listActiveRuns(after) {
      let query = selectRuns(db).where(isActive)
      if (after !== undefined) {
        query = query.where('runs.seq', '>', (eb) =>
          eb.selectFrom('runs').select('seq').where('id', '=', after),
        )
      }
      const rows = await query.orderBy('runs.seq').limit(1000).execute()
      return rows.map(fromRunRow)
    },

    async listEndingRuns(time) {
      // No index of its own: the active ones are few.
      const rows = await selectRuns(db)
        .where(isActive)
        .where((eb) => eb.or([eb('status', '=', 'cancelling'), eb('expires_at', '<=', time)]))
        .orderBy('runs.seq')
        .limit(100)
        .execute()
      return rows.map(fromRunRow)
    },
  }
}

function selectHeldRun(db: Kysely<Database>, { id, thread_id }: Pick<Run, 'id' | 'thread_id'>) {
  return selectRuns(db)
    .select('held_by')
    .where('runs.id', '=', id)
    .where('thread_id', '=', liveThread(db, { id: thread_id, project: null }).select('id'))
}

function fromHeldRow(row: Parameters<typeof fromRunRow>[0] & { held_by: string | null }): HeldRun {
  return { run: fromRunRow(row), heldBy: row.held_by }
}

type InsertRunOptions = RunQueriesDeps & { creation: RunCreation }

interface RunKey {
  id: string
  threadId: string
  project: string | null
}

async function findRun(
  db: Kysely<Database>,
  { id, threadId, project }: RunKey,
): Promise<Run | undefined> {
  const row = await selectRuns(db)
    .where('runs.id', '=', id)
    .where('thread_id', '=', liveThread(db, { id: threadId, project }).select('id'))
    .executeTakeFirst()
  return row && fromRunRow(row)
}

/** Reference 3.2, steps 3 to 7. */
async function insertRun(options: InsertRunOptions): Promise<Run> {
  const { db, dialect, project, creation } = options
  const { thread, assistantId, messages } = creation
  const isOne = dialect.writableCtes && typeof thread === 'string' && !hasAttachments(messages)
  if (!isOne && !db.isTransaction) return inTransaction(options)
  const assistant = await findAssistant(db, { id: assistantId, project })
  if (!assistant) throw await toMissing(options)
  const run = creation.toRun(assistant)
  const hasPrompt = Boolean(run.instructions) || messages.some(({ role }) => role === 'user')
  if (!hasPrompt && !db.isTransaction) return inTransaction(options)

  const ids = [...messages.flatMap(imageFileIds), ...attachedFileIds(messages)]
  await requireFiles({ db, dialect, ids, project, time: run.created_at })
  if (typeof thread !== 'string') await insertThread(db, { ...thread, project, dialect })
  await writeRun(options, run)
  await giveFiles({ trx: db, dialect, threadId: run.thread_id, messages })
  if (!hasPrompt && !(await hasUserMessage(db, run.thread_id))) {
    throw new InvalidRequestError(
      'Run creation requires a Thread with a user message or an assistant with instructions.',
      { apiCode: 'invalid_thread' },
    )
  }
  return run
}

function inTransaction(options: InsertRunOptions): Promise<Run> {
  return options.db.transaction().execute((trx) => insertRun({ ...options, db: trx }))
}

/** With its messages and its job. Throws `RunConflictError` while the thread has an active run. */
async function writeRun(options: InsertRunOptions, run: Run): Promise<void> {
  const { db: trx, dialect, project, creation } = options
  const { messages, apiKeyId = null } = creation
  const settings = { body: toRunSettings(run), api_key: apiKeyId }
  const queueJob = await toJobWriter(options.insertJob, creation.job)
  const written = await writeTogether<{ seq: number }>({
    db: trx,
    dialect,
    head: insertRunRow(options, run),
    rest: (head) => [
      ...insertWith(head, 'run_settings', [{ seq: head.seq, ...settings }]),
      ...insertWith(head, 'messages', messages.map(toMessageRow)),
      ...queueJob(head),
    ],
  })
  if (written) return
  const threadId = run.thread_id
  await lockThread({ trx, dialect, thread: { id: threadId, project } })
  const active = await findActiveRunId(trx, threadId)
  // The one in the way may have ended meanwhile: whoever executes runs does not wait for the thread.
  if (active === undefined) return writeRun(options, run)
  throw new RunConflictError(`Thread ${threadId} already has an active run ${active}.`)
}

/** Locks the thread. Inserts nothing if that is gone, or has an active run. */
function insertRunRow({ db, dialect, project, creation }: InsertRunOptions, run: Run) {
  const row = { ...toRunRow(run), held_by: creation.job?.id ?? null }
  const columns = Object.keys(row) as (keyof typeof row)[]
  return db
    .insertInto('runs')
    .columns(columns)
    .expression(
      liveThread(db, { id: run.thread_id, project })
        .select(columns.map((column) => sql.val(row[column]).as(column)))
        .$if(dialect.rowLocks, (query) => query.forNoKeyUpdate()),
    )
    .onConflict((conflict) => conflict.column('thread_id').where(isActive).doNothing())
    .returning('seq')
}

/** Without the assistant; but without the thread, that is said first. */
async function toMissing(options: InsertRunOptions): Promise<Error> {
  const { db: trx, dialect, project, creation } = options
  const { thread, assistantId } = creation
  if (typeof thread === 'string') {
    await lockThread({ trx, dialect, thread: { id: thread, project } })
  }
  return noObject('assistant', assistantId)
}

async function toJobWriter(insertJob: InsertJob | undefined, job: RunJob | undefined) {
  if (!job) return () => []
  if (!insertJob) throw new Error('this database has no queue of jobs')
  const toStatement = await insertJob(job)
  return (head: Head) => [toStatement(head)]
}

async function hasUserMessage(trx: Kysely<Database>, threadId: string): Promise<boolean> {
  const row = await trx
    .selectFrom('messages')
    .select('seq')
    .where('thread_id', '=', threadId)
    .where('role', '=', 'user')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

interface ChangeRunOptions {
  db: Kysely<Database>
  dialect: SqlDialect
  insertJob: InsertJob | undefined
  change: RunChange
}

async function changeRun(options: ChangeRunOptions): Promise<Run | undefined> {
  const { db, dialect, insertJob, change } = options
  const { opened = [], closed = [], rewritten = [], undone = [], run, job } = change
  const queueJob = await toJobWriter(insertJob, job)
  const row = await writeTogether<{ seq: number; metadata: string }>({
    db,
    dialect,
    head: updateState(db, change),
    rest: (head) => [
      ...undone.flatMap((record) => removeStep(head, record)),
      ...[...rewritten, ...closed].flatMap((record) => rewriteStep(head, record)),
      ...insertSteps(head, opened),
      ...keepMadeFiles(head, [...rewritten, ...closed]),
      ...insertRunUsage(head, { run, turns: endedTurns(change) }),
      ...queueJob(head),
    ],
    passing: run.status === 'in_progress',
  })
  return row && { ...run, metadata: parse(row.metadata) }
}

/** The turns whose cost is known for good with this change. */
function endedTurns({ closed = [], stepless }: RunChange): RunUsage['turns'] {
  const turns = closed.map(({ step, usage }) => ({
    stepId: step.id,
    usage,
    createdAt: endOf(step) ?? step.created_at,
  }))
  return stepless ? [...turns, { stepId: null, ...stepless }] : turns
}

function endOf({ completed_at, failed_at, cancelled_at, expired_at }: RunStep): number | null {
  return completed_at ?? failed_at ?? cancelled_at ?? expired_at
}

function isOfStateAlone({ opened, closed, rewritten, undone, stepless, job }: RunChange): boolean {
  const records = [opened, closed, rewritten, undone].flatMap((each) => each ?? [])
  return records.length === 0 && !stepless && !job
}

function updateState(db: Kysely<Database>, { run, from, heldBy, holder }: RunChange) {
  let update = db
    .updateTable('runs')
    .set({ ...toRunStateRow(run), ...(holder !== undefined && { held_by: holder }) })
    .where('id', '=', run.id)
    .where('status', 'in', from)
  if (heldBy !== undefined) update = update.where('held_by', '=', heldBy)
  return update.returning(['seq', 'metadata'])
}

function insertSteps(head: Head, records: StepRecord[]): RawBuilder<unknown>[] {
  const messages = records.flatMap(({ message }) => (message ? [message] : []))
  return [
    ...insertWith(head, 'messages', messages.map(toMessageRow)),
    ...insertWith(head, 'run_steps', records.map(toStepRow)),
  ]
}

function rewriteStep({ andHead }: Head, record: StepRecord): RawBuilder<unknown>[] {
  const { id, run_id, body, usage, turn_state } = toStepRow(record)
  const step = sql`
    update run_steps set body = ${body}, usage = ${usage}, turn_state = ${turn_state}
    where id = ${id} and run_id = ${run_id} ${andHead}`
  if (!record.message) return [step]
  const message = toMessageRow(record.message)
  // All but the metadata, which the user may have changed meanwhile.
  return [sql`update messages set body = ${message.body} where id = ${message.id} ${andHead}`, step]
}

/** What code has made stays once a step or a message shows it; until then its days are counted. */
function keepMadeFiles({ andHead }: Head, records: StepRecord[]): RawBuilder<unknown>[] {
  const ids = [...new Set(records.flatMap(madeFileIds))]
  if (ids.length === 0) return []
  return [
    sql`
      update files set expires_at = null
      where id in (${sql.join(ids)}) and purpose = 'assistants_output' ${andHead}`,
  ]
}

function madeFileIds({ step, message }: StepRecord): string[] {
  const { step_details: details } = step
  const calls = details.type === 'tool_calls' ? details.tool_calls : []
  const pictures = calls
    .flatMap((call) => (call.type === 'code_interpreter' ? call.code_interpreter.outputs : []))
    .flatMap((output) => (output.type === 'image' ? [output.image.file_id] : []))
  const linked = (message?.content ?? [])
    .flatMap((block) => (block.type === 'text' ? block.text.annotations : []))
    .flatMap((each) => (each.type === 'file_path' ? [each.file_path.file_id] : []))
  return [...pictures, ...linked]
}

function removeStep({ andHead }: Head, { step, message }: StepRecord): RawBuilder<unknown>[] {
  const { id, run_id } = step
  const removed = sql`delete from run_steps where id = ${id} and run_id = ${run_id} ${andHead}`
  if (!message) return [removed]
  return [removed, sql`delete from messages where id = ${message.id} ${andHead}`]
}
