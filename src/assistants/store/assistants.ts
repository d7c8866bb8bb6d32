import type { Kysely } from 'kysely'

import { requireVectorStores } from './attachments.ts'
import { codeFileIds, ownFiles, requireFiles } from './file-owners.ts'
import { readPage } from './pages.ts'
import { parse } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { defaultProject, type Assistant, type ObjectStore } from './store.ts'
import { insertVectorStore } from './vector-stores.ts'

type AssistantQueries = Pick<
  ObjectStore,
  'insertAssistant' | 'getAssistant' | 'updateAssistant' | 'deleteAssistant' | 'listAssistants'
>

interface AssistantQueriesDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Whose assistants; null: everybody's. */
  project: string | null
  /** There are files to be indexed. */
  onWork: () => void
}

export function createAssistantQueries({
  db,
  dialect,
  project,
  onWork,
}: AssistantQueriesDeps): AssistantQueries {
  return {
    async insertAssistant(assistant, stores = []) {
      const resources = assistant.tool_resources ?? undefined
      const ids = codeFileIds(resources)
      const isAlone = ids.length === 0 && !resources?.file_search
      if (isAlone) return insertAssistant(db, { assistant, project })
      await db.transaction().execute(async (trx) => {
        await requireFiles({ db: trx, dialect, ids, project, time: assistant.created_at })
        for (const store of stores) await insertVectorStore({ trx, dialect, project, store })
        await requireVectorStores({ trx, dialect, resources, project })
        await insertAssistant(trx, { assistant, project })
        await ownFiles(trx, { ownerId: assistant.id, isNew: true, resources })
      })
      if (stores.length > 0) onWork()
    },

    getAssistant: (id) => findAssistant(db, { id, project }),

    updateAssistant: (id, patch, time = 0) =>
      db.transaction().execute(async (trx) => {
        const resources = patch.tool_resources ?? undefined
        const ids = codeFileIds(resources)
        if (resources !== undefined) {
          const owner = await selectAssistant(trx, { id, project })
            .select('project')
            .executeTakeFirst()
          if (!owner) return undefined
          await requireFiles({ db: trx, dialect, ids, project: owner.project, time })
          await requireVectorStores({ trx, dialect, resources, project: owner.project })
        }
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
        if (patch.tool_resources !== undefined) {
          await ownFiles(trx, { ownerId: id, isNew: false, resources })
        }
        return assistant
      }),

    deleteAssistant: (id) =>
      db.transaction().execute(async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom('assistants')
          .where('id', '=', id)
          .$if(project !== null, (query) => query.where('project', '=', project))
          .executeTakeFirst()
        if (numDeletedRows === 0n) return false
        await trx.deleteFrom('file_owners').where('owner_id', '=', id).execute()
        return true
      }),

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

async function insertAssistant(
  db: Kysely<Database>,
  { assistant, project }: { assistant: Assistant; project: string | null },
): Promise<void> {
  const row = { id: assistant.id, project: project ?? defaultProject }
  await db
    .insertInto('assistants')
    .values({ ...row, body: JSON.stringify(assistant) })
    .execute()
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
