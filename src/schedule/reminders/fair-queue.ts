/** Work of several guilds, taken from them in turn. */
export interface FairQueue<Job> {
  /** Work under a name that waits already takes its place. */
  add(guildId: string, name: string, job: Job): void
  next(): Job | undefined
  clear(): void
}

export function createFairQueue<Job>(): FairQueue<Job> {
  // A Map goes in the order of insertion.
  const guilds = new Map<string, Map<string, Job>>()

  return {
    add(guildId, name, job) {
      const jobs = guilds.get(guildId) ?? new Map<string, Job>()
      guilds.set(guildId, jobs.set(name, job))
    },
    next() {
      for (const [guildId, jobs] of guilds) {
        guilds.delete(guildId)
        for (const [name, job] of jobs) {
          jobs.delete(name)
          if (jobs.size > 0) guilds.set(guildId, jobs)
          return job
        }
      }
      return undefined
    },
    clear: () => guilds.clear(),
  }
}
