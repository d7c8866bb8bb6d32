import { sql, type Insertable, type Selectable } from 'kysely'

import type { ModelUsage } from '../../models/driver.ts'
import type { Database } from './schema.ts'
import {
  activeStatuses,
  type Message,
  type Run,
  type RunStep,
  type StepRecord,
  type Thread,
} from './store.ts'

/**
 * True for a run that holds its thread. Literals, not parameters, and always this text: only then
 * does a partial index on it serve a query.
 */
export const isActive = sql<boolean>`status in (${sql.join(
  activeStatuses.map((status) => sql.lit(status)),
)})`

type Row<Table extends keyof Database> = Selectable<Database[Table]>
type NewRow<Table extends keyof Database> = Insertable<Database[Table]>

export function toThreadRow(thread: Thread): NewRow<'threads'> {
  return {
    id: thread.id,
    created_at: thread.created_at,
    metadata: JSON.stringify(thread.metadata),
    tool_resources: JSON.stringify(thread.tool_resources),
  }
}

export function fromThreadRow(row: Omit<Row<'threads'>, 'seq' | 'deleted'>): Thread {
  return {
    id: row.id,
    object: 'thread',
    created_at: row.created_at,
    metadata: parse(row.metadata),
    tool_resources: parse(row.tool_resources),
  }
}

export function toMessageRow({ metadata, ...body }: Message): NewRow<'messages'> {
  return {
    id: body.id,
    thread_id: body.thread_id,
    run_id: body.run_id,
    role: body.role,
    metadata: JSON.stringify(metadata),
    body: JSON.stringify(body),
  }
}

export function fromMessageRow(row: Pick<Row<'messages'>, 'body' | 'metadata'>): Message {
  return { ...parse<Omit<Message, 'metadata'>>(row.body), metadata: parse(row.metadata) }
}

export function toRunRow({ metadata, ...body }: Run): NewRow<'runs'> {
  return {
    id: body.id,
    thread_id: body.thread_id,
    status: body.status,
    expires_at: body.expires_at,
    metadata: JSON.stringify(metadata),
    body: JSON.stringify(body),
  }
}

export function fromRunRow(row: Pick<Row<'runs'>, 'body' | 'metadata'>): Run {
  return { ...parse<Omit<Run, 'metadata'>>(row.body), metadata: parse(row.metadata) }
}

export function toStepRow({ step, usage }: StepRecord): NewRow<'run_steps'> {
  return {
    id: step.id,
    thread_id: step.thread_id,
    run_id: step.run_id,
    usage: usage && JSON.stringify(usage),
    body: JSON.stringify(step),
  }
}

export function fromStepRow(row: Pick<Row<'run_steps'>, 'body'>): RunStep {
  return parse(row.body)
}

export function fromStepRecordRow(row: Pick<Row<'run_steps'>, 'body' | 'usage'>): StepRecord {
  return {
    step: fromStepRow(row),
    usage: row.usage === null ? null : parse<ModelUsage>(row.usage),
  }
}

/** The store reads only what it wrote itself. */
export function parse<T>(json: string): T {
  return JSON.parse(json) as T
}
