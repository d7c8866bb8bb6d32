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
  runs: {
    seq: Generated<number>
    id: string
    thread_id: string
    status: string
    expires_at: number | null
    metadata: string
    body: string
  }
  run_steps: {
    seq: Generated<number>
    id: string
    thread_id: string
    run_id: string
    usage: string | null
    body: string
  }
}
