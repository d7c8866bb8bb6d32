import type OpenAI from 'openai'
import { z } from 'zod'

import { type UnreadReason, unreadReasonOf } from '../unread-files.ts'

type StoreFile = OpenAI.VectorStores.VectorStoreFile

/** A file that a guild's members can ask about. */
export interface ClassFile {
  id: string
  name: string
  title: string | null
  bytes: number | null
  status: 'reading' | 'ready' | 'failed'
  /** Null unless it failed. */
  reason: UnreadReason | null
  /** A Discord user; null where a program added it. */
  addedBy: string | null
  /** Unix seconds. */
  addedAt: number
}

/** What is kept with a file in its vector store. */
export type ClassFileAttributes = z.infer<typeof attributesSchema>

const attributesSchema = z.object({
  name: z.string(),
  bytes: z.number(),
  added_by: z.string().regex(/^\d{15,25}$/),
  /** Unix seconds. */
  added_at: z.number(),
  title: z.string().exactOptional(),
})

export function toClassFile(file: StoreFile): ClassFile {
  // Each is read alone: programs may have put the file there.
  const { data: kept = {} } = attributesSchema.partial().safeParse(file.attributes ?? {})
  const status = statuses[file.status]
  return {
    id: file.id,
    name: kept.name ?? file.id,
    title: kept.title ?? null,
    bytes: kept.bytes ?? null,
    status,
    reason: status === 'failed' ? unreadReasonOf(file.last_error) : null,
    addedBy: kept.added_by ?? null,
    addedAt: kept.added_at ?? file.created_at,
  }
}

const statuses = {
  in_progress: 'reading',
  completed: 'ready',
  failed: 'failed',
  cancelled: 'failed',
} as const satisfies Record<StoreFile['status'], ClassFile['status']>

/** The files, the newest first, whose place a newer one of the same name that is ready has taken. */
export function replacedOnes(files: readonly ClassFile[]): ClassFile[] {
  const ready = new Set<string>()
  return files.filter(({ name, status }) => {
    const isReplaced = ready.has(name)
    if (status === 'ready') ready.add(name)
    return isReplaced
  })
}
