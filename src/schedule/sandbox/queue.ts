/** Jobs that wait, in the order of their arrival; several may have the same key. */
export interface Queue<Job extends { key: string }> {
  readonly size: number
  count(key: string): number
  add(job: Job): void
  /** Puts a job that was taken before back to the front. */
  putBack(job: Job): void
  /** Removes and answers the oldest job whose key is free. */
  take(isFree: (key: string) => boolean): Job | undefined
  remove(job: Job): void
  removeAll(): Job[]
  /** How many different free keys have a job. */
  countFreeKeys(isFree: (key: string) => boolean): number
}

export function createQueue<Job extends { key: string }>(): Queue<Job> {
  const jobs: Job[] = []
  return {
    get size() {
      return jobs.length
    },
    count: (key) => jobs.filter((job) => job.key === key).length,
    add: (job) => void jobs.push(job),
    putBack: (job) => void jobs.unshift(job),
    take(isFree) {
      const index = jobs.findIndex(({ key }) => isFree(key))
      return index === -1 ? undefined : jobs.splice(index, 1)[0]
    },
    remove(job) {
      const index = jobs.indexOf(job)
      if (index !== -1) jobs.splice(index, 1)
    },
    removeAll: () => jobs.splice(0),
    countFreeKeys: (isFree) =>
      new Set(jobs.map(({ key }) => key).filter((key) => isFree(key))).size,
  }
}
