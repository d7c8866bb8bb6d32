export interface LanesDeps<Item> {
  /** Works on one batch. A rejection is reported and the lane goes on. */
  work(key: string, batch: Item[]): Promise<void>
  /** How many items, from the first, are taken together as the next batch; at least 1. */
  batchSize(waiting: readonly Item[]): number
  onError(error: unknown, key: string): void
  /** Batches worked on at once, over all lanes. */
  maxActive: number
  /** Items that may wait in one lane. */
  maxWaitingPerLane: number
  /** Items that may wait in all lanes together. */
  maxWaiting: number
}

/**
 * One lane per conversation: a lane works on one batch at a time, and what arrives meanwhile waits
 * and is taken together afterwards. Lanes take turns at the global bound, first come first served.
 */
export interface Lanes<Item> {
  /** False when the bounds are reached and the item was not taken. */
  push(key: string, item: Item): boolean
  /** Takes no more items and answers those that had not been started. */
  close(): { key: string; items: Item[] }[]
  /** Resolves as soon as nothing is being worked on. */
  idle(): Promise<void>
}

interface Lane<Item> {
  waiting: Item[]
  /** Being worked on, or in line for a free place. */
  busy: boolean
}

export function createLanes<Item>(deps: LanesDeps<Item>): Lanes<Item> {
  const lanes = new Map<string, Lane<Item>>()
  const line: string[] = []
  let active = 0
  let waiting = 0
  let closed = false
  let idleWaiters: (() => void)[] = []

  function laneOf(key: string): Lane<Item> {
    const known = lanes.get(key)
    if (known) return known
    const lane: Lane<Item> = { waiting: [], busy: false }
    lanes.set(key, lane)
    return lane
  }

  function fillPlaces(): void {
    while (active < deps.maxActive) {
      const key = line.shift()
      if (key === undefined) break
      const lane = lanes.get(key)
      if (lane) void workOn(key, lane)
    }
    if (active > 0) return
    for (const resolve of idleWaiters) resolve()
    idleWaiters = []
  }

  async function workOn(key: string, lane: Lane<Item>): Promise<void> {
    const batch = lane.waiting.splice(0, Math.max(1, deps.batchSize(lane.waiting)))
    waiting -= batch.length
    active += 1
    try {
      if (batch.length > 0) await deps.work(key, batch)
    } catch (error) {
      deps.onError(error, key)
    }
    active -= 1
    if (lane.waiting.length > 0) line.push(key)
    else lanes.delete(key)
    fillPlaces()
  }

  return {
    push(key, item) {
      if (closed || waiting >= deps.maxWaiting) return false
      const lane = laneOf(key)
      if (lane.waiting.length >= deps.maxWaitingPerLane) return false
      lane.waiting.push(item)
      waiting += 1
      if (!lane.busy) {
        lane.busy = true
        line.push(key)
        fillPlaces()
      }
      return true
    },

    close() {
      closed = true
      line.length = 0
      const left = [...lanes].filter(([, lane]) => lane.waiting.length > 0)
      return left.map(([key, lane]) => ({ key, items: lane.waiting.splice(0) }))
    },

    idle() {
      if (active === 0) return Promise.resolve()
      return new Promise((resolve) => idleWaiters.push(resolve))
    },
  }
}
