/** Jobs that wait; several may have the same key. Keys take turns, whoever has waited longest first. */
export interface Queue<Job extends { key: string }> {
  readonly size: number
  count(key: string): number
  /** A key without other jobs goes behind all that wait. */
  add(job: Job): void
  /** Puts a job that was taken before back to the front. */
  putBack(job: Job): void
  /** Removes and answers the oldest job of the first free key, which then goes behind the others. */
  take(isFree: (key: string) => boolean): Job | undefined
  remove(job: Job): void
  removeAll(): Job[]
  /** How many different free keys have a job. */
  countFreeKeys(isFree: (key: string) => boolean): number
}

export function createQueue<Job extends { key: string }>(): Queue<Job> {
  /** In the order of their turns; none is empty. */
  let jobsByKey = new Map<string, Job[]>()
  let size = 0

  function set(key: string, jobs: Job[]): void {
    if (jobs.length > 0) jobsByKey.set(key, jobs)
    else jobsByKey.delete(key)
  }

  return {
    get size() {
      return size
    },
    count: (key) => jobsByKey.get(key)?.length ?? 0,
    add(job) {
      size += 1
      jobsByKey.set(job.key, [...(jobsByKey.get(job.key) ?? []), job])
    },
    putBack(job) {
      size += 1
      const jobs = [job, ...(jobsByKey.get(job.key) ?? [])]
      jobsByKey.delete(job.key)
      jobsByKey = new Map([[job.key, jobs], ...jobsByKey])
    },
    take(isFree) {
      const key = jobsByKey.keys().find((each) => isFree(each))
      const [job, ...others] = jobsByKey.get(key ?? '') ?? []
      if (key === undefined || job === undefined) return undefined
      size -= 1
      jobsByKey.delete(key)
      set(key, others)
      return job
    },
    remove(job) {
      const jobs = jobsByKey.get(job.key)
      if (jobs?.includes(job) !== true) return
      size -= 1
      set(
        job.key,
        jobs.filter((each) => each !== job),
      )
    },
    removeAll() {
      const all = [...jobsByKey.values()].flat()
      jobsByKey.clear()
      size = 0
      return all
    },
    countFreeKeys: (isFree) =>
      jobsByKey.keys().reduce((sum, key) => sum + (isFree(key) ? 1 : 0), 0),
  }
}
