import { getCompileCacheDir } from 'node:module'
import { Worker } from 'node:worker_threads'

import type { Logger } from '../../log.ts'
import type { StartTimer } from '../../timer.ts'
import { DocumentError, type Chunk, type DocumentToRead } from './document.ts'
import { documentLimits } from './limits.ts'
import { invalid, tooSlow } from './refusals.ts'
import type { ThreadAnswer, ThreadRequest } from './thread-messages.ts'

/** A thread that reads one document after another. */
export interface ReadingThread {
  /** As `DocumentReader.read`. When it ended in any other way than `isFit` says, the thread is of no more use. */
  read(document: DocumentToRead, options: { signal: AbortSignal }): AsyncGenerator<Chunk[]>
  /** Whether it has ended what it was given, and can read another document. */
  isFit(): boolean
  terminate(): Promise<void>
}

export interface ReadingThreadDeps {
  startTimer: StartTimer
  log: Logger
}

/** Starts a thread. It gets no environment variable of the process, so no secret. */
export function startReadingThread({ startTimer, log }: ReadingThreadDeps): ReadingThread {
  const worker = startWorker()
  const post = (request: ThreadRequest) => worker.postMessage(request)
  /** What came and nobody took yet: at most a few batches, which the thread sees to. */
  let answers: ThreadAnswer[] = []
  let failure: unknown
  let wake: (() => void) | undefined
  let stopStall: (() => void) | undefined
  let isFit = true

  worker.on('message', (answer: ThreadAnswer) => {
    stopStall?.()
    if (answer.type === 'alive') return watch()
    answers.push(answer)
    wake?.()
  })
  worker.on('error', (error) => fail(toDocumentError(error)))
  worker.on('exit', () => fail(new Error('the thread that reads documents ended')))
  worker.unref()

  function fail(error: unknown): void {
    stopStall?.()
    failure ??= error
    isFit = false
    wake?.()
  }

  /** From here the thread has to give a sign of life. */
  function watch(): void {
    stopStall?.()
    stopStall = startTimer(documentLimits.stallMs, () => fail(tooSlow()))
  }

  async function next(): Promise<ThreadAnswer> {
    for (;;) {
      if (failure !== undefined) throw failure
      const answer = answers.shift()
      if (answer) return answer
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  async function* read(
    document: DocumentToRead,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<Chunk[]> {
    signal.throwIfAborted()
    const abort = () => fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    isFit = false
    answers = []
    worker.ref()
    watch()
    post({ type: 'read', document })
    try {
      for (;;) {
        const answer = await next()
        if (answer.type === 'chunks') {
          yield answer.chunks
          watch()
          post({ type: 'taken' })
          continue
        }
        // The thread has ended what it was given, well or not.
        isFit = failure === undefined
        if (answer.type === 'done') return
        throw toError(answer)
      }
    } finally {
      stopStall?.()
      worker.unref()
      signal.removeEventListener('abort', abort)
    }
  }

  function toError(answer: Exclude<ThreadAnswer, { type: 'chunks' | 'done' }>): Error {
    if (answer.type !== 'refused') return new Error(answer.type === 'failed' ? answer.message : '')
    if (answer.cause !== undefined) log.warn({ cause: answer.cause }, 'a parser failed')
    return new DocumentError(answer.code, answer.message)
  }

  return {
    read,
    isFit: () => isFit,
    async terminate() {
      isFit = false
      await worker.terminate()
    },
  }
}

function startWorker(): Worker {
  const cacheDir = getCompileCacheDir()
  return new Worker(new URL('./worker.ts', import.meta.url), {
    name: 'documents',
    env: cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: cacheDir },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: documentLimits.heapMb, maxYoungGenerationSizeMb: 16 },
  })
}

function toDocumentError(error: unknown): unknown {
  const isMemory =
    error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  if (!isMemory) return error
  return invalid('The file could not be parsed: it takes too much memory.')
}
