import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'

import type { WorkerMessage, WorkerRequest } from './messages.ts'

/** The pool's end of one sandbox thread. */
export interface WorkerThread {
  post(request: WorkerRequest): void
  /** Whether the process stays alive for this thread. */
  keepProcessAlive(yes: boolean): void
  /** Stops the thread wherever it is, also inside a statement. `onEnd` is not called any more. */
  terminate(): Promise<void>
}

export interface WorkerThreadEvents {
  onMessage: (message: WorkerMessage) => void
  /** The thread died by itself; the error is null when it exited without one. Called once. */
  onEnd: (error: unknown) => void
}

/** JavaScript's own heap in the thread; the WebAssembly memory is bounded in `limits.ts`. */
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 }

/**
 * Starts a sandbox thread. It gets no environment variable of the process, so no secret, except
 * where the process keeps its compile cache, if it has one: with it the thread need not load the
 * TypeScript compiler, which halves its start and its memory.
 */
export function startWorkerThread({ onMessage, onEnd }: WorkerThreadEvents): WorkerThread {
  const cacheDir = getCompileCacheDir()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    name: 'schedule sandbox',
    env: cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: cacheDir },
    execArgv: [],
    resourceLimits,
  })
  let ended = false
  const end = (error: unknown) => {
    if (ended) return
    ended = true
    onEnd(error)
  }
  worker.on('message', (message: WorkerMessage) => {
    if (!ended) onMessage(message)
  })
  worker.on('messageerror', end)
  worker.on('error', end)
  worker.on('exit', () => end(null))

  return {
    post: (request) => worker.postMessage(request),
    keepProcessAlive: (yes) => (yes ? worker.ref() : worker.unref()),
    async terminate() {
      ended = true
      await worker.terminate()
    },
  }
}
