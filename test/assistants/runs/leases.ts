import { PgBoss } from 'pg-boss'

import type { TestDatabase } from '../../helpers/postgres.ts'

/** Ends the leases that processes at a Postgres server have on their jobs. */
export interface Leases {
  /** As if nobody had heard for a long time of those who have jobs, also of those that live. */
  end(): Promise<void>
  close(): Promise<void>
}

export function createLeases({ url, query }: Pick<TestDatabase, 'url' | 'query'>): Leases {
  const boss = new PgBoss({
    connectionString: url,
    schema: 'guagua_jobs',
    supervise: false,
    schedule: false,
  })
  const isStale = `state = 'active' and heartbeat_on < now() - interval '30 minutes'`
  let started: Promise<unknown> | undefined
  return {
    async end() {
      await (started ??= boss.start())
      await query(
        `update guagua_jobs.job set heartbeat_on = heartbeat_on - interval '1 hour'
           where state = 'active'`,
      )
      // Passes over what another process supervises or has locked at this moment.
      do {
        await query('update guagua_jobs.queue set monitor_on = null, monitor_claim_on = null')
        await boss.supervise('runs')
      } while ((await query(`select id from guagua_jobs.job where ${isStale} limit 1`)).length > 0)
      await query(`select pg_notify('guagua_jobs_all', 'test:1:0:{"type":"work"}')`)
    },
    async close() {
      await boss.stop({ graceful: false })
    },
  }
}
