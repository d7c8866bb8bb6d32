import { APIError, NotFoundError, toFile } from 'openai'
import type OpenAI from 'openai'
import { z } from 'zod'

import type { Logger } from '../../log.ts'
import type { AttachedFile } from '../attachments.ts'
import { type Clock, wait } from '../clock.ts'
import { isSearchable } from '../file-kinds.ts'
import { cleanFileName } from '../file-names.ts'
import { createKeyedMutex } from '../mutex.ts'
import type { UnreadReason } from '../unread-files.ts'
import {
  type ClassFile,
  type ClassFileAttributes,
  replacedOnes,
  toClassFile,
} from './class-file.ts'
import type { ClassStore, ClassStores } from './class-stores.ts'
import { DownloadError, downloadFile } from './download-file.ts'
import { classFileLimits } from './limits.ts'

export type RefusedReason = 'unsupported' | 'too_large' | 'not_fetched' | 'not_kept' | 'full'

/** What has become of one file that is being added. */
export type Progress = { name: string } & (
  | { state: 'waiting' | 'fetching' | 'reading' }
  /** `replaced`: an older one of the same name is gone. */
  | { state: 'ready'; replaced: boolean }
  | { state: 'refused'; reason: RefusedReason }
  | { state: 'failed'; reason: UnreadReason }
)

export interface Addition {
  guildId: string
  guildName: string
  uploads: readonly AttachedFile[]
  title: string | null
  userId: string
  /** Told whenever something has changed. */
  onProgress: (files: readonly Progress[]) => void
}

/** A passage that a search has found. */
export interface FoundPassage {
  fileName: string
  page: number | null
  heading: string | null
  text: string
}

/** The files of the guilds' classes. */
export interface ClassFiles {
  /** False where the assistant is somebody else's: it would not look for them. */
  isAvailable: boolean
  /** The newest first. */
  list(guildId: string): Promise<ClassFile[]>
  /** Resolves when each is ready, failed or refused; or, still reading, when the bot is closed. */
  add(addition: Addition): Promise<readonly Progress[]>
  /** Null: there was no such file. */
  remove(guildId: string, fileId: string): Promise<ClassFile | null>
  /** The best passages first; none where there are no files. */
  search(guildId: string, query: string): Promise<FoundPassage[]>
  /** Goes on with what a process that has ended left behind. */
  resume(): Promise<void>
  guilds(): Promise<string[]>
  /** Deletes everything of a guild. */
  forget(guildId: string): Promise<void>
  close(): Promise<void>
}

export interface ClassFilesDeps {
  openai: OpenAI
  stores: ClassStores
  /** The assistants of the guilds. */
  assistant: { id(guildId: string): Promise<string>; forget(guildId: string): Promise<void> }
  ownsAssistant: boolean
  clock: Clock
  log: Logger
}

const pageSize = 100
/** More than a guild can have, since those that are replaced count as well. */
const mostListed = 500
const fetchWithinMs = 60_000
const firstPollMs = 200
const lastPollMs = 3_000
const mostPassages = 5

/** A guild's files are those of its vector store: what is known of each is kept there. */
export function createClassFiles(deps: ClassFilesDeps): ClassFiles {
  const { openai, stores, assistant, ownsAssistant, clock } = deps
  const { files: storeFiles } = openai.vectorStores
  const log = deps.log.child({ module: 'class-files' })
  const mutex = createKeyedMutex()
  const closing = new AbortController()
  const { signal } = closing
  const running = new Set<Promise<unknown>>()
  /** How often files are being put into the store of a guild just now. */
  const filling = new Map<string, number>()

  /** Is awaited when the bot is closed. */
  async function tracked<Result>(work: Promise<Result>): Promise<Result> {
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
    }
  }

  async function list(guildId: string): Promise<ClassFile[]> {
    const store = await stores.find(guildId)
    return store === null ? [] : await listStore(store)
  }

  async function listStore({ id }: ClassStore): Promise<ClassFile[]> {
    const found: ClassFile[] = []
    try {
      for await (const file of storeFiles.list(id, { limit: pageSize })) {
        found.push(toClassFile(file))
        if (found.length === mostListed) break
      }
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
    }
    return found
  }

  async function add(addition: Addition): Promise<readonly Progress[]> {
    const { guildId, guildName, uploads, onProgress } = addition
    const store = await stores.ensure(guildId, guildName)
    const progress = uploads.map(({ name }): Progress => ({
      name: cleanFileName(name),
      state: 'waiting',
    }))
    const tell = (index: number, change: Progress): void => {
      progress[index] = change
      onProgress([...progress])
    }
    const reading = new Map<string, number>()
    await whileFilling(guildId, async () => {
      for (const [index, upload] of uploads.entries()) {
        const name = cleanFileName(upload.name)
        tell(index, { name, state: 'fetching' })
        // One at a time, for all guilds: each is in memory as a whole.
        const taken = await mutex.run('upload', () => take(store, { ...addition, upload, name }))
        if ('id' in taken) reading.set(taken.id, index)
        tell(index, 'id' in taken ? { name, state: 'reading' } : { name, ...taken })
      }
    })
    // The first question need not wait for it, and makes it if this fails.
    await assistant.id(guildId).catch((err: unknown) => {
      log.warn({ err, guildId }, 'the assistant of a guild is not ready')
    })
    await follow(guildId, {
      fileIds: reading.keys(),
      onEnd(id, end) {
        const index = reading.get(id)
        const name = index === undefined ? undefined : progress[index]?.name
        if (index !== undefined && name !== undefined) tell(index, { name, ...end })
      },
    })
    return progress
  }

  async function whileFilling(guildId: string, fill: () => Promise<void>): Promise<void> {
    const countBy = (change: number): void => {
      const count = (filling.get(guildId) ?? 0) + change
      if (count > 0) filling.set(guildId, count)
      else filling.delete(guildId)
    }
    countBy(1)
    try {
      await stores.mark(guildId, { hasFiles: true, isWorking: true })
      await fill()
    } finally {
      countBy(-1)
    }
  }

  interface Taking extends Addition {
    upload: AttachedFile
    /** Cleaned. */
    name: string
  }

  type Refusal = { state: 'refused'; reason: RefusedReason }

  /** Puts a file into the store, or says why not. */
  async function take(store: ClassStore, taking: Taking): Promise<{ id: string } | Refusal> {
    const refused = (reason: RefusedReason): Refusal => ({ state: 'refused', reason })
    const { upload, name, guildId } = taking
    const { bytes: maxBytes, files: most } = classFileLimits
    if (!isSearchable(name)) return refused('unsupported')
    if (upload.size > maxBytes) return refused('too_large')
    try {
      const others = (await listStore(store)).filter((file) => file.name !== name)
      if (others.length >= most) return refused('full')
      const content = await downloadFile(upload.url, {
        maxBytes,
        timeoutMs: fetchWithinMs,
        signal,
      })
      return { id: await put(store, { ...taking, content }) }
    } catch (err) {
      if (err instanceof DownloadError) return refused(err.reason)
      const isRefused = err instanceof APIError && err.code === 'unsupported_file'
      if (!isRefused) log.warn({ err, guildId }, 'a class file could not be kept')
      return refused(isRefused ? 'unsupported' : 'not_kept')
    }
  }

  /** A file that no store takes is deleted again. */
  async function put(store: ClassStore, given: Taking & { content: Blob }): Promise<string> {
    const { content, name, title, userId } = given
    const file = await toFile(content, name)
    const { id } = await openai.files.create({ file, purpose: 'assistants' }, { signal })
    const attributes: ClassFileAttributes = {
      name,
      bytes: content.size,
      added_by: userId,
      added_at: Math.floor(clock.now() / 1000),
      ...(title !== null && { title }),
    }
    try {
      await storeFiles.create(store.id, { file_id: id, attributes })
    } catch (error) {
      await unlessMissing(openai.files.delete(id)).catch((err: unknown) =>
        log.warn({ err, fileId: id }, 'a file that is not needed was not deleted'),
      )
      throw error
    }
    return id
  }

  type End = { state: 'ready'; replaced: boolean } | { state: 'failed'; reason: UnreadReason }

  interface Following {
    fileIds: Iterable<string>
    onEnd: (fileId: string, end: End) => void
  }

  /**
   * Waits until none of the files is being read any more. As soon as one is ready, older ones of its name
   * are deleted.
   */
  async function follow(guildId: string, { fileIds, onEnd }: Following): Promise<void> {
    const waiting = new Set(fileIds)
    for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 1.5, lastPollMs)) {
      const { files, replaced } = await tidy(guildId)
      const byId = new Map(files.map((file) => [file.id, file]))
      for (const id of waiting) {
        const file = byId.get(id)
        if (file?.status === 'reading') continue
        waiting.delete(id)
        onEnd(id, endOf(file, replaced))
      }
      if (waiting.size === 0 || signal.aborted) return
      await wait(clock, pollMs, signal)
    }
  }

  function endOf(file: ClassFile | undefined, replaced: readonly ClassFile[]): End {
    if (file?.status !== 'ready') return { state: 'failed', reason: file?.reason ?? 'unknown' }
    return { state: 'ready', replaced: replaced.some(({ name }) => name === file.name) }
  }

  /** Deletes what is replaced, and writes down whether there are files, and whether some are being read. */
  async function tidy(guildId: string) {
    const store = await stores.find(guildId)
    if (store === null) return { files: [], replaced: [] }
    const files = await listStore(store)
    const replaced = replacedOnes(files)
    for (const { id } of replaced) await drop(store, id)
    const isWorking = files.some(({ status }) => status === 'reading')
    // One that is being added may not be in the list yet.
    if (!isWorking && !filling.has(guildId)) {
      await stores.mark(guildId, { hasFiles: files.length > 0, isWorking })
    }
    return { files, replaced }
  }

  /** The file itself first, so that none is left behind that no store names. */
  async function drop(store: ClassStore, fileId: string): Promise<void> {
    await unlessMissing(openai.files.delete(fileId))
    await unlessMissing(storeFiles.delete(fileId, { vector_store_id: store.id }))
  }

  async function remove(guildId: string, fileId: string): Promise<ClassFile | null> {
    const store = await stores.find(guildId)
    if (store === null) return null
    const file = (await listStore(store)).find(({ id }) => id === fileId)
    if (!file) return null
    await drop(store, file.id)
    await tidy(guildId)
    return file
  }

  async function search(guildId: string, query: string): Promise<FoundPassage[]> {
    const store = await stores.find(guildId)
    if (store === null) return []
    try {
      const found = await openai.vectorStores.search(
        store.id,
        { query, max_num_results: mostPassages },
        { query: { 'include[]': 'location' } },
      )
      return found.data.flatMap(toPassage)
    } catch (error) {
      if (error instanceof NotFoundError) return []
      throw error
    }
  }

  async function resume(): Promise<void> {
    for (const guildId of await stores.working()) {
      if (signal.aborted) return
      const reading = (await list(guildId)).filter(({ status }) => status === 'reading')
      await follow(guildId, { fileIds: reading.map(({ id }) => id), onEnd: () => {} })
    }
  }

  async function forget(guildId: string): Promise<void> {
    const store = await stores.find(guildId)
    const files = store === null ? [] : await listStore(store)
    if (store !== null) for (const { id } of files) await drop(store, id)
    await assistant.forget(guildId)
    await stores.forget(guildId)
  }

  return {
    isAvailable: ownsAssistant,
    list,
    add: (addition) => tracked(add(addition)),
    remove,
    search,
    resume: () => tracked(resume()),
    guilds: () => stores.guilds(),
    forget,
    async close() {
      closing.abort()
      await Promise.allSettled(running)
    },
  }
}

/** What is missing already is as good as deleted. */
async function unlessMissing(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
  }
}

const passageSchema = z.object({
  filename: z.string(),
  content: z.array(z.object({ text: z.string() })),
  /** Not every server says where a passage stands. */
  page: z.number().nullish(),
  heading: z.string().nullish(),
})

function toPassage(result: unknown): FoundPassage[] {
  const { data } = passageSchema.safeParse(result)
  if (!data) return []
  const { filename, content, page = null, heading = null } = data
  return [{ fileName: filename, page, heading, text: content.map(({ text }) => text).join('\n') }]
}
