import { openStore, type DatabaseAddress } from '../assistants/store/open-store.ts'
import type { Store } from '../assistants/store/store.ts'
import type { Logger } from '../log.ts'

/** The store for one command: it is there at once, or an error says why not. Closing it closes all. */
export async function openForCommand(
  database: DatabaseAddress,
  log: Logger,
): Promise<Omit<Store, 'close'> & { close: () => Promise<void> }> {
  // Whoever typed a command does not want to wait.
  const opened = await openStore(database, { log, wait: null })
  try {
    await opened.ready
  } catch (error) {
    await opened.close()
    throw error
  }
  return { ...opened.store, close: () => opened.close() }
}
