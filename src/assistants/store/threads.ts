import type { Kysely } from 'kysely'

import { attachedFileIds, giveFiles, hasAttachments, requireVectorStores } from './attachments.ts'
import { codeFileIds, imageFileIds, ownFiles, requireFiles } from './file-owners.ts'
import { liveThread, type ThreadKey } from './live-thread.ts'
import { insertMessages } from './messages.ts'
import { fromThreadRow, isActive, toThreadRow } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { defaultProject, type Message, type ObjectStore, type Thread } from './store.ts'
import { insertOpenUsage } from './usage.ts'
import { insertVectorStore, type NewVectorStore } from './vector-stores.ts'

type ThreadQueries = Pick<
  ObjectStore,
  'insertThread' | 'getThread' | 'updateThread' | 'deleteThread'
>

interface ThreadQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Whose threads; null: everybody's. */
  project: string | null
  onDeleted: (threadId: string) => void
  /** There are files to be indexed. */
  onWork: () => void
}

const threadColumns = ['id', 'created_at', 'metadata', 'tool_resources'] as const

export function createThreadQueries({
  db,
  dialect,
  project,
  onDeleted,
  onWork,
}: ThreadQueriesDeps): ThreadQueries {
  return {
    async insertThread(thread, messages, stores = []) {
      const given = { thread, messages, stores, project, dialect }
      await db.transaction().execute((trx) => insertThread(trx, given))
      if (bringsFiles(given)) onWork()
    },

    async getThread(id) {
      const row = await liveThread(db, { id, project }).select(threadColumns).executeTakeFirst()
      return row && fromThreadRow(row)
    },

    async updateThread(id, { metadata, tool_resources }, time = 0) {
      const patch = {
        ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
        ...(tool_resources !== undefined && { tool_resources: JSON.stringify(tool_resources) }),
      }
      if (Object.keys(patch).length === 0) return this.getThread(id)
      const update = (trx: Kysely<Database>) =>
        trx
          .updateTable('threads')
          .set(patch)
          .where('id', '=', id)
          .where('deleted', '=', 0)
          .$if(project !== null, (query) => query.where('project', '=', project))
          .returning(threadColumns)
          .executeTakeFirst()
      if (tool_resources === undefined) {
        const row = await update(db)
        return row && fromThreadRow(row)
      }
      return db.transaction().execute(async (trx) => {
        const owner = await liveThread(trx, { id, project }).select('project').executeTakeFirst()
        if (!owner) return undefined
        const ids = codeFileIds(tool_resources)
        await requireFiles({ db: trx, dialect, ids, project: owner.project, time })
        const resources = tool_resources ?? undefined
        await requireVectorStores({ trx, dialect, resources, project: owner.project })
        const row = await update(trx)
        if (!row) return undefined
        await ownFiles(trx, { ownerId: id, isNew: false, resources: tool_resources })
        return fromThreadRow(row)
      })
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
  /** Made together with the thread, whose resources name them. */
  stores?: NewVectorStore[] | undefined
  project: string | null
  dialect: SqlDialect
}

/** Whether there is something to be indexed with a new thread. */
export function bringsFiles({ messages, stores = [] }: Pick<NewThread, 'messages' | 'stores'>) {
  return hasAttachments(messages) || stores.length > 0
}

export async function insertThread(
  trx: Kysely<Database>,
  { thread, messages, stores = [], project, dialect }: NewThread,
): Promise<void> {
  const { tool_resources: resources, created_at: time } = thread
  const brought = [...messages.flatMap(imageFileIds), ...attachedFileIds(messages)]
  const ids = [...codeFileIds(resources), ...brought]
  await requireFiles({ db: trx, dialect, ids, project, time })
  for (const store of stores) await insertVectorStore({ trx, dialect, project, store })
  await requireVectorStores({ trx, dialect, resources: resources ?? undefined, project })
  const row = { ...toThreadRow(thread), project: project ?? defaultProject }
  await trx.insertInto('threads').values(row).execute()
  await ownFiles(trx, { ownerId: thread.id, isNew: true, resources })
  await insertMessages(trx, messages)
  await giveFiles({ trx, dialect, threadId: thread.id, messages })
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
