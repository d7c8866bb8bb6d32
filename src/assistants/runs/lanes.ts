/** Tasks of one key follow one another in the order of their arrival; other keys do not wait. */
export interface Lanes {
  run<T>(key: string, task: () => Promise<T>): Promise<T>
}

export function createLanes(): Lanes {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run(key, task) {
      const previous = tails.get(key)
      const result = previous ? previous.then(task, task) : task()
      tails.set(key, result)
      const leave = () => {
        if (tails.get(key) === result) tails.delete(key)
      }
      result.then(leave, leave)
      return result
    },
  }
}
