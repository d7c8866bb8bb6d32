import type { Kysely } from 'kysely'

import { readPage } from './pages.ts'
import { parse } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { defaultProject, type Assistant, type ObjectStore } from './store.ts'

type AssistantQueries = Pick<
  ObjectStore,
  'insertAssistant' | 'getAssistant' | 'updateAssistant' | 'deleteAssistant' | 'listAssistants'
>

interface AssistantQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Whose assistants; null: everybody's. */
  project: string | null
}

export function createAssistantQueries({
  db,
  dialect,
  project,
}: AssistantQueriesDeps): AssistantQueries {
  return {
    async insertAssistant(assistant) {
      const row = { id: assistant.id, project: project ?? defaultProject }
      await db
        .insertInto('assistants')
        .values({ ...row, body: JSON.stringify(assistant) })
        .execute()
    },

    getAssistant: (id) => findAssistant(db, { id, project }),

    updateAssistant: (id, patch) =>
      db.transaction().execute(async (trx) => {
        const row = await selectAssistant(trx, { id, project })
          .select('body')
          .$if(dialect.rowLocks, (query) => query.forUpdate())
          .executeTakeFirst()
        if (!row) return undefined
        const assistant = { ...parse<Assistant>(row.body), ...patch }
        await trx
          .updateTable('assistants')
          .set({ body: JSON.stringify(assistant) })
          .where('id', '=', id)
          .execute()
        return assistant
      }),

    async deleteAssistant(id) {
      const { numDeletedRows } = await db
        .deleteFrom('assistants')
        .where('id', '=', id)
        .$if(project !== null, (query) => query.where('project', '=', project))
        .executeTakeFirst()
      return numDeletedRows > 0n
    },

    listAssistants: (query) =>
      readPage({
        noun: 'assistant',
        query,
        seqOf: (id) => selectAssistant(db, { id, project }).select('seq').executeTakeFirst(),
        rows: ({ above, below, order, limit }) =>
          db
            .selectFrom('assistants')
            .select('body')
            .$if(project !== null, (rows) => rows.where('project', '=', project))
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
            .execute(),
        toObject: (row) => parse<Assistant>(row.body),
      }),
  }
}

interface AssistantKey {
  id: string
  project: string | null
}

export async function findAssistant(
  db: Kysely<Database>,
  key: AssistantKey,
): Promise<Assistant | undefined> {
  const row = await selectAssistant(db, key).select('body').executeTakeFirst()
  return row && parse<Assistant>(row.body)
}

function selectAssistant(db: Kysely<Database>, { id, project }: AssistantKey) {
  const assistant = db.selectFrom('assistants').where('id', '=', id)
  return project === null ? assistant : assistant.where('project', '=', project)
}
