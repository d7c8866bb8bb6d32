import type { Kysely } from 'kysely'

import { liveThread } from './live-thread.ts'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'

type RunResourceQueries = Pick<Store, 'getThreadProject' | 'countSearch' | 'listSearchableNames'>

/** What the tools of a run ask. */
export function createRunResourceQueries({ db }: { db: Kysely<Database> }): RunResourceQueries {
  return {
    async getThreadProject(threadId) {
      const row = await liveThread(db, { id: threadId, project: null })
        .select('project')
        .executeTakeFirst()
      return row?.project
    },

    async countSearch(threadId) {
      const row = await db
        .updateTable('threads')
        .set((eb) => ({ searches: eb('searches', '+', 1) }))
        .where('id', '=', threadId)
        .where('deleted', '=', 0)
        .returning('searches')
        .executeTakeFirst()
      return row && row.searches - 1
    },

    async listSearchableNames(vectorStoreIds, limit) {
      if (vectorStoreIds.length === 0) return []
      const rows = await db
        .selectFrom('vector_store_files')
        .innerJoin('files', 'files.id', 'vector_store_files.file_id')
        .select('files.filename')
        .where('vector_store_id', 'in', vectorStoreIds)
        .where('status', '=', 'completed')
        .orderBy('vector_store_files.seq', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ filename }) => filename)
    },
  }
}
