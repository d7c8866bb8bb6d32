import type { Kysely } from 'kysely'

import { InvalidRequestError } from '../../errors.ts'
import { noVectorStore } from '../not-found.ts'
import { toChunkSizes } from '../wire/chunking-strategy.ts'
import { codeFileIds, findAttached, ownFiles } from './file-owners.ts'
import { selectStore } from './live-vector-store.ts'
import { parse } from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { defaultProject, type Assistant, type Message, type Thread } from './store.ts'
import { attachFiles, isOver } from './vector-store-files.ts'
import { insertVectorStore } from './vector-stores.ts'

/** As many as `tool_resources` may name. */
const maxCodeFiles = 20
/** Of a store that is made for attachments, after its last use (reference 5.5). */
const daysOfThreadStore = 7

export function hasAttachments(messages: readonly Message[]): boolean {
  return messages.some(({ attachments }) => attachments && attachments.length > 0)
}

/** Every file that the messages bring along, for whichever tool. */
export function attachedFileIds(messages: readonly Message[]): string[] {
  return messages.flatMap(({ attachments }) =>
    (attachments ?? []).flatMap(({ file_id }) => file_id ?? []),
  )
}

export interface GiveFiles {
  trx: Kysely<Database>
  dialect: SqlDialect
  threadId: string
  messages: readonly Message[]
}

/**
 * Gives the attachments of new messages to their thread (reference 5.9): files to be searched to its
 * vector store, which is made at the first time, files for code to its list. The caller has made sure
 * of the files, and has locked the thread.
 */
export async function giveFiles({ trx, dialect, threadId, messages }: GiveFiles): Promise<void> {
  const [message] = messages
  if (!message || !hasAttachments(messages)) return
  const forSearch = filesFor(messages, 'file_search')
  const forCode = filesFor(messages, 'code_interpreter')
  const row = await trx
    .selectFrom('threads')
    .select(['project', 'tool_resources'])
    .where('id', '=', threadId)
    .executeTakeFirstOrThrow()
  const resources = parse<Thread['tool_resources']>(row.tool_resources) ?? {}
  const given = { ...resources }
  if (forCode.length > 0) {
    const file_ids = await withCodeFiles({ trx, threadId, resources, messages })
    given.code_interpreter = { file_ids }
    await ownFiles(trx, { ownerId: threadId, isNew: false, resources: given, attached: forCode })
  }
  if (forSearch.length > 0) {
    const { project } = row
    const [known] = resources?.file_search?.vector_store_ids ?? []
    const found = { id: known, project, now: message.created_at }
    const id =
      (await liveStoreId(trx, found)) ?? (await makeStore(trx, { message, project, dialect }))
    const files = forSearch.map((fileId) => ({
      fileId,
      chunking: toChunkSizes(undefined),
      attributes: {},
    }))
    const now = message.created_at
    await attachFiles({ trx, dialect, store: { id, project }, files, now })
    given.file_search = { vector_store_ids: [id] }
  }
  await trx
    .updateTable('threads')
    .set({ tool_resources: JSON.stringify(given) })
    .where('id', '=', threadId)
    .execute()
}

type ToolType = 'file_search' | 'code_interpreter'

function filesFor(messages: readonly Message[], type: ToolType): string[] {
  const ids = messages.flatMap(({ attachments }) =>
    (attachments ?? [])
      .filter(({ tools }) => tools?.some((tool) => tool.type === type))
      .flatMap(({ file_id }) => file_id ?? []),
  )
  // Whichever comes again counts as new.
  return [...new Set(ids.toReversed())].toReversed()
}

interface CodeFiles {
  trx: Kysely<Database>
  threadId: string
  resources: NonNullable<Thread['tool_resources']>
  messages: readonly Message[]
}

/**
 * The thread's list with what the messages bring at its end. Where that is too long, the oldest files
 * that came with messages make room, so that a conversation may go on for ever; what the thread was
 * given by name stays, and so does what the last message brings.
 */
async function withCodeFiles({ trx, threadId, resources, messages }: CodeFiles): Promise<string[]> {
  const added = filesFor(messages, 'code_interpreter')
  const known = codeFileIds(resources).filter((id) => !added.includes(id))
  const ids = [...known, ...added]
  const excess = ids.length - maxCodeFiles
  if (excess <= 0) return ids
  const attached = await findAttached(trx, threadId)
  const last = filesFor(messages.slice(-1), 'code_interpreter')
  const older = [
    ...known.filter((id) => attached.has(id)),
    ...added.filter((id) => !last.includes(id)),
  ]
  const leaving = new Set(older.slice(0, excess))
  if (leaving.size === excess) return ids.filter((id) => !leaving.has(id))
  throw new InvalidRequestError(
    `The code interpreter has at most ${maxCodeFiles} files of a thread, and with these attachments it would have ${ids.length - leaving.size}.`,
    { param: 'attachments', apiCode: 'array_above_max_length' },
  )
}

interface FoundStore {
  id: string | undefined
  project: string
  now: number
}

/** The thread's store, unless it was deleted or its time is over. */
async function liveStoreId(
  trx: Kysely<Database>,
  { id, project, now }: FoundStore,
): Promise<string | undefined> {
  if (id === undefined) return undefined
  const there = await selectStore(trx, { id, project }).select('id').executeTakeFirst()
  return there && !(await isOver(trx, { id, project, now })) ? id : undefined
}

async function makeStore(
  trx: Kysely<Database>,
  { message, project, dialect }: { message: Message; project: string; dialect: SqlDialect },
): Promise<string> {
  // As random as the message's own, and made once for it.
  const id = message.id.replace('msg_', 'vs_')
  const settings = { name: null, description: null, metadata: {}, files: [] }
  const store = { ...settings, createdAt: message.created_at, expiresAfterDays: daysOfThreadStore }
  await insertVectorStore({ trx, dialect, project, store: { id, ...store } })
  return id
}

export interface NamedStores {
  trx: Kysely<Database>
  dialect: SqlDialect
  resources: Assistant['tool_resources'] | Thread['tool_resources'] | undefined
  /** Whose they must be; null: those of `default`. */
  project: string | null
}

/** Throws `NotFoundError` unless each vector store that is named is there. */
export async function requireVectorStores({
  trx,
  dialect,
  resources,
  project,
}: NamedStores): Promise<void> {
  for (const id of resources?.file_search?.vector_store_ids ?? []) {
    const row = await selectStore(trx, { id, project: project ?? defaultProject })
      .select('id')
      .$if(dialect.rowLocks, (query) => query.forKeyShare())
      .executeTakeFirst()
    if (!row) throw noVectorStore(id)
  }
}
