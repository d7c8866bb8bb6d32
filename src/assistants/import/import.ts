import { stat } from 'node:fs/promises'

import { ZodError } from 'zod'

import type { HistoryStore, ImportedObject, ImportOutcome, ThreadHistory } from '../store/import.ts'
import type { Assistant, Message, Run, RunStep } from '../store/store.ts'
import { toInvalidRequest } from '../wire/invalid-request.ts'
import { classify, type Kind } from './kinds.ts'
import { isRecord, readJson, type FoundObject, type Place } from './read-json.ts'
import { referencesOf } from './references.ts'
import { shapes, type ExportedThread } from './shapes.ts'
import { createStaging, type StagedObject, type StagedThread, type Staging } from './staging.ts'

/**
 * Why an object stays behind: it is no JSON, nothing that the API has, something that is not carried
 * over (files, vector stores), not in the API's shape, twice in the files and not the same, a thread
 * of which nothing is known but the id; or what the store says.
 */
export type SkipReason =
  | 'broken'
  | 'unknown'
  | 'left'
  | 'shape'
  | 'contradicts'
  | 'empty'
  | Exclude<ImportOutcome, 'imported' | 'known'>

export interface Skipped {
  reason: SkipReason
  /** Null where it is not even known what it is. */
  kind: Kind | null
  id: string | null
  /** `export.jsonl:12 data[3]` */
  place: string
  /** For a shape, what is wrong with it. */
  detail: string | null
}

export interface ImportSummary {
  imported: Record<Kind, number>
  /** Were there, or were in the files before. */
  known: Record<Kind, number>
  skipped: number
  /** Threads that were made up, because messages or runs of theirs were there and they were not. */
  madeUp: number
  /** Ids that objects still name, though nothing of that name came along. */
  missing: { files: number; vectorStores: number }
}

export type ImportProgress =
  | { phase: 'read'; done: number; total: number }
  | { phase: 'write'; done: number; total: number }

export interface ImportDeps {
  history: HistoryStore
  onSkipped: (skipped: Skipped) => void
  onProgress: (progress: ImportProgress) => void
}

/** Objects in one transaction, if they are of several threads. */
const batchSize = 500

/**
 * Imports what was exported from an Assistants API: objects as the API returned them, in any packing
 * of JSON, of version 1 or 2. Ids, times and order are kept. Threads are written whole or not at all,
 * and the same files may be imported again.
 */
export async function importFiles(files: string[], deps: ImportDeps): Promise<ImportSummary> {
  const staging = createStaging()
  try {
    const counting = createCounting(deps)
    await readFiles(files, { ...deps, staging, counting })
    const total = staging.finish()
    await writeAssistants(staging, { ...deps, counting })
    await writeThreads(staging, { ...deps, counting, total: total.threads })
    return counting.summary
  } finally {
    staging.close()
  }
}

type Counting = ReturnType<typeof createCounting>

function createCounting({ onSkipped }: Pick<ImportDeps, 'onSkipped'>) {
  const none = { assistant: 0, thread: 0, message: 0, run: 0, step: 0 }
  const files = new Set<string>()
  const vectorStores = new Set<string>()
  const summary: ImportSummary = {
    imported: { ...none },
    known: { ...none },
    skipped: 0,
    madeUp: 0,
    missing: { files: 0, vectorStores: 0 },
  }
  return {
    summary,
    skip: (skipped: Skipped): void => {
      summary.skipped += 1
      onSkipped(skipped)
    },
    /** References of an object that is going to be imported. */
    refer(object: unknown): void {
      for (const id of referencesOf(object)) (id.startsWith('vs') ? vectorStores : files).add(id)
      summary.missing = { files: files.size, vectorStores: vectorStores.size }
    },
  }
}

// --- Reading ----------------------------------------------------------------------------------------

type ReadDeps = Pick<ImportDeps, 'onProgress'> & { staging: Staging; counting: Counting }

async function readFiles(files: string[], deps: ReadDeps): Promise<void> {
  const { counting, onProgress } = deps
  let total = 0
  for (const file of files) total += (await stat(file)).size
  let done = 0
  for (const file of files) {
    await readJson(file, {
      onObject: (found) => take(found, deps),
      onBroken: (place, detail) =>
        counting.skip({ reason: 'broken', kind: null, id: null, place: toText(place), detail }),
      onProgress(bytes) {
        done += bytes
        onProgress({ phase: 'read', done, total })
      },
    })
  }
}

/** Stages an object, or says why not. Answers whether what is around it can forget it. */
function take(found: FoundObject, { staging, counting }: ReadDeps): boolean {
  const kind = classify(found)
  if (kind === 'packing') return false
  const { value } = found
  const place = toText(found.place)
  const id = typeof value['id'] === 'string' ? value['id'] : null
  if (kind === 'left' || kind === 'unknown') {
    counting.skip({ reason: kind, kind: null, id, place, detail: nameOf(value) })
    return true
  }
  try {
    const staged = { ...toStaged(kind, withThread(found, kind)), place }
    const outcome = staging.add(staged)
    if (outcome === 'repeated') counting.summary.known[kind] += 1
    if (outcome === 'contradicts') {
      counting.skip({ reason: 'contradicts', kind, id, place, detail: null })
    }
  } catch (error) {
    if (!(error instanceof ZodError)) throw error
    const detail = toInvalidRequest(error).message
    counting.skip({ reason: 'shape', kind, id, place, detail })
  }
  return true
}

function nameOf({ object }: Record<string, unknown>): string | null {
  return typeof object === 'string' ? object.slice(0, 100) : null
}

/** What is listed in a thread may leave out which: what is around it says so. */
function withThread({ value, keys, around }: FoundObject, kind: Kind): Record<string, unknown> {
  const saysIt = value['thread_id'] !== undefined && value['thread_id'] !== null
  if (kind === 'assistant' || kind === 'thread' || saysIt) return value
  for (let depth = around.length - 1; depth >= 0; depth -= 1) {
    // By id, as the member that it is, where threads are not listed.
    const ids = [...idsIn(around[depth]), keys[depth - 1]]
    const threadId = ids.find((id) => typeof id === 'string' && id.startsWith('thread_'))
    if (threadId !== undefined) return { ...value, thread_id: threadId }
  }
  return value
}

function idsIn(outer: unknown): unknown[] {
  if (!isRecord(outer)) return []
  const { thread_id: threadId, id, thread } = outer
  return [threadId, id, isRecord(thread) ? thread['id'] : thread]
}

function toStaged(kind: Kind, value: Record<string, unknown>): Omit<StagedObject, 'place'> {
  const options = { reportInput: true }
  switch (kind) {
    case 'assistant': {
      const object = shapes.assistant.parse(value, options)
      return toRow(kind, object, { threadId: null, runId: null })
    }
    case 'thread': {
      const object = shapes.thread.parse(value, options)
      return toRow(kind, object, { threadId: object.id, runId: null })
    }
    case 'message': {
      const object = shapes.message.parse(value, options)
      return toRow(kind, object, { threadId: object.thread_id, runId: null })
    }
    case 'run': {
      const object = shapes.run.parse(value, options)
      return toRow(kind, object, { threadId: object.thread_id, runId: null })
    }
    case 'step': {
      const object = shapes.step.parse(value, options)
      return toRow(kind, object, { threadId: object.thread_id, runId: object.run_id })
    }
    default:
      return kind satisfies never
  }
}

function toRow(
  kind: Kind,
  object: { id: string; created_at: number | null },
  where: Pick<StagedObject, 'threadId' | 'runId'>,
): Omit<StagedObject, 'place'> {
  const { id, created_at: createdAt } = object
  return { kind, id, createdAt, body: JSON.stringify(object), ...where }
}

function toText({ file, line, path }: Place): string {
  return `${file}:${line}${path === '' ? '' : ` ${path}`}`
}

// --- Writing ----------------------------------------------------------------------------------------

type WriteDeps = Pick<ImportDeps, 'history' | 'onProgress'> & { counting: Counting }

async function writeAssistants(staging: Staging, deps: WriteDeps): Promise<void> {
  const { history, counting } = deps
  for (const rows of batches(staging.assistants(), () => 1)) {
    const assistants = rows.map(({ body }) => fromBody<Assistant>(body))
    for (const assistant of assistants) counting.refer(assistant)
    tell(await history.importAssistants(assistants), placesOf(rows), counting)
  }
}

async function writeThreads(
  staging: Staging,
  { history, counting, onProgress, total }: WriteDeps & { total: number },
): Promise<void> {
  let done = 0
  for (const staged of batches(staging.threads(), sizeOf)) {
    const rows = staged.flatMap(({ thread, messages, runs, steps }) => [
      ...(thread ? [thread] : []),
      ...messages,
      ...runs,
      ...steps,
    ])
    const threads = staged.flatMap((each) => toHistory(each, counting) ?? [])
    const given = new Set(rows.map(({ id }) => id))
    for (const { thread, messages, steps } of threads) {
      for (const object of [thread, ...messages, ...steps]) counting.refer(object)
    }
    const objects = await history.importThreads(threads)
    tell(objects, placesOf(rows), counting)
    counting.summary.madeUp += objects.filter(
      ({ kind, id, outcome }) => kind === 'thread' && outcome === 'imported' && !given.has(id),
    ).length
    done += staged.length
    onProgress({ phase: 'write', done, total })
  }
}

function sizeOf({ messages, runs, steps }: StagedThread): number {
  return 1 + messages.length + runs.length + steps.length
}

function* batches<T>(items: Iterable<T>, size: (item: T) => number): Generator<T[]> {
  let batch: T[] = []
  let sum = 0
  for (const item of items) {
    batch.push(item)
    sum += size(item)
    if (sum < batchSize) continue
    yield batch
    batch = []
    sum = 0
  }
  if (batch.length > 0) yield batch
}

function placesOf(rows: { id: string; place: string }[]): Map<string, string> {
  return new Map(rows.map(({ id, place }) => [id, place]))
}

/** Null, and said so, if there is nothing but an id. */
function toHistory(staged: StagedThread, { skip }: Counting): ThreadHistory | null {
  const { id, earliest, thread: row, newestFirst } = staged
  if (earliest === null) {
    skip({ reason: 'empty', kind: 'thread', id, place: row?.place ?? '', detail: null })
    return null
  }
  const given = row ? fromBody<ExportedThread>(row.body) : undefined
  return {
    thread: {
      id,
      object: 'thread',
      created_at: given?.created_at ?? earliest,
      metadata: given?.metadata ?? {},
      tool_resources: given?.tool_resources ?? {},
    },
    messages: staged.messages.map(({ body }) => fromBody<Message>(body)),
    runs: staged.runs.map(({ body }) => fromBody<Run>(body)),
    steps: staged.steps.map(({ body }) => fromBody<RunStep>(body)),
    newestFirst,
  }
}

function tell(
  objects: ImportedObject[],
  places: Map<string, string>,
  { summary, skip }: Counting,
): void {
  for (const { kind, id, outcome } of objects) {
    if (outcome === 'imported') summary.imported[kind] += 1
    else if (outcome === 'known') summary.known[kind] += 1
    else skip({ reason: outcome, kind, id, place: places.get(id) ?? '', detail: null })
  }
}

/** Only what was staged comes back. */
function fromBody<T>(body: string): T {
  return JSON.parse(body) as T
}
