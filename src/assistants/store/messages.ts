import type { Kysely } from 'kysely'

import { RunConflictError } from '../../errors.ts'
import { attachedFileIds, giveFiles, hasAttachments } from './attachments.ts'
import { imageFileIds, requireFiles } from './file-owners.ts'
import { findActiveRunId, liveThread, lockThread } from './live-thread.ts'
import { readPage } from './pages.ts'
import { fromMessageRow, toMessageRow } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { Message, ObjectStore, Store } from './store.ts'

type MessageQueries = Pick<
  ObjectStore,
  'insertMessage' | 'getMessage' | 'updateMessage' | 'deleteMessage' | 'listMessages'
>

interface MessageQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Whose messages; null: everybody's. */
  project: string | null
  /** There are files to be indexed. */
  onWork: () => void
}

/** Far below the number of values that one statement may bind, on either database. */
const rowsPerInsert = 100

export function createMessageQueries({
  db,
  dialect,
  project,
  onWork,
}: MessageQueriesDeps): MessageQueries {
  /** The rows of messages that are asked for by thread and id. */
  const inThread = (threadId: string) => liveThread(db, { id: threadId, project }).select('id')

  return {
    async insertMessage(message) {
      await db.transaction().execute(async (trx) => {
        const threadId = message.thread_id
        const ids = [...imageFileIds(message), ...attachedFileIds([message])]
        await requireFiles({ db: trx, dialect, ids, project, time: message.created_at })
        await lockThread({ trx, dialect, thread: { id: threadId, project } })
        const active = await findActiveRunId(trx, threadId)
        if (active !== undefined) {
          throw new RunConflictError(
            `Can't add messages to ${threadId} while a run ${active} is active.`,
          )
        }
        await insertMessages(trx, [message])
        await giveFiles({ trx, dialect, threadId, messages: [message] })
      })
      if (hasAttachments([message])) onWork()
    },

    async getMessage(threadId, id) {
      const row = await db
        .selectFrom('messages')
        .select(['body', 'metadata'])
        .where('id', '=', id)
        .where('thread_id', '=', inThread(threadId))
        .executeTakeFirst()
      return row && fromMessageRow(row)
    },

    async updateMessage(threadId, id, { metadata }) {
      const row = await db
        .updateTable('messages')
        .set({ metadata: JSON.stringify(metadata) })
        .where('id', '=', id)
        .where('thread_id', '=', inThread(threadId))
        .returning(['body', 'metadata'])
        .executeTakeFirst()
      return row && fromMessageRow(row)
    },

    async deleteMessage(threadId, id) {
      const { numDeletedRows } = await db
        .deleteFrom('messages')
        .where('id', '=', id)
        .where('thread_id', '=', inThread(threadId))
        .executeTakeFirst()
      return numDeletedRows > 0n
    },

    listMessages: (threadId, query) =>
      readPage({
        noun: 'message',
        query,
        seqOf: (id) =>
          db
            .selectFrom('messages')
            .select('seq')
            .where('id', '=', id)
            .where('thread_id', '=', inThread(threadId))
            .executeTakeFirst(),
        rows: ({ above, below, order, limit }) => {
          const { runId } = query
          const rows = db
            .selectFrom('messages')
            .select(['body', 'metadata'])
            .where('thread_id', '=', inThread(threadId))
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
          return runId === undefined ? rows.execute() : rows.where('run_id', '=', runId).execute()
        },
        toObject: fromMessageRow,
      }),
  }
}

/** What the run engine reads of messages. */
export function createMessageRangeQueries({
  db,
}: {
  db: Kysely<Database>
}): Pick<Store, 'readMessages'> {
  return {
    async readMessages(threadId, { limit, below = Number.MAX_SAFE_INTEGER }) {
      const rows = await db
        .selectFrom('messages')
        .select(['seq', 'body', 'metadata'])
        .where('thread_id', '=', liveThread(db, { id: threadId, project: null }).select('id'))
        .where('seq', '<', below)
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute()
      const found = rows.slice(0, limit)
      return {
        messages: found.map(fromMessageRow),
        next: rows.length > limit ? found.at(-1)?.seq : undefined,
      }
    },
  }
}

export async function insertMessages(trx: Kysely<Database>, messages: Message[]): Promise<void> {
  for (let start = 0; start < messages.length; start += rowsPerInsert) {
    const rows = messages.slice(start, start + rowsPerInsert).map(toMessageRow)
    await trx.insertInto('messages').values(rows).execute()
  }
}
