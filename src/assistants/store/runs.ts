import type { Insertable, Kysely } from 'kysely'

import { InvalidRequestError, RunConflictError } from '../../errors.ts'
import { noObject } from '../not-found.ts'
import { findAssistant } from './assistants.ts'
import { findActiveRunId, liveThread, lockThread } from './live-thread.ts'
import { insertMessages } from './messages.ts'
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
  Message,
  ObjectStore,
  Run,
  RunChange,
  RunCreation,
  RunJob,
  RunStep,
  StepRecord,
  Store,
} from './store.ts'
import { insertThread } from './threads.ts'
import { insertRunUsage, type RunUsage } from './usage.ts'

type RunQueries = Pick<ObjectStore, 'getRun' | 'listRuns' | 'insertRun' | 'updateRun'>

interface RunQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Whose runs; null: everybody's. */
  project: string | null
  insertJob?: InsertJob | undefined
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

/** Queues a job in the transaction that makes its run `queued`. */
export type InsertJob = (trx: Kysely<Database>, job: RunJob) => Promise<void>

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
    insertRun: (creation) =>
      db.transaction().execute((trx) => insertRun({ ...deps, db: trx, creation })),

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
      if (isOfStateAlone(change)) return changeState(db, change).then((changed) => changed?.run)
      return db.transaction().execute((trx) => changeRun({ db: trx, insertJob, change }))
    },

    changeFoundRun: (key, plan) =>
      db.transaction().execute(async (trx) => {
        const row = await selectHeldRun(trx, key)
          .$if(dialect.rowLocks, (query) => query.forNoKeyUpdate('runs'))
          .executeTakeFirst()
        if (!row) return undefined
        const { getStepRecords } = createStepRecordQueries({ db: trx })
        const change = plan({ ...fromHeldRow(row), records: await getStepRecords(key) })
        return change && changeRun({ db: trx, insertJob, change })
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
  const { db: trx, dialect, project, insertJob, creation } = options
  const { thread, assistantId, messages, job } = creation
  if (typeof thread === 'string') {
    await lockThread({ trx, dialect, thread: { id: thread, project } })
  }
  const assistant = await findAssistant(trx, { id: assistantId, project })
  if (!assistant) throw noObject('assistant', assistantId)
  const run = creation.toRun(assistant)

  if (typeof thread !== 'string') await insertThread(trx, { ...thread, project })
  const seq = await insertRunRow(trx, { ...toRunRow(run), held_by: job?.id ?? null })
  await trx
    .insertInto('run_settings')
    .values({ seq, body: toRunSettings(run), api_key: creation.apiKeyId ?? null })
    .execute()
  await insertMessages(trx, messages)
  if (!run.instructions && !(await hasUserMessage(trx, run.thread_id))) {
    throw new InvalidRequestError(
      'Run creation requires a Thread with a user message or an assistant with instructions.',
      { apiCode: 'invalid_thread' },
    )
  }
  if (job) await queueJob(trx, { job, insertJob })
  return run
}

async function queueJob(
  trx: Kysely<Database>,
  { job, insertJob }: { job: RunJob; insertJob: InsertJob | undefined },
): Promise<void> {
  if (!insertJob) throw new Error('this database has no queue of jobs')
  await insertJob(trx, job)
}

/** The row's number. Throws `RunConflictError` while the thread has an active run. */
async function insertRunRow(
  trx: Kysely<Database>,
  row: Insertable<Database['runs']>,
): Promise<number> {
  const inserted = await trx
    .insertInto('runs')
    .values(row)
    .onConflict((conflict) => conflict.column('thread_id').where(isActive).doNothing())
    .returning('seq')
    .executeTakeFirst()
  if (inserted) return inserted.seq
  const active = await findActiveRunId(trx, row.thread_id)
  // The one in the way may have ended meanwhile: whoever executes runs does not wait for the thread.
  if (active === undefined) return insertRunRow(trx, row)
  throw new RunConflictError(`Thread ${row.thread_id} already has an active run ${active}.`)
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
  insertJob: InsertJob | undefined
  change: RunChange
}

async function changeRun({ db, insertJob, change }: ChangeRunOptions): Promise<Run | undefined> {
  const { opened = [], closed = [], rewritten = [], undone = [], job } = change
  const changed = await changeState(db, change)
  if (!changed) return undefined
  for (const record of undone) await removeStep(db, record)
  for (const record of [...rewritten, ...closed]) await rewriteStep(db, record)
  for (const record of opened) await insertStep(db, record)
  await insertRunUsage(db, { run: change.run, seq: changed.seq, turns: endedTurns(change) })
  if (job) await queueJob(db, { job, insertJob })
  return changed.run
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

async function changeState(
  db: Kysely<Database>,
  { run, from, heldBy, holder }: RunChange,
): Promise<{ run: Run; seq: number } | undefined> {
  let update = db
    .updateTable('runs')
    .set({ ...toRunStateRow(run), ...(holder !== undefined && { held_by: holder }) })
    .where('id', '=', run.id)
    .where('status', 'in', from)
  if (heldBy !== undefined) update = update.where('held_by', '=', heldBy)
  const row = await update.returning(['seq', 'metadata']).executeTakeFirst()
  return row && { run: { ...run, metadata: parse(row.metadata) }, seq: row.seq }
}

async function insertStep(trx: Kysely<Database>, record: StepRecord): Promise<void> {
  if (record.message) await insertMessages(trx, [record.message])
  await trx.insertInto('run_steps').values(toStepRow(record)).execute()
}

async function rewriteStep(trx: Kysely<Database>, record: StepRecord): Promise<void> {
  if (record.message) await rewriteMessage(trx, record.message)
  const { id, run_id, body, usage, turn_state } = toStepRow(record)
  await trx
    .updateTable('run_steps')
    .set({ body, usage: usage ?? null, turn_state: turn_state ?? null })
    .where('id', '=', id)
    .where('run_id', '=', run_id)
    .execute()
}

/** All but the metadata, which the user may have changed meanwhile. */
async function rewriteMessage(trx: Kysely<Database>, message: Message): Promise<void> {
  const { id, body } = toMessageRow(message)
  await trx.updateTable('messages').set({ body }).where('id', '=', id).execute()
}

async function removeStep(trx: Kysely<Database>, { step, message }: StepRecord): Promise<void> {
  await trx
    .deleteFrom('run_steps')
    .where('id', '=', step.id)
    .where('run_id', '=', step.run_id)
    .execute()
  if (message) await trx.deleteFrom('messages').where('id', '=', message.id).execute()
}
