import { sql, type Kysely } from 'kysely'

import type { Logger } from '../../log.ts'
import { createAssistantQueries } from './assistants.ts'
import { createFileQueries, createFileUpkeep } from './files.ts'
import { createHistoryStore } from './import.ts'
import { createIndexingWork } from './indexing-work.ts'
import { createMessageQueries, createMessageRangeQueries } from './messages.ts'
import { createRunResourceQueries } from './run-resources.ts'
import { createEngineQueries, createRunQueries, type InsertJob } from './runs.ts'
import type { Database } from './schema.ts'
import { createSearchableQueries } from './searchable-files.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { createStepQueries, createStepRecordQueries } from './steps.ts'
import type { ObjectStore, Store } from './store.ts'
import { createThreadPurge } from './thread-purge.ts'
import { createThreadQueries } from './threads.ts'
import { createUsageQueries } from './usage.ts'
import { createVectorStoreQueries } from './vector-stores.ts'

export interface SqlStoreDeps {
  /** The store closes it. */
  db: Kysely<Database>
  dialect: SqlDialect
  /** When the database can be asked; default at once. */
  ready?: Promise<void>
  /** Where runs are jobs that several processes share. */
  insertJob?: InsertJob | undefined
  log: Logger
}

/** The store on any database that Kysely speaks to. */
export function createSqlStore({ db, dialect, ready, insertJob, log }: SqlStoreDeps): Store {
  const purge = createThreadPurge({ db, dialect, log: log.child({ module: 'store' }) })
  if (ready) void ready.then(() => purge.wake())
  else purge.wake()
  const deletionListeners = new Set<(threadId: string) => void>()
  const onDeleted = (threadId: string) => {
    for (const listener of deletionListeners) listener(threadId)
    purge.wake()
  }
  const workListeners = new Set<() => void>()
  const onWork = () => {
    for (const listener of workListeners) listener()
  }
  const objectsOf = (project: string | null): ObjectStore => ({
    ...createAssistantQueries({ db, dialect, project, onWork }),
    ...createThreadQueries({ db, dialect, project, onDeleted, onWork }),
    ...createMessageQueries({ db, dialect, project, onWork }),
    ...createRunQueries({ db, dialect, project, insertJob, onWork }),
    ...createStepQueries({ db, project }),
    vectorStores: createVectorStoreQueries({ db, dialect, project, onWork }),
  })
  // As many as the operator's keys name.
  const projects = new Map<string, ObjectStore>()
  return {
    ...objectsOf(null),
    ...createEngineQueries({ db, dialect, insertJob }),
    ...createMessageRangeQueries({ db }),
    ...createStepRecordQueries({ db }),
    ...createRunResourceQueries({ db }),
    ...createUsageQueries({ db }),
    ...createFileUpkeep({ db, dialect, onWork }),
    indexing: createIndexingWork({ db, dialect }),
    searchable: createSearchableQueries({ db }),
    onIndexingWork(listener) {
      workListeners.add(listener)
      return () => void workListeners.delete(listener)
    },
    files: (project) => createFileQueries({ db, dialect, project, onWork }),
    project(id) {
      const objects = projects.get(id) ?? objectsOf(id)
      projects.set(id, objects)
      return objects
    },
    history: (target) => createHistoryStore({ db, dialect, ...target }),
    onThreadDeleted(listener) {
      deletionListeners.add(listener)
      return () => void deletionListeners.delete(listener)
    },
    async ping() {
      await sql`select 1`.execute(db)
    },
    async close() {
      await purge.close()
      await db.destroy()
    },
  }
}
