import { parentPort } from 'node:worker_threads'

import { QueryError } from '../query-error.ts'
import { openDatabase, PragmaTableError, type SandboxDatabase } from './database.ts'
import { limits } from './limits.ts'
import type { WorkerMessage, WorkerRequest } from './messages.ts'
import { loadSqlite } from './sqlite.ts'
import { installWallClock } from './wall-clock.ts'

/**
 * The thread that runs the models' SQL, one request after the other. It may be terminated at any
 * moment. Whatever is not a `QueryError` (a trap in WebAssembly, a database that does not fit) leaves
 * the thread as an uncaught error: it dies and the pool replaces it.
 */
const port = parentPort
if (!port) throw new Error('this file runs in a worker thread')

const setWallClock = installWallClock()
const sqlite = await loadSqlite({ maxBytes: limits.wasmMemoryBytes })
const databases = new Map<string, SandboxDatabase>()

const post = (message: WorkerMessage) => port.postMessage(message)

port.on('message', (request: WorkerRequest) => {
  for (const key of request.drop) close(key)
  const database = open(request)
  setWallClock(request.wallClockMs)
  post({ type: 'started' })
  post(answer(database, request))
})
post({ type: 'ready' })

function open({ databaseKey, load }: WorkerRequest): SandboxDatabase {
  if (load) {
    close(databaseKey)
    databases.set(databaseKey, openDatabase(sqlite, load))
  }
  const database = databases.get(databaseKey)
  if (!database) throw new Error('the pool takes a database for loaded that is not')
  return database
}

function close(key: string): void {
  databases.get(key)?.close()
  databases.delete(key)
}

function answer(database: SandboxDatabase, { databaseKey, sql }: WorkerRequest): WorkerMessage {
  try {
    return { type: 'rows', result: database.query(sql), memoryBytes: sqlite.memoryBytes() }
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    const dropped = error instanceof PragmaTableError
    if (dropped) close(databaseKey)
    const { reason, message } = error
    return { type: 'failed', reason, message, dropped, memoryBytes: sqlite.memoryBytes() }
  }
}
