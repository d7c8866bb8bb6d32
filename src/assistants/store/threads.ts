import type { Kysely } from 'kysely'

import { liveThread } from './live-thread.ts'
import { insertMessages } from './messages.ts'
import { fromThreadRow, isActive, toThreadRow } from './rows.ts'
import type { Database } from './schema.ts'
import type { Message, Store, Thread } from './store.ts'
import type { ThreadPurge } from './thread-purge.ts'

type ThreadQueries = Pick<
  Store,
  'insertThread' | 'getThread' | 'updateThread' | 'deleteThread' | 'onThreadDeleted'
>

interface ThreadQueriesDeps {
  db: Kysely<Database>
  purge: ThreadPurge
}

const threadColumns = ['id', 'created_at', 'metadata', 'tool_resources'] as const

export function createThreadQueries({ db, purge }: ThreadQueriesDeps): ThreadQueries {
  const listeners = new Set<(threadId: string) => void>()
  return {
    insertThread: (thread, messages) =>
      db.transaction().execute((trx) => insertThread(trx, thread, messages)),

    async getThread(id) {
      const row = await liveThread(db, id).select(threadColumns).executeTakeFirst()
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
        .returning(threadColumns)
        .executeTakeFirst()
      return row && fromThreadRow(row)
    },

    async deleteThread(id) {
      const deleted = await db.transaction().execute((trx) => markDeleted(trx, id))
      if (!deleted) return false
      for (const listener of listeners) listener(id)
      purge.wake()
      return true
    },

    onThreadDeleted(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

export async function insertThread(
  trx: Kysely<Database>,
  thread: Thread,
  messages: Message[],
): Promise<void> {
  await trx.insertInto('threads').values(toThreadRow(thread)).execute()
  await insertMessages(trx, messages)
}

async function markDeleted(trx: Kysely<Database>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('threads')
    .set({ deleted: 1 })
    .where('id', '=', id)
    .where('deleted', '=', 0)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  // Nobody sees it any more; this only takes it off the lists of work.
  await trx
    .updateTable('runs')
    .set({ status: 'cancelled', active: 0 })
    .where('thread_id', '=', id)
    .where(isActive)
    .execute()
  return true
}
