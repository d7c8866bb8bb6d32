import { Worker } from 'node:worker_threads'

import { AppError } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { AnswerMessage, CallMessage } from './serve-calls.ts'

/** Calls that may wait at once; whoever writes waits for each of theirs. */
const maxWaiting = 1_000

/** What can be called, by name; whatever goes in and out is copied. */
type Callable<Calls> = { [Name in keyof Calls]: (...args: never[]) => unknown }

export interface CalledThread<Calls extends Callable<Calls>> {
  /** Rejects with `ThreadError`, and with an `AppError` (`unavailable`) when the thread cannot serve. */
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>>
  /** Ends it; what waits is rejected, and the next call starts it again. */
  restart(): Promise<void>
  close(): Promise<void>
}

export interface CalledThreadOptions {
  /** The module of the thread, which calls `serveCalls`. */
  module: URL
  /** For the log, and for whoever looks at the process. */
  name: string
  workerData?: unknown
  /** The thread is gone, and nobody ended it. */
  onBroken?: (() => void) | undefined
  log: Logger
}

/** What a call threw over there. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
  /** The error's own, such as `SQLITE_CORRUPT`. */
  readonly code: string | null

  constructor(message: string, code: string | null) {
    super(message)
    this.code = code
  }
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A thread that is started with the first call, and again after it broke. */
export function callThread<Calls extends Callable<Calls>>({
  module,
  name: threadName,
  workerData,
  onBroken = () => {},
  log,
}: CalledThreadOptions): CalledThread<Calls> {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let lastId = 0
  let closed = false

  function start(): Worker {
    // None of the process's variables, so none of its secrets.
    const started = new Worker(module, { name: threadName, workerData, env: {}, execArgv: [] })
    started.on('message', (answer: AnswerMessage) => {
      const call = waiting.get(answer.id)
      waiting.delete(answer.id)
      // Without work it keeps no process alive.
      if (waiting.size === 0) started.unref()
      if ('error' in answer) {
        call?.reject(new ThreadError(`${threadName}: ${answer.error}`, answer.code))
      } else call?.resolve(answer.value)
    })
    started.on('error', (err) => {
      log.error({ err, thread: threadName }, 'a thread broke')
    })
    started.on('exit', () => {
      if (worker === started) onBroken()
      discard(started)
    })
    return started
  }

  function discard(gone: Worker): void {
    if (worker !== gone) return
    worker = null
    for (const call of waiting.values()) call.reject(unavailable(`The ${threadName} failed.`))
    waiting.clear()
  }

  async function end(): Promise<void> {
    const ending = worker
    if (!ending) return
    discard(ending)
    await ending.terminate()
  }

  return {
    call(name, ...args) {
      if (closed) return Promise.reject(unavailable(`The ${threadName} is closed.`))
      if (waiting.size >= maxWaiting) {
        return Promise.reject(unavailable(`The ${threadName} is busy.`))
      }
      worker ??= start()
      worker.ref()
      const message: CallMessage = { id: (lastId += 1), name, args }
      worker.postMessage(message)
      return new Promise((resolve, reject) => {
        // The thread answers a call with what that call returns.
        waiting.set(message.id, { resolve: resolve as (value: unknown) => void, reject })
      })
    },

    restart: end,

    async close() {
      closed = true
      await end()
    },
  }
}

function unavailable(message: string): AppError {
  return new AppError('unavailable', message)
}
