import { NotFoundError } from 'openai'
import type OpenAI from 'openai'

import type { FileTool } from './file-kinds.ts'

type Thread = OpenAI.Beta.Thread
type Message = OpenAI.Beta.Threads.RunCreateParams.AdditionalMessage

export interface NewMessages {
  threadId: string
  messages: readonly Message[]
}

/** What the API lets a thread have for Python. */
const maxCodeFiles = 20
/** Threads that are known to have no files; any other is asked once more. */
const maxRemembered = 10_000

export interface ThreadFiles {
  /**
   * Makes a thread ready for the files that new messages bring, and answers the tools that these and its
   * earlier files need. Of files for Python the oldest make room, and a vector store whose time is over
   * is parted from: otherwise a long conversation could take no more files, or no more questions.
   */
  prepare(brought: NewMessages, signal: AbortSignal): Promise<ReadonlySet<FileTool>>
  /** To be told of a thread that was made just now: it need not be asked for files. */
  isNew(threadId: string): void
}

/** Nobody but the bot gives its threads files, so one that has none need not be asked again. */
export function createThreadFiles({ openai }: { openai: OpenAI }): ThreadFiles {
  const { threads } = openai.beta
  const bare = new Set<string>()

  function remember(threadId: string): void {
    bare.add(threadId)
    const [oldest] = bare
    if (bare.size > maxRemembered && oldest !== undefined) bare.delete(oldest)
  }

  /** Null: it does not exist any more, as the run will notice. */
  async function findThread(threadId: string, signal: AbortSignal): Promise<Thread | null> {
    return orNull(threads.retrieve(threadId, { signal }))
  }

  async function isLive(storeId: string, signal: AbortSignal): Promise<boolean> {
    const store = await orNull(openai.vectorStores.retrieve(storeId, { signal }))
    return store !== null && store.status !== 'expired'
  }

  async function prepare(
    { threadId, messages }: NewMessages,
    signal: AbortSignal,
  ): Promise<ReadonlySet<FileTool>> {
    const brought = messages.flatMap(fileToolsOf)
    const needed = new Set(brought)
    if (needed.size === 0 && bare.has(threadId)) return needed
    bare.delete(threadId)
    const thread = await findThread(threadId, signal)
    const stores = thread?.tool_resources?.file_search?.vector_store_ids ?? []
    const codeFiles = thread?.tool_resources?.code_interpreter?.file_ids ?? []
    const hasNone = stores.length === 0 && codeFiles.length === 0
    if (thread !== null && hasNone && needed.size === 0) remember(threadId)
    const live: string[] = []
    for (const id of stores) if (await isLive(id, signal)) live.push(id)
    const places = maxCodeFiles - brought.filter((tool) => tool === 'code_interpreter').length
    const kept = codeFiles.slice(Math.max(0, codeFiles.length - places))
    if (live.length < stores.length || kept.length < codeFiles.length) {
      const tool_resources = {
        ...(kept.length > 0 && { code_interpreter: { file_ids: kept } }),
        ...(live.length > 0 && { file_search: { vector_store_ids: live } }),
      }
      await threads.update(threadId, { tool_resources }, { signal })
    }
    if (live.length > 0) needed.add('file_search')
    return needed
  }

  return { prepare, isNew: remember }
}

function fileToolsOf({ attachments }: Message): FileTool[] {
  return (attachments ?? []).flatMap(({ tools }) => (tools ?? []).map(({ type }) => type))
}

async function orNull<Result>(asked: PromiseLike<Result>): Promise<Result | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof NotFoundError) return null
    throw error
  }
}
