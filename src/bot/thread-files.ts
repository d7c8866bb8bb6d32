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

/**
 * Makes a thread ready for the files that new messages bring, and answers the tools that these and its
 * earlier files need. Of files for Python the oldest make room, and a vector store whose time is over is
 * parted from: otherwise a long conversation could take no more files, or no more questions.
 */
export function createThreadFiles({ openai }: { openai: OpenAI }) {
  const { threads } = openai.beta

  /** Null: it does not exist any more, as the run will notice. */
  async function findThread(threadId: string, signal: AbortSignal): Promise<Thread | null> {
    return orNull(threads.retrieve(threadId, { signal }))
  }

  async function isLive(storeId: string, signal: AbortSignal): Promise<boolean> {
    const store = await orNull(openai.vectorStores.retrieve(storeId, { signal }))
    return store !== null && store.status !== 'expired'
  }

  return async function prepare(
    { threadId, messages }: NewMessages,
    signal: AbortSignal,
  ): Promise<ReadonlySet<FileTool>> {
    const brought = messages.flatMap(fileToolsOf)
    const needed = new Set(brought)
    const thread = await findThread(threadId, signal)
    const stores = thread?.tool_resources?.file_search?.vector_store_ids ?? []
    const codeFiles = thread?.tool_resources?.code_interpreter?.file_ids ?? []
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
