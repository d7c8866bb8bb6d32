import { align, formatNumber } from './table.ts'

/** One measured quantity. `id` is stable, for scripts that read the JSON. */
export interface Figure {
  id: string
  title: string
  unit: string
  /** Absent for a bot that has no such thing. */
  values: Partial<Record<BotName, number>>
}

export const botNames = ['echo', 'minimal', 'guagua'] as const
export type BotName = (typeof botNames)[number]

export interface Aim {
  title: string
  /** What was measured; the aim is met when it does not exceed `limit`. */
  value: number
  limit: number
  met: boolean
}

/** How an aim reads its value: Guagua's own, or set against the minimal bot's. */
type Measure = 'own' | 'ratio' | 'difference'

interface AimRule {
  title: string
  figure: string
  measure: Measure
  limit: number
}

const aimRules: AimRule[] = [
  { title: 'READY ≤ 2 × minimal', figure: 'ready_ms', measure: 'ratio', limit: 2 },
  { title: 'idle RSS ≤ 1.4 × minimal', figure: 'idle_rss_mb', measure: 'ratio', limit: 1.4 },
  { title: 'idle PSS ≤ 1.4 × minimal', figure: 'idle_pss_mb', measure: 'ratio', limit: 1.4 },
  {
    title: 'p50 ≤ minimal + 6 ms, no tool',
    figure: 'plain_final_p50_ms',
    measure: 'difference',
    limit: 6,
  },
  {
    title: 'p50 ≤ minimal + 6 ms, with a tool',
    figure: 'tool_final_p50_ms',
    measure: 'difference',
    limit: 6,
  },
  {
    title: 'CPU per turn ≤ 1.5 × minimal, no tool',
    figure: 'plain_cpu_ms',
    measure: 'ratio',
    limit: 1.5,
  },
  {
    title: 'CPU per turn ≤ 1.5 × minimal, with a tool',
    figure: 'tool_cpu_ms',
    measure: 'ratio',
    limit: 1.5,
  },
  {
    title: 'CPU per turn ≤ 1.5 × minimal, 200 channels',
    figure: 'lifted_cpu_ms',
    measure: 'ratio',
    limit: 1.5,
  },
  {
    title: 'Discord requests for a short answer ≤ 2',
    figure: 'plain_requests',
    measure: 'own',
    limit: 2,
  },
]

/** Sets Guagua's figures against the aims; an aim whose figures were not measured is left out. */
export function judge(figures: readonly Figure[]): Aim[] {
  const aims = aimRules.flatMap((rule) => {
    const figure = figures.find(({ id }) => id === rule.figure)
    const value = figure && measure(figure.values, rule.measure)
    return value === undefined ? [] : [toAim(rule.title, value, rule.limit)]
  })
  const lengths = figures.filter(({ id }) => /^thread_\d+_p50_ms$/.test(id))
  const [shortest, longest] = [lengths[0]?.values.guagua, lengths.at(-1)?.values.guagua]
  if (lengths.length > 1 && shortest !== undefined && longest !== undefined) {
    aims.push(toAim('longest thread ≤ 1.2 × shortest', longest / shortest, 1.2))
  }
  return aims
}

export function ratioToMinimal({ guagua, minimal }: Figure['values']): number | undefined {
  return guagua === undefined || minimal === undefined ? undefined : guagua / minimal
}

/** The figures and the aims as lines of text, columns aligned. */
export function toTable(figures: readonly Figure[], aims: readonly Aim[]): string {
  const head = ['', ...botNames, 'guagua / minimal']
  const rows = figures.map(({ title, unit, values }) => {
    const ratio = ratioToMinimal(values)
    return [
      unit === '' ? title : `${title}, ${unit}`,
      ...botNames.map((name) => formatNumber(values[name])),
      ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
    ]
  })
  const verdicts = aims.map(({ title, value, met }) => [
    met ? 'met' : 'MISSED',
    title,
    formatNumber(value),
  ])
  return [...align([head, ...rows]), '', ...align(verdicts, 2)].join('\n')
}

function measure(values: Figure['values'], how: Measure): number | undefined {
  const { guagua, minimal } = values
  if (guagua === undefined) return undefined
  switch (how) {
    case 'own':
      return guagua
    case 'ratio':
      return ratioToMinimal(values)
    case 'difference':
      return minimal === undefined ? undefined : guagua - minimal
    default:
      return how satisfies never
  }
}

function toAim(title: string, value: number, limit: number): Aim {
  return { title, value, limit, met: value <= limit }
}
