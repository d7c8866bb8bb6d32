import { createHash, randomBytes } from 'node:crypto'

import { sql, type RawBuilder } from 'kysely'
import { PgBoss, type ConstructorOptions, type Db, type JobAttempt, type JobInsert } from 'pg-boss'

import type { Logger } from '../../log.ts'
import { DatabaseUnavailableError } from '../store/database-errors.ts'
import type { Postgres } from '../store/postgres.ts'
import type { RunJob } from '../store/store.ts'
import type { Head } from '../store/write-together.ts'

/** A job that this process has, until it finishes it, hands it back or neglects it. */
export interface FetchedJob extends RunJob {
  /** 0 the first time, then one more each time that somebody had to take the job over. */
  attempt: number
}

/** One notification: which channel, and at most 8000 bytes. */
export interface Notification {
  channel: string
  payload: string
}

/**
 * The queued runs of several processes at one Postgres, and the way in which these tell each other
 * what happens. pg-boss keeps the jobs: it leases each to one process, and gives it to another if
 * that one is not heard of for `leaseSeconds`.
 */
export interface JobQueue {
  /** This process among the others. */
  readonly processId: string
  /** What the channels of this queue begin with. */
  readonly channelPrefix: string
  /** Makes what the queue needs in the database; before that, no job can be inserted. */
  start(): Promise<void>
  /** The statement that inserts the job, if its run is there: part of the one that queues the run. */
  insertion(job: RunJob): Promise<(run: Pick<Head, 'from'>) => RawBuilder<unknown>>
  /** At most `limit` jobs, the oldest first; they are this process's from now on. */
  fetch(limit: number): Promise<FetchedJob[]>
  /** Renews the lease. Answers which of the jobs this process still has. */
  touch(jobs: FetchedJob[]): Promise<Set<FetchedJob>>
  finish(jobs: FetchedJob[]): Promise<void>
  /** Lets others have the jobs at once. */
  handBack(jobs: FetchedJob[]): Promise<void>
  notify(notifications: Notification[]): Promise<void>
  /**
   * `onConnected` is called each time that the connection is there: what was sent before that is
   * missed. Answers how to stop listening.
   */
  listen(channel: string, listener: ChannelListener): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface ChannelListener {
  onNotification(payload: string): void
  onConnected(): void
}

export interface JobQueueOptions {
  /** How pg-boss reaches the database: options of `pg`, or an adapter. */
  connection: Pick<ConstructorOptions, 'connectionString' | 'db' | 'backend' | 'max'>
  /** Of pg-boss's own tables, apart from ours. */
  schema: string
  /** How often jobs whose lease is over are looked for, by whichever process; at least 1. */
  superviseSeconds?: number | undefined
  log: Logger
}

const queueName = 'runs'

const queueOptions = {
  // The least that pg-boss admits.
  heartbeatSeconds: 10,
  // No run lives longer than ten minutes.
  expireInSeconds: 900,
  retentionSeconds: 3_600,
  deleteAfterSeconds: 60,
  // Each costs a lease; what ends a run that nobody can execute is its time.
  retryLimit: 100,
  retryDelay: 0,
}

/** The queue in the store's database, in a schema beside the store's. */
export function createPostgresJobQueue({
  postgres: { connectionString, schema },
  ...options
}: {
  postgres: Pick<Postgres, 'connectionString' | 'schema'>
  superviseSeconds?: number | undefined
  log: Logger
}): JobQueue {
  return createJobQueue({
    ...options,
    // A few of its own: leases are renewed however busy those of the store are.
    connection: { connectionString: withoutWaiting(connectionString), max: 3 },
    schema: jobSchemaOf(schema ?? 'guagua'),
  })
}

/** Where the server's power fails, leases are over anyway; so nobody waits for its disk. */
function withoutWaiting(connectionString: string): string {
  const url = new URL(connectionString)
  const options = url.searchParams.get('options') ?? ''
  url.searchParams.set('options', `-c synchronous_commit=off ${options}`.trim())
  return url.href
}

/** pg-boss admits names of 50 bytes, and our channels add some to it. */
function jobSchemaOf(schema: string): string {
  const name = `${schema}_jobs`
  if (name.length <= 40) return name
  return `jobs_${createHash('sha256').update(schema).digest('hex').slice(0, 24)}`
}

export function createJobQueue({
  connection,
  schema,
  superviseSeconds = 5,
  log: parentLog,
}: JobQueueOptions): JobQueue {
  const log = parentLog.child({ module: 'jobs' })
  const processId = randomBytes(8).toString('hex')
  let started = false
  const boss = new PgBoss({
    ...connection,
    schema,
    application_name: 'guagua-jobs',
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
  })
  boss.on('error', (error) => log.warn({ reason: error.message }, 'job queue in trouble'))
  boss.on('warning', ({ message }) => log.info({ reason: message }, 'job queue warns'))

  return {
    processId,
    channelPrefix: schema,
    async start() {
      await boss.start({ attempts: 3 })
      await boss.createQueue(queueName, queueOptions)
      await boss.updateQueue(queueName, queueOptions)
      started = true
    },
    async insertion({ id, ...data }) {
      if (!started) throw new DatabaseUnavailableError()
      const { text, json } = await captureInsertion(boss, { id, data })
      return ({ from }) =>
        sql`${sql.raw(text.before)}coalesce((select ${json}::text ${from}), '[]')${sql.raw(text.after)}`
    },
    async fetch(limit) {
      const jobs = await boss.fetch<Omit<RunJob, 'id'>>(queueName, { batchSize: limit })
      return jobs.map(({ id, data, retryCount }) => ({ id, ...data, attempt: retryCount }))
    },
    async touch(jobs) {
      if (jobs.length === 0) return new Set()
      const response = await boss.touch(queueName, jobs.map(toAttempt))
      const held = new Set(toSettled(response))
      return new Set(jobs.filter(({ id }) => held.has(id)))
    },
    async finish(jobs) {
      await boss.deleteJob(queueName, jobs.map(toAttempt))
    },
    async handBack(jobs) {
      await boss.fail(queueName, jobs.map(toAttempt))
    },
    async notify(notifications) {
      await boss.getDb().executeSql(
        `select pg_notify(channel, payload)
          from unnest($1::text[], $2::text[]) as notification (channel, payload)`,
        [notifications.map(({ channel }) => channel), notifications.map(({ payload }) => payload)],
      )
    },
    async listen(channel, listener) {
      const db = boss.getDb()
      if (!db.listen) throw new Error('the database cannot be listened to')
      const handle = await db.listen(
        channel,
        (payload) => listener.onNotification(payload),
        () => listener.onConnected(),
      )
      return () => handle.close()
    },
    async close() {
      started = false
      await boss.stop({ graceful: false })
    },
  }
}

function toAttempt({ id, attempt }: FetchedJob): JobAttempt {
  return { id, retryCount: attempt }
}

/** pg-boss answers them, but its type does not say so. */
function toSettled(response: { settled?: string[] }): string[] {
  if (!response.settled) throw new Error('pg-boss does not say which jobs it found')
  return response.settled
}

/** What pg-boss would send to insert a job, around its only value: a list of jobs in JSON. */
async function captureInsertion(boss: PgBoss, job: JobInsert) {
  let captured: { text: string; json: unknown } | undefined
  const db: Db = {
    executeSql(text, values = []) {
      captured = { text, json: values[0] }
      return Promise.resolve({ rows: [] })
    },
  }
  await boss.insert(queueName, [job], { db })
  if (!captured) throw new Error('pg-boss inserted nothing')
  const { text, json } = captured
  return { text: insertionTexts.get(text) ?? split(text), json }
}

/** By pg-boss's text; there is one. */
const insertionTexts = new Map<string, { before: string; after: string }>()

/** Long by its white space; without it, it is short enough to be prepared. */
function split(text: string): { before: string; after: string } {
  const [before, after, ...more] = text.replaceAll(/\s+/g, ' ').split('$1')
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error('pg-boss inserts jobs in a way that is not known')
  }
  const parts = { before, after }
  if (insertionTexts.size < 10) insertionTexts.set(text, parts)
  return parts
}
