import type { UsageGroup, UsageSum } from '../assistants/store/store.ts'
import { InvalidRequestError } from '../errors.ts'
import { toOneLine } from './one-line.ts'
import { toTable } from './table.ts'
import { CommandError, type Terminal } from './terminal.ts'
import type { UsageAxis, UsageOptions } from './usage-axes.ts'
import type { UsageReader } from './usage-reader.ts'

interface UsageCommandDeps {
  usage: UsageReader
  terminal: Terminal
  /** Milliseconds since the epoch. */
  now: () => number
}

const daySeconds = 86_400

const groupOf = {
  assistant: 'assistant_id',
  thread: 'thread_id',
  key: 'api_key_id',
  model: 'model',
} as const satisfies Record<Exclude<UsageAxis, 'day'>, UsageGroup>

type Sum = Pick<
  UsageSum,
  | 'requests'
  | 'prompt_tokens'
  | 'cached_tokens'
  | 'completion_tokens'
  | 'cost'
  | 'unpriced_requests'
>

/** Prints what models cost, in a line per day, assistant, thread, key or model. */
export async function runUsage(
  { days, by, project }: UsageOptions,
  { usage, terminal, now }: UsageCommandDeps,
): Promise<void> {
  const { t, print } = terminal
  const end = (Math.floor(now() / 1000 / daySeconds) + 1) * daySeconds
  const query = {
    start: end - days * daySeconds,
    end,
    bucketWidth: '1d' as const,
    groupBy: by === 'day' ? [] : [groupOf[by]],
    ...(project !== null && { only: { project_id: [project] } }),
  }
  const sums = await usage.sumUsage(query).catch((error: unknown) => {
    if (!(error instanceof InvalidRequestError)) throw error
    throw new CommandError(t('cli.usage.tooMany'), { cause: error })
  })
  if (sums.length === 0) return print(t('cli.usage.nothing'))

  const lines = new Map<string, Sum>()
  for (const sum of sums) {
    const name = by === 'day' ? toDay(sum.bucket) : (sum[groupOf[by]] ?? t('cli.usage.none'))
    const line = lines.get(name)
    lines.set(name, line ? add(line, sum) : sum)
  }
  const head = [
    t(`cli.usage.${by}`),
    t('cli.usage.requests'),
    t('cli.usage.input'),
    t('cli.usage.cached'),
    t('cli.usage.output'),
    t('cli.usage.cost'),
  ]
  const total = [...lines.values()].reduce(add)
  const rows = await Promise.all(
    inOrder([...lines], by).map(async ([name, sum]) => [
      by === 'assistant' ? await withName(name, usage) : toOneLine(name, 300),
      ...toCells(sum, terminal),
    ]),
  )
  print(toTable([head, ...rows, [t('cli.usage.total'), ...toCells(total, terminal)]]))
  const { unpriced_requests: count } = total
  if (count > 0) print(`\n${t('cli.usage.unpriced', { count })}`)
}

function toDay(bucket: number): string {
  return new Date(bucket * 1000).toISOString().slice(0, 10)
}

function add(one: Sum, other: Sum): Sum {
  return {
    requests: one.requests + other.requests,
    prompt_tokens: one.prompt_tokens + other.prompt_tokens,
    cached_tokens: one.cached_tokens + other.cached_tokens,
    completion_tokens: one.completion_tokens + other.completion_tokens,
    cost: one.cost === null && other.cost === null ? null : (one.cost ?? 0) + (other.cost ?? 0),
    unpriced_requests: one.unpriced_requests + other.unpriced_requests,
  }
}

/** Days as they passed; everything else by what it cost. */
function inOrder(lines: [string, Sum][], by: UsageAxis): [string, Sum][] {
  if (by === 'day') return lines
  return lines.toSorted(
    ([, one], [, other]) => (other.cost ?? 0) - (one.cost ?? 0) || tokensOf(other) - tokensOf(one),
  )
}

function tokensOf({ prompt_tokens, completion_tokens }: Sum): number {
  return prompt_tokens + completion_tokens
}

async function withName(id: string, { assistantName }: UsageReader): Promise<string> {
  const name = await assistantName(id)
  return name === null ? toOneLine(id, 300) : `${toOneLine(id, 300)} ${toOneLine(name, 32)}`
}

function toCells(sum: Sum, { t }: Terminal): string[] {
  const { requests, prompt_tokens, cached_tokens, completion_tokens } = sum
  const counts = [requests, prompt_tokens, cached_tokens, completion_tokens]
  return [...counts.map((count) => count.toLocaleString('en')), toCost(sum, t('cli.usage.unknown'))]
}

/** In dollars, as exact as such small amounts need; `+` where some of it is not known. */
function toCost({ cost, unpriced_requests: unpriced }: Sum, unknown: string): string {
  if (cost === null) return unknown
  const more = unpriced > 0 ? '+' : ''
  if (cost > 0 && cost < 0.000_001) return `<$0.000001${more}`
  const digits = cost < 1 ? 6 : 2
  const dollars = cost.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return `$${dollars}${more}`
}
