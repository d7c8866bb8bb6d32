import type { Kysely } from 'kysely'

import { liveThread, type ThreadKey } from './live-thread.ts'
import { insertMessages } from './messages.ts'
import { fromThreadRow, isActive, toThreadRow } from './rows.ts'
import type { Database } from './schema.ts'
import { defaultProject, type Message, type ObjectStore, type Thread } from './store.ts'
import { insertOpenUsage } from './usage.ts'

type ThreadQueries = Pick<
  ObjectStore,
  'insertThread' | 'getThread' | 'updateThread' | 'deleteThread'
>

interface ThreadQueriesDeps {
  db: Kysely<Database>
  /** Whose threads; null: everybody's. */
  project: string | null
  onDeleted: (threadId: string) => void
}

const threadColumns = ['id', 'created_at', 'metadata', 'tool_resources'] as const

export function createThreadQueries({ db, project, onDeleted }: ThreadQueriesDeps): ThreadQueries {
  return {
    insertThread: (thread, messages) =>
      db.transaction().execute((trx) => insertThread(trx, { thread, messages, project })),

    async getThread(id) {
      const row = await liveThread(db, { id, project }).select(threadColumns).executeTakeFirst()
      return row && fromThreadRow(row)
    },

    async updateThread(id, { metadata, tool_resources }) {
      const patch = {
        ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
        ...(tool_resources !== undefined && { tool_resources: JSON.stringify(tool_resources) }),
      }
      if (Object.keys(patch).length === 0) return this.getThread(id)
      const row = await db
        .updateTable('threads')
        .set(patch)
        .where('id', '=', id)
        .where('deleted', '=', 0)
        .$if(project !== null, (query) => query.where('project', '=', project))
        .returning(threadColumns)
        .executeTakeFirst()
      return row && fromThreadRow(row)
    },

    async deleteThread(id) {
      const deleted = await db.transaction().execute((trx) => markDeleted(trx, { id, project }))
      if (deleted) onDeleted(id)
      return deleted
    },
  }
}

export interface NewThread {
  thread: Thread
  messages: Message[]
  project: string | null
}

export async function insertThread(
  trx: Kysely<Database>,
  { thread, messages, project }: NewThread,
): Promise<void> {
  const row = { ...toThreadRow(thread), project: project ?? defaultProject }
  await trx.insertInto('threads').values(row).execute()
  await insertMessages(trx, messages)
}

async function markDeleted(trx: Kysely<Database>, { id, project }: ThreadKey): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('threads')
    .set({ deleted: 1 })
    .where('id', '=', id)
    .where('deleted', '=', 0)
    .$if(project !== null, (query) => query.where('project', '=', project))
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  // Nobody sees it any more; this only takes it off the lists of work.
  const run = await trx
    .updateTable('runs')
    .set({ status: 'cancelled', active: 0 })
    .where('thread_id', '=', id)
    .where(isActive)
    .returning(['id', 'seq', 'thread_id'])
    .executeTakeFirst()
  if (run) await insertOpenUsage(trx, run)
  return true
}
