import { setImmediate } from 'node:timers'
import { workerData } from 'node:worker_threads'

import { serveCalls } from '../serve-calls.ts'
import { openIndexDatabase, openIndexReader } from './index-database.ts'
import type { ThreadData } from './messages.ts'
import { createIndexReader } from './read-index.ts'
import { createIndexWriter, removeUnfinished } from './write-index.ts'

const data = workerData as ThreadData // from the module next to this one

if (data.role === 'writer') serveWriter()
else serveCalls(createIndexReader(openIndexReader(data)))

function serveWriter(): void {
  const { database, ...opened } = openIndexDatabase(data)
  removeUnfinished(database)
  const writer = createIndexWriter(database)
  let isPurging = false

  /** In slices, so that calls which come meanwhile wait for one of them only. */
  function purge(): void {
    isPurging = purged()
    if (isPurging) setImmediate(purge)
  }

  function purged(): boolean {
    try {
      return writer.purge()
    } catch {
      // Whoever calls next is told what is wrong with the file; the rest is freed another time.
      return false
    }
  }

  serveCalls({ ...writer, open: () => opened }, (name) => {
    if (isPurging || !freeing.has(name)) return
    isPurging = true
    setImmediate(purge)
  })
}

/** After these there may be something to purge. */
const freeing: ReadonlySet<string> = new Set(['open', 'finish', 'abandon', 'remove'])
