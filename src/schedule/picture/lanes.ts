/** A stretch of a day, in minutes since midnight. */
export interface Span {
  from: number
  to: number
}

export type Placed<Item extends Span> = Item & {
  /** Which of the `lanes` beside each other it is in, from 0. */
  lane: number
  lanes: number
  /** Whether another one takes place at the same time. */
  conflict: boolean
}

/**
 * Puts spans that would cover each other into lanes side by side. Each one is drawn at least
 * `minMinutes` long, so short ones one after the other may need two lanes without a conflict.
 */
export function placeInLanes<Item extends Span>(
  items: readonly Item[],
  minMinutes: number,
): Placed<Item>[] {
  const sorted = items.toSorted((a, b) => a.from - b.from || b.to - a.to)
  const drawnEnd = ({ from, to }: Span) => Math.max(to, from + minMinutes)
  const placed: Placed<Item>[] = []
  let group: Placed<Item>[] = []
  let ends: number[] = []

  function closeGroup(): void {
    for (const each of group) {
      each.lanes = ends.length
      each.conflict = group.some(
        (other) => other !== each && other.from < each.to && each.from < other.to,
      )
    }
    placed.push(...group)
    group = []
    ends = []
  }

  for (const item of sorted) {
    if (ends.every((end) => end <= item.from)) closeGroup()
    const free = ends.findIndex((end) => end <= item.from)
    const lane = free === -1 ? ends.length : free
    ends[lane] = drawnEnd(item)
    group.push({ ...item, lane, lanes: 1, conflict: false })
  }
  closeGroup()
  return placed
}
