import type { Kysely } from 'kysely'

import { liveThread } from './live-thread.ts'
import { readPage } from './pages.ts'
import { fromMessageRow, fromStepRecordRow, fromStepRow } from './rows.ts'
import type { Database } from './schema.ts'
import type { ObjectStore, Store } from './store.ts'

type StepQueries = Pick<ObjectStore, 'getStep' | 'listSteps'>

interface StepQueriesDeps {
  db: Kysely<Database>
  /** Whose steps; null: everybody's. */
  project: string | null
}

export function createStepQueries({ db, project }: StepQueriesDeps): StepQueries {
  /** The run's id, if the run is one of the thread. */
  const inRun = (threadId: string, runId: string) =>
    db
      .selectFrom('runs')
      .select('runs.id')
      .where('runs.id', '=', runId)
      .where('runs.thread_id', '=', liveThread(db, { id: threadId, project }).select('threads.id'))

  return {
    async getStep(threadId, runId, id) {
      const row = await db
        .selectFrom('run_steps')
        .select('body')
        .where('id', '=', id)
        .where('run_id', '=', inRun(threadId, runId))
        .executeTakeFirst()
      return row && fromStepRow(row)
    },

    listSteps: (threadId, runId, query) =>
      readPage({
        noun: 'run step',
        query,
        seqOf: (id) =>
          db
            .selectFrom('run_steps')
            .select('seq')
            .where('id', '=', id)
            .where('run_id', '=', inRun(threadId, runId))
            .executeTakeFirst(),
        rows: ({ above, below, order, limit }) =>
          db
            .selectFrom('run_steps')
            .select('body')
            .where('run_id', '=', inRun(threadId, runId))
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
            .execute(),
        toObject: fromStepRow,
      }),
  }
}

/** What the run engine reads of steps. */
export function createStepRecordQueries({
  db,
}: {
  db: Kysely<Database>
}): Pick<Store, 'getStepRecords'> {
  return {
    async getStepRecords({ id, thread_id }) {
      const steps = await db
        .selectFrom('run_steps')
        .select(['body', 'usage', 'turn_state'])
        .where('run_id', '=', id)
        .orderBy('seq')
        .execute()
      const messages = await db
        .selectFrom('messages')
        .select(['body', 'metadata'])
        .where('thread_id', '=', thread_id)
        .where('run_id', '=', id)
        .orderBy('seq')
        .execute()
      const messageById = new Map(
        messages.map(fromMessageRow).map((message) => [message.id, message]),
      )
      return steps.map(fromStepRecordRow).map((record) => {
        const { step_details: details } = record.step
        if (details.type !== 'message_creation') return record
        return { ...record, message: messageById.get(details.message_creation.message_id) }
      })
    },
  }
}
