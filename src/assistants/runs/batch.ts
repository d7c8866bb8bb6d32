/** Does something for one item after the other; those that come meanwhile are done together. */
export interface Batch<T> {
  add(item: T): void
  /** When everything that was added is done. */
  settled(): Promise<void>
}

/** `work` handles its errors itself. */
export function createBatch<T>(work: (items: T[]) => Promise<void>): Batch<T> {
  let items: T[] = []
  let working: Promise<void> | undefined

  async function drain(): Promise<void> {
    while (items.length > 0) {
      const batch = items
      items = []
      await work(batch)
    }
  }

  return {
    add(item) {
      items.push(item)
      working ??= drain().finally(() => (working = undefined))
    },
    async settled() {
      await working
    },
  }
}
