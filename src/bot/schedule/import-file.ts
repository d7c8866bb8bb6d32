import { randomUUID } from 'node:crypto'

import type { Keyv } from 'keyv'
import { z } from 'zod'

import { compare, replaceModes } from '../../schedule/import/compare.ts'
import { type Draft, fields, type MappingCorrection } from '../../schedule/import/draft.ts'
import { ImportError } from '../../schedule/import/import-error.ts'
import { importLimits } from '../../schedule/import/limits.ts'
import { readInThread } from '../../schedule/import/read-in-thread.ts'
import type { Proposal } from '../../schedule/store/schedule-store.ts'
import type { CommandDeps } from '../command.ts'
import { localNow } from './local-time.ts'

const keepMs = 24 * 60 * 60 * 1000
const fetchWithinMs = 20_000

const startedSchema = z.object({
  id: z.string(),
  guildId: z.string(),
  userId: z.string(),
  fileName: z.string(),
  /** Where Discord keeps the file, as the gateway said. */
  url: z.string(),
  mode: z.enum(replaceModes),
  mapping: z.record(z.string(), z.enum(fields).nullable()),
  /** Headings as they were guessed or corrected, for the menus; at most 25. */
  columns: z.array(z.object({ column: z.string(), field: z.enum(fields).nullable() })),
  /** Null: the file changes nothing. */
  proposalId: z.string().nullable(),
})

/** An import that waits for a decision; it outlives the process. */
export type StartedImport = z.infer<typeof startedSchema>

/** What a file would change. */
export interface Preview {
  started: StartedImport
  draft: Draft
  proposal: Proposal | null
}

export interface StartedImports {
  /** Null: it is too old, or of another guild. */
  find(guildId: string, id: string): Promise<StartedImport | null>
  save(started: StartedImport): Promise<void>
  forget(id: string): Promise<void>
}

export function createStartedImports(keyv: Keyv): StartedImports {
  const nameOf = (id: string) => `schedule-import:${id}`
  return {
    async find(guildId, id) {
      if (!/^[\w-]{1,64}$/.test(id)) return null
      const { data } = startedSchema.safeParse(await keyv.get(nameOf(id)))
      return data?.guildId === guildId ? data : null
    },
    save: async (started) => void (await keyv.set(nameOf(started.id), started, keepMs)),
    forget: async (id) => void (await keyv.delete(nameOf(id))),
  }
}

export type NewImport = Pick<StartedImport, 'guildId' | 'userId' | 'fileName' | 'url' | 'mode'>

export function startImport(started: NewImport): StartedImport {
  return { ...started, id: randomUUID(), mapping: {}, columns: [], proposalId: null }
}

/**
 * Reads the file, compares it with the timetable as it is now, and keeps the difference for a decision.
 * Throws `ImportError`, and `InvalidRequestError` for what would be too much.
 */
export async function previewImport(
  started: StartedImport,
  { timetables, schedules, clock, imports }: CommandDeps,
): Promise<Preview> {
  const { guildId, mapping, mode, userId, fileName } = started
  const bytes = await download(started.url)
  const { timeZone, terms, holidays } = await schedules.forGuild(guildId)
  const today = localNow(clock.now(), timeZone).toPlainDate().toString()
  const context = { timeZone, today, terms, holidays, mapping, periods: {} }
  const draft = await readInThread(bytes, { context })
  const present = await timetables.getTimetable(guildId)
  if (started.proposalId !== null) await timetables.drop(guildId, started.proposalId)
  const proposal = await timetables.propose({
    guildId,
    origin: { by: userId, kind: 'import', note: fileName.slice(0, 500).toWellFormed() },
    edits: compare(present, draft, { mode, guildId }),
    revision: present?.revision ?? 0,
    report: null,
  })
  const columns = draft.mapping
    .slice(0, 25)
    .map(({ column, field }) => ({ column: column.slice(0, 255), field }))
  const next = { ...started, columns, proposalId: proposal?.id ?? null }
  await imports.save(next)
  return { started: next, draft, proposal }
}

/** Corrects what a column is taken for. */
export function withField(
  started: StartedImport,
  column: string,
  field: MappingCorrection[string],
): StartedImport {
  return { ...started, mapping: { ...started.mapping, [column]: field } }
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(fetchWithinMs) })
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw new ImportError('broken', `The file cannot be fetched: status ${response.status}.`)
  }
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body) {
    size += part.length
    if (size > importLimits.fileBytes) {
      throw new ImportError('too_large', 'The file is larger than 10 MB; split it.')
    }
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
