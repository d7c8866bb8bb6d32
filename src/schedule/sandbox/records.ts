/** What is remembered of those whose queries cost the others something. */
export interface Records {
  /** Whether the last query was slow, or the key is an offender. */
  isSlow(key: string): boolean
  /** Whether its queries cost more than quick ones have paid since. */
  isOffender(key: string): boolean
  /** A query was slow, and cost as much (`costs`). */
  charge(key: string, cost: number): void
  /** How many time limits an offender waits after it was stopped: 0 at first, then 2, 4 and 8. */
  restOf(key: string): number
  /** A query was quick. */
  pay(key: string): void
}

/** A quick query pays 1. */
export const costs = {
  slow: 0,
  /** Half the time limit. */
  halfOfTime: 2,
  /** The other half. */
  restOfTime: 2,
  /** The thread is replaced, since its memory grew. */
  thread: 2,
  /** The database is loaded again. */
  database: 1,
} as const

const costOfStop = costs.halfOfTime + costs.restOfTime
/** A query that is stopped may happen to anybody: one quick query makes up for it. */
const pardoned = costOfStop - 1
/** Thirteen quick queries make any key an ordinary one again. */
const maxDebt = 4 * costOfStop
/** More keys than that are slow at once only under attack; the longest known one is forgotten. */
const maxKeys = 1_000

export function createRecords(): Records {
  const records = new Map<string, { isSlow: boolean; debt: number }>()
  const debtOf = (key: string) => records.get(key)?.debt ?? 0

  return {
    isSlow: (key) => records.get(key)?.isSlow === true || debtOf(key) > pardoned,
    isOffender: (key) => debtOf(key) > pardoned,
    charge(key, cost) {
      const debt = Math.min(maxDebt, debtOf(key) + cost)
      records.delete(key)
      records.set(key, { isSlow: true, debt })
      const [oldest] = records.keys()
      if (records.size > maxKeys && oldest !== undefined) records.delete(oldest)
    },
    restOf(key) {
      const stops = Math.ceil(debtOf(key) / costOfStop)
      return stops < 2 ? 0 : 2 ** (stops - 1)
    },
    pay(key) {
      const debt = debtOf(key) - 1
      if (debt > 0) records.set(key, { isSlow: false, debt })
      else records.delete(key)
    },
  }
}
