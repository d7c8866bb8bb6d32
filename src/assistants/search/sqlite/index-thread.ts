import { setImmediate } from 'node:timers'
import { parentPort, workerData } from 'node:worker_threads'

import BetterSqlite from 'better-sqlite3'
import { z } from 'zod'

import { openIndexDatabase } from './index-database.ts'
import type { AnswerMessage, CallMessage } from './messages.ts'
import { createIndexReader } from './read-index.ts'
import { createIndexWriter, removeUnfinished } from './write-index.ts'

const { path, role } = z
  .object({ path: z.string(), role: z.enum(['reader', 'writer']) })
  .parse(workerData)

const serve = role === 'writer' ? startWriter() : startReader()

parentPort?.on('message', ({ id, name, args }: CallMessage) => {
  parentPort?.postMessage(answerTo(id, () => serve(name, args)))
})

function answerTo(id: number, call: () => unknown): AnswerMessage {
  try {
    return { id, value: call() }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}

type Serve = (name: CallMessage['name'], args: unknown[]) => unknown

function startWriter(): Serve {
  const database = openIndexDatabase(path)
  removeUnfinished(database)
  const writer = createIndexWriter(database)
  let isPurging = false

  /** In slices, so that calls which come meanwhile wait for one of them only. */
  function purge(): void {
    isPurging = writer.purge()
    if (isPurging) setImmediate(purge)
  }

  purge()
  return (name, args) => {
    const result = callOf(writer, name, args)
    if (!isPurging && (name === 'finish' || name === 'abandon' || name === 'remove')) {
      isPurging = true
      setImmediate(purge)
    }
    return result
  }
}

function startReader(): Serve {
  const database = new BetterSqlite(path, { readonly: true, fileMustExist: true })
  database.pragma('cache_size = -32768')
  const reader = createIndexReader(database)
  return (name, args) => callOf(reader, name, args)
}

/** Both ends of the channel are ours: names and arguments fit. */
function callOf(calls: object, name: string, args: unknown[]): unknown {
  const call: unknown = Reflect.get(calls, name)
  if (typeof call !== 'function') throw new Error(`no such call: ${name}`)
  return Reflect.apply(call, calls, args)
}
