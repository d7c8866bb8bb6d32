import type { Kysely } from 'kysely'

import { readPage } from './pages.ts'
import { parse } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { Assistant, Store } from './store.ts'

type AssistantQueries = Pick<
  Store,
  'insertAssistant' | 'getAssistant' | 'updateAssistant' | 'deleteAssistant' | 'listAssistants'
>

interface AssistantQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
}

export function createAssistantQueries({ db, dialect }: AssistantQueriesDeps): AssistantQueries {
  return {
    async insertAssistant(assistant) {
      const row = { id: assistant.id, body: JSON.stringify(assistant) }
      await db.insertInto('assistants').values(row).execute()
    },

    getAssistant: (id) => findAssistant(db, id),

    updateAssistant: (id, patch) =>
      db.transaction().execute(async (trx) => {
        const row = await trx
          .selectFrom('assistants')
          .select('body')
          .where('id', '=', id)
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
      const result = await db.deleteFrom('assistants').where('id', '=', id).executeTakeFirst()
      return result.numDeletedRows > 0n
    },

    listAssistants: (query) =>
      readPage({
        noun: 'assistant',
        query,
        seqOf: (id) =>
          db.selectFrom('assistants').select('seq').where('id', '=', id).executeTakeFirst(),
        rows: ({ above, below, order, limit }) =>
          db
            .selectFrom('assistants')
            .select('body')
            .where('seq', '>', above)
            .where('seq', '<', below)
            .orderBy('seq', order)
            .limit(limit)
            .execute(),
        toObject: (row) => parse<Assistant>(row.body),
      }),
  }
}

export async function findAssistant(
  db: Kysely<Database>,
  id: string,
): Promise<Assistant | undefined> {
  const row = await db
    .selectFrom('assistants')
    .select('body')
    .where('id', '=', id)
    .executeTakeFirst()
  return row && parse<Assistant>(row.body)
}
