import type { Kysely } from 'kysely'

import { NotFoundError } from '../../errors.ts'
import { liveFiles } from './live-file.ts'
import { parse } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { defaultProject, type Assistant, type Message, type Thread } from './store.ts'

/** The one answer for a file that is not there, whoever names it (reference 8). */
export function noFile(id: string): NotFoundError {
  return new NotFoundError(`No such File object: ${id.slice(0, 200)}`, { param: 'id' })
}

export interface NamedFiles {
  db: Kysely<Database>
  dialect: SqlDialect
  ids: readonly string[]
  /** Whose they must be; null: those of `default`, where everything is made that is nobody else's. */
  project: string | null
  /** Now, in Unix seconds. */
  time: number
}

/**
 * Throws unless each of the files is there. In a transaction they stay until it ends. Ask for them
 * before anything else is locked: who deletes a file locks what names it afterwards.
 */
export async function requireFiles({ db, dialect, ids, project, time }: NamedFiles): Promise<void> {
  if (ids.length === 0) return
  const rows = await liveFiles(db, { project: project ?? defaultProject, time })
    .select('id')
    .where('id', 'in', [...new Set(ids)])
    .orderBy('id')
    .$if(dialect.rowLocks, (query) => query.forKeyShare())
    .execute()
  const found = new Set(rows.map(({ id }) => id))
  for (const id of ids) if (!found.has(id)) throw noFile(id)
}

type Resources = Thread['tool_resources'] | undefined

/** The files that are given to the code interpreter. */
export function codeFileIds(resources: Resources): string[] {
  return resources?.code_interpreter?.file_ids ?? []
}

/** The pictures of a message that are files. */
export function imageFileIds({ content }: Message): string[] {
  return content.flatMap((block) => (block.type === 'image_file' ? [block.image_file.file_id] : []))
}

interface Ownership {
  ownerId: string
  isNew: boolean
  resources: Resources
  /** Of its files, those that come with messages, unless it has named them before. */
  attached?: readonly string[] | undefined
}

/**
 * Remembers which files an assistant or thread names from now on. The caller has it locked. Only what
 * differs is written: who deletes one of the others must find its owner.
 */
export async function ownFiles(
  trx: Kysely<Database>,
  { ownerId, isNew, resources, attached = [] }: Ownership,
): Promise<void> {
  const ids = [...new Set(codeFileIds(resources))]
  if (!isNew) {
    await trx
      .deleteFrom('file_owners')
      .where('owner_id', '=', ownerId)
      .$if(ids.length > 0, (owners) => owners.where('file_id', 'not in', ids))
      .execute()
  }
  if (ids.length === 0) return
  const rows = ids.map((file_id) => ({
    file_id,
    owner_id: ownerId,
    attached: attached.includes(file_id) ? 1 : 0,
  }))
  await trx
    .insertInto('file_owners')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Of the files of a thread's list, those that came with messages. */
export async function findAttached(
  trx: Kysely<Database>,
  threadId: string,
): Promise<ReadonlySet<string>> {
  const rows = await trx
    .selectFrom('file_owners')
    .select('file_id')
    .where('owner_id', '=', threadId)
    .where('attached', '=', 1)
    .execute()
  return new Set(rows.map(({ file_id }) => file_id))
}

/**
 * Takes a file that is gone off the lists of all that name it; as it is gone, nobody new can. Locks
 * owners before what is remembered of them, as whoever changes an owner does.
 */
export async function disownFile(
  trx: Kysely<Database>,
  { fileId, dialect }: { fileId: string; dialect: SqlDialect },
): Promise<void> {
  const owners = await trx
    .selectFrom('file_owners')
    .select('owner_id')
    .where('file_id', '=', fileId)
    .execute()
  // In one order, so that two that are deleted at the same time do not wait for each other.
  for (const id of owners.map(({ owner_id }) => owner_id).toSorted()) {
    if (id.startsWith('asst')) await takeFromAssistant(trx, { id, fileId, dialect })
    else await takeFromThread(trx, { id, fileId, dialect })
  }
  if (owners.length === 0) return
  await trx.deleteFrom('file_owners').where('file_id', '=', fileId).execute()
}

interface Taking {
  id: string
  fileId: string
  dialect: SqlDialect
}

async function takeFromAssistant(trx: Kysely<Database>, { id, fileId, dialect }: Taking) {
  const row = await trx
    .selectFrom('assistants')
    .select('body')
    .where('id', '=', id)
    .$if(dialect.rowLocks, (query) => query.forUpdate())
    .executeTakeFirst()
  if (!row) return
  const assistant = parse<Assistant>(row.body)
  const tool_resources = withoutFile(assistant.tool_resources, fileId)
  await trx
    .updateTable('assistants')
    .set({ body: JSON.stringify({ ...assistant, tool_resources }) })
    .where('id', '=', id)
    .execute()
}

async function takeFromThread(trx: Kysely<Database>, { id, fileId, dialect }: Taking) {
  const row = await trx
    .selectFrom('threads')
    .select('tool_resources')
    .where('id', '=', id)
    .$if(dialect.rowLocks, (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
  if (!row) return
  const resources = withoutFile(parse<Thread['tool_resources']>(row.tool_resources), fileId)
  await trx
    .updateTable('threads')
    .set({ tool_resources: JSON.stringify(resources) })
    .where('id', '=', id)
    .execute()
}

function withoutFile(
  resources: Assistant['tool_resources'] | Thread['tool_resources'],
  fileId: string,
): object | null {
  if (!resources?.code_interpreter) return resources ?? null
  const file_ids = codeFileIds(resources).filter((id) => id !== fileId)
  return { ...resources, code_interpreter: { ...resources.code_interpreter, file_ids } }
}
