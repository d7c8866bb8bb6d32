import type { DatabaseAddress } from '../assistants/store/open-store.ts'
import type { Store } from '../assistants/store/store.ts'
import type { Logger } from '../log.ts'
import { openForCommand } from './open-store.ts'

/** What there is to know of the usage, also while a server is running. */
export interface UsageReader {
  sumUsage: Store['sumUsage']
  /** Null for one without a name, or that is no more. */
  assistantName: (id: string) => Promise<string | null>
  close: () => Promise<void>
}

/** Opens what there is; a SQLite file is read beside its server, so nothing of it is changed. */
export async function openUsageReader(
  database: DatabaseAddress,
  log: Logger,
): Promise<UsageReader> {
  const store =
    database.type === 'sqlite'
      ? await openReadOnly(database.path)
      : await openForCommand(database, log)
  return {
    sumUsage: (query) => store.sumUsage(query),
    assistantName: async (id) => (await store.getAssistant(id))?.name ?? null,
    close: () => store.close(),
  }
}

async function openReadOnly(path: string) {
  const { openSqliteReader } = await import('../assistants/store/sqlite-reader.ts')
  return openSqliteReader(path)
}
