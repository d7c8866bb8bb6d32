import { sql, type Kysely } from 'kysely'

import type { Logger } from '../../log.ts'
import { createAssistantQueries } from './assistants.ts'
import { createMessageQueries } from './messages.ts'
import { createRunQueries } from './runs.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { createStepQueries } from './steps.ts'
import type { Store } from './store.ts'
import { createThreadPurge } from './thread-purge.ts'
import { createThreadQueries } from './threads.ts'

export interface SqlStoreDeps {
  /** A migrated database; the store closes it. */
  db: Kysely<Database>
  dialect: SqlDialect
  log: Logger
}

/** The store on any database that Kysely speaks to. */
export function createSqlStore({ db, dialect, log }: SqlStoreDeps): Store {
  const purge = createThreadPurge({ db, log: log.child({ module: 'store' }) })
  purge.wake()
  return {
    ...createAssistantQueries({ db, dialect }),
    ...createThreadQueries({ db, purge }),
    ...createMessageQueries({ db, dialect }),
    ...createRunQueries({ db, dialect }),
    ...createStepQueries({ db }),
    async ping() {
      await sql`select 1`.execute(db)
    },
    async close() {
      await purge.close()
      await db.destroy()
    },
  }
}
