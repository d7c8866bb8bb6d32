import { PGlite } from '@electric-sql/pglite'
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { PgBoss, fromPglite, type Db } from 'pg-boss'

import { createJobQueue } from '../../../src/assistants/runs/job-queue.ts'
import { createLanes } from '../../../src/assistants/runs/lanes.ts'
import { migrate } from '../../../src/assistants/store/migrations.ts'
import type { Database } from '../../../src/assistants/store/schema.ts'
import type { SqlDialect } from '../../../src/assistants/store/sql-dialect.ts'
import { createSqlStore } from '../../../src/assistants/store/sql-store.ts'
import type { Store } from '../../../src/assistants/store/store.ts'
import { createLogger } from '../../../src/log.ts'
import type { ModelServer } from '../../helpers/model-server.ts'
import { createRig, type Rig, type RigOptions } from './rig.ts'

/** Several runtimes that share one Postgres, all inside this process. */
export interface SharedDatabase {
  open(options: SharedRigOptions): Promise<Rig>
  /** What its processes warned of or complained about since it was last asked. */
  complaints(): string[]
  /** As if nobody had heard of those who have jobs for a long time. */
  endLeases(): Promise<void>
  query<T>(sql: string): Promise<T[]>
  close(): Promise<void>
}

export interface SharedRigOptions extends Partial<RigOptions> {
  server: ModelServer
  /** Stands between the runs and the store. */
  wrap?: (store: Store) => Store
}

const dialect: SqlDialect = { sequence: 'bigserial', rowLocks: true, writableCtes: true }
const schema = 'guagua_jobs'

export async function createSharedDatabase(): Promise<SharedDatabase> {
  const pglite = new PGlite()
  await pglite.waitReady
  // One connection: whoever has it keeps it until its transaction is over.
  const lanes = createLanes()
  const acquire = () =>
    new Promise<() => void>((acquired) => {
      void lanes.run('connection', () => new Promise<void>((release) => acquired(release)))
    })
  const exclusively = async <T>(task: () => Promise<T>): Promise<T> => {
    const release = await acquire()
    try {
      return await task()
    } finally {
      release()
    }
  }
  const pool = {
    options: {},
    async connect() {
      const release = await acquire()
      return {
        query: (text: string, values: unknown[]) => pglite.query(text, values),
        release,
      }
    },
    end: async () => {},
  }
  const adapter = fromPglite(pglite)
  const db: Db = {
    executeSql: (text, values) =>
      exclusively(async () => {
        const result = await adapter.executeSql(text, values)
        // PGlite tells of notifications only with the next statement.
        if (text.includes('pg_notify')) await adapter.executeSql('select 1')
        return result
      }),
    listen: (channel, onNotification, onReconnect) =>
      exclusively(async () => {
        const unlisten = await pglite.listen(channel, onNotification)
        onReconnect()
        return { close: () => exclusively(() => unlisten()) }
      }),
  }
  const connect = () =>
    // PGlite's results are those of `pg` as far as Kysely looks at them.
    new Kysely<Database>({
      dialect: new PostgresDialect({ pool: pool as unknown as PostgresPool }),
    })
  await migrate(connect(), dialect)
  const connection = { db, backend: 'pglite' as const }
  const supervisor = new PgBoss({ ...connection, schema, supervise: false, schedule: false })
  await supervisor.start()
  const complaints: string[] = []
  const write = (line: string) => void complaints.push(line)
  const log = createLogger({ level: 'warn', pretty: false, destination: { write } })

  return {
    async open({ wrap = (store) => store, ...options }) {
      const queue = createJobQueue({ connection, schema, log })
      const store = createSqlStore({
        db: connect(),
        dialect,
        insertJob: (job) => queue.insertion(job),
        log,
      })
      const rig = await createRig({ ...options, store: wrap(store), queue, log })
      return {
        ...rig,
        async close() {
          await rig.close()
          await queue.close()
        },
      }
    },
    complaints: () => complaints.splice(0),
    async endLeases() {
      await db.executeSql(
        `update ${schema}.job_common set heartbeat_on = heartbeat_on - interval '1 hour'
          where state = 'active'`,
      )
      await db.executeSql(`update ${schema}.queue set monitor_on = null, monitor_claim_on = null`)
      await supervisor.supervise('runs')
    },
    async query<T>(sql: string) {
      const { rows } = await db.executeSql(sql)
      return rows as T[]
    },
    async close() {
      await supervisor.stop({ graceful: false })
      await pglite.close()
    },
  }
}
