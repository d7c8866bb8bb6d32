import { sql, type Insertable, type Selectable } from 'kysely'

import type { TurnState } from '../../models/driver.ts'
import type { Database } from './schema.ts'
import {
  isActiveStatus,
  type Message,
  type Run,
  type RunStep,
  type StepRecord,
  type Thread,
  type TurnUsage,
} from './store.ts'

/**
 * True for a run that holds its thread. A literal, not a parameter, and always this text: only then
 * does a partial index on it serve a query. A column of its own, because setting `status` would
 * rewrite those indexes each time.
 */
export const isActive = sql<boolean>`active = 1`

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

type ThreadRow = Omit<Row<'threads'>, 'seq' | 'deleted' | 'project' | 'searches'>

export function fromThreadRow(row: ThreadRow): Thread {
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

export function toRunRow(run: Run): NewRow<'runs'> {
  return {
    id: run.id,
    thread_id: run.thread_id,
    active: 1,
    metadata: JSON.stringify(run.metadata),
    ...toRunStateRow(run),
  }
}

/** What a change of a run writes. */
export function toRunStateRow(run: Run): RunStateRow {
  const { status, expires_at, state } = splitRun(run)
  return {
    status,
    expires_at,
    state: JSON.stringify(state),
    ...(!isActiveStatus(status) && { active: 0 }),
  }
}

type RunStateRow = Pick<NewRow<'runs'>, 'status' | 'expires_at' | 'state'> & { active?: 0 }

export function toRunSettings(run: Run): string {
  return JSON.stringify(splitRun(run).settings)
}

type RunRow = Pick<Row<'runs'>, 'status' | 'expires_at' | 'state' | 'metadata'>

export function fromRunRow({ settings, ...row }: RunRow & { settings: string }): Run {
  const { status, expires_at } = row
  return {
    ...parse<SplitRun['settings']>(settings),
    ...parse<SplitRun['state']>(row.state),
    status: status as Run['status'],
    expires_at,
    metadata: parse(row.metadata),
  }
}

type SplitRun = ReturnType<typeof splitRun>

function splitRun(run: Run) {
  const { metadata, status, expires_at, ...body } = run
  const { required_action, last_error, incomplete_details, usage, ...rest } = body
  const { started_at, cancelled_at, failed_at, completed_at, ...settings } = rest
  const outcome = { required_action, last_error, incomplete_details, usage }
  const times = { started_at, cancelled_at, failed_at, completed_at }
  return { metadata, status, expires_at, state: { ...outcome, ...times }, settings }
}

export function toStepRow({ step, usage, state }: StepRecord): NewRow<'run_steps'> {
  return {
    id: step.id,
    run_id: step.run_id,
    usage: usage && JSON.stringify(usage),
    turn_state: state ? JSON.stringify(state) : null,
    body: JSON.stringify(step),
  }
}

export function fromStepRow(row: Pick<Row<'run_steps'>, 'body'>): RunStep {
  return parse(row.body)
}

type StepRecordRow = Pick<Row<'run_steps'>, 'body' | 'usage' | 'turn_state'>

export function fromStepRecordRow(row: StepRecordRow): StepRecord {
  return {
    step: fromStepRow(row),
    usage: row.usage === null ? null : parse<TurnUsage>(row.usage),
    ...(row.turn_state !== null && { state: parse<TurnState>(row.turn_state) }),
  }
}

/** The store reads only what it wrote itself. */
export function parse<T>(json: string): T {
  return JSON.parse(json) as T
}
