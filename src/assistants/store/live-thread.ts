import type { Kysely } from 'kysely'

import { noObject } from '../not-found.ts'
import { isActive } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'

/** Whatever is asked of a thread is asked through this, so that a deleted one has nothing. */
export function liveThread(db: Kysely<Database>, id: string) {
  return db.selectFrom('threads').where('id', '=', id).where('deleted', '=', 0)
}

export interface LockThreadOptions {
  trx: Kysely<Database>
  dialect: SqlDialect
  threadId: string
}

/** Makes whoever else adds to the thread wait for this transaction. */
export async function lockThread({ trx, dialect, threadId }: LockThreadOptions): Promise<void> {
  const thread = await liveThread(trx, threadId)
    .select('id')
    .$if(dialect.rowLocks, (query) => query.forUpdate())
    .executeTakeFirst()
  if (!thread) throw noObject('thread', threadId)
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
