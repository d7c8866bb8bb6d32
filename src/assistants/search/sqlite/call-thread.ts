import { Worker } from 'node:worker_threads'

import { AppError } from '../../../errors.ts'
import type { Logger } from '../../../log.ts'
import type { AnswerMessage, CallMessage, Calls } from './messages.ts'

/** Calls that may wait at once; whoever writes waits for each of theirs. */
const maxWaiting = 1_000

export interface CalledThread<Names extends keyof Calls> {
  /** Rejects with the thread's error, and with an `AppError` (`unavailable`) when it cannot serve. */
  call<Name extends Names>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>>
  close(): Promise<void>
}

export interface CalledThreadOptions {
  path: string
  role: 'reader' | 'writer'
  log: Logger
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A thread of the index, started with the first call, and again after it broke. */
export function callThread<Names extends keyof Calls>({
  path,
  role,
  log,
}: CalledThreadOptions): CalledThread<Names> {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let lastId = 0
  let closed = false

  function start(): Worker {
    const started = new Worker(new URL('index-thread.ts', import.meta.url), {
      name: `search index (${role})`,
      workerData: { path, role },
      // None of the process's variables, so none of its secrets.
      env: {},
      execArgv: [],
    })
    started.on('message', (answer: AnswerMessage) => {
      const call = waiting.get(answer.id)
      waiting.delete(answer.id)
      // Without work it keeps no process alive.
      if (waiting.size === 0) started.unref()
      if ('error' in answer) call?.reject(new Error(`search index: ${answer.error}`))
      else call?.resolve(answer.value)
    })
    started.on('error', (err) => {
      log.error({ err, role }, 'the search index broke')
      discard(started)
    })
    started.on('exit', () => discard(started))
    return started
  }

  function discard(gone: Worker): void {
    if (worker !== gone) return
    worker = null
    for (const call of waiting.values()) call.reject(unavailable('The search index failed.'))
    waiting.clear()
  }

  return {
    call(name, ...args) {
      if (closed) return Promise.reject(unavailable('The search index is closed.'))
      if (waiting.size >= maxWaiting) {
        return Promise.reject(unavailable('The search index is busy.'))
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

    async close() {
      closed = true
      const closing = worker
      if (!closing) return
      discard(closing)
      await closing.terminate()
    },
  }
}

function unavailable(message: string): AppError {
  return new AppError('unavailable', message)
}
