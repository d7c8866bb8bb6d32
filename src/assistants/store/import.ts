import { isDeepStrictEqual } from 'node:util'

import { sql, type Kysely, type Selectable } from 'kysely'

import { findBrought, rememberImported } from './imported-objects.ts'
import { findActiveRunId } from './live-thread.ts'
import { idsPerQuery, insertRows, rowsPerInsert, selectByIds } from './many-rows.ts'
import { insertMessages } from './messages.ts'
import {
  fromMessageRow,
  fromRunRow,
  parse,
  toRunRow,
  toRunSettings,
  toStepRow,
  toThreadRow,
} from './rows.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { Assistant, Message, Run, RunStep, Thread } from './store.ts'

/** A thread as it was where it comes from. */
export interface ThreadHistory {
  thread: Thread
  /** Oldest first, each of these. */
  messages: Message[]
  runs: Run[]
  steps: RunStep[]
  /**
   * The order in which they were found, which decides between objects of one second: those that are
   * here already came with a newer part of the thread, or with an older one.
   */
  newestFirst: boolean
}

/**
 * What became of an object: it was written; the same one was here; another one was here, or in another
 * project, or it came with an earlier import and was deleted since; the thread has an active run; a message of this id is in another
 * thread; a step's run is not here.
 */
export type ImportOutcome =
  | 'imported'
  | 'known'
  | 'different'
  | 'other_project'
  | 'deleted'
  | 'busy'
  | 'other_thread'
  | 'no_run'

export interface ImportedObject {
  kind: 'assistant' | 'thread' | 'message' | 'run' | 'step'
  id: string
  outcome: ImportOutcome
}

/** Writes objects with the ids and times they bring. Each call is one transaction. */
export interface HistoryStore {
  importAssistants(assistants: Assistant[]): Promise<ImportedObject[]>
  /**
   * Messages and runs of a thread that is here are put where they belong by their time; what is here
   * already stays as it is.
   */
  importThreads(threads: ThreadHistory[]): Promise<ImportedObject[]>
}

interface HistoryStoreDeps {
  db: Kysely<Database>
  dialect: SqlDialect
  /** Where new objects go. */
  project: string
  /** True: everything is tried, and nothing kept. */
  dryRun: boolean
  /** True: what an import brought and was deleted since comes back. */
  restore: boolean
}

type Target = Pick<HistoryStoreDeps, 'dialect' | 'project' | 'restore'>

export function createHistoryStore(deps: HistoryStoreDeps): HistoryStore {
  const { db } = deps
  return {
    importAssistants: (assistants) =>
      transact(deps, (trx) => importAssistants(trx, assistants, deps)),

    importThreads: (threads) =>
      transact(deps, async (trx) => {
        const objects: ImportedObject[] = []
        for (const history of threads) objects.push(...(await importThread(trx, history, deps)))
        return objects
      }),
  }

  async function transact<T>(
    { dialect, dryRun }: HistoryStoreDeps,
    work: (trx: Kysely<Database>) => Promise<T>,
  ): Promise<T> {
    let result: { value: T } | undefined
    try {
      await db.transaction().execute(async (trx) => {
        if (dialect.rowLocks) await waitForOtherImports(trx)
        result = { value: await work(trx) }
        if (dryRun) throw new NotKept()
      })
    } catch (error) {
      if (!(error instanceof NotKept)) throw error
    }
    if (result === undefined) throw new Error('the transaction did nothing')
    return result.value
  }
}

/**
 * Until the end of the transaction: two imports of the same new thread could not see each other, and
 * two of the same old ones could wait for each other.
 */
async function waitForOtherImports(trx: Kysely<Database>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('guagua import'))`.execute(trx)
}

/** Rolls a transaction back that has gone well. */
class NotKept extends Error {}

async function importAssistants(
  trx: Kysely<Database>,
  assistants: Assistant[],
  target: Target,
): Promise<ImportedObject[]> {
  const { project } = target
  const rows = await selectByIds(assistants, (ids) =>
    trx.selectFrom('assistants').select(['id', 'project', 'body']).where('id', 'in', ids).execute(),
  )
  const missing = assistants.filter(({ id }) => !rows.has(id))
  const brought = await findBrought(trx, missing, target)
  const fresh = missing.filter(({ id }) => !brought.has(id))
  await rememberImported(trx, fresh, project)
  await insertRows(
    fresh.map((assistant) => ({ id: assistant.id, project, body: JSON.stringify(assistant) })),
    (values) => trx.insertInto('assistants').values(values).execute(),
  )
  return assistants.map((assistant) => {
    const { id } = assistant
    const row = rows.get(id)
    if (row) return { kind: 'assistant', id, outcome: compare(row, assistant, project) }
    return { kind: 'assistant', id, outcome: brought.has(id) ? 'deleted' : 'imported' }
  })
}

function compare(
  row: { project: string; body: string },
  assistant: Assistant,
  project: string,
): ImportOutcome {
  if (row.project !== project) return 'other_project'
  // It may have been changed here since, which is no reason to talk about it.
  const { created_at: createdAt } = parse<Assistant>(row.body)
  return createdAt === assistant.created_at ? 'known' : 'different'
}

async function importThread(
  trx: Kysely<Database>,
  history: ThreadHistory,
  target: Target,
): Promise<ImportedObject[]> {
  const { thread, messages, runs, steps } = history
  const { dialect, project } = target
  const found = await findThread(trx, thread.id, dialect)
  const brought = await findBrought(trx, [thread, ...messages], target)
  const obstacle = found
    ? await findObstacle(trx, found, project)
    : brought.has(thread.id) && 'deleted'
  if (obstacle) {
    const all = [thread, ...messages, ...runs, ...steps]
    return all.map((object) => ({ kind: kindOf(object), id: object.id, outcome: obstacle }))
  }
  const objects: ImportedObject[] = []
  objects.push({
    kind: 'thread',
    id: thread.id,
    outcome: found ? await completeThread(trx, found, thread) : 'imported',
  })
  if (!found) await insertThread(trx, thread, project)
  objects.push(...(await importMessages(trx, history, brought)))
  objects.push(...(await importRuns(trx, history)))
  objects.push(...(await importSteps(trx, history)))
  const isNew = ({ kind, outcome }: ImportedObject) =>
    outcome === 'imported' && (kind === 'thread' || kind === 'message')
  await rememberImported(trx, objects.filter(isNew), project)
  return objects
}

function kindOf(object: Thread | Message | Run | RunStep): ImportedObject['kind'] {
  switch (object.object) {
    case 'thread':
      return 'thread'
    case 'thread.message':
      return 'message'
    case 'thread.run':
      return 'run'
    case 'thread.run.step':
      return 'step'
    default:
      return object satisfies never
  }
}

// --- The thread itself ------------------------------------------------------------------------------

type ThreadRow = Selectable<Database['threads']>

async function findThread(
  trx: Kysely<Database>,
  id: string,
  dialect: SqlDialect,
): Promise<ThreadRow | undefined> {
  return trx
    .selectFrom('threads')
    .selectAll()
    .where('id', '=', id)
    .$if(dialect.rowLocks, (query) => query.forUpdate())
    .executeTakeFirst()
}

async function findObstacle(
  trx: Kysely<Database>,
  { id, project: owner, deleted }: ThreadRow,
  project: string,
): Promise<ImportOutcome | undefined> {
  if (owner !== project) return 'other_project'
  if (deleted === 1) return 'deleted'
  // Its messages are being written; nothing may move below the hands of whoever does.
  return (await findActiveRunId(trx, id)) === undefined ? undefined : 'busy'
}

async function insertThread(trx: Kysely<Database>, thread: Thread, project: string) {
  await trx
    .insertInto('threads')
    .values({ ...toThreadRow(thread), project })
    .execute()
}

/** One that came without its object, as it seems, gets what the object says when that comes. */
async function completeThread(
  trx: Kysely<Database>,
  found: ThreadRow,
  thread: Thread,
): Promise<ImportOutcome> {
  const { id, created_at, metadata, tool_resources } = toThreadRow(thread)
  const isBare = found.metadata === '{}' && found.tool_resources === '{}'
  const saysMore = metadata !== '{}' || tool_resources !== '{}'
  if (!isBare || !saysMore || created_at > found.created_at) return 'known'
  await trx
    .updateTable('threads')
    .set({ created_at, metadata, tool_resources })
    .where('id', '=', id)
    .execute()
  return 'imported'
}

// --- Messages -----------------------------------------------------------------------------------------

type MessageRow = Selectable<Database['messages']>

async function importMessages(
  trx: Kysely<Database>,
  { thread, messages, newestFirst }: ThreadHistory,
  brought: Set<string>,
): Promise<ImportedObject[]> {
  const rows = await selectByIds(messages, (ids) =>
    trx.selectFrom('messages').selectAll().where('id', 'in', ids).execute(),
  )
  const fresh = messages.filter(({ id }) => !rows.has(id) && !brought.has(id))
  const [oldest] = fresh
  if (oldest) {
    const later = await takeLater<MessageRow>({
      page: (below) =>
        trx
          .selectFrom('messages')
          .selectAll()
          .where('thread_id', '=', thread.id)
          .where('seq', '<', below)
          .orderBy('seq', 'desc')
          .limit(rowsPerInsert)
          .execute(),
      timeOf: (row) => fromMessageRow(row).created_at,
      oldest: oldest.created_at,
      newestFirst,
    })
    await deleteMessages(trx, later)
    for (const part of merge(fresh, later.map(fromMessageRow), newestFirst)) {
      await insertMessages(trx, part)
    }
  }
  return messages.map((message) => {
    const { id } = message
    const row = rows.get(id)
    if (row) return { kind: 'message', id, outcome: compareMessage(row, message) }
    return { kind: 'message', id, outcome: brought.has(id) ? 'deleted' : 'imported' }
  })
}

function compareMessage(row: MessageRow, message: Message): ImportOutcome {
  if (row.thread_id !== message.thread_id) return 'other_thread'
  // Metadata may have been changed here since.
  const { metadata: _here, ...here } = fromMessageRow(row)
  const { metadata: _there, ...there } = message
  return isDeepStrictEqual(here, parse(JSON.stringify(there))) ? 'known' : 'different'
}

async function deleteMessages(trx: Kysely<Database>, rows: MessageRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += idsPerQuery) {
    const seqs = rows.slice(start, start + idsPerQuery).map(({ seq }) => seq)
    await trx.deleteFrom('messages').where('seq', 'in', seqs).execute()
  }
}

// --- Runs and steps -------------------------------------------------------------------------------------

async function importRuns(
  trx: Kysely<Database>,
  { thread, runs, newestFirst }: ThreadHistory,
): Promise<ImportedObject[]> {
  const rows = await selectByIds(runs, (ids) =>
    trx
      .selectFrom('runs')
      .innerJoin('run_settings', 'run_settings.seq', 'runs.seq')
      .selectAll('runs')
      .select('run_settings.body as settings')
      .where('id', 'in', ids)
      .execute(),
  )
  const fresh = runs.filter(({ id }) => !rows.has(id))
  const [oldest] = fresh
  if (oldest) {
    const later = await takeLater({
      page: (below) =>
        trx
          .selectFrom('runs')
          .innerJoin('run_settings', 'run_settings.seq', 'runs.seq')
          .select(['runs.seq', 'runs.id', 'run_settings.body as settings'])
          .where('thread_id', '=', thread.id)
          .where('runs.seq', '<', below)
          .orderBy('runs.seq', 'desc')
          .limit(rowsPerInsert)
          .execute(),
      timeOf: ({ settings }) => parse<Run>(settings).created_at,
      oldest: oldest.created_at,
      newestFirst,
    })
    const timed = later.map((row) => ({ ...row, created_at: parse<Run>(row.settings).created_at }))
    for (const part of merge<Run | (typeof timed)[number]>(fresh, timed, newestFirst)) {
      for (const run of part) await ('object' in run ? insertRun(trx, run) : moveRunToEnd(trx, run))
    }
  }
  return runs.map((run) => {
    const { id } = run
    const row = rows.get(id)
    if (!row) return { kind: 'run', id, outcome: 'imported' }
    const here = fromRunRow(row)
    if (here.thread_id !== run.thread_id) return { kind: 'run', id, outcome: 'other_thread' }
    const isSame = here.created_at === run.created_at && here.status === run.status
    return { kind: 'run', id, outcome: isSame ? 'known' : 'different' }
  })
}

async function insertRun(trx: Kysely<Database>, run: Run): Promise<void> {
  const { seq } = await trx
    .insertInto('runs')
    .values(toRunRow(run))
    .returning('seq')
    .executeTakeFirstOrThrow()
  await trx
    .insertInto('run_settings')
    .values({ seq, body: toRunSettings(run) })
    .execute()
}

/** Its order is that of its row, on which the rows of its steps and settings hang. */
async function moveRunToEnd(
  trx: Kysely<Database>,
  { seq: before, id }: { seq: number; id: string },
): Promise<void> {
  const row = await trx
    .selectFrom('runs')
    .selectAll()
    .where('seq', '=', before)
    .executeTakeFirstOrThrow()
  const settings = await trx
    .selectFrom('run_settings')
    .selectAll()
    .where('seq', '=', before)
    .executeTakeFirstOrThrow()
  const steps = await trx
    .selectFrom('run_steps')
    .selectAll()
    .where('run_id', '=', id)
    .orderBy('seq')
    .execute()
  await trx.deleteFrom('runs').where('seq', '=', before).execute()
  const { seq } = await trx
    .insertInto('runs')
    .values(withoutSeq(row))
    .returning('seq')
    .executeTakeFirstOrThrow()
  await trx
    .insertInto('run_settings')
    .values({ ...settings, seq })
    .execute()
  await insertRows(steps.map(withoutSeq), (values) =>
    trx.insertInto('run_steps').values(values).execute(),
  )
}

function withoutSeq<Row extends { seq: number }>({ seq: _seq, ...row }: Row): Omit<Row, 'seq'> {
  return row
}

async function importSteps(
  trx: Kysely<Database>,
  { thread, steps }: ThreadHistory,
): Promise<ImportedObject[]> {
  const runIds = [...new Set(steps.map(({ run_id }) => run_id))].map((id) => ({ id }))
  const runs = await selectByIds(runIds, (ids) =>
    trx
      .selectFrom('runs')
      .select('id')
      .where('id', 'in', ids)
      .where('thread_id', '=', thread.id)
      .execute(),
  )
  const known = new Set<string>()
  for (const { id } of runIds) {
    const rows = await trx.selectFrom('run_steps').select('id').where('run_id', '=', id).execute()
    for (const row of rows) known.add(row.id)
  }
  const outcomeOf = ({ id, run_id }: RunStep): ImportOutcome => {
    if (!runs.has(run_id)) return 'no_run'
    return known.has(id) ? 'known' : 'imported'
  }
  await insertRows(
    steps.filter((step) => outcomeOf(step) === 'imported'),
    (values) =>
      trx
        .insertInto('run_steps')
        .values(values.map((step) => toStepRow({ step, usage: step.usage })))
        .execute(),
  )
  return steps.map((step) => ({ kind: 'step', id: step.id, outcome: outcomeOf(step) }))
}

// --- Order ------------------------------------------------------------------------------------------------

interface LaterRows<Row> {
  /** Rows below a position, from the newest on. */
  page: (below: number) => Promise<Row[]>
  timeOf: (row: Row) => number
  /** The time of the first new object. */
  oldest: number
  newestFirst: boolean
}

/** The rows at the end of a thread that must come after the first new object, oldest first. */
async function takeLater<Row extends { seq: number }>({
  page,
  timeOf,
  oldest,
  newestFirst,
}: LaterRows<Row>): Promise<Row[]> {
  const later: Row[] = []
  let below = Number.MAX_SAFE_INTEGER
  for (;;) {
    const rows = await page(below)
    for (const row of rows) {
      const time = timeOf(row)
      if (newestFirst ? time < oldest : time <= oldest) return later.toReversed()
      later.push(row)
      below = row.seq
    }
    if (rows.length < rowsPerInsert) return later.toReversed()
  }
}

/** Two lists in the order of their times, in parts that fit into a statement. */
function* merge<T extends { created_at: number }>(
  fresh: T[],
  later: T[],
  newestFirst: boolean,
): Generator<T[]> {
  let part: T[] = []
  let taken = 0
  const comesFirst = (one: T, other: T) =>
    newestFirst ? one.created_at < other.created_at : one.created_at <= other.created_at
  for (const object of fresh) {
    for (let next = later[taken]; next && comesFirst(next, object); next = later[taken]) {
      part.push(next)
      taken += 1
    }
    part.push(object)
    if (part.length >= rowsPerInsert) {
      yield part
      part = []
    }
  }
  yield [...part, ...later.slice(taken)]
}
