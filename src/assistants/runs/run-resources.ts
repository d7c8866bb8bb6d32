import type { Run, Store } from '../store/store.ts'

/** What the tools of a run may use. */
export interface RunResources {
  /** For Python: the assistant's and the thread's, as they are now. */
  fileIds: string[]
  /** To be searched: the assistant's of when the run was made, and the thread's of now. */
  storeIds: string[]
  threadStoreIds: string[]
}

/** Reference 3.4. Without the thread there is nothing. */
export async function readResources(
  run: Run,
  store: Pick<Store, 'getThread' | 'getAssistant'>,
): Promise<RunResources> {
  const [thread, assistant] = await Promise.all([
    store.getThread(run.thread_id),
    store.getAssistant(run.assistant_id),
  ])
  if (!thread) return { fileIds: [], storeIds: [], threadStoreIds: [] }
  const threadStoreIds = thread.tool_resources?.file_search?.vector_store_ids ?? []
  const frozen = run.tool_resources?.file_search?.vector_store_ids ?? []
  const fileIds = [thread, assistant].flatMap(
    (owner) => owner?.tool_resources?.code_interpreter?.file_ids ?? [],
  )
  return {
    fileIds: [...new Set(fileIds)],
    storeIds: [...new Set([...frozen, ...threadStoreIds])],
    threadStoreIds,
  }
}
