import type { Generated } from 'kysely'

import type { UsageKind } from './store.ts'

/**
 * The tables. `seq` is the order of everything; `body` is the object in its wire shape as JSON, less
 * the members that have a column of their own because a query asks for them, or because the user
 * may change them while the run engine changes the rest.
 */
export interface Database {
  assistants: { seq: Generated<number>; id: string; project: Generated<string>; body: string }
  threads: {
    seq: Generated<number>
    id: string
    /** Whose it is, and with it everything in the thread. */
    project: Generated<string>
    created_at: number
    metadata: string
    tool_resources: string
    /** 1: gone for everybody; its rows are being removed. */
    deleted: Generated<number>
    /** How many searches of files its runs have made: each has its own number in citations. */
    searches: Generated<number>
  }
  messages: {
    seq: Generated<number>
    id: string
    thread_id: string
    run_id: string | null
    role: string
    metadata: string
    body: string
  }
  /** The part of a run that changes while it lives, and so is written often. */
  runs: {
    seq: Generated<number>
    id: string
    thread_id: string
    /** 1: it holds its thread. Says the same as `status`, but changes only once. */
    active: number
    status: string
    expires_at: number | null
    /**
     * The execution that works on it; whoever lost the run to another may not write any more. While it
     * is queued, its job, if it has one.
     */
    held_by: string | null
    metadata: string
    /** As a `body`, of what changes. */
    state: string
  }
  /** The rest of a run, instructions and tools among it: written once, with the run. */
  run_settings: {
    seq: number
    body: string
    /** Id of the API key that asked for the run; null inside the process and without keys. */
    api_key: string | null
  }
  run_steps: {
    seq: Generated<number>
    id: string
    run_id: string
    usage: string | null
    /** JSON that the model driver wants back as long as the run goes on. Never on the wire. */
    turn_state: string | null
    body: string
  }
  /**
   * Assistants, threads and messages that an import brought into a project. Stay when those go, so
   * that the next import does not bring them back.
   */
  imported_objects: { id: string; project: string }
  /** What each turn of a model cost. Stays when the thread goes. */
  usage_records: {
    seq: Generated<number>
    /** Unix seconds. */
    created_at: number
    kind: UsageKind
    project: string
    api_key: string | null
    model: string
    /** Null for a request that was passed through to the endpoint. */
    assistant_id: string | null
    thread_id: string | null
    run_id: string | null
    step_id: string | null
    /** Tokens; `cached_tokens` are among the prompt's, `reasoning_tokens` among the completion's. */
    prompt_tokens: number
    cached_tokens: number
    completion_tokens: number
    reasoning_tokens: number
    /** US dollars; null where nobody knows the model's price. */
    cost: number | null
  }
  /** What is in the blob store, or is about to be. One that no file has is deleted after a while. */
  blobs: {
    sha256: string
    bytes: number
    /** 1: being deleted; whoever brings the same bytes again waits until the row is gone. */
    deleting: Generated<number>
    /** When bytes were last brought, in Unix seconds. */
    touched_at: number
  }
  files: {
    seq: Generated<number>
    id: string
    /** Unix seconds, as all times here. */
    created_at: number
    project: string
    purpose: string
    filename: string
    bytes: number
    expires_at: number | null
    sha256: string
  }
  /** Assistants and threads whose `code_interpreter.file_ids` hold a file. */
  file_owners: {
    file_id: string
    owner_id: string
    /** 1: it came with a message, and makes room for what later ones bring. */
    attached: Generated<number>
  }
  vector_stores: {
    seq: Generated<number>
    id: string
    created_at: number
    project: string
    name: string | null
    description: string | null
    metadata: string
    expires_after_days: number | null
    last_active_at: number
    expires_at: number | null
    /** 1: its time was over; its files are detached. */
    expired: Generated<number>
  }
  /** A file in a vector store. While it is `in_progress`, it is work that one process claims. */
  vector_store_files: {
    seq: Generated<number>
    vector_store_id: string
    file_id: string
    created_at: number
    status: string
    /** JSON of the API's member. */
    last_error: string | null
    usage_bytes: Generated<number>
    /** JSON. */
    attributes: string
    max_chunk_size_tokens: number
    chunk_overlap_tokens: number
    claimed_by: string | null
    claimed_until: number | null
    /** How often the work on it began; a file that kills its process is not tried for ever. */
    tries: Generated<number>
  }
  vector_store_batches: {
    seq: Generated<number>
    id: string
    created_at: number
    vector_store_id: string
    cancelled: Generated<number>
  }
  vector_store_batch_files: { batch_id: string; file_id: string }
  /**
   * What the search index must forget; written where a file leaves a store. While it is here, the same
   * file is not indexed again.
   */
  index_removals: {
    seq: Generated<number>
    vector_store_id: string
    /** Null: the whole store. */
    file_id: string | null
    claimed_by: string | null
    claimed_until: number | null
  }
}
