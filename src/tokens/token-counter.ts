import { Worker } from 'node:worker_threads'

import { AppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { CountJob, CountResult } from './token-worker.ts'

/** Counts tokens as OpenAI's current models do (o200k_base); for other models it is an estimate. */
export interface TokenCounter {
  /**
   * One count per text. Throws the signal's reason when aborted, and an `AppError` (`unavailable`)
   * when the tokenizer failed or too much is waiting for it.
   */
  count(texts: string[], options: { signal: AbortSignal }): Promise<number[]>
  close(): Promise<void>
}

export interface TokenCounterOptions {
  /** The worker ends after so long without work, to give its 70 MB back; default 60 s. */
  idleMs?: number | undefined
  log: Logger
}

interface PendingJob {
  resolve(counts: number[]): void
  reject(error: unknown): void
}

/** Requests that may wait at once. */
const maxPending = 1000

/**
 * Counts in a worker thread, which starts with the first request: loading the tokenizer takes 200 ms
 * that would stop everybody else's turns.
 */
export function createTokenCounter({
  idleMs = 60_000,
  log: parentLog,
}: TokenCounterOptions): TokenCounter {
  const log = parentLog.child({ module: 'tokens' })
  const pending = new Map<number, PendingJob>()
  let worker: Worker | undefined
  let idleTimer: NodeJS.Timeout | undefined
  let lastId = 0
  let closed = false

  function start(): Worker {
    const started = new Worker(new URL('token-worker.ts', import.meta.url))
    started.on('message', ({ id, counts }: CountResult) => {
      pending.get(id)?.resolve(counts)
      settle(id)
    })
    started.on('error', (err) => {
      log.error({ err }, 'the tokenizer failed')
      discard(started)
    })
    started.on('exit', () => discard(started))
    return started
  }

  function settle(id: number): void {
    pending.delete(id)
    if (pending.size > 0) return
    // Without work it keeps no process alive.
    worker?.unref()
    clearTimeout(idleTimer)
    idleTimer = setTimeout(() => void stop(), idleMs).unref()
  }

  function discard(gone: Worker): void {
    if (worker !== gone) return
    worker = undefined
    for (const job of pending.values()) job.reject(unavailable('The tokenizer failed.'))
    pending.clear()
  }

  async function stop(): Promise<void> {
    const stopping = worker
    if (!stopping) return
    discard(stopping)
    await stopping.terminate()
  }

  function count(texts: string[], { signal }: { signal: AbortSignal }): Promise<number[]> {
    if (signal.aborted) return Promise.reject(signal.reason as Error) // whatever the aborter gave
    if (closed) return Promise.reject(unavailable('The tokenizer is closed.'))
    if (pending.size >= maxPending) return Promise.reject(unavailable('The tokenizer is busy.'))
    clearTimeout(idleTimer)
    worker ??= start()
    worker.ref()
    const job: CountJob = { id: (lastId += 1), texts }
    const { promise, resolve, reject } = Promise.withResolvers<number[]>()
    const onAbort = () => {
      reject(signal.reason)
      settle(job.id)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    pending.set(job.id, { resolve, reject })
    worker.postMessage(job)
    return promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  return {
    count,
    async close() {
      closed = true
      clearTimeout(idleTimer)
      await stop()
    },
  }
}

function unavailable(message: string): AppError {
  return new AppError('unavailable', message)
}
