import type { Generated } from 'kysely'

/**
 * The tables. `seq` is the order of everything; `body` is the object in its wire shape as JSON, less
 * the members that have a column of their own because a query asks for them, or because the user
 * may change them while the run engine changes the rest.
 */
export interface Database {
  assistants: { seq: Generated<number>; id: string; body: string }
  threads: {
    seq: Generated<number>
    id: string
    created_at: number
    metadata: string
    tool_resources: string
    /** 1: gone for everybody; its rows are being removed. */
    deleted: Generated<number>
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
    metadata: string
    /** As a `body`, of what changes. */
    state: string
  }
  /** The rest of a run, instructions and tools among it: written once, with the run. */
  run_settings: { seq: number; body: string }
  run_steps: {
    seq: Generated<number>
    id: string
    run_id: string
    usage: string | null
    body: string
  }
}
