import { align, formatNumber } from '../table.ts'

/** `baseline` is a bare route that writes one row, or the model endpoint asked directly. */
export const columns = ['baseline', 'sqlite', 'postgres'] as const
export type Column = (typeof columns)[number]
export type Values = Partial<Record<Column, number>>

/** One measured quantity. `id` is stable, for scripts that read the JSON. */
export interface RuntimeFigure {
  id: string
  title: string
  unit: string
  values: Values
}

export interface RuntimeAim {
  title: string
  value: number
  limit: number
  /** Whether the value must not exceed the limit, or must reach it. */
  bound: 'most' | 'least'
  met: boolean
}

interface Rule {
  title: string
  limit: number
  bound: RuntimeAim['bound']
  /** Undefined where it was not measured. */
  value: (values: (id: string) => Values) => number | undefined
}

const rules: Rule[] = [
  {
    title: 'runs/s on SQLite ≥ 300',
    limit: 300,
    bound: 'least',
    value: (of) => slower(of('poll_runs_per_s').sqlite, of('stream_runs_per_s').sqlite),
  },
  {
    title: 'runs/s on Postgres ≥ 150',
    limit: 150,
    bound: 'least',
    value: (of) => slower(of('poll_runs_per_s').postgres, of('stream_runs_per_s').postgres),
  },
  {
    title: 'search p50 on SQLite ≤ 20 ms',
    limit: 20,
    bound: 'most',
    value: (of) => of('search_p50_ms').sqlite,
  },
  {
    title: 'writing to the index on SQLite ≥ 2 MB/s',
    limit: 2,
    bound: 'least',
    value: (of) => of('index_mb_per_s').sqlite,
  },
  {
    title: 'Python in a new thread ≤ 300 ms',
    limit: 300,
    bound: 'most',
    value: (of) => of('python_new_ms').sqlite,
  },
  {
    title: 'Python in a warm thread ≤ 20 ms',
    limit: 20,
    bound: 'most',
    value: (of) => of('python_warm_ms').sqlite,
  },
  ...(['sqlite', 'postgres'] as const).flatMap((column): Rule[] => [
    {
      title: `run overhead p50 ≤ 5 ms, ${column}`,
      limit: 5,
      bound: 'most',
      value: (of) => minus(of('stream_p50_ms')[column], of('stream_p50_ms').baseline),
    },
    {
      title: `list at 100 000 messages ≤ 1.2 × at 10, ${column}`,
      limit: 1.2,
      bound: 'most',
      value: (of) => ratio(of('list_100000_p50_ms')[column], of('list_10_p50_ms')[column]),
    },
    {
      title: `run start at 100 000 messages ≤ 1.2 × at 10, ${column}`,
      limit: 1.2,
      bound: 'most',
      value: (of) => ratio(of('start_100000_p50_ms')[column], of('start_10_p50_ms')[column]),
    },
    {
      title: `memory per open stream ≤ 60 kB, ${column}`,
      limit: 60,
      bound: 'most',
      value: (of) => of('stream_memory_kb')[column],
    },
  ]),
]

/** Sets the figures against the aims; an aim whose figures were not measured is left out. */
export function judgeRuntime(figures: readonly RuntimeFigure[]): RuntimeAim[] {
  const valuesOf = (id: string) => figures.find((figure) => figure.id === id)?.values ?? {}
  return rules.flatMap(({ title, limit, bound, value: read }) => {
    const value = read(valuesOf)
    if (value === undefined) return []
    const met = bound === 'most' ? value <= limit : value >= limit
    return [{ title, value, limit, bound, met }]
  })
}

/** The figures and the aims as lines of text, columns aligned. */
export function toRuntimeTable(
  figures: readonly RuntimeFigure[],
  aims: readonly RuntimeAim[],
): string {
  const head = ['', ...columns, 'sqlite / baseline', 'postgres / baseline']
  const rows = figures.map(({ title, unit, values }) => [
    unit === '' ? title : `${title}, ${unit}`,
    ...columns.map((column) => formatNumber(values[column])),
    times(ratio(values.sqlite, values.baseline)),
    times(ratio(values.postgres, values.baseline)),
  ])
  const verdicts = aims.map(({ title, value, met }) => [
    met ? 'met' : 'MISSED',
    title,
    formatNumber(value),
  ])
  return [...align([head, ...rows]), '', ...align(verdicts, 2)].join('\n')
}

/** The aim names no way of waiting for a run, so the slower one counts. */
function slower(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b)
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b
}

function times(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)} ×`
}
