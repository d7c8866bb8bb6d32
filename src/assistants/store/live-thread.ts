import type { Kysely } from 'kysely'

import { noObject } from '../not-found.ts'
import { isActive } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'

/** A thread as somebody may see it: those of one project, or with null those of all. */
export interface ThreadKey {
  id: string
  project: string | null
}

/**
 * Whatever is asked of a thread is asked through this, so that a deleted one has nothing, and one of
 * another project is as good as missing.
 */
export function liveThread(db: Kysely<Database>, { id, project }: ThreadKey) {
  const thread = db.selectFrom('threads').where('id', '=', id).where('deleted', '=', 0)
  return project === null ? thread : thread.where('project', '=', project)
}

export interface LockThreadOptions {
  trx: Kysely<Database>
  dialect: SqlDialect
  thread: ThreadKey
}

/**
 * Makes whoever else adds to the thread wait for this transaction; but not the run engine, whose new
 * messages refer to the thread: each of the two would wait for the other.
 */
export async function lockThread({ trx, dialect, thread }: LockThreadOptions): Promise<void> {
  const row = await liveThread(trx, thread)
    .select('id')
    .$if(dialect.rowLocks, (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (!row) throw noObject('thread', thread.id)
}

export async function findActiveRunId(
  db: Kysely<Database>,
  threadId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('thread_id', '=', threadId)
    .where(isActive)
    .executeTakeFirst()
  return row?.id
}
