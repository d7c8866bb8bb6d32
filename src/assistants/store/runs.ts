import { sql, type Kysely } from 'kysely'

import { InvalidRequestError, RunConflictError } from '../../errors.ts'
import { noObject } from '../not-found.ts'
import { findAssistant } from './assistants.ts'
import { findActiveRunId, liveThread, lockThread } from './live-thread.ts'
import { insertMessages } from './messages.ts'
import { readPage } from './pages.ts'
import { fromRunRow, isActive, toMessageRow, toRunRow, toStepRow } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { Message, Run, RunChange, RunCreation, StepRecord, Store } from './store.ts'
import { insertThread } from './threads.ts'

type RunQueries = Pick<
  Store,
  | 'getRun'
  | 'listRuns'
  | 'insertRun'
  | 'changeRun'
  | 'updateRun'
  | 'getActiveRun'
  | 'listActiveRuns'
  | 'listOverdueRuns'
>

interface RunQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
}

const runColumns = ['body', 'metadata'] as const

export function createRunQueries({ db, dialect }: RunQueriesDeps): RunQueries {
  return {
    insertRun: (creation) =>
      db.transaction().execute((trx) => insertRun({ trx, dialect, creation })),

    changeRun: (change) => db.transaction().execute((trx) => changeRun(trx, change)),

    updateRun: (threadId, id, { metadata }) =>
      db.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('runs')
          .set({ metadata: JSON.stringify(metadata) })
          .where('id', '=', id)
          .where('thread_id', '=', liveThread(trx, threadId).select('id'))
          .returning(runColumns)
          .executeTakeFirst()
        const run = row && fromRunRow(row)
        if (run?.status === 'in_progress') {
          throw new RunConflictError(`Cannot update run with status '${run.status}'.`)
        }
        return run
      }),

    async getRun(threadId, id) {
      const row = await db
        .selectFrom('runs')
        .select(runColumns)
        .where('id', '=', id)
        .where('thread_id', '=', liveThread(db, threadId).select('id'))
        .executeTakeFirst()
      return row && fromRunRow(row)
    },

    async getActiveRun(threadId) {
      const row = await db
        .selectFrom('runs')
        .select(runColumns)
        .where('thread_id', '=', threadId)
        .where(isActive)
        .executeTakeFirst()
      return row && fromRunRow(row)
    },

    listRuns: (threadId, query) =>
      readPage({
        noun: 'run',
        query,
        seqOf: (id) =>
          db
            .selectFrom('runs')
            .select('seq')
            .where('id', '=', id)
            .where('thread_id', '=', threadId)
            .executeTakeFirst(),
        rows: ({ above, below, order, limit }) =>
          db
            .selectFrom('runs')
            .select(runColumns)
            .where('thread_id', '=', liveThread(db, threadId).select('id'))
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
            .execute(),
        toObject: fromRunRow,
      }),

    async listActiveRuns(after) {
      let query = db.selectFrom('runs').select(runColumns).where(isActive)
      if (after !== undefined) {
        query = query.where('seq', '>', (eb) =>
          eb.selectFrom('runs').select('seq').where('id', '=', after),
        )
      }
      const rows = await query.orderBy('seq').limit(1000).execute()
      return rows.map(fromRunRow)
    },

    async listOverdueRuns(time) {
      const rows = await db
        .selectFrom('runs')
        .select(runColumns)
        .where(isActive)
        .where('expires_at', '<=', time)
        .orderBy('expires_at')
        .limit(100)
        .execute()
      return rows.map(fromRunRow)
    },
  }
}

interface InsertRunOptions {
  trx: Kysely<Database>
  dialect: SqlDialect
  creation: RunCreation
}

/** Reference 3.2, steps 3 to 7. */
async function insertRun({ trx, dialect, creation }: InsertRunOptions): Promise<Run> {
  const { thread, assistantId, messages } = creation
  if (typeof thread === 'string') await lockThread({ trx, dialect, threadId: thread })
  const assistant = await findAssistant(trx, assistantId)
  if (!assistant) throw noObject('assistant', assistantId)
  const run = creation.toRun(assistant)

  if (typeof thread !== 'string') await insertThread(trx, thread.thread, thread.messages)
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('runs')
    .values(toRunRow(run))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows === 0n) throw await toConflict(trx, run.thread_id)

  await insertMessages(trx, messages)
  if (!run.instructions && !(await hasUserMessage(trx, run.thread_id))) {
    throw new InvalidRequestError(
      'Run creation requires a Thread with a user message or an assistant with instructions.',
      { apiCode: 'invalid_thread' },
    )
  }
  return run
}

async function toConflict(trx: Kysely<Database>, threadId: string): Promise<Error> {
  const active = await findActiveRunId(trx, threadId)
  return active === undefined
    ? new Error('the id of the new run is taken')
    : new RunConflictError(`Thread ${threadId} already has an active run ${active}.`)
}

async function hasUserMessage(trx: Kysely<Database>, threadId: string): Promise<boolean> {
  const row = await trx
    .selectFrom('messages')
    .select('seq')
    .where('thread_id', '=', threadId)
    .where('role', '=', sql.lit('user'))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

async function changeRun(trx: Kysely<Database>, change: RunChange): Promise<Run | undefined> {
  const { run, from, opened = [], closed = [], undone = [] } = change
  const { id, status, expires_at, body } = toRunRow(run)
  const row = await trx
    .updateTable('runs')
    .set({ status, expires_at: expires_at ?? null, body })
    .where('id', '=', id)
    .where('status', 'in', from)
    .returning(runColumns)
    .executeTakeFirst()
  if (!row) return undefined
  for (const record of undone) await removeStep(trx, record)
  for (const record of closed) await rewriteStep(trx, record)
  for (const record of opened) await insertStep(trx, record)
  return fromRunRow(row)
}

async function insertStep(trx: Kysely<Database>, record: StepRecord): Promise<void> {
  if (record.message) await insertMessages(trx, [record.message])
  await trx.insertInto('run_steps').values(toStepRow(record)).execute()
}

async function rewriteStep(trx: Kysely<Database>, record: StepRecord): Promise<void> {
  if (record.message) await rewriteMessage(trx, record.message)
  const { id, body, usage } = toStepRow(record)
  await trx
    .updateTable('run_steps')
    .set({ body, usage: usage ?? null })
    .where('id', '=', id)
    .execute()
}

/** All but the metadata, which the user may have changed meanwhile. */
async function rewriteMessage(trx: Kysely<Database>, message: Message): Promise<void> {
  const { id, body } = toMessageRow(message)
  await trx.updateTable('messages').set({ body }).where('id', '=', id).execute()
}

async function removeStep(trx: Kysely<Database>, { step, message }: StepRecord): Promise<void> {
  await trx.deleteFrom('run_steps').where('id', '=', step.id).execute()
  if (message) await trx.deleteFrom('messages').where('id', '=', message.id).execute()
}
