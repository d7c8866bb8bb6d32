import type { Selectable } from 'kysely'
import type OpenAI from 'openai'

import type { Attributes } from '../search/file-search.ts'
import { parse } from './rows.ts'
import type { Database } from './schema.ts'

/** As it is on the wire, where the SDK's type is stricter: a store need not have a name. */
export type VectorStore = Omit<OpenAI.VectorStore, 'name' | 'expires_after'> & {
  name: string | null
  description: string | null
  expires_after: OpenAI.VectorStore.ExpiresAfter | null
}
export type VectorStoreFile = OpenAI.VectorStores.VectorStoreFile & { attributes: Attributes }
export type FileBatch = OpenAI.VectorStores.VectorStoreFileBatch
export type FileStatus = VectorStoreFile['status']

type StoreRow = Omit<Selectable<Database['vector_stores']>, 'seq' | 'project'>
type FileRow = Selectable<Database['vector_store_files']>

/** Files in one state. */
export interface CountRow {
  status: string
  files: number
  bytes: number
}

type FileCounts = OpenAI.VectorStore.FileCounts

export function toFileCounts(rows: readonly CountRow[]): FileCounts {
  const counts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 }
  for (const { status, files } of rows) {
    // Nothing else is written.
    counts[status as FileStatus] += files
    counts.total += files
  }
  return counts
}

/** Whether its time is over, though nobody may have noted it yet. */
export function isExpired(
  { expired, expires_at }: Pick<StoreRow, 'expired' | 'expires_at'>,
  now: number,
): boolean {
  return expired === 1 || (expires_at !== null && expires_at <= now)
}

export function fromStoreRow(
  row: StoreRow,
  { counted, now }: { counted: readonly CountRow[]; now: number },
): VectorStore {
  const over = isExpired(row, now)
  const rows = over ? [] : counted
  const file_counts = toFileCounts(rows)
  const days = row.expires_after_days
  return {
    id: row.id,
    object: 'vector_store',
    created_at: row.created_at,
    name: row.name,
    description: row.description,
    usage_bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    file_counts,
    status: over ? 'expired' : file_counts.in_progress > 0 ? 'in_progress' : 'completed',
    expires_after: days === null ? null : { anchor: 'last_active_at', days },
    expires_at: row.expires_at,
    last_active_at: row.last_active_at,
    metadata: parse(row.metadata),
  }
}

export const fileColumns = [
  'file_id',
  'vector_store_id',
  'created_at',
  'status',
  'last_error',
  'usage_bytes',
  'attributes',
  'max_chunk_size_tokens',
  'chunk_overlap_tokens',
] as const satisfies (keyof FileRow)[]

export function fromFileRow(row: Pick<FileRow, (typeof fileColumns)[number]>): VectorStoreFile {
  const { max_chunk_size_tokens, chunk_overlap_tokens } = row
  return {
    id: row.file_id,
    object: 'vector_store.file',
    usage_bytes: row.usage_bytes,
    created_at: row.created_at,
    vector_store_id: row.vector_store_id,
    status: row.status as FileStatus,
    last_error: row.last_error === null ? null : parse(row.last_error),
    chunking_strategy: { type: 'static', static: { max_chunk_size_tokens, chunk_overlap_tokens } },
    attributes: parse(row.attributes),
  }
}
