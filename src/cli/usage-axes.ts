export const usageAxes = ['day', 'assistant', 'thread', 'key', 'model'] as const
export type UsageAxis = (typeof usageAxes)[number]

export interface UsageOptions {
  /** Today, which is not over, is one of them. */
  days: number
  by: UsageAxis
  project: string | null
}
