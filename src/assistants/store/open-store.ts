import type { Logger } from '../../log.ts'
import {
  DatabaseRefusedError,
  DatabaseUnavailableError,
  explainRefusal,
  reasonOf,
} from './database-errors.ts'
import type { Postgres } from './postgres.ts'
import type { InsertJob } from './runs.ts'
import { lockSqlite } from './sqlite-lock.ts'
import { createSqliteStore } from './sqlite.ts'
import type { Store } from './store.ts'

/** Which database the store is on. */
export type DatabaseAddress = { type: 'sqlite'; path: string } | { type: 'postgres'; url: string }

export interface OpenStoreDeps {
  log: Logger
  /** On Postgres, where several processes share the runs. */
  insertJob?: InsertJob | undefined
  /**
   * Resolves after so many milliseconds; rejects when the signal is aborted. Null: nobody waits for a
   * database that is away, and `ready` rejects with `DatabaseUnavailableError` at once.
   */
  wait: ((ms: number, signal: AbortSignal) => Promise<void>) | null
}

export interface OpenedStore {
  /** Until `ready`, everything that is asked of it rejects with `DatabaseUnavailableError`. */
  store: Store
  /** The database below it, for what several processes on one Postgres need; null on SQLite. */
  postgres: Postgres | null
  /**
   * Resolves when the store can be used, however long the database takes to come up. Rejects with
   * `DatabaseRefusedError` if waiting cannot help, and when the store is closed before.
   */
  ready: Promise<void>
  close(): Promise<void>
}

const shortestWaitMs = 1_000
const longestWaitMs = 30_000

/** Opens the store. A Postgres server may come later, a SQLite file must be usable at once. */
export async function openStore(
  database: DatabaseAddress,
  deps: OpenStoreDeps,
): Promise<OpenedStore> {
  return database.type === 'sqlite'
    ? openOnSqlite(database.path, deps.log)
    : openOnPostgres(database.url, deps)
}

async function openOnSqlite(path: string, log: Logger): Promise<OpenedStore> {
  const unlock = lockSqlite(path)
  try {
    const store = await createSqliteStore({ path, log })
    const close = async () => {
      await store.close()
      unlock()
    }
    return { store, postgres: null, ready: Promise.resolve(), close }
  } catch (error) {
    unlock()
    throw error
  }
}

async function openOnPostgres(url: string, deps: OpenStoreDeps): Promise<OpenedStore> {
  // Most have no Postgres, and need not wait for the code to load.
  const { createStoreOnPostgres, openPostgres } = await import('./postgres.ts')
  const { log, insertJob } = deps
  const postgres = openPostgres({ url, log })
  const store = createStoreOnPostgres({ postgres, insertJob, log })
  const stop = new AbortController()
  const ready = reach(postgres, { ...deps, signal: stop.signal })
  // Whoever waits for it is told; nobody has to.
  ready.catch(() => {})
  return {
    store,
    postgres,
    ready,
    async close() {
      stop.abort()
      await ready.catch(() => {})
      await store.close()
    },
  }
}

/** Tries until the database is there. Says so once, and again whenever the reason is another. */
async function reach(
  postgres: Postgres,
  { log, wait, signal }: OpenStoreDeps & { signal: AbortSignal },
): Promise<void> {
  let said: string | undefined
  for (let waitMs = shortestWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      await postgres.migrate()
      if (said !== undefined) log.info('the database is there')
      return
    } catch (error) {
      signal.throwIfAborted()
      const refusal = explainRefusal(error)
      if (refusal !== null) throw new DatabaseRefusedError(refusal, { cause: error })
      if (wait === null) throw new DatabaseUnavailableError(error)
      const reason = reasonOf(error)
      if (reason !== said) log.error(`DATABASE_URL: cannot be reached (${reason}); trying on`)
      said = reason
    }
    await wait?.(waitMs, signal)
  }
}
