import type OpenAI from 'openai'
import pLimit from 'p-limit'

import type { Logger } from '../log.ts'
import { orAborted } from './aborted.ts'
import { DownloadError, downloadFile } from './class-files/download-file.ts'
import type { Clock } from './clock.ts'
import { toolsForFile, type FileTool } from './file-kinds.ts'
import { cleanFileName } from './file-names.ts'
import { unreadReasonOf, type UnreadReason } from './unread-files.ts'

/** A file that came with a question, as the gateway described it. */
export interface AttachedFile {
  name: string
  url: string
  /** Bytes, as Discord counted them. */
  size: number
}

/** One that the runtime has now. */
export interface UploadedFile {
  id: string
  /** As it is shown and said: one line, no path. */
  name: string
  tools: readonly FileTool[]
}

export type LeftOutReason = 'unsupported' | 'too_large' | 'too_many' | 'not_fetched' | 'not_kept'

export interface LeftOutFile {
  name: string
  reason: LeftOutReason
}

/** What became of the files of one message. */
export interface BroughtFiles {
  uploaded: UploadedFile[]
  leftOut: LeftOutFile[]
}

export interface UnreadFile {
  name: string
  reason: UnreadReason | 'still_reading'
}

export interface Attachments {
  /**
   * Fetches the files of some messages and uploads them, in order, so that each message has its own.
   * What cannot be had is left out, with its reason; rejects only with the signal's reason.
   */
  bring(
    messages: readonly (readonly AttachedFile[])[],
    options: BringOptions,
  ): Promise<BroughtFiles[]>
  /** Those of the thread's files that cannot be searched after all. None where nobody can say. */
  unread(threadId: string, files: readonly UploadedFile[]): Promise<UnreadFile[]>
}

export interface BringOptions {
  signal: AbortSignal
  /** Called with the name of each file that is being read. */
  onFile: (name: string) => void
}

export interface AttachmentsDeps {
  openai: OpenAI
  clock: Clock
  log: Logger
}

const megabyte = 1024 * 1024

export const attachmentLimits = {
  megabytes: 25,
  perMessage: 10,
  /** Of all the messages of a turn; Python takes no more of a whole conversation. */
  perTurn: 20,
} as const

const maxBytes = attachmentLimits.megabytes * megabyte
const fetchWithinMs = 60_000
const uploadWithinMs = 60_000
const askWithinMs = 5_000
/** Files that are held in memory at once, of all conversations. */
const atOnce = 4
/** So that nothing stays for ever; as long as the API allows. */
const keptSeconds = 30 * 24 * 3_600

export function createAttachments({ openai, clock, log }: AttachmentsDeps): Attachments {
  const limit = pLimit(atOnce)

  async function bringOne(
    { name: given, url, size }: AttachedFile,
    { signal, onFile }: BringOptions,
  ): Promise<UploadedFile | LeftOutFile> {
    const name = cleanFileName(given)
    const tools = toolsForFile(name)
    if (tools.length === 0) return { name, reason: 'unsupported' }
    if (size > maxBytes) return { name, reason: 'too_large' }
    onFile(name)
    const bytes = await fetchFile(url, signal)
    if (typeof bytes === 'string') return { name, reason: bytes }
    const id = await upload(name, bytes, signal)
    return id === null ? { name, reason: 'not_kept' } : { id, name, tools }
  }

  async function fetchFile(
    url: string,
    stopped: AbortSignal,
  ): Promise<Blob | 'too_large' | 'not_fetched'> {
    const late = new AbortController()
    const cancelTimeLimit = clock.after(fetchWithinMs, () => late.abort(new Error('too slow')))
    const signal = AbortSignal.any([stopped, late.signal])
    try {
      return await downloadFile(url, { maxBytes, signal })
    } catch (err) {
      stopped.throwIfAborted()
      log.warn({ err }, 'an attachment could not be fetched')
      return err instanceof DownloadError ? err.reason : 'not_fetched'
    } finally {
      cancelTimeLimit()
    }
  }

  async function upload(name: string, bytes: Blob, signal: AbortSignal): Promise<string | null> {
    try {
      const { id } = await openai.files.create(
        {
          file: new File([bytes], name),
          purpose: 'assistants',
          expires_after: { anchor: 'created_at', seconds: keptSeconds },
        },
        { signal, timeout: uploadWithinMs, maxRetries: 1 },
      )
      return id
    } catch (err) {
      signal.throwIfAborted()
      log.warn({ err }, 'an attachment could not be uploaded')
      return null
    }
  }

  async function bringAll(
    messages: readonly (readonly AttachedFile[])[],
    brought: BroughtFiles[],
    options: BringOptions,
  ): Promise<void> {
    let places: number = attachmentLimits.perTurn
    for (const [index, files] of messages.entries()) {
      const { uploaded, leftOut } = brought[index] ?? { uploaded: [], leftOut: [] }
      for (const [position, file] of files.entries()) {
        if (position >= attachmentLimits.perMessage || places === 0) {
          leftOut.push({ name: cleanFileName(file.name), reason: 'too_many' })
          continue
        }
        const one = await limit(() => {
          options.signal.throwIfAborted()
          return bringOne(file, options)
        })
        if ('reason' in one) leftOut.push(one)
        else {
          uploaded.push(one)
          places -= 1
        }
      }
    }
  }

  /** Nobody will ask for them any more. */
  async function forget(files: readonly UploadedFile[]): Promise<void> {
    for (const { id } of files) {
      await openai.files
        .delete(id, { timeout: askWithinMs, maxRetries: 0 })
        .catch((err: unknown) => log.debug({ err }, 'an attachment was not deleted'))
    }
  }

  async function statusOf(file: UploadedFile, storeId: string): Promise<UnreadFile[]> {
    const { id, name } = file
    const options = { timeout: askWithinMs, maxRetries: 0 }
    const found = await openai.vectorStores.files.retrieve(
      id,
      { vector_store_id: storeId },
      options,
    )
    if (found.status === 'failed') return [{ name, reason: unreadReasonOf(found.last_error) }]
    return found.status === 'in_progress' ? [{ name, reason: 'still_reading' }] : []
  }

  return {
    async bring(messages, options) {
      const brought = messages.map((): BroughtFiles => ({ uploaded: [], leftOut: [] }))
      try {
        await orAborted(bringAll(messages, brought, options), options.signal)
        return brought
      } catch (error) {
        void forget(brought.flatMap(({ uploaded }) => uploaded))
        throw error
      }
    },

    async unread(threadId, files) {
      const searched = files.filter(({ tools }) => tools.includes('file_search'))
      if (searched.length === 0) return []
      try {
        const options = { timeout: askWithinMs, maxRetries: 0 }
        const thread = await openai.beta.threads.retrieve(threadId, options)
        const [storeId] = thread.tool_resources?.file_search?.vector_store_ids ?? []
        if (storeId === undefined) return []
        return (await Promise.all(searched.map((file) => statusOf(file, storeId)))).flat()
      } catch (err) {
        log.warn({ err, threadId }, 'could not learn whether attachments can be searched')
        return []
      }
    },
  }
}
