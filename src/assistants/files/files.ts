import { setTimeout as sleep } from 'node:timers/promises'

import { AppError } from '../../errors.ts'
import type { Every } from '../../every.ts'
import type { NewId } from '../../ids.ts'
import type { Logger } from '../../log.ts'
import type { FileListQuery, StoredFile } from '../store/files.ts'
import type { Store } from '../store/store.ts'
import type { Page } from '../wire/page.ts'
import type { Blob, Blobs } from './blobs.ts'
import type { FileObject, Files, FileService, NewFile } from './file-service.ts'

/** What is said of a file beside its content. */
export type FileFacts = Omit<NewFile, 'content'>

export interface ProjectFiles extends FileService {
  /** As `create`, where the facts are known only after the content, or the file turns out unwanted. */
  receive(
    content: AsyncIterable<Uint8Array>,
    facts: () => Promise<FileFacts>,
    options: { signal?: AbortSignal },
  ): Promise<FileObject>
  find(id: string): Promise<StoredFile | undefined>
  /** Throws `InvalidRequestError` for an unknown cursor. */
  list(query: FileListQuery): Promise<Page<FileObject>>
  delete(id: string): Promise<boolean>
}

/** The files of every project, and what becomes of them by themselves. */
export interface FileStock extends Files {
  project(id: string): ProjectFiles
  /** Begins to remove what is expired and what nobody needs; the store must be ready. */
  start(): void
  /** What is done now and then: the first deletes expired files, the second what no file needs. */
  expire(): Promise<void>
  sweep(): Promise<void>
  close(): Promise<void>
}

export interface FilesDeps {
  store: Pick<Store, 'files' | 'expireFiles' | 'touchBlob' | 'markUnusedBlobs' | 'deleteBlob'>
  /** Closed by nobody: they hold nothing. */
  blobs: Blobs
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  every: Every
  /** Default: real time. */
  wait?: (ms: number) => Promise<unknown>
  /** Default 512 MB. */
  maxBytes?: number
  log: Logger
}

const expireMs = 60_000
const sweepMs = 60 * 60_000
/** In seconds: longer than bytes take to their place, after which a file has them. */
const unusedFor = 60 * 60
/** For bytes that are being deleted while they come again: 20 s. */
const claims = { tries: 100, pauseMs: 200 }

export function createFiles({
  store,
  blobs,
  newId,
  now,
  every,
  wait = sleep,
  maxBytes = 512 * 1024 * 1024,
  log: parentLog,
}: FilesDeps): FileStock {
  const log = parentLog.child({ module: 'files' })
  const seconds = () => Math.floor(now() / 1000)
  /** Of blobs, by digest; whoever wants one gone joins. */
  const deletions = new Map<string, Promise<void>>()

  function deleteBlob(sha256: string): Promise<void> {
    const going = deletions.get(sha256)
    if (going) return going
    const deletion = store
      .deleteBlob(sha256, () => blobs.delete(sha256))
      .finally(() => deletions.delete(sha256))
    deletions.set(sha256, deletion)
    return deletion
  }

  /** Keeps the blob from being deleted before a file has it. */
  async function claim(blob: Blob): Promise<void> {
    for (let tried = 0; tried < claims.tries; tried += 1) {
      if (await store.touchBlob(blob, seconds())) return
      // Whoever began with it may have been killed.
      await deleteBlob(blob.sha256)
      if (await store.touchBlob(blob, seconds())) return
      await wait(claims.pauseMs)
    }
    throw beingDeleted()
  }

  function projectFiles(project: string): ProjectFiles {
    const stored = store.files(project)

    const receive: ProjectFiles['receive'] = async (content, facts, { signal }) => {
      const known = Promise.withResolvers<FileFacts>()
      const { sha256, bytes } = await blobs.write(content, {
        maxBytes,
        ...(signal && { signal }),
        async commit(blob) {
          known.resolve(await facts())
          await claim(blob)
        },
      })
      const { filename, purpose, expiresAfterSeconds: lifetime } = await known.promise
      const created_at = seconds()
      const file: FileObject = {
        id: newId('file-'),
        object: 'file',
        bytes,
        created_at,
        // Null for "none", against the types of the SDK.
        expires_at: lifetime === undefined ? (null as unknown as number) : created_at + lifetime,
        filename,
        purpose,
        status: 'processed',
        status_details: null as unknown as string,
      }
      if (!(await stored.insertFile({ file, sha256 }))) throw beingDeleted()
      return file
    }

    const find = (id: string) => stored.getFile(id, seconds())

    return {
      receive,
      find,
      create: ({ content, ...facts }, options) =>
        receive(content, () => Promise.resolve(facts), options),
      async get(id) {
        return (await find(id))?.file
      },
      async read(id, range) {
        const found = await find(id)
        return found && blobs.read(found.sha256, range)
      },
      list: (query) => stored.listFiles(query, seconds()),
      delete: (id) => stored.deleteFile(id, seconds()),
    }
  }

  let closed = false

  async function expire(): Promise<void> {
    while (!closed && (await store.expireFiles(seconds())) > 0);
  }

  async function sweep(): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined && !closed;) {
      const { unused, next }: { unused: string[]; next: string | undefined } =
        await store.markUnusedBlobs({ after, touchedBefore: seconds() - unusedFor })
      for (const sha256 of unused) await deleteBlob(sha256)
      after = next
    }
    await blobs.sweep()
  }

  const background = new Map<() => Promise<void>, Promise<void>>()
  /** Unless it is still at it. */
  function inBackground(task: () => Promise<void>): void {
    if (background.has(task)) return
    const done = task()
      .catch((err: unknown) => log.error({ err }, 'files that are over could not be removed'))
      .finally(() => background.delete(task))
    background.set(task, done)
  }

  // As many as the operator's keys name.
  const projects = new Map<string, ProjectFiles>()
  const stops: (() => void)[] = []

  return {
    project(id) {
      const files = projects.get(id) ?? projectFiles(id)
      projects.set(id, files)
      return files
    },
    start() {
      for (const task of [expire, sweep]) inBackground(task)
      stops.push(every(expireMs, () => inBackground(expire)))
      stops.push(every(sweepMs, () => inBackground(sweep)))
    },
    expire,
    sweep,
    async close() {
      closed = true
      for (const stop of stops) stop()
      await Promise.all(background.values())
    },
  }
}

function beingDeleted(): AppError {
  return new AppError('unavailable', 'The same content is just being deleted. Please try again.')
}
