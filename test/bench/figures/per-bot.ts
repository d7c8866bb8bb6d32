import type { Figure } from '../report.ts'
import type { Stage } from '../stage.ts'

/** One value for each bot, as a figure holds them. */
export function perBot(
  stages: readonly Stage[],
  value: (stage: Stage) => number,
): Figure['values'] {
  return Object.fromEntries(stages.map((stage) => [stage.name, value(stage)]))
}
