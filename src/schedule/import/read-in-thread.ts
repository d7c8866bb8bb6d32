import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'

import { startTimer as realTimer, type StartTimer } from '../../timer.ts'
import type { Draft, ImportContext } from './draft.ts'
import { ImportError } from './import-error.ts'
import { importLimits } from './limits.ts'
import type { ImportAnswer, ImportJob } from './worker.ts'

export interface ReadOptions {
  context: ImportContext
  startTimer?: StartTimer
  signal?: AbortSignal
}

/**
 * Reads a file (CSV, XLSX or ICS, at most 10 MB) in a thread of its own, which is ended when it takes
 * too long or too much memory. Throws `ImportError`, or the signal's reason.
 */
export async function readInThread(
  bytes: Uint8Array,
  { context, startTimer = realTimer, signal }: ReadOptions,
): Promise<Draft> {
  if (bytes.length > importLimits.fileBytes) {
    throw new ImportError('too_large', 'The file is larger than 10 MB; split it.')
  }
  signal?.throwIfAborted()
  const worker = startWorker({ bytes, context })
  const { promise, resolve, reject } = Promise.withResolvers<ImportAnswer>()
  const stopTimer = startTimer(importLimits.timeMs, () => {
    reject(new ImportError('too_slow', 'Reading the file takes too long; split or simplify it.'))
  })
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  worker.on('message', resolve)
  worker.on('error', (error) => reject(toImportError(error)))
  worker.on('exit', () => reject(new ImportError('broken', 'The file cannot be read.')))
  try {
    const answer = await promise
    if (answer.type === 'draft') return answer.draft
    throw new ImportError(answer.reason, answer.message)
  } finally {
    stopTimer()
    signal?.removeEventListener('abort', abort)
    await worker.terminate()
  }
}

/** It gets no environment variable of the process, so no secret, except where the compile cache is. */
function startWorker(workerData: ImportJob): Worker {
  const cacheDir = getCompileCacheDir()
  return new Worker(new URL('./worker.ts', import.meta.url), {
    name: 'schedule import',
    workerData,
    env: cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: cacheDir },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: importLimits.heapMb, maxYoungGenerationSizeMb: 32 },
  })
}

function toImportError(error: unknown): Error {
  const isMemory =
    error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  if (isMemory) {
    const message = 'Reading the file takes too much memory; split it.'
    return new ImportError('too_much_memory', message, { cause: error })
  }
  return error instanceof Error ? error : new Error(String(error))
}
