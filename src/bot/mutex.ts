/** Runs the actions of one key one after the other, those of different keys side by side. */
export interface KeyedMutex {
  run<Result>(key: string, action: () => Promise<Result>): Promise<Result>
}

export function createKeyedMutex(): KeyedMutex {
  const tails = new Map<string, Promise<unknown>>()

  return {
    async run(key, action) {
      const result = (tails.get(key) ?? Promise.resolve()).then(action)
      const tail = result.catch(() => undefined)
      tails.set(key, tail)
      try {
        return await result
      } finally {
        if (tails.get(key) === tail) tails.delete(key)
      }
    },
  }
}
