import { setImmediate } from 'node:timers/promises'

import type { Kysely } from 'kysely'

import type { Logger } from '../../log.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'

/** Frees what deleted threads occupy, a little at a time, so that nobody waits for it. */
export interface ThreadPurge {
  /** Looks for deleted threads, unless it is at it already. */
  wake(): void
  /** Stops after the batch in hand; the rest is done after the next start. */
  close(): Promise<void>
}

/** Rows per statement: about two milliseconds. A run takes its steps along. */
const batchSizes = { messages: 250, runs: 50 }

export interface ThreadPurgeDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  log: Logger
}

export function createThreadPurge({ db, dialect, log }: ThreadPurgeDeps): ThreadPurge {
  let closed = false
  let again = false
  let working: Promise<void> | undefined

  async function work(): Promise<void> {
    do {
      again = false
      for (let id = await nextThread(); id !== undefined && !closed; id = await nextThread()) {
        await purgeThread(id)
      }
    } while (again && !closed)
  }

  async function nextThread(): Promise<string | undefined> {
    const row = await db
      .selectFrom('threads')
      .select('id')
      .where('deleted', '=', (eb) => eb.lit(1))
      .limit(1)
      .executeTakeFirst()
    return row?.id
  }

  async function purgeThread(id: string): Promise<void> {
    for (const table of ['messages', 'runs'] as const) {
      const batchSize = batchSizes[table]
      let removed = batchSize
      while (removed >= batchSize) {
        if (closed) return
        removed = await removeBatch(table, id)
        await setImmediate()
      }
    }
    await db.deleteFrom('file_owners').where('owner_id', '=', id).execute()
    await db.deleteFrom('threads').where('id', '=', id).execute()
  }

  async function removeBatch(table: 'messages' | 'runs', threadId: string): Promise<number> {
    const { numDeletedRows } = await db
      .deleteFrom(table)
      .where('seq', 'in', (eb) =>
        eb
          .selectFrom(table)
          .select('seq')
          .where('thread_id', '=', threadId)
          .limit(batchSizes[table])
          // What another process is at is not waited for.
          .$if(dialect.rowLocks, (query) => query.forUpdate().skipLocked()),
      )
      .executeTakeFirst()
    return Number(numDeletedRows)
  }

  return {
    wake() {
      if (closed) return
      if (working) {
        again = true
        return
      }
      working = work()
        .catch((err: unknown) => log.error({ err }, 'deleted threads could not be removed'))
        .finally(() => (working = undefined))
    },
    async close() {
      closed = true
      await working
    },
  }
}
