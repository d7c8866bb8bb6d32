import { sql, type Insertable, type Kysely, type RawBuilder } from 'kysely'

import { InvalidRequestError } from '../../errors.ts'
import { fromStepRecordRow, parse } from './rows.ts'
import type { Database } from './schema.ts'
import {
  usageGroups,
  type Run,
  type Store,
  type TurnUsage,
  type UsageGroup,
  type UsageQuery,
  type UsageSum,
} from './store.ts'
import { insertWith, writtenHead, type Head } from './write-together.ts'

type UsageQueries = Pick<Store, 'recordUsage' | 'sumUsage'>

/** Sums per answer: far more than anybody looks at, far less than fills the memory. */
const maxSums = 10_000

const bucketSeconds: Record<UsageQuery['bucketWidth'], number> = {
  '1m': 60,
  '1h': 3600,
  '1d': 86_400,
}

const columns = {
  project_id: 'project',
  api_key_id: 'api_key',
  model: 'model',
  assistant_id: 'assistant_id',
  thread_id: 'thread_id',
} as const satisfies Record<UsageGroup, keyof Database['usage_records']>

export function createUsageQueries({ db }: { db: Kysely<Database> }): UsageQueries {
  return {
    async recordUsage({ createdAt, kind, project, apiKeyId, model, usage }) {
      await db
        .insertInto('usage_records')
        .values({
          created_at: createdAt,
          kind,
          project,
          api_key: apiKeyId,
          model,
          ...toTokens(usage),
        })
        .execute()
    },

    async sumUsage({ start, end, bucketWidth, groupBy, kind, only = {} }) {
      // Not every database takes an empty list.
      if (Object.values(only).some((values) => values.length === 0)) return []
      const width = sql.lit(bucketSeconds[bucketWidth])
      let query = db
        .selectFrom('usage_records')
        .select((eb) => [
          // Unix time has no leap seconds, so that its days begin with those of UTC.
          sql<number>`created_at - created_at % ${width}`.as('bucket'),
          eb.fn.countAll<number>().as('requests'),
          eb.fn.sum<number>('prompt_tokens').as('prompt_tokens'),
          eb.fn.sum<number>('cached_tokens').as('cached_tokens'),
          eb.fn.sum<number>('completion_tokens').as('completion_tokens'),
          eb.fn.sum<number>('reasoning_tokens').as('reasoning_tokens'),
          eb.fn.sum<number | null>('cost').as('cost'),
          eb.fn.count<number>('cost').as('priced_requests'),
        ])
        .where('created_at', '>=', start)
        .where('created_at', '<', end)
        .groupBy('bucket')
        .limit(maxSums + 1)
      if (kind) query = query.where('kind', '=', kind)
      for (const group of usageGroups) {
        const values = only[group]
        if (values) query = query.where(columns[group], 'in', [...values])
      }
      const groups = usageGroups.filter((group) => groupBy.includes(group))
      const rows = await query
        .groupBy(groups.map((group) => columns[group]))
        .select(groups.map((group) => columns[group]))
        .execute()
      if (rows.length > maxSums) throw tooMany()
      return rows.map((row) => toSum(row)).toSorted(inOrder)
    },
  }
}

type SumRow = Omit<UsageSum, UsageGroup | 'unpriced_requests'> & {
  priced_requests: number
} & Partial<Record<(typeof columns)[UsageGroup], string | null>>

/** In numbers, whatever the database counts and sums in. */
function toSum(row: SumRow): UsageSum {
  const requests = Number(row.requests)
  return {
    bucket: Number(row.bucket),
    project_id: row.project ?? null,
    api_key_id: row.api_key ?? null,
    model: row.model ?? null,
    assistant_id: row.assistant_id ?? null,
    thread_id: row.thread_id ?? null,
    requests,
    prompt_tokens: Number(row.prompt_tokens),
    cached_tokens: Number(row.cached_tokens),
    completion_tokens: Number(row.completion_tokens),
    reasoning_tokens: Number(row.reasoning_tokens),
    cost: row.cost === null ? null : withoutNoise(row.cost),
    unpriced_requests: requests - Number(row.priced_requests),
  }
}

/** Sums of binary fractions end in `…0000004`; nobody's price is that fine. */
function withoutNoise(dollars: number): number {
  return Number(dollars.toFixed(12))
}

/** By time, then by group, what has none first. Databases differ in how they order texts. */
function inOrder(one: UsageSum, other: UsageSum): number {
  if (one.bucket !== other.bucket) return one.bucket - other.bucket
  for (const group of usageGroups) {
    const [a, b] = [one[group] ?? '', other[group] ?? '']
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}

function tooMany(): InvalidRequestError {
  return new InvalidRequestError(
    `There are more than ${maxSums} results. Ask for a shorter time, wider buckets, or fewer groups.`,
  )
}

/** What turns of a run cost, to be recorded under the run's project and key. */
export interface RunUsage {
  run: Pick<Run, 'id' | 'thread_id' | 'assistant_id' | 'model'>
  turns: { stepId: string | null; usage: TurnUsage | null; createdAt: number }[]
}

/** Statements that record the usage, if there is any. */
export function insertRunUsage(head: Head, { run, turns }: RunUsage): RawBuilder<unknown>[] {
  const { id: run_id, thread_id, assistant_id, model } = run
  return turns.flatMap(({ stepId, usage, createdAt }) => {
    if (!usage || usage.prompt_tokens + usage.completion_tokens === 0) return []
    const row = {
      kind: 'completions',
      created_at: createdAt,
      project: sql`(select project from threads where id = ${thread_id})`,
      api_key: sql`(select api_key from run_settings where run_settings.seq = ${head.seq})`,
      run_id,
      thread_id,
      assistant_id,
      step_id: stepId,
      model,
      ...toTokens(usage),
    }
    return insertWith(head, 'usage_records', [row])
  })
}

/** What the step cost that a run leaves open for ever, because its thread is deleted. */
export async function insertOpenUsage(
  trx: Kysely<Database>,
  { id, seq, thread_id }: { id: string; seq: number; thread_id: string },
): Promise<void> {
  const row = await trx
    .selectFrom('run_steps')
    .innerJoin('runs', 'runs.id', 'run_steps.run_id')
    .innerJoin('run_settings', 'run_settings.seq', 'runs.seq')
    .select([
      'run_steps.body',
      'run_steps.usage',
      'run_steps.turn_state',
      'run_settings.body as settings',
    ])
    .where('run_steps.run_id', '=', id)
    .orderBy('run_steps.seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return
  const { step, usage } = fromStepRecordRow(row)
  if (step.status !== 'in_progress') return
  const { model, assistant_id } = parse<Run>(row.settings)
  const turns = [{ stepId: step.id, usage, createdAt: step.created_at }]
  const head = writtenHead(seq)
  const run = { id, thread_id, assistant_id, model }
  for (const statement of insertRunUsage(head, { run, turns })) await statement.execute(trx)
}

type Tokens = Pick<
  Insertable<Database['usage_records']>,
  'prompt_tokens' | 'cached_tokens' | 'completion_tokens' | 'reasoning_tokens' | 'cost'
>

function toTokens(usage: TurnUsage): Tokens {
  const { prompt_tokens, completion_tokens, cached_tokens = 0, reasoning_tokens = 0 } = usage
  const { cost = null } = usage
  return { prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, cost }
}
