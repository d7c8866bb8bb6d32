import { Kysely, PostgresDialect, sql, type PostgresPool, type PostgresPoolClient } from 'kysely'
import { Client, Pool, types, type ClientConfig, type PoolClient } from 'pg'

import type { Logger } from '../../log.ts'
import {
  DatabaseRefusedError,
  DatabaseUnavailableError,
  isPassing,
  reasonOf,
} from './database-errors.ts'
import { migrate } from './migrations.ts'
import type { InsertJob } from './runs.ts'
import type { Database } from './schema.ts'
import type { SqlDialect } from './sql-dialect.ts'
import { createSqlStore } from './sql-store.ts'
import type { Store } from './store.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with libpq's `sslmode` and our `schema`. */
  url: string
  log: Logger
}

/** A Postgres database. Opening it connects nothing yet; `migrate` is what makes it usable. */
export interface Postgres {
  /** Queries go through the pool. Those it cannot serve reject with `DatabaseUnavailableError`. */
  readonly db: Kysely<Database>
  /** The pool below `db`, for those who bring their own SQL; rejects with the errors of `pg`. */
  readonly pool: Pool
  /** For those who make a pool of their own: without what only this program understands. */
  readonly connectionString: string
  /** The schema the tables are in, if the address names one. */
  readonly schema: string | null
  /** Resolves when `migrate` has succeeded for the first time. */
  readonly migrated: Promise<void>
  /**
   * A connection of one's own, not connected yet: for LISTEN, and whatever else outlives a query. It
   * must be given a listener for `error`, and be ended by whoever asked for it.
   */
  newClient(): Client
  /**
   * Connects and brings the tables to the newest version; only then are queries let through. Throws
   * `DatabaseRefusedError` if an operator must change something, else the reason why it failed.
   */
  migrate(): Promise<void>
  close(): Promise<void>
}

const dialect: SqlDialect = { sequence: 'bigserial', rowLocks: true, writableCtes: true }

/** Connections per process. Postgres admits 100 in all unless it is told otherwise. */
const poolSize = 10
/** To connect, or to get a connection of a busy pool. */
const connectWithinMs = 10_000
/** No query of the store takes a second; one that takes this long hangs. */
const statementTimeoutMs = 30_000
/** What pg-boss needs too. */
const oldestServer = 13

type PostgresConfig = ClientConfig & { connectionString: string }

/** Prepares the way to a database; throws if the address makes no sense. */
export function openPostgres({ url, log: parentLog }: PostgresOptions): Postgres {
  const log = parentLog.child({ module: 'postgres' })
  const { schema, config } = readUrl(url)
  const { connectionString } = config
  const pool = new Pool({
    ...config,
    max: poolSize,
    idleTimeoutMillis: 60_000,
    // After a failover, connections find the new server by themselves.
    maxLifetimeSeconds: 3_600,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    // When the server is gone without a word, only this clock tells.
    query_timeout: statementTimeoutMs + 5_000,
    pipeline: true,
  })
  keepAliveOnErrors(pool, log)

  const migrated = Promise.withResolvers<void>()
  let isMigrated = false
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: toKyselyPool(pool, () => isMigrated) }),
  })
  return {
    db,
    pool,
    connectionString,
    schema,
    migrated: migrated.promise,
    newClient: () => new Client(config),
    async migrate() {
      await migrateOnce({ config, schema, log })
      isMigrated = true
      migrated.resolve()
    },
    async close() {
      // Kysely has done it, unless no query went through it.
      if (!pool.ending) await pool.end()
    },
  }
}

/** Opens the store in a database that is there; throws if it is not. Closing it closes the database. */
export async function createPostgresStore({ url, log }: PostgresOptions): Promise<Store> {
  const postgres = openPostgres({ url, log })
  try {
    await postgres.migrate()
  } catch (error) {
    await postgres.close()
    throw error
  }
  return createStoreOnPostgres({ postgres, log })
}

/** The store on a database that may not be usable yet. Closing it closes the database. */
export function createStoreOnPostgres({
  postgres,
  insertJob,
  log,
}: {
  postgres: Postgres
  /** Where several processes share the runs. */
  insertJob?: InsertJob | undefined
  log: Logger
}): Store {
  const ready = postgres.migrated
  const store = createSqlStore({ db: postgres.db, dialect, ready, insertJob, log })
  return {
    ...store,
    async close() {
      await store.close()
      await postgres.close()
    },
  }
}

/** Throws an error that says what is wrong with the address, without repeating it. */
function readUrl(address: string): { schema: string | null; config: PostgresConfig } {
  const url = new URL(address)
  const schema = url.searchParams.get('schema')
  url.searchParams.delete('schema')
  if (schema !== null && !/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new DatabaseRefusedError(
      'the schema must be a name of lower-case letters, digits and underscores',
    )
  }
  // Without it, pg takes `require` for `verify-full`, which is not what libpq's manual says.
  if (url.searchParams.has('sslmode') && !url.searchParams.has('uselibpqcompat')) {
    url.searchParams.set('uselibpqcompat', 'true')
  }
  if (schema !== null) {
    const options = url.searchParams.get('options') ?? ''
    url.searchParams.set('options', `${options} -c search_path=${schema}`.trim())
  }
  const config = {
    connectionString: url.href,
    fallback_application_name: 'guagua',
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  }
  return { schema, config: checked(config) }
}

/** What `pg` would say only when it connects: a certificate that is no file, an unknown option. */
function checked(config: PostgresConfig): PostgresConfig {
  try {
    void new Client(config)
    return config
  } catch (error) {
    throw new DatabaseRefusedError(reasonOf(error), { cause: error })
  }
}

/** Sequences, counts and sums are far below 2^53, so they can be numbers, as they are in SQLite. */
const getTypeParser: typeof types.getTypeParser = (oid, format) => {
  if (oid === types.builtins.INT8 && format !== 'binary') return Number
  return types.getTypeParser(oid, format)
}

/** An error that nobody listens to would end the process, also of a connection that is in use. */
function keepAliveOnErrors(pool: Pool, log: Logger): void {
  const warn = (error: Error) => log.warn({ reason: reasonOf(error) }, 'database connection lost')
  pool.on('error', warn)
  // While it is idle the pool listens, too: what it reports is said once.
  pool.on('connect', (client) => client.on('error', () => {}))
}

async function migrateOnce({
  config,
  schema,
  log,
}: {
  config: ClientConfig
  schema: string | null
  log: Logger
}): Promise<void> {
  // Apart from the store's pool: here a statement may take long, and wait for another process.
  const pool = new Pool({ ...config, max: 1 })
  keepAliveOnErrors(pool, log)
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  try {
    await checkServer(db)
    await migrate(db, { ...dialect, schema })
  } finally {
    await pool.end()
  }
}

async function checkServer(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ version: string; encoding: string }>`
    select current_setting('server_version') as version,
      current_setting('server_encoding') as encoding`.execute(db)
  const { version = '0', encoding } = rows[0] ?? {}
  if (Number.parseInt(version, 10) < oldestServer) {
    throw new DatabaseRefusedError(
      `the server is Postgres ${version}, and at least ${oldestServer} is needed; upgrade it`,
    )
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseRefusedError(
      `the database's encoding is ${encoding}, and UTF8 is needed; create another one with it`,
    )
  }
}

/** More than there are different statements; those with lists of values vary in length. */
const preparedStatements = 500
/** Those with many rows of values are rarely the same again. */
const longestPrepared = 4_000

/** The pool as Kysely wants it, with what `pg` leaves to its users. */
function toKyselyPool(pool: Pool, isOpen: () => boolean): PostgresPool {
  const names = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text)
    if (known !== undefined) return known
    if (names.size >= preparedStatements || text.length > longestPrepared) return undefined
    const name = `guagua_${names.size}`
    names.set(text, name)
    return name
  }
  return {
    options: pool.options,
    async connect() {
      if (!isOpen()) throw new DatabaseUnavailableError()
      try {
        return toKyselyClient(await pool.connect(), nameOf)
      } catch (error) {
        throw new DatabaseUnavailableError(error)
      }
    },
    end: () => pool.end(),
  }
}

function toKyselyClient(
  client: PoolClient,
  nameOf: (text: string) => string | undefined,
): PostgresPoolClient {
  let isBroken = false
  const failed = (error: unknown): never => {
    if (!isPassing(error)) throw error
    isBroken = true
    throw new DatabaseUnavailableError(error)
  }
  async function query(text: string, values: readonly unknown[]) {
    // It goes out together with the first statement, which fails too if this one does.
    if (text === 'begin') {
      client.query(text).catch(() => (isBroken = true))
      return { command: 'BEGIN', rowCount: 0, rows: [] }
    }
    const name = values.length === 0 ? undefined : nameOf(text)
    try {
      return await client.query({ text, name, values: values.map(withoutNul) })
    } catch (error) {
      return failed(error)
    }
  }
  return {
    // Kysely's type has a second form, for cursors, which only streamed queries use.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || isBroken),
  }
}

/**
 * Postgres has no NUL in a text. Objects are stored as JSON, where it is escaped; what is left are
 * ids to look for, of which none has one, and names of models.
 */
export function withoutNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0')
    ? value.replaceAll('\0', '\uFFFD')
    : value
}
